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
