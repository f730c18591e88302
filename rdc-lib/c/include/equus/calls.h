/*
 * The calls of appendix B, their structures, constants and errors. Made from
 * the tables in kernel/abi by its test c_header: do not edit.
 */
#ifndef EQUUS_CALLS_H
#define EQUUS_CALLS_H

/* Types of references (§3.2.2), and what an identifier without one is. */
#define RT_NONE (0)                 /* No reference. */
#define RT_INC (1)                  /* An incarnation handle. */
#define RT_STREAM (2)               /* A stream. */
#define RT_PORT (3)                 /* A port. */
#define RT_STREAMHANDLE (4)         /* A stream handle. */
#define RT_PORTHANDLE (5)           /* A port handle. */
/* A buffer of the sender; its receiver gets a buffer handle. */
#define RT_BUF (6)
#define RT_ALIENBUF (7)             /* A buffer handle. */
/* A reply handle. It cannot be propagated. */
#define RT_REPLY (8)

/* Where a copy of a reference may be propagated to (rd_domain). */
#define RD_ANY (0)                  /* Anywhere. */
#define RD_RDC (1)                  /* Within the RDC. */
/* Nowhere: its receiver cannot propagate it further. */
#define RD_NONE (2)

/* Types of channels (§4.3). */
#define CHAN_UNICAST (0)            /* One port is attached. */
#define CHAN_MULTICAST (1)          /* Any number of ports is attached. */

/* Whether a declared port creates its channel (§5.2.1). */
#define CHAN_OTHER (0)              /* Another declaration creates it. */
#define CHAN_NEW (1)                /* This one does. */

/* The state in which an incarnation is created (§3.2.1). */
/* Suspended before its parameters are put in place. */
#define INCHOATE (0)
#define STARTED (1)                 /* It runs. */

/* is_state of inc_status. */
#define INC_IS_EXECUTING (0)        /* It runs or waits in a call. */
#define INC_IS_FROZEN (1)           /* It was frozen, or is INCHOATE. */
/* It has faulted and a parent wants to know. */
#define INC_IS_FAULTING (2)
#define INC_IS_UNREACHABLE (3)      /* It does not answer. */

/* How a child depends on a parent (§7.3). */
#define DEP_NONE (0)                /* Not at all. */
/* It ends when this parent ends or is unreachable. */
#define DEP_ABSOLUTE (1)
/* It ends when the last parent of its group does. */
#define DEP_GROUP (2)

/* set_interest of inc_setIncHandler. */
#define UNSET_INTEREST (0)          /* No longer. */
#define SET_INTEREST (1)            /* From now on. */

/* Types of events (B.9). */
#define EV_PT_HASMSG (1)            /* A message is at a port. */
/* A stream can send again, or an inc_asinvoke is complete; ed_info1 is its
   result, negative if its receiver was lost. */
#define EV_SM_INVOK (2)
#define EV_SM_CLOSED (3)            /* A stream was closed. */
/* A child faults; ed_info1 is the vector, ed_info2 the address. */
#define EV_INC_FAULTING (4)
/* A child is gone; ed_info1 is an EndReason, ed_info2 its detail. */
#define EV_INC_DEAD (5)
/* A child's creation is complete; ed_info1 is the time in milliseconds. */
#define EV_INC_MADE (6)
/* A child's migration is over; ed_info1 is the time in milliseconds, ed_info2
   the node where it is. */
#define EV_INC_MIGRATEDONE (7)
/* A child does not answer (§7.2.3); ed_info1 is an EndReason. */
#define EV_INC_UNREACHABLE (8)
#define EV_PT_ATTACHED (9)          /* A backup port was attached. */
/* A port was detached in favour of a newer attachment. */
#define EV_PT_DETACHED (10)

