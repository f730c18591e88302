//! What each call takes: the table that the tests of wrong arguments run over.

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::constants::{EventType, RefType};
use abi::error::CallError;
use abi::structs::{EvDesc, IncCreateParams, IncState, Msg, SelectMessages, TimeBuf};
use zerocopy::{FromZeros, IntoBytes};

use super::Args;
use crate::support::Scene;
use crate::support::pool::RDC;
use crate::support::scene::{BUFFER_BYTES, TEXT_ADDRESS};
use crate::support::user::{BUFFER, RESULTS};

/// Calls that the kernel does not serve yet.
pub const ABSENT: &[Call] = &[Call::Migrate];

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An incarnation.
    Caller,
    /// The launch endpoint, which may manage nodes.
    Launch,
}

/// What an argument is, and so what can be wrong with it.
pub enum Argument {
    /// Nothing: every value is as good as another.
    Free,
    /// A number; these are out of range.
    Values(&'static [(u32, CallError)]),
    /// A reference of one of these types.
    Reference(&'static [RefType]),
    /// The same, or a number below all identifiers: none, or a module.
    NoneOr(&'static [RefType]),
    /// A reference, and the one that is named here lacks the right.
    Handle(&'static [RefType], fn(&Scene) -> u32),
    /// The same, or a number below all identifiers.
    NoneOrHandle(&'static [RefType], fn(&Scene) -> u32),
    /// A structure that is read.
    Read,
    /// A structure that is written.
    Write,
    /// As many bytes as another argument says, to be read.
    ReadRange,
    /// As many bytes as another argument says, to be written.
    WriteRange,
    /// Memory that holds a null-terminated string.
    Text,
    /// The first instruction of a handler.
    Code,
}

impl Argument {
    /// Whether it is the address of memory.
    pub fn is_memory(&self) -> bool {
        matches!(self, Read | Write | ReadRange | WriteRange | Text | Code)
    }

    /// Whether that memory is written.
    pub fn is_written(&self) -> bool {
        matches!(self, Write | WriteRange)
    }
}

/// A call of the table.
pub struct Subject {
    pub call: Call,
    pub actor: Actor,
    /// Arguments with which the call succeeds or waits.
    pub good: fn(&mut Scene) -> Args,
    pub arguments: &'static [Argument],
    /// Bytes behind each argument that is memory.
    pub bytes: [u32; ARGUMENTS_MAX],
}

/// A call of an incarnation.
const fn subject(
    call: Call,
    good: fn(&mut Scene) -> Args,
    arguments: &'static [Argument],
    bytes: [u32; ARGUMENTS_MAX],
) -> Subject {
    Subject { call, actor: Actor::Caller, good, arguments, bytes }
}

/// Where the good call has its message.
pub const MESSAGE: u32 = BUFFER + 0x1000;
/// Where it has a list.
pub const LIST: u32 = RESULTS + 512;

/// A message without data, with room for a reply.
pub fn plain_message() -> Msg {
    let mut message = Msg::new_zeroed();
    message.m_nreply = 16.into();
    message.m_base = BUFFER.into();
    message
}

/// A call about a message.
fn with_message(scene: &mut Scene, args: Args) -> Args {
    scene.caller.write(&mut scene.pool, MESSAGE, plain_message().as_bytes());
    args
}

fn with_create(scene: &mut Scene, args: Args) -> Args {
    let mut params = IncCreateParams::new_zeroed();
    params.ic_state = 1.into();
    scene.caller.write(&mut scene.pool, LIST, params.as_bytes());
    args
}

/// The caller's standard port as a list.
fn with_ports(scene: &mut Scene, args: Args) -> Args {
    let port = scene.caller.port.to_be_bytes();
    scene.caller.write(&mut scene.pool, LIST, &port);
    args
}

fn with_event(scene: &mut Scene, args: Args) -> Args {
    let mut entry = EvDesc::new_zeroed();
    entry.ed_reference = scene.caller.port.into();
    entry.ed_evtype = 1.into();
    scene.caller.write(&mut scene.pool, LIST, entry.as_bytes());
    args
}

fn with_selection(scene: &mut Scene, args: Args) -> Args {
    let mut entry = SelectMessages::new_zeroed();
    entry.sm_smhan = (scene.stream_handle as i32).into();
    scene.caller.write(&mut scene.pool, LIST, entry.as_bytes());
    args
}

/// A handler of the caller's runs.
fn with_frame(scene: &mut Scene) -> Args {
    let Scene { pool, caller, .. } = scene;
    let (stream, port) = caller.channel(pool);
    assert_eq!(caller.handle_port(pool, port, TEXT_ADDRESS, 1), 0);
    assert_eq!(caller.send(pool, stream, b"x", &[]), 0);
    [0; 5]
}

fn with_name(scene: &mut Scene) -> Args {
    scene.caller.write(&mut scene.pool, LIST, b"worker\0");
    [LIST, 0, 0, 0, 0]
}

const MSG: u32 = size_of::<Msg>() as u32;
const STREAM: &[RefType] = &[RefType::Stream];
const PORT: &[RefType] = &[RefType::Port];
const HANDLE: &[RefType] = &[RefType::StreamHandle];
const PORTS: &[RefType] = &[RefType::Port, RefType::PortHandle];
const REPLY: &[RefType] = &[RefType::ReplyHandle];
const BUFFERS: &[RefType] = &[RefType::BufferHandle];
const CHILD: &[RefType] = &[RefType::Incarnation];
const ANY: &[RefType] = &[
    RefType::Incarnation,
    RefType::Stream,
    RefType::Port,
    RefType::StreamHandle,
    RefType::PortHandle,
    RefType::BufferHandle,
    RefType::ReplyHandle,
];

/// No call copies beyond the end of a buffer.
const BEYOND: Argument = Argument::Values(&[
    (u32::MAX, CallError::BadLength),
    (0x8000_0000, CallError::BadLength),
    (BUFFER_BYTES + 1, CallError::BadLength),
]);
/// Priorities of handlers.
const ABOVE_NONE: Argument = Argument::Values(&[
    (0, CallError::BadArgument),
    (8, CallError::BadArgument),
    (u32::MAX, CallError::BadArgument),
]);
/// Bytes of the shortest instruction.
const INSTRUCTION: u32 = 2;
/// Lists are short.
const COUNT: Argument = Argument::Values(&[
    (u32::MAX, CallError::BadLength),
    (1025, CallError::BadLength),
    (0x1000_0001, CallError::BadLength),
]);

use Argument::{
    Code, Free, Handle, NoneOr, NoneOrHandle, Read, ReadRange, Reference, Text, Values, Write,
    WriteRange,
};

/// All calls that the kernel serves.
pub const SUBJECTS: &[Subject] = &[
    subject(
        Call::Invoke,
        |scene| with_message(scene, [scene.stream, MESSAGE, 0, 0, 0]),
        &[Reference(STREAM), Write],
        [0, MSG, 0, 0, 0],
    ),
    subject(
        Call::AsInvoke,
        |scene| with_message(scene, [scene.stream, MESSAGE, 0, 0, 0]),
        &[Reference(STREAM), Read],
        [0, MSG, 0, 0, 0],
    ),
    subject(
        Call::Send,
        |scene| with_message(scene, [scene.stream, MESSAGE, 0, 0, 0]),
        &[Reference(STREAM), Read],
        [0, MSG, 0, 0, 0],
    ),
    subject(
        Call::Dgram,
        |scene| with_message(scene, [scene.stream, MESSAGE, 0, 0, 0]),
        &[Reference(STREAM), Read],
        [0, MSG, 0, 0, 0],
    ),
    subject(
        Call::Receive,
        |scene| with_message(scene, [scene.caller.port, MESSAGE, 1, 0, 0]),
        &[Reference(PORT), Write, Free, NoneOr(HANDLE), Free],
        [0, MSG, 0, 0, 0],
    ),
    subject(
        Call::Reply,
        |scene| with_message(scene, [scene.reply, MESSAGE, 0, 0, 0]),
        &[Reference(REPLY), Read],
        [0, MSG, 0, 0, 0],
    ),
    subject(
        Call::Forward,
        |scene| with_message(scene, [scene.stream, scene.reply, MESSAGE, 0, 0]),
        &[Reference(STREAM), Reference(REPLY), Read],
        [0, 0, MSG, 0, 0],
    ),
    subject(
        Call::CopyTo,
        |scene| [scene.buffer, 1, BUFFER, BUFFER_BYTES - 1, 0],
        &[Handle(BUFFERS, |scene| scene.sealed), BEYOND, ReadRange, BEYOND],
        [0, 0, BUFFER_BYTES - 1, 0, 0],
    ),
    subject(
        Call::CopyFrom,
        |scene| [scene.buffer, 1, BUFFER, BUFFER_BYTES - 1, 0],
        &[Handle(BUFFERS, |scene| scene.sealed), BEYOND, WriteRange, BEYOND],
        [0, 0, BUFFER_BYTES - 1, 0, 0],
    ),
    subject(
        Call::TestPort,
        |scene| with_selection(scene, [scene.caller.port, 80, BUFFER, 1, LIST]),
        &[
            Reference(PORT),
            Values(&[(u32::MAX, CallError::BadLength), (0x7fff_ffff, CallError::BadAddress)]),
            WriteRange,
            COUNT,
            WriteRange,
        ],
        [0, 0, 80, 0, size_of::<SelectMessages>() as u32],
    ),
    subject(
        Call::SetBufferLimit,
        |scene| [scene.stream, 1, 0, 0, 0],
        &[
            Reference(STREAM),
            Values(&[
                (0, CallError::BadArgument),
                (u32::MAX, CallError::BadArgument),
                (0x8000_0000, CallError::BadArgument),
            ]),
        ],
        [0; 5],
    ),
    subject(
        Call::ChanCreate,
        |_| [0, LIST, LIST + 4, 0, 0],
        &[Values(&[(2, CallError::BadArgument), (u32::MAX, CallError::BadArgument)]), Write, Write],
        [0, 4, 4, 0, 0],
    ),
    subject(Call::PortCreate, |scene| [scene.unattached, 0, 0, 0, 0], &[Reference(STREAM)], [0; 5]),
    subject(Call::BackupCreate, |scene| [scene.stream, 0, 0, 0, 0], &[Reference(STREAM)], [0; 5]),
    subject(
        Call::HanCreate,
        |scene| [scene.stream, 0, 0, 0, 0],
        &[Reference(&[RefType::Stream, RefType::Port])],
        [0; 5],
    ),
    subject(
        Call::RebindStream,
        |scene| [scene.stream_handle, scene.stream, scene.port_handle, 0, 0],
        &[Reference(HANDLE), Reference(STREAM), NoneOr(PORTS)],
        [0; 5],
    ),
    subject(
        Call::AttachPort,
        |scene| [scene.caller.port, 0, scene.unattached, 0, 0],
        &[Reference(PORTS), NoneOr(PORTS), Reference(STREAM), Free],
        [0; 5],
    ),
    subject(
        Call::FreezeStream,
        |scene| [scene.stream_handle, 0, 0, 0, 0],
        &[Reference(HANDLE)],
        [0; 5],
    ),
    subject(
        Call::UnfreezeStream,
        |scene| [scene.stream_handle, 0, 0, 0, 0],
        &[Reference(HANDLE)],
        [0; 5],
    ),
    subject(Call::Close, |scene| [scene.child, 0, 0, 0, 0], &[Reference(ANY)], [0; 5]),
    subject(Call::TestReference, |scene| [scene.child, 0, 0, 0, 0], &[Free], [0; 5]),
    subject(
        Call::EventWait,
        |scene| with_event(scene, [1, LIST, 0, 0, 0]),
        &[COUNT, WriteRange, Free],
        [0, size_of::<EvDesc>() as u32, 0, 0, 0],
    ),
    subject(
        Call::SetPortHandler,
        |scene| [scene.caller.port, TEXT_ADDRESS, 3, 0, 0],
        &[Reference(PORT), Code, ABOVE_NONE],
        [0, INSTRUCTION, 0, 0, 0],
    ),
    subject(
        Call::SetStreamHandler,
        |scene| [scene.stream_handle, TEXT_ADDRESS, 3, 0, 0],
        &[Reference(HANDLE), Code, ABOVE_NONE],
        [0, INSTRUCTION, 0, 0, 0],
    ),
    subject(
        Call::SetIncHandler,
        |scene| [scene.child, 1, EventType::Dead as u32, TEXT_ADDRESS, 3],
        &[
            Handle(CHILD, |scene| scene.powerless),
            Values(&[(2, CallError::BadArgument), (u32::MAX, CallError::BadArgument)]),
            Values(&[
                (0, CallError::BadArgument),
                (EventType::PortHasMessage as u32, CallError::BadArgument),
                (EventType::StreamInvokable as u32, CallError::BadArgument),
                (EventType::StreamClosed as u32, CallError::BadArgument),
                (EventType::PortAttached as u32, CallError::BadArgument),
                (EventType::PortDetached as u32, CallError::BadArgument),
                (11, CallError::BadArgument),
                (u32::MAX, CallError::BadArgument),
            ]),
            Code,
            ABOVE_NONE,
        ],
        [0, 0, 0, INSTRUCTION, 0],
    ),
    subject(
        Call::SetInterruptPriority,
        |_| [3, 0, 0, 0, 0],
        &[Values(&[(8, CallError::BadArgument), (u32::MAX, CallError::BadArgument)])],
        [0; 5],
    ),
    subject(Call::Pause, |_| [0; 5], &[], [0; 5]),
    subject(Call::InterruptReturn, with_frame, &[], [0; 5]),
    subject(
        Call::Create,
        |scene| with_create(scene, [0, 2, BUFFER, BUFFER + 4, LIST]),
        &[
            NoneOrHandle(CHILD, |scene| scene.powerless),
            Values(&[
                (3, CallError::NoSuchNode),
                (0x102, CallError::NoSuchNode),
                (u32::MAX, CallError::NoSuchNode),
            ]),
            Write,
            Write,
            Read,
        ],
        [0, 0, 4, 4, size_of::<IncCreateParams>() as u32],
    ),
    subject(
        Call::Fork,
        |scene| with_ports(scene, [2, BUFFER, 1, LIST, LIST + 4]),
        &[
            Values(&[(3, CallError::NoSuchNode), (u32::MAX, CallError::NoSuchNode)]),
            Write,
            COUNT,
            ReadRange,
            WriteRange,
        ],
        [0, 4, 0, 4, 4],
    ),
    subject(
        Call::NodeList,
        |_| [3, LIST, 0, 0, 0],
        &[
            Values(&[(u32::MAX, CallError::BadLength), (0x2000_0000, CallError::BadLength)]),
            WriteRange,
        ],
        [0, 24, 0, 0, 0],
    ),
    subject(Call::ModuleId, with_name, &[Text], [0; 5]),
    subject(
        Call::Destroy,
        |scene| [scene.child, 0, 0, 0, 0],
        &[Handle(CHILD, |scene| scene.powerless)],
        [0; 5],
    ),
    subject(
        Call::Freeze,
        |scene| [scene.child, 0, 0, 0, 0],
        &[Handle(CHILD, |scene| scene.powerless)],
        [0; 5],
    ),
    subject(
        Call::Unfreeze,
        |scene| [scene.child, 5, 0, 0, 0],
        &[
            Handle(CHILD, |scene| scene.powerless),
            Values(&[(16, CallError::BadArgument), (u32::MAX, CallError::BadArgument)]),
        ],
        [0; 5],
    ),
    subject(
        Call::MakeDependent,
        |scene| [scene.child, 1, 0, 0, 0],
        &[
            Handle(CHILD, |scene| scene.powerless),
            Values(&[
                (3, CallError::BadArgument),
                (0x8000_0000, CallError::BadArgument),
                (u32::MAX, CallError::BadArgument),
            ]),
        ],
        [0; 5],
    ),
    subject(
        Call::AuxStream,
        |scene| [scene.child, 0, 0, 0, 0],
        &[Handle(CHILD, |scene| scene.powerless)],
        [0; 5],
    ),
    subject(
        Call::Status,
        |scene| [scene.child, LIST, 0, 0, 0],
        &[Handle(CHILD, |scene| scene.powerless), Write],
        [0, size_of::<IncState>() as u32, 0, 0, 0],
    ),
    Subject {
        actor: Actor::Launch,
        ..subject(
            Call::NodeAlloc,
            |_| [1, RDC, 0, 0, 0],
            &[
                Values(&[(3, CallError::NoSuchNode), (u32::MAX, CallError::NoSuchNode)]),
                UNKNOWN_RDC,
            ],
            [0; 5],
        )
    },
    Subject {
        actor: Actor::Launch,
        ..subject(
            Call::NodeWithdraw,
            |_| [1, RDC, 0, 0, 0],
            &[
                Values(&[(3, CallError::NoSuchNode), (u32::MAX, CallError::NoSuchNode)]),
                UNKNOWN_RDC,
                Free,
            ],
            [0; 5],
        )
    },
    subject(Call::SelfInc, |_| [0; 5], &[], [0; 5]),
    subject(Call::Where, |_| [0; 5], &[], [0; 5]),
    subject(Call::RdcId, |_| [0; 5], &[], [0; 5]),
    subject(
        Call::Brk,
        |scene| [scene.hole + 16, 0, 0, 0, 0],
        &[Values(&[
            (3, CallError::BadAddress),
            (TEXT_ADDRESS, CallError::BadAddress),
            (0x0200_0000, CallError::NoMemory),
            (0x8000_0000, CallError::NoMemory),
            (u32::MAX, CallError::NoMemory),
        ])],
        [0; 5],
    ),
    subject(
        Call::Sleep,
        |_| [10, 0, 0, 0, 0],
        &[Values(&[(0x8000_0000, CallError::BadArgument), (u32::MAX, CallError::BadArgument)])],
        [0; 5],
    ),
    subject(
        Call::Time,
        |_| [LIST, 0, 0, 0, 0],
        &[Write],
        [size_of::<TimeBuf>() as u32, 0, 0, 0, 0],
    ),
    subject(Call::Exit, |_| [0; 5], &[Free], [0; 5]),
    subject(Call::RdcExit, |_| [0; 5], &[Free], [0; 5]),
];

/// RDCs that were not launched here.
const UNKNOWN_RDC: Argument = Values(&[
    (0, CallError::NoSuchRdc),
    (RDC + 1, CallError::NoSuchRdc),
    (u32::MAX, CallError::NoSuchRdc),
]);
