/*
 * What a module in C is written with: the calls of appendix B of the
 * dissertation, under its names, and what this library adds to them.
 *
 * A call that has failed answers a negative number, one of ERR_..., and has
 * changed nothing unless the error says otherwise.
 *
 * A handler of software interrupts is a function that is given its event:
 *
 *	void handler(EvDesc *event);
 *
 * It runs between two instructions of the rest of the program, as a handler of
 * signals does in UNIX: it may make calls, and change variables that are
 * volatile or guarded by inc_setInterruptPriority; it must not allocate, nor
 * use <stdio.h> and <unistd.h>.
 *
 * The main program of a module may have a fourth argument (figure 3.1):
 *
 *	int main(int argc, char *argv[], char *envp[], IncParams *myparams);
 *
 * argv and envp are the RDC's, from whoever launched it; argv[0] is the name
 * of the module. myparams is what the incarnation's creator has given.
 */
#ifndef EQUUS_H
#define EQUUS_H

#include <equus/calls.h>

/*
 * Stream space (B.3): references that incarnations of one RDC leave for each
 * other under labels of at most LABEL_MAX bytes. Handlers must not use it. Each
 * call may also answer ERR_LABEL_TOO_LONG; ERR_PEER_LOST or ERR_OUTCOME_UNKNOWN
 * when the node of stream space dies meanwhile, and later one of
 * ERR_PEER_LOST and ERR_NOT_ATTACHED.
 */

/* Deposits the reference that *refp describes: its type, its identifier, its
   rights in rd_flags, and rd_domain, as far as copies may go; rd_keep matters
   for a port only. ncopies is SS_UNLIMITED, SS_DONTCACHE, or how many copies
   may be taken out at a time; a port is had once. A port that was not to be
   kept and is refused is named by *refp again.
   ERR_LABEL_TAKEN, ERR_TABLE_FULL, ERR_BAD_ARGUMENT. */
int ss_put(const char *label, RefDescrip *refp, int ncopies);

/* Puts a copy of what is deposited into *refp, and waits until there is one.
   Of an unlimited number of copies one is kept, and got again each time: it
   must not be closed. One of a limited number is the caller's until ss_return:
   ERR_TABLE_FULL if too many have such copies, or wait for them. */
int ss_get(const char *label, RefDescrip *refp);

/* The same, and waits for at most so many milliseconds, for ever if timeout is
   negative: then ERR_TIMED_OUT. Added to appendix B. */
int ss_getTimed(const char *label, RefDescrip *refp, int timeout);

/* Returns a copy of a limited number, got by this incarnation, and closes it;
   that of an incarnation that dies is returned, too. With keepqueue a port stays, with what has arrived there.
   ERR_NO_SUCH_LABEL if there is none. */
int ss_return(const char *label, int keepqueue);

/* Deletes what is deposited; copies and caches keep what they have.
   ERR_NO_SUCH_LABEL. */
int ss_delete(const char *label);

/* Prints what is deposited, and what is waited for. */
int ss_print(void);

/*
 * Declared configuration (section 5.2): the interfaces of a child, which has
 * them before its main program begins. handle_label may be NULL.
 */

/* A stream attached to a channel. ERR_LABEL_TOO_LONG. */
int ss_isStream(IncInterface *iface_p, const char *chan_label,
    const char *handle_label);

/* A port, attached to a new unicast channel if do_create is CHAN_NEW, or to
   one declared elsewhere if it is CHAN_OTHER. ERR_LABEL_TOO_LONG. */
int ss_isPort(IncInterface *iface_p, int do_create, const char *chan_label,
    const char *handle_label);

/* Creates a channel, a stream to which is deposited under its label; stream_p
   and port_p may be NULL. */
int ss_createChan(const char *chan_label, int *stream_p, int *port_p,
    int chan_type);

/* The reference of an interface that was declared for this incarnation.
   ERR_NO_SUCH_REFERENCE if so many were not. */
int inc_paramRef(IncParams *incparams_p, int interface_index);

/*
 * The name service (section 5.4): streams that programs leave for each other.
 * A name belongs to the RDC that has registered it and ends with it. Added to
 * appendix B. Errors for each are as for stream space.
 */

/* Registers a stream; domain is RD_ANY, or RD_NONE if those who find it must
   not pass it on. ERR_LABEL_TAKEN, ERR_TABLE_FULL. */
int ns_register(const char *name, int stream, int domain);

/* A stream to whoever has registered a name. ERR_NO_SUCH_LABEL. */
int ns_lookUp(const char *name);

/* Has nobody find a name any more. ERR_NO_SUCH_LABEL, ERR_NO_RIGHT. */
int ns_withdraw(const char *name);

/* The standard port of this incarnation, where the stream leads that
   inc_create has given to its creator. Added to appendix B. */
int inc_standardPort(void);

/* Its auxiliary port, where the streams of inc_auxStream lead (7.1): for what
   its parents want of it beside its work. Added to appendix B. */
int inc_auxiliaryPort(void);

/* The stream to the launch endpoint of this RDC, which serves files and
   terminal: <stdio.h> and <unistd.h> use it. Added to appendix B. */
int inc_launchStream(void);

/* What an error of a call means, in a sentence; it stays until the next call.
   Added to appendix B. */
const char *inc_errorText(int error);

#endif