/* Why an incarnation is gone. */
/* inc_exit or the end of its main; the detail is its status. */
#define END_EXITED (1)
#define END_DESTROYED (2)           /* inc_destroy by a parent. */
/* A fault that nobody wanted to see; the detail is the vector. */
#define END_FAULTED (3)
/* Its RDC has ended; the detail is the exit code. */
#define END_RDC (4)
#define END_DEPENDENCY (5)          /* What it depended on is gone. */
#define END_WITHDRAWN (6)           /* Its node was withdrawn from the RDC. */
#define END_NODE_LOST (7)           /* Its node is down or was started anew. */
/* It could not be created; the detail is the error. */
#define END_NOT_CREATED (8)

/* ncopies of ss_put beside positive numbers. */
#define SS_UNLIMITED (0)            /* Any number, kept in caches. */
#define SS_DONTCACHE (-1)           /* Any number, fetched each time. */

/* Rights on an incarnation, in rd_flags of its handle (§7.1, C1 to C7). */
#define INC_DESTROY (1)             /* To destroy it. */
#define INC_FREEZE (2)              /* To freeze and unfreeze it. */
#define INC_MIGRATE (4)             /* To migrate it. */
#define INC_EVENTS (8)              /* To see its events. */
#define INC_DEPEND (16)             /* To make it dependent. */
#define INC_STATUS (32)             /* To ask for its state. */
/* To create others from it while it is INCHOATE. */
#define INC_COPY (64)
#define INC_INTERRUPT (128)         /* To send to its auxiliary port. */
#define INC_ALL (255)               /* Everything. */

/* Rights on a buffer, in rd_flags (§4.6). */
#define BUF_READ (1)                /* To read it. */
#define BUF_WRITE (2)               /* To write it. */

/* How a port is propagated, in rd_flags (§6.2.4). */
/* The receiver gets the messages that have arrived. */
#define PT_MOVEQUEUE (1)
/* Messages wait at their senders until the receiver has the port, instead of
   arriving at the old one meanwhile. */
#define PT_HOLD (2)

/* Limits, and what stands for nothing. */
/* Stands for a port in calls where there need be none. */
#define NO_PORT (0)
/* The longest label or name in bytes, without the null that ends it. */
#define LABEL_MAX (19)

/* What a call answers that has failed. */
/* No call has this number: the module was built for another system. */
#define ERR_NO_SUCH_CALL (-1)
/* The caller holds no reference of this identifier: it is forged, foreign or
   closed. */
#define ERR_NO_SUCH_REFERENCE (-2)
/* The reference is of another type than the call needs. */
#define ERR_WRONG_REFERENCE_TYPE (-3)
/* The reference, or the caller's RDC, lacks the right to this operation. */
#define ERR_NO_RIGHT (-4)
/* The reference may not be propagated, or not to this RDC. */
#define ERR_NO_PROPAGATION (-5)
/* An address range is not readable, or not writable, by the caller. */
#define ERR_BAD_ADDRESS (-6)
/* A length is negative, wraps round, or reaches past the end of the buffer. */
#define ERR_BAD_LENGTH (-7)
/* A value is not among those the call accepts. */
#define ERR_BAD_ARGUMENT (-8)
/* The extra data exceeds what this call carries: 1536 bytes for inc_send and
   inc_dgram. */
#define ERR_TOO_LONG (-9)
/* A label or name has more than 19 bytes. */
#define ERR_LABEL_TOO_LONG (-10)
/* A table is full: the caller's references, or what a service keeps. Close or
   delete some. */
#define ERR_TABLE_FULL (-11)
/* The node has too few free pages, or the incarnation's quota is used up. */
#define ERR_NO_MEMORY (-12)
/* The kernel has no free task or buffer, or the object is being changed: call
   again later. */
#define ERR_BUSY (-13)
/* The time given has passed; nothing was delivered. */
#define ERR_TIMED_OUT (-14)
/* The other side's node is gone with whatever it had, or its port before it was
   received. */
#define ERR_PEER_LOST (-15)
/* The other side was lost after possible delivery: it may have received the
   message once. */
#define ERR_OUTCOME_UNKNOWN (-16)
/* No port is attached to the channel, and none appeared in time. */
#define ERR_NOT_ATTACHED (-17)
/* The reference was closed or taken away while the call waited on it. */
#define ERR_CLOSED (-18)
/* A software interrupt handler ran while the call waited; nothing was
   delivered. */
