//! The table of system calls: the one place that lists them.
//!
//! Each entry has its documentation, its number, its name in Rust and in C, its
//! arguments, the type of its result, and the errors it can return. Numbers are
//! fixed: a call that goes leaves a gap. Source: appendix B of the dissertation;
//! entries that it lacks say so. The calls `ss_…` and `inc_paramRef` are library
//! functions built on these.
//!
//! `equus_calls!` hands the whole table to a macro of the caller's; see
//! `calls.rs`, `dispatch.rs` and `stubs.rs` for its uses.

/// Calls the macro `$callback` with the table of system calls.
#[macro_export]
macro_rules! equus_calls {
    ($callback:ident) => {
        $callback! {
        /// Fills in up to `nnodes` entries with the nodes allocated to the caller's
        /// RDC and their loads. Returns how many it has filled in.
        1 NodeList inc_nodeList(nnodes: u32, nodes_list: Ptr<NodeEntry>) -> u32,
            fails [BadAddress BadLength];
        /// Returns the identifier of the module named by the null-terminated string.
        2 ModuleId inc_moduleId(modname: Ptr<Text>) -> u32,
            fails [BadAddress LabelTooLong NoSuchModule];
        /// Creates an incarnation on `node` from a module or from an INCHOATE
        /// incarnation. Returns at once when the node has admitted it: a failure
        /// after that is an EV_INC_DEAD event with the reason. `ic_params`, its data
        /// arguments and its interfaces have at most 1536 bytes together.
        3 Create inc_create(blueprint: u32, node: u32, inchan_p: Ptr<u32>, stream_p: Ptr<i32>,
            create_params_p: Ptr<IncCreateParams>) -> (),
            fails [NoSuchReference WrongReferenceType NoRight NoPropagation BadAddress BadLength
                BadArgument LabelTooLong TableFull NoMemory Busy PeerLost OutcomeUnknown
                NoSuchNode NotAllocated NoSuchModule BadFile NotInchoate Unreachable];
        /// Forks a copy of the caller to `node`. Returns 1 in the parent and 0 in the
        /// child, which has the same references under the same identifiers, but for those
        /// that may be propagated no further, and for reply handles. Its handle to itself
        /// and its standard and auxiliary ports are its own; its other ports are
        /// unattached unless they are listed: then they are attached to the multicast
        /// channel of the stream in the same place of `streams_list`, which the port is
        /// attached to (else BadArgument), or to a new unicast channel, to which a stream
        /// is put in that place in the parent. No port is listed twice: BadArgument.
        /// Handlers of events and priorities are inherited, events that were not seen,
        /// dependencies and asynchronous invocations are not. A launch endpoint cannot be
        /// forked: NotSupported.
        4 Fork inc_fork(node: u32, inchan_p: Ptr<u32>, nports: u32, ports_list: Ptr<i32>,
            streams_list: Ptr<i32>) -> u32,
            fails [NoSuchReference WrongReferenceType BadAddress BadLength BadArgument TableFull
                NoMemory Busy PeerLost OutcomeUnknown NoSuchNode NotAllocated MixedPort
                NotSupported];
        /// Ends the caller. The status of the primary incarnation is the exit code of
        /// the RDC unless inc_rdcExit gives one. Added to appendix B.
        5 Exit inc_exit(status: i32) -> (), fails [];

        /// Sends a message and waits until it is received or replied to. A reply
        /// overwrites `m_head`, `m_ref` and the extra data. Returns the bytes of extra
        /// data in the reply. To a port of the caller's own, where nobody receives while
        /// it waits, it is refused: BadArgument.
        10 Invoke inc_invoke(stream: Ref, msg: Ptr<Msg>) -> u32,
            fails [NoSuchReference WrongReferenceType NoPropagation BadAddress BadLength
                BadArgument TableFull NoMemory Busy PeerLost OutcomeUnknown NotAttached Interrupted
                MulticastNotAllowed MixedPort];
        /// Sends a message whose extra data is fetched when it is received: the buffer
        /// belongs to the system until then. Waits while as many such calls are
        /// incomplete on this stream as its buffer limit says; but a port of the caller's
        /// own that has no room is Busy.
        11 AsInvoke inc_asinvoke(stream: Ref, msg: Ptr<Msg>) -> (),
            fails [NoSuchReference WrongReferenceType NoPropagation BadAddress BadLength
                BadArgument Busy PeerLost OutcomeUnknown NotAttached Interrupted
                MulticastNotAllowed MixedPort];
        /// Sends a message with at most 1536 bytes of extra data, which are copied
        /// before the call returns. Over a multicast channel, success means that at
        /// least one member has it. Waits while the port has no room, but not for a port
        /// of the caller's own, where nobody would make any: that is Busy.
        12 Send inc_send(stream: Ref, msg: Ptr<Msg>) -> (),
            fails [NoSuchReference WrongReferenceType NoPropagation BadAddress BadLength
                BadArgument TooLong Busy PeerLost OutcomeUnknown NotAttached Interrupted
                MixedPort];
        /// As inc_send, but the message may be lost. It is never delivered twice.
        13 Dgram inc_dgram(stream: Ref, msg: Ptr<Msg>) -> (),
            fails [NoSuchReference WrongReferenceType NoPropagation BadAddress BadLength
                BadArgument TooLong Interrupted MixedPort];
        /// Receives a message at a port, from the stream of the handle `selector` only
        /// unless that is 0. Returns 0 if there was none in time, 1 if there was one,
        /// and the identifier of a reply handle if `block_invoker` is not 0 and the
        /// message came by inc_invoke. A port that comes with it is fetched from its old owner
        /// first; if there is no room for it or for its messages, nothing is received.
        14 Receive inc_receive(port: Ref, msg: Ptr<Msg>, block_invoker: i32, selector: Ref,
            timeout: Timeout) -> u32,
            fails [NoSuchReference WrongReferenceType BadAddress BadLength TableFull NoMemory Busy
                Interrupted];
        /// Replies to the invoker behind a reply handle and unblocks it. Waits until
        /// extra data beyond one packet has been fetched.
        15 Reply inc_reply(reply_handle: Ref, msg: Ptr<Msg>) -> (),
            fails [NoSuchReference WrongReferenceType NoPropagation BadAddress BadLength
                BadArgument Busy PeerLost OutcomeUnknown MixedPort NoReplyExpected];
        /// Sends the message behind a reply handle on, with the `m_head` of `msg`. The
        /// next receiver replies to the first invoker. Waits for room as inc_send does.
        16 Forward inc_forward(stream: Ref, reply_handle: Ref, msg: Ptr<Msg>) -> (),
            fails [NoSuchReference WrongReferenceType BadAddress Busy PeerLost OutcomeUnknown
                NotAttached MulticastNotAllowed Interrupted NoReplyExpected];
        /// Copies `nbytes` bytes at `data` into the buffer of a buffer handle.
        17 CopyTo inc_copyto(buffer_handle: Ref, offset: u32, data: Ptr<Bytes>, nbytes: u32) -> (),
            fails [NoSuchReference WrongReferenceType NoRight BadAddress BadLength Busy PeerLost
                OutcomeUnknown Unreachable];
        /// Copies `nbytes` bytes from the buffer of a buffer handle to `data`.
        18 CopyFrom inc_copyfrom(buffer_handle: Ref, offset: u32, data: Ptr<Bytes>,
            nbytes: u32) -> (),
            fails [NoSuchReference WrongReferenceType NoRight BadAddress BadLength Busy PeerLost
                Unreachable];
        /// Returns the number of messages at a port. Copies up to `nheader` bytes of
        /// their headers, and counts those from the streams of `nselect` handles.
        19 TestPort inc_testPort(port: Ref, nheader: u32, header_array: Ptr<Bytes>, nselect: u32,
            select_array: Ptr<SelectMessages>) -> u32,
            fails [NoSuchReference WrongReferenceType BadAddress BadLength];
        /// Sets how many inc_asinvoke calls may be incomplete on a stream: 1 or more.
        20 SetBufferLimit inc_setBufferLimit(stream: Ref, limit: i32) -> (),
            fails [NoSuchReference WrongReferenceType BadArgument];

        /// Creates a channel of type CHAN_UNICAST or CHAN_MULTICAST with a stream and
        /// a port attached to it.
        30 ChanCreate inc_chanCreate(chantype: u32, stream_p: Ptr<i32>, port_p: Ptr<i32>) -> (),
            fails [BadAddress BadArgument TableFull NoMemory];
        /// Creates a port attached to the channel of `stream`; returns it. The port
        /// that was attached to a unicast channel is detached.
        31 PortCreate inc_portCreate(stream: Ref) -> Ref,
            fails [NoSuchReference WrongReferenceType TableFull NoMemory Busy OutcomeUnknown];
        /// Creates a handle to a stream or port of the caller; returns it.
        32 HanCreate inc_hanCreate(stream_or_port: Ref) -> Ref,
            fails [NoSuchReference WrongReferenceType TableFull];
        /// Creates a backup port for the unicast channel of `stream`: it is attached
        /// when the node of the attached port is lost, and the caller gets an
        /// EV_PT_ATTACHED event. It cannot be propagated before. An incarnation has at
        /// most one for a channel, and none for a port of its own (BadArgument).
        /// Described in §6.2.4, added to appendix B.
        33 BackupCreate inc_backupCreate(stream: Ref) -> Ref,
            fails [NoSuchReference WrongReferenceType MulticastNotAllowed BadArgument TableFull
                NoMemory NotAttached PeerLost];
        /// Closes a reference; its identifier becomes invalid.
        34 Close inc_close(reference: AnyRef) -> (),
            fails [NoSuchReference];
        /// Returns RT_NONE if the caller has no such reference, else its type in the
        /// lowest 8 bits and its flags above them.
        35 TestReference inc_testReference(reference: AnyRef) -> u32, fails [];

        /// Rebinds the stream of a handle to the channel of `stream`. Messages that
        /// have arrived from it at `port`, a port or port handle, are forwarded first;
        /// with NO_PORT none are.
        40 RebindStream inc_rebindStream(stream_handle: Ref, stream: Ref, port: Ref) -> (),
            fails [NoSuchReference WrongReferenceType MulticastNotAllowed Busy PeerLost
                OutcomeUnknown Unreachable];
        /// Attaches `newport` to the channel of `stream` and detaches `oldport` from it
        /// unless that is NO_PORT. If `move_q` is not 0, the messages that have arrived
        /// at it over this channel are forwarded first. Ports may be given by handles.
        41 AttachPort inc_attachPort(newport: Ref, oldport: Ref, stream: Ref, move_q: i32) -> (),
            fails [NoSuchReference WrongReferenceType TableFull NoMemory Busy NotAttached PeerLost
                OutcomeUnknown Unreachable];
        /// Makes whoever sends by the stream of a handle wait before sending.
        42 FreezeStream inc_freezeStream(stream_handle: Ref) -> (),
            fails [NoSuchReference WrongReferenceType PeerLost Unreachable];
        /// Lets the stream of a handle send again.
        43 UnfreezeStream inc_unfreezeStream(stream_handle: Ref) -> (),
            fails [NoSuchReference WrongReferenceType NotFrozen PeerLost Unreachable];

        /// Makes a child depend on the caller: with DEP_ABSOLUTE it ends when that is gone, with
        /// DEP_GROUP when nobody is left of those who have said so, one of whom is gone. It is
        /// tested once a second. DEP_NONE cancels. Nobody depends on himself.
        50 MakeDependent inc_makeDependent(child: AnyRef, dependency: i32) -> (),
            fails [NoSuchReference WrongReferenceType NoRight BadArgument TableFull Busy PeerLost
                Unreachable];
        /// Fills in the state of a child. If the child does not answer, only `is_state`
        /// is filled in, with INC_IS_UNREACHABLE.
        51 Status inc_status(child: AnyRef, statep: Ptr<IncState>) -> (),
            fails [NoSuchReference WrongReferenceType NoRight BadAddress Busy];
        /// Allocates a node to an RDC that was launched where the caller's was. Needs the
        /// system right to manage nodes, which the caller's RDC was granted at launch.
        52 NodeAlloc inc_nodeAlloc(node: u32, rdcid: u32) -> (),
            fails [NoRight NoSuchNode NoSuchRdc TableFull PeerLost];
        /// Withdraws a node from an RDC: it gets no new incarnations there. If `kill` is
        /// not 0, those that it has there and that are not moving away are destroyed. Needs
        /// the same right.
        53 NodeWithdraw inc_nodeWithdraw(node: u32, rdcid: u32, kill: i32) -> (),
            fails [NoRight NoSuchNode NoSuchRdc NotAllocated PeerLost];
        /// Terminates a child without its last wishes.
        54 Destroy inc_destroy(child: AnyRef) -> (),
            fails [NoSuchReference WrongReferenceType NoRight Busy PeerLost OutcomeUnknown
                Unreachable];
        /// Freezes a child once its current call is complete.
        55 Freeze inc_freeze(child: AnyRef) -> (),
            fails [NoSuchReference WrongReferenceType NoRight Busy PeerLost Unreachable];
        /// Lets a frozen or INCHOATE child run, at a time-slicing priority from 0 to 15.
        56 Unfreeze inc_unfreeze(child: AnyRef, priority: u32) -> (),
            fails [NoSuchReference WrongReferenceType NoRight BadArgument NotFrozen Busy PeerLost
                Unreachable];
        /// Moves a child to another node. Returns when the move has begun.
        57 Migrate inc_migrate(child: AnyRef, node: u32) -> (),
            fails [NoSuchReference WrongReferenceType NoRight NoMemory Busy PeerLost NoSuchNode
                NotAllocated Unreachable Migrating NotSupported];
        /// Returns a new stream to the auxiliary port of a child, where its parents send
        /// what is to interrupt it. A launch endpoint has no such port. Described in §7.1,
        /// added to appendix B.
        58 AuxStream inc_auxStream(child: AnyRef) -> Ref,
            fails [NoSuchReference WrongReferenceType NoRight TableFull Busy PeerLost NotAttached
                Unreachable];

        /// Returns the caller's handle to itself.
        60 SelfInc inc_self() -> AnyRef, fails [];
        /// Returns the node where the caller is.
        61 Where inc_where() -> u32, fails [];
        /// Returns the identifier of the caller's RDC.
        62 RdcId inc_rdcId() -> u32, fails [];

        /// Waits for one of the events described by `nevents` entries. Returns how many
        /// entries it has filled in, moved to the front; 0 if none occurred in time.
        70 EventWait inc_eventWait(nevents: u32, event_list: Ptr<EvDesc>, timeout: Timeout) -> u32,
            fails [NoSuchReference WrongReferenceType NoRight BadAddress BadLength BadArgument
                Busy Interrupted];
        /// Calls `handler` when messages are at a port, at a priority from 1 to 7: once
        /// for all that have come since it ran last. A receive that waits there has them
        /// first. Without a handler: no longer.
        71 SetPortHandler inc_setPortHandler(port: Ref, handler: Handler, priority: u32) -> (),
            fails [NoSuchReference WrongReferenceType BadAddress BadArgument TableFull
                NotSupported];
        /// Calls `handler` when the stream of a handle is closed. Without a handler: no
        /// longer.
        72 SetStreamHandler inc_setStreamHandler(stream_handle: Ref, handler: Handler,
            priority: u32) -> (),
            fails [NoSuchReference WrongReferenceType BadAddress BadArgument TableFull Busy
                NotSupported];
        /// Registers (SET_INTEREST) or withdraws (UNSET_INTEREST) the caller's interest
        /// in events of one type at a child, and the handler to call; without a handler,
        /// they are for inc_eventWait alone.
        73 SetIncHandler inc_setIncHandler(child: AnyRef, set_interest: i32, event_type: u32,
            handler: Handler, priority: u32) -> (),
            fails [NoSuchReference WrongReferenceType NoRight BadAddress BadArgument TableFull Busy
                PeerLost Unreachable NotSupported];
        /// Sets the caller's interrupt priority, 0 to 7; returns the old one. Handlers
        /// above it may run; it is 0 at first, and that of a handler while that runs.
        74 SetInterruptPriority inc_setInterruptPriority(priority: u32) -> u32,
            fails [BadArgument];
        /// Waits until a software interrupt has been handled.
        75 Pause inc_pause() -> (), fails [];
        /// Returns from a software interrupt to what it interrupted. The library's
        /// handler stub calls it, nobody else. Added to appendix B.
        76 InterruptReturn inc_interruptReturn() -> (), fails [BadArgument];

        /// Ends all incarnations of the caller's RDC with this exit code. Appendix B
        /// has no argument.
        80 RdcExit inc_rdcExit(status: i32) -> (), fails [];
        /// Moves the end of the heap to the address `new`, or stays if that is 0.
        /// Returns the old end. New memory is zero.
        81 Brk inc_brk(new: Ptr<Bytes>) -> u32,
            fails [BadAddress NoMemory];
        /// Waits for a number of milliseconds.
        82 Sleep inc_sleep(nmillisecs: u32) -> (), fails [BadArgument Interrupted];
        /// Fills in the caller's times in milliseconds.
        83 Time inc_time(time_buf: Ptr<TimeBuf>) -> (), fails [BadAddress];
        }
    };
}
