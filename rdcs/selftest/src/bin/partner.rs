//! A partner: does what it is told.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;

use rdc::space::{self, Copies, Fetched};
use rdc::{
    Arrival, CallError, Domain, ExitCode, Invoker, Message, Port, Propagate, Receive, Received,
    ReplyHandle, Stream, Timeout, interface, names,
};
use selftest::{Answer, Command, Task, checksum};
use zerocopy::IntoBytes;
use zerocopy::big_endian::U32;

/// Bytes of extra data at most.
const DATA_MAX: usize = 128 << 10;

struct Partner {
    kept: Option<Received>,
    /// A copy from stream space.
    held: Option<Fetched<Stream>>,
    /// Values and checksums.
    notes: Vec<U32>,
    /// How many invokers are still to be let go.
    let_go: u32,
}

#[rdc::main]
fn main() -> Result<(), CallError> {
    let mut partner = Partner { kept: None, held: None, notes: Vec::new(), let_go: 0 };
    let mut buffer = alloc::vec![0; DATA_MAX];
    loop {
        partner.serve(&mut buffer)?;
    }
}

impl Partner {
    fn serve(&mut self, buffer: &mut [u8]) -> Result<(), CallError> {
        let invoker = if self.let_go > 0 { Invoker::GoesOn } else { Invoker::Waits };
        self.let_go = self.let_go.saturating_sub(1);
        let mut message = Message::new().buffer(buffer, 0);
        let how = Receive { invoker, ..Receive::default() };
        let arrival = rdc::port().receive_with(&mut message, &how)?;
        let command: Command = message.head();
        if let Some(came) = message.take_reference() {
            self.kept = Some(came);
        }
        let reply = match arrival {
            Arrival::Invocation(reply) => Some(reply),
            Arrival::Message | Arrival::None => None,
        };
        let task = Task::from_number(command.task.get()).ok_or(CallError::BadArgument)?;
        self.perform(task, command.value.get(), message.extra(), reply)
    }

    fn perform(
        &mut self,
        task: Task,
        value: u32,
        data: &[u8],
        reply: Option<ReplyHandle>,
    ) -> Result<(), CallError> {
        let mut answer = Message::new();
        let result = match task {
            Task::Echo => {
                answer = answer.data(data);
                Ok(value)
            }
            Task::Note => {
                self.notes.extend([U32::new(value), U32::new(checksum(data))]);
                Ok(0)
            }
            Task::Tell => {
                answer = answer.data(self.notes.as_bytes());
                Ok(self.notes.len() as u32 / 2)
            }
            Task::Keep => Ok(self.kept.as_ref().map_or(0, type_of)),
            Task::Return => return self.return_kept(reply),
            Task::Reverse => self.reverse(),
            Task::Forward => return self.forward(value, reply),
            Task::Drop => return Ok(()),
            Task::LetGo => {
                self.let_go = value;
                Ok(0)
            }
            Task::Sleep => rdc::sleep(core::time::Duration::from_millis(value.into())).map(|()| 0),
            Task::Exit => rdc::exit(ExitCode(value as i32)),
            Task::Fault => Ok(deep(value)),
            Task::Panic => panic!("the partner was told to panic with {value}"),
            Task::State | Task::Destroy => self.control(task),
            Task::Parameters => {
                answer = answer.data(rdc::parameters());
                Ok(0)
            }
            Task::Grow => grow(value),
            Task::Send => self.send(value),
            Task::Receive => self.receive(),
            Task::Handle => return self.reply_with_handle(reply),
            Task::Auxiliary => value_at(rdc::auxiliary_port()),
            Task::Depend => self.depend(value),
            Task::Fetch => fetch(text(data)?, value),
            Task::Deposit => self.deposit(text(data)?, value),
            Task::Borrow => self.borrow(text(data)?, value),
            Task::Release => self.held.take().map_or(Ok(0), |held| held.give_back().map(|()| 0)),
            Task::Via => interface::stream(0).and_then(|stream| note(stream, value)),
            Task::At => interface::port(1).and_then(value_at),
            Task::Find => names::look_up(text(data)?).and_then(|found| note(&found, value)),
        };
        answer.set_head(&Answer::of(result));
        reply.map_or(Ok(()), |reply| Ok(reply.reply(&mut answer)?))
    }

    fn receive(&mut self) -> Result<u32, CallError> {
        let Some(Received::Port(port)) = &self.kept else {
            return Err(CallError::WrongReferenceType);
        };
        value_at(port)
    }

    fn reply_with_handle(&mut self, reply: Option<ReplyHandle>) -> Result<(), CallError> {
        let Some(reply) = reply else { return Ok(()) };
        let answer = Message::with_head(&Answer::of(Ok(0)));
        match &self.kept {
            Some(Received::Stream(kept)) => {
                let handle = kept.handle()?;
                Ok(reply.reply(&mut carry(answer, &handle))?)
            }
            Some(Received::Port(kept)) => {
                let handle = kept.handle()?;
                Ok(reply.reply(&mut carry(answer, &handle))?)
            }
            _ => Err(CallError::WrongReferenceType),
        }
    }