#define ERR_INTERRUPTED (-19)
/* The operation is for unicast channels only. */
#define ERR_MULTICAST_NOT_ALLOWED (-20)
/* The operation is for multicast channels only. */
#define ERR_UNICAST_NOT_ALLOWED (-21)
/* A port attached to unicast and multicast channels cannot be propagated. */
#define ERR_MIXED_PORT (-22)
/* The pool has no node of this number, or it is down. */
#define ERR_NO_SUCH_NODE (-23)
/* The node is not allocated to the caller's RDC. */
#define ERR_NOT_ALLOCATED (-24)
/* The RDC has no module of this number or name. */
#define ERR_NO_SUCH_MODULE (-25)
/* The RDC file is damaged, or its module does not fit a node. */
#define ERR_BAD_FILE (-26)
/* The blueprint is an incarnation that has started already. */
#define ERR_NOT_INCHOATE (-27)
/* The incarnation or stream is frozen, and the call was told not to wait. */
#define ERR_FROZEN (-28)
/* There is nothing to unfreeze: the incarnation or stream is not frozen. */
#define ERR_NOT_FROZEN (-29)
/* The incarnation does not answer, and a search has not found it. */
#define ERR_UNREACHABLE (-30)
/* The incarnation is moving already; the other migration goes on. */
#define ERR_MIGRATING (-31)
#define ERR_NO_SUCH_RDC (-32)       /* No RDC of this number is running. */
/* The invoker is no longer waiting: it died, or somebody has replied
   already. */
#define ERR_NO_REPLY_EXPECTED (-33)
#define ERR_NOT_SUPPORTED (-34)     /* The system does not do this yet. */
/* Nothing is there under this label or name, or no copy of it was taken. */
#define ERR_NO_SUCH_LABEL (-35)
/* Something else is there under this label or name already: delete it first. */
#define ERR_LABEL_TAKEN (-36)

/* Structures of appendix B.1. The 680x0 aligns to two bytes at most. */

/* node allocation entry */
typedef struct {
    unsigned int ne_node;       /* node identifier */
    unsigned int ne_load;       /* node's processing load, x 256 */
} NodeEntry;

/* buffer in the local incarnation's address space */
typedef struct {
    char *bf_base;              /* start of buffer */
    unsigned int bf_cnt;        /* # of bytes in buffer */
} Buf;

/* buffer in a remote incarnation's address space */
typedef struct {
    int ab_bufhandle;           /* handle on remote buffer */
    unsigned int ab_cnt;        /* # bytes in remote buffer */
} AlienBuf;

/* reference identifier */
typedef union {
    unsigned int oi_inc;        /* incarnation handle */
    int oi_stream;              /* stream */
    int oi_port;                /* port */
    int oi_streamhandle;        /* stream handle */
    int oi_porthandle;          /* port handle */
    Buf oi_buf;                 /* local buffer */
    AlienBuf oi_alienbuf;       /* alien buffer */
} Objectid;

/* reference descriptor */
typedef struct {
    unsigned char rd_type;      /* type of reference */
    Objectid rd_obj;            /* local name/description of reference */
    unsigned int rd_keep : 1;   /* 1 iff keep reference on propagation */
    unsigned int rd_domain : 3; /* propagation restriction */
    unsigned int rd_flags : 28; /* type-specific flags */
} RefDescrip;

/* message structure */
typedef struct {
    char m_head[32];            /* header */
    RefDescrip m_ref;           /* reference to propagate */
    unsigned int m_cnt;         /* # bytes extra data sent out */
    unsigned int m_nreply;      /* # bytes in reply */
    char *m_base;               /* buffer for extra data */
} Msg;

/* structure used to specify interfaces to child */
typedef struct {
    unsigned int ii_flags;      /* pertain to interface creation */
    RefDescrip ii_ref;          /* child's interface */
    char ii_chanlabel[20];      /* channel label */
    char ii_hanlabel[20];       /* handle label */
} IncInterface;

