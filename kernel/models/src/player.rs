//! What each incarnation does: a short list of calls, made one after the other.

use std::collections::VecDeque;

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::constants::{Domain, RefType};
use abi::error::CallError;
use abi::ids::NodeId;
use abi::structs::{Keep, Msg, RefDescrip};
use kernel::platform::Slot;
use sim::program::desk::{Desk, MESSAGE};
use zerocopy::FromZeros;

use crate::scenario::Role;
use crate::watch::{Violation, Watch};

/// Waits without an end.
const FOREVER: u32 = u32::MAX;

/// An incarnation.
#[derive(Debug, Clone)]
pub struct Player {
    /// who it is
    pub role: Role,
    /// where it lives
    pub node: NodeId,
    /// its place there
    pub slot: Slot,
    /// what it is to do after what it is doing
    pub tasks: VecDeque<Task>,
    doing: Option<Task>,
    call: Call,
    /// whether the call that it is in has already been seen to receive
    has_received: bool,
}

/// Something that an incarnation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are references and numbers of messages")]
pub enum Task {
    /// sends a message
    Send { stream: u32, number: u8 },
    /// invokes with a message
    Invoke { stream: u32, number: u8 },
    /// gives a port away
    Give { stream: u32, port: u32, flags: u32 },
    /// waits for a port, and then serves that
    AwaitPort { port: u32 },
    /// receives a message if there is one
    Look { port: u32 },
    /// receives messages, and replies to invocations, for ever
    Serve { port: u32 },
    /// replies to an invocation
    Reply { handle: u32, number: u8 },
    /// makes a call that changes the receiver; if the old one is lost, once more without it
    Change { call: Call, arguments: [u32; ARGUMENTS_MAX], old: usize },
    /// waits for a time in ms
    Sleep { ms: u32 },
}

impl Player {
    /// An incarnation that does nothing yet.
    pub fn new(role: Role, node: NodeId, slot: Slot) -> Player {
        Player {
            role,
            node,
            slot,
            tasks: VecDeque::new(),
            doing: None,
            call: Call::Pause,
            has_received: false,
        }
    }