    fn return_kept(&mut self, reply: Option<ReplyHandle>) -> Result<(), CallError> {
        let Some(reply) = reply else { return Ok(()) };
        let answer = Message::with_head(&Answer::of(Ok(0)));
        // A port can be here or there.
        if let Some(Received::Port(port)) = self.kept.take_if(|kept| is_port(kept)) {
            return Ok(reply.reply(&mut answer.give(port, Domain::Any))?);
        }
        let mut answer = match &self.kept {
            Some(Received::Stream(kept)) => carry(answer, kept),
            Some(Received::StreamHandle(kept)) => carry(answer, kept),
            Some(Received::Incarnation(kept)) => carry(answer, kept),
            Some(Received::Buffer(kept, _)) => carry(answer, kept),
            _ => answer,
        };
        match reply.reply(&mut answer) {
            Ok(()) => Ok(()),
            // The reference may not go back: the answer says so.
            Err(failed) => {
                let mut answer = Message::with_head(&Answer::of(Err(failed.error)));
                Ok(failed.handle.reply(&mut answer)?)
            }
        }
    }

    fn reverse(&mut self) -> Result<u32, CallError> {
        let Some(Received::Buffer(handle, length)) = &self.kept else {
            return Err(CallError::WrongReferenceType);
        };
        let mut contents = alloc::vec![0; *length as usize];
        handle.copy_from(0, &mut contents)?;
        contents.reverse();
        handle.copy_to(0, &contents)?;
        // One byte too many is refused.
        match handle.copy_from(1, &mut contents) {
            Err(CallError::BadLength) => Ok(*length),
            Ok(()) => Err(CallError::NoSuchCall),
            Err(error) => Err(error),
        }
    }

    fn forward(&mut self, value: u32, reply: Option<ReplyHandle>) -> Result<(), CallError> {
        let (Some(Received::Stream(stream)), Some(reply)) = (&self.kept, reply) else {
            return Err(CallError::WrongReferenceType);
        };
        let mut message = Message::with_head(&Command::new(Task::Echo, value));
        Ok(reply.forward(stream, &mut message)?)
    }

    fn control(&mut self, task: Task) -> Result<u32, CallError> {
        let Some(Received::Incarnation(incarnation)) = &self.kept else {
            return Err(CallError::WrongReferenceType);
        };
        match task {
            Task::Destroy => incarnation.destroy().map(|()| 0),
            _ => incarnation.status().map(|status| status.state as u32),
        }
    }

    fn depend(&mut self, value: u32) -> Result<u32, CallError> {
        let Some(Received::Incarnation(incarnation)) = &self.kept else {
            return Err(CallError::WrongReferenceType);
        };
        let dependency = rdc::Dependency::from_value(value as i32);
        let dependency = dependency.ok_or(CallError::BadArgument)?;
        incarnation.make_dependent(dependency).map(|()| 0)
    }

    fn send(&mut self, value: u32) -> Result<u32, CallError> {
        let Some(Received::Stream(stream)) = &self.kept else {
            return Err(CallError::WrongReferenceType);
        };
        note(stream, value)
    }

    fn deposit(&mut self, label: &str, value: u32) -> Result<u32, CallError> {
        let copies = if value == 0 { Copies::Unlimited } else { Copies::AtMost(value) };
        match self.kept.take().ok_or(CallError::NoSuchReference)? {
            Received::Port(port) => space::give(label, port)?,
            other => space::put(label, &other, copies)?,
        }
        Ok(0)
    }

    fn borrow(&mut self, label: &str, wait_ms: u32) -> Result<u32, CallError> {
        self.held = Some(space::get_within(label, Timeout::WithinMs(wait_ms))?);
        Ok(0)
    }
}

fn fetch(label: &str, value: u32) -> Result<u32, CallError> {
    note(&*space::get::<Stream>(label)?, value)
}

fn note(stream: &Stream, value: u32) -> Result<u32, CallError> {
    stream.send(&mut Message::with_head(&Command::new(Task::Note, value))).map(|()| 0)
}

fn text(data: &[u8]) -> Result<&str, CallError> {
    core::str::from_utf8(data).map_err(|_| CallError::BadArgument)
}

/// The value of the first note at a port.
fn value_at(port: &Port) -> Result<u32, CallError> {
    let mut message = Message::new();
    let how = Receive { timeout: rdc::Timeout::WithinMs(5000), ..Receive::default() };
    match port.receive_with(&mut message, &how)? {
        Arrival::None => Err(CallError::TimedOut),
        _ => Ok(message.head::<Command>().value.get()),
    }
}

fn carry<'m>(message: Message<'m>, reference: &'m impl Propagate) -> Message<'m> {
    message.reference(reference, Domain::Any)
}

fn is_port(received: &Received) -> bool {
    matches!(received, Received::Port(_))
}

fn type_of(received: &Received) -> u32 {
    use rdc::abi::constants::RefType;
    let ref_type = match received {
        Received::Stream(_) => RefType::Stream,
        Received::Port(_) => RefType::Port,
        Received::StreamHandle(_) => RefType::StreamHandle,
        Received::PortHandle(_) => RefType::PortHandle,
        Received::Buffer(..) => RefType::BufferHandle,
        Received::Incarnation(_) => RefType::Incarnation,
    };
    ref_type as u32
}

/// Goes deeper into the stack than it reaches.
#[inline(never)]
#[expect(unconditional_recursion, reason = "it ends in the guard page below the stack")]
fn deep(value: u32) -> u32 {
    let place = core::hint::black_box([value; 64]);
    deep(value).wrapping_add(place[0])
}

fn grow(bytes: u32) -> Result<u32, CallError> {
    let mut block: Vec<u8> = Vec::new();
    block.try_reserve_exact(bytes as usize).map_err(|_| CallError::NoMemory)?;
    block.resize(bytes as usize, 0xa5);
    Ok(checksum(core::hint::black_box(&block)))
}