/* parameters supplied to child */
typedef struct {
    int ip_datasize;            /* size of data arguments in bytes */
    char *ip_dataargs;          /* pointer to data arguments */
    char ip_nifaces;            /* # of interfaces */
    IncInterface *ip_ifaces;    /* array of interface descriptors */
} IncParams;

/* structure provided to inc_create */
typedef struct {
    unsigned int ic_state;      /* INCHOATE/STARTED */
    IncParams ic_params;        /* declaration of child's parameters */
} IncCreateParams;

/* messages from selected streams, for inc_testPort */
typedef struct {
    int sm_smhan;               /* stream handle */
    int sm_nmsgs;               /* no. msgs arrived from stream */
} SelectMessages;

/* events */
typedef struct {
    unsigned int ed_reference;  /* reference identifier */
    unsigned int ed_evtype;     /* event type */
    unsigned int ed_info1;      /* extra info */
    unsigned int ed_info2;      /* extra info */
} EvDesc;

/* incarnation state */
typedef struct {
    unsigned int is_state;      /* state of incarnation */
    unsigned short is_load;     /* load due to inc. */
    unsigned short is_node;     /* location of inc */
    unsigned int is_usertime;   /* ms executing user code so far */
    unsigned int is_systime;    /* ms executing sys code so far */
    unsigned int is_realtime;   /* ms elapsed since creation */
    unsigned short is_ntext;    /* no. of pages of program text */
    unsigned short is_nheap;    /* no. of pages of program heap */
    unsigned short is_nstack;   /* no. of pages of program stack */
    unsigned char is_npinc;     /* no. of pages of pincdata */
    unsigned char is_nmsgs;     /* no. of arrived invocation messages */
} IncState;

/* local incarnation times returned by inc_time, in ms */
typedef struct {
    unsigned int tb_sys;        /* system time */
    unsigned int tb_user;       /* user time */
    unsigned int tb_elapsed;    /* elapsed time */
} TimeBuf;

/*
 * Fills in up to nnodes entries with the nodes allocated to the caller's
 * RDC and their loads. Returns how many it has filled in.
 */
int inc_nodeList(unsigned int nnodes, NodeEntry *nodes_list);

/*
 * Returns the identifier of the module named by the null-terminated string.
 */
int inc_moduleId(const char *modname);

/*
 * Creates an incarnation on node from a module or from an INCHOATE
 * incarnation. Returns at once when the node has admitted it: a failure
 * after that is an EV_INC_DEAD event with the reason. ic_params, its data
 * arguments and its interfaces have at most 1536 bytes together.
 */
int inc_create(unsigned int blueprint, unsigned int node,
    unsigned int *inchan_p, int *stream_p, IncCreateParams *create_params_p);

/*
 * Forks a copy of the caller to node. Returns 1 in the parent and 0 in the
 * child, which has the same references under the same identifiers, but for those
 * that may be propagated no further, and for reply handles. Its handle to itself
 * and its standard and auxiliary ports are its own; its other ports are
 * unattached unless they are listed: then they are attached to the multicast
 * channel of the stream in the same place of streams_list, which the port is
 * attached to (else BadArgument), or to a new unicast channel, to which a stream
 * is put in that place in the parent. No port is listed twice: BadArgument.
 * Handlers of events and priorities are inherited, events that were not seen,
 * dependencies and asynchronous invocations are not. A launch endpoint cannot be
 * forked: NotSupported.
 */
int inc_fork(unsigned int node, unsigned int *inchan_p, unsigned int nports,
    int *ports_list, int *streams_list);

/*
 * Ends the caller. The status of the primary incarnation is the exit code of
 * the RDC unless inc_rdcExit gives one. Added to appendix B.
 */
int inc_exit(int status);

/*
 * Sends a message and waits until it is received or replied to. A reply
 * overwrites m_head, m_ref and the extra data. Returns the bytes of extra
 * data in the reply. To a port of the caller's own, where nobody receives while
 * it waits, it is refused: BadArgument.
 */
int inc_invoke(int stream, Msg *msg);

/*
 * Sends a message whose extra data is fetched when it is received: the buffer
 * belongs to the system until then. Waits while as many such calls are
 * incomplete on this stream as its buffer limit says; but a port of the caller's
 * own that has no room is Busy.
 */