    /// The call that it is in, if that is to return.
    pub fn open_call(&self) -> Option<&'static str> {
        let is_open = match self.doing {
            None | Some(Task::Serve { .. } | Task::AwaitPort { .. }) => false,
            Some(_) => true,
        };
        is_open.then(|| self.call.name())
    }

    /// Whether it waits for a port to come.
    pub fn awaits_port(&self) -> bool {
        matches!(self.doing, Some(Task::AwaitPort { .. }))
    }

    /// Its call is going to return: if it has received a message, that was now.
    pub fn hear(&mut self, result: i32, desk: &mut Desk<'_>, watch: &mut Watch) {
        let receives = matches!(self.doing, Some(Task::Look { .. } | Task::Serve { .. }));
        if receives && result > 0 && !self.has_received {
            self.has_received = true;
            watch.receives(self.role, number_of(desk));
        }
    }

    /// Its last call has returned; answers the next one.
    pub fn step(
        &mut self,
        result: i32,
        desk: &mut Desk<'_>,
        watch: &mut Watch,
    ) -> (Call, [u32; ARGUMENTS_MAX]) {
        if let Some(task) = self.doing.take() {
            self.conclude(task, result, desk, watch);
        }
        self.has_received = false;
        self.doing = self.tasks.pop_front();
        let (call, arguments) = match self.doing {
            Some(task) => begin(task, desk, watch),
            None => (Call::Pause, [0; ARGUMENTS_MAX]),
        };
        self.call = call;
        (call, arguments)
    }

    fn conclude(&mut self, task: Task, result: i32, desk: &mut Desk<'_>, watch: &mut Watch) {
        let error = CallError::from_code(result);
        if let Some(error) = error
            && !self.may_fail(task, error, watch)
        {
            watch.blame(Violation::WrongError { by: self.role, call: self.call.name(), error });
        }
        match task {
            Task::Send { number, .. } => watch.returned(number, result, false),
            Task::Invoke { number, .. } => watch.returned(number, result, true),
            Task::AwaitPort { .. } if result > 0 => self.take_port(desk),
            Task::Look { .. } if result > 0 => self.took(result, desk),
            Task::Serve { .. } if result > 0 => {
                self.tasks.push_front(task);
                self.took(result, desk);
            }
            Task::AwaitPort { .. } => self.tasks.push_front(task),
            Task::Change { call, mut arguments, old } if error.is_some() && arguments[old] != 0 => {
                arguments[old] = 0;
                self.tasks.push_front(Task::Change { call, arguments, old });
            }
            _ => {}
        }
    }

    /// A message has come with a port.
    fn take_port(&mut self, desk: &mut Desk<'_>) {
        let message: Msg = desk.read(MESSAGE);
        let port = message.m_ref.rd_obj.id.get();
        if message.m_ref.ref_type() == Some(RefType::Port) && port != 0 {
            self.tasks.push_front(Task::Serve { port });
        }
    }

    /// A message has come: an invocation is replied to.
    fn took(&mut self, result: i32, desk: &mut Desk<'_>) {
        if result > 1 {
            let number = number_of(desk);
            self.tasks.push_front(Task::Reply { handle: result as u32, number });
        }
    }

    /// Whether there may be a reason for an error.
    fn may_fail(&self, task: Task, error: CallError, watch: &Watch) -> bool {
        let is_loss = matches!(
            error,
            CallError::PeerLost
                | CallError::OutcomeUnknown
                | CallError::NotAttached
                | CallError::Unreachable
        );
        match task {
            // Who has given a port away has it back only if its new owner was lost.
            Task::Serve { .. } if self.role == Role::Owner => error == CallError::NoSuchReference,
            _ => is_loss && watch.is_killed(),
        }
    }
}

/// The call that begins a task, its message in place.
fn begin(task: Task, desk: &mut Desk<'_>, watch: &mut Watch) -> (Call, [u32; ARGUMENTS_MAX]) {
    let message = MESSAGE.address();
    match task {
        Task::Send { stream, number } => {
            watch.sends();
            write(desk, number, RefDescrip::NONE);
            (Call::Send, [stream, message, 0, 0, 0])
        }
        Task::Invoke { stream, number } => {
            watch.sends();
            write(desk, number, RefDescrip::NONE);
            (Call::Invoke, [stream, message, 0, 0, 0])
        }
        Task::Give { stream, port, flags } => {
            let mut given = RefDescrip::new(RefType::Port, port, Domain::Any, flags);
            given.set_keep(Keep::Destroy);
            write(desk, 0, given);
            (Call::Send, [stream, message, 0, 0, 0])
        }
        Task::Look { port } => {
            write(desk, 0, RefDescrip::NONE);
            (Call::Receive, [port, message, 1, 0, 0])
        }
        Task::Serve { port } | Task::AwaitPort { port } => {
            write(desk, 0, RefDescrip::NONE);
            (Call::Receive, [port, message, 1, 0, FOREVER])
        }
        Task::Reply { handle, number } => {
            write(desk, number, RefDescrip::NONE);
            (Call::Reply, [handle, message, 0, 0, 0])
        }
        Task::Change { call, arguments, .. } => (call, arguments),
        Task::Sleep { ms } => (Call::Sleep, [ms, 0, 0, 0, 0]),
    }
}

/// The number of the message that is in its place.
fn number_of(desk: &mut Desk<'_>) -> u8 {
    desk.read::<Msg>(MESSAGE).m_head[0]
}

/// Puts a message that is a header only into its place.
pub fn write(desk: &mut Desk<'_>, number: u8, reference: RefDescrip) {
    let mut message = Msg::new_zeroed();
    message.m_head[0] = number;
    message.m_ref = reference;
    desk.write(MESSAGE, &message);
}