int inc_asinvoke(int stream, Msg *msg);

/*
 * Sends a message with at most 1536 bytes of extra data, which are copied
 * before the call returns. Over a multicast channel, success means that at
 * least one member has it. Waits while the port has no room, but not for a port
 * of the caller's own, where nobody would make any: that is Busy.
 */
int inc_send(int stream, Msg *msg);

/*
 * As inc_send, but the message may be lost. It is never delivered twice.
 */
int inc_dgram(int stream, Msg *msg);

/*
 * Receives a message at a port, from the stream of the handle selector only
 * unless that is 0. Returns 0 if there was none in time, 1 if there was one,
 * and the identifier of a reply handle if block_invoker is not 0 and the
 * message came by inc_invoke. A port that comes with it is fetched from its old owner
 * first; if there is no room for it or for its messages, nothing is received.
 */
int inc_receive(int port, Msg *msg, int block_invoker, int selector,
    int timeout);

/*
 * Replies to the invoker behind a reply handle and unblocks it. Waits until
 * extra data beyond one packet has been fetched.
 */
int inc_reply(int reply_handle, Msg *msg);

/*
 * Sends the message behind a reply handle on, with the m_head of msg. The
 * next receiver replies to the first invoker. Waits for room as inc_send does.
 */
int inc_forward(int stream, int reply_handle, Msg *msg);

/*
 * Copies nbytes bytes at data into the buffer of a buffer handle.
 */
int inc_copyto(int buffer_handle, unsigned int offset, char *data,
    unsigned int nbytes);

/*
 * Copies nbytes bytes from the buffer of a buffer handle to data.
 */
int inc_copyfrom(int buffer_handle, unsigned int offset, char *data,
    unsigned int nbytes);

/*
 * Returns the number of messages at a port. Copies up to nheader bytes of
 * their headers, and counts those from the streams of nselect handles.
 */
int inc_testPort(int port, unsigned int nheader, char *header_array,
    unsigned int nselect, SelectMessages *select_array);

/*
 * Sets how many inc_asinvoke calls may be incomplete on a stream: 1 or more.
 */
int inc_setBufferLimit(int stream, int limit);

/*
 * Creates a channel of type CHAN_UNICAST or CHAN_MULTICAST with a stream and
 * a port attached to it.
 */
int inc_chanCreate(unsigned int chantype, int *stream_p, int *port_p);

/*
 * Creates a port attached to the channel of stream; returns it. The port
 * that was attached to a unicast channel is detached.
 */
int inc_portCreate(int stream);

/*
 * Creates a handle to a stream or port of the caller; returns it.
 */
int inc_hanCreate(int stream_or_port);

/*
 * Creates a backup port for the unicast channel of stream: it is attached
 * when the node of the attached port is lost, and the caller gets an
 * EV_PT_ATTACHED event. It cannot be propagated before. An incarnation has at
 * most one for a channel, and none for a port of its own (BadArgument).
 * Described in §6.2.4, added to appendix B.
 */
int inc_backupCreate(int stream);

/*
 * Closes a reference; its identifier becomes invalid.
 */
int inc_close(unsigned int reference);

/*
 * Returns RT_NONE if the caller has no such reference, else its type in the
 * lowest 8 bits and its flags above them.
 */
int inc_testReference(unsigned int reference);

/*
 * Rebinds the stream of a handle to the channel of stream. Messages that
 * have arrived from it at port, a port or port handle, are forwarded first;
 * with NO_PORT none are.
 */
int inc_rebindStream(int stream_handle, int stream, int port);

/*
 * Attaches newport to the channel of stream and detaches oldport from it
 * unless that is NO_PORT. If move_q is not 0, the messages that have arrived
 * at it over this channel are forwarded first. Ports may be given by handles.
 */
int inc_attachPort(int newport, int oldport, int stream, int move_q);

/*
 * Makes whoever sends by the stream of a handle wait before sending.
 */
int inc_freezeStream(int stream_handle);

/*
 * Lets the stream of a handle send again.
 */
int inc_unfreezeStream(int stream_handle);

/*
 * Makes a child depend on the caller: with DEP_ABSOLUTE it ends when that is gone, with
 * DEP_GROUP when nobody is left of those who have said so, one of whom is gone. It is
 * tested once a second. DEP_NONE cancels. Nobody depends on himself.
 */
int inc_makeDependent(unsigned int child, int dependency);

/*
 * Fills in the state of a child. If the child does not answer, only is_state
 * is filled in, with INC_IS_UNREACHABLE.
 */
int inc_status(unsigned int child, IncState *statep);

/*
 * Allocates a node to an RDC that was launched where the caller's was. Needs the
 * system right to manage nodes, which the caller's RDC was granted at launch.
 */
int inc_nodeAlloc(unsigned int node, unsigned int rdcid);

/*
 * Withdraws a node from an RDC: it gets no new incarnations there. If kill is
 * not 0, those that it has there and that are not moving away are destroyed. Needs
 * the same right.
 */
int inc_nodeWithdraw(unsigned int node, unsigned int rdcid, int kill);

/*
 * Terminates a child without its last wishes.
 */
int inc_destroy(unsigned int child);

/*
 * Freezes a child once its current call is complete.
 */
int inc_freeze(unsigned int child);

/*
 * Lets a frozen or INCHOATE child run, at a time-slicing priority from 0 to 15.
 */
int inc_unfreeze(unsigned int child, unsigned int priority);

/*
 * Moves a child to another node. Returns when the move has begun.
 */
int inc_migrate(unsigned int child, unsigned int node);

/*
 * Returns a new stream to the auxiliary port of a child, where its parents send
 * what is to interrupt it. A launch endpoint has no such port. Described in §7.1,
 * added to appendix B.
 */
int inc_auxStream(unsigned int child);

/*
 * Returns the caller's handle to itself.
 */
int inc_self(void);

/*
 * Returns the node where the caller is.
 */
int inc_where(void);

/*
 * Returns the identifier of the caller's RDC.
 */
int inc_rdcId(void);

/*
 * Waits for one of the events described by nevents entries. Returns how many
 * entries it has filled in, moved to the front; 0 if none occurred in time.
 */
int inc_eventWait(unsigned int nevents, EvDesc *event_list, int timeout);

/*
 * Calls handler when messages are at a port, at a priority from 1 to 7: once
 * for all that have come since it ran last. A receive that waits there has them
 * first. Without a handler: no longer.
 */
int inc_setPortHandler(int port, void (*handler)(), unsigned int priority);

/*
 * Calls handler when the stream of a handle is closed. Without a handler: no
 * longer.
 */
int inc_setStreamHandler(int stream_handle, void (*handler)(),
    unsigned int priority);

/*
 * Registers (SET_INTEREST) or withdraws (UNSET_INTEREST) the caller's interest
 * in events of one type at a child, and the handler to call; without a handler,
 * they are for inc_eventWait alone.
 */
int inc_setIncHandler(unsigned int child, int set_interest,
    unsigned int event_type, void (*handler)(), unsigned int priority);

/*
 * Sets the caller's interrupt priority, 0 to 7; returns the old one. Handlers
 * above it may run; it is 0 at first, and that of a handler while that runs.
 */
int inc_setInterruptPriority(unsigned int priority);

/*
 * Waits until a software interrupt has been handled.
 */
int inc_pause(void);

/*
 * Returns from a software interrupt to what it interrupted. The library's
 * handler stub calls it, nobody else. Added to appendix B.
 */
int inc_interruptReturn(void);

/*
 * Ends all incarnations of the caller's RDC with this exit code. Appendix B
 * has no argument.
 */
int inc_rdcExit(int status);

/*
 * Moves the end of the heap to the address new, or stays if that is 0.
 * Returns the old end. New memory is zero.
 */
int inc_brk(char *new);

/*
 * Waits for a number of milliseconds.
 */
int inc_sleep(unsigned int nmillisecs);

/*
 * Fills in the caller's times in milliseconds.
 */
int inc_time(TimeBuf *time_buf);

#endif
