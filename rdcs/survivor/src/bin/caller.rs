//! A caller: gets into its situation, says that it is ready, and says what its call has come
//! to when it is over.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;
use core::sync::atomic::{AtomicU32, Ordering};

use rdc::abi::constants::IncarnationState;
use rdc::event::{self, Event};
use rdc::interrupt::{self, InterruptPriority};
use rdc::{
    Arrival, BufferHandle, CallError, ChannelType, Child, Domain, EndReason, EventType, Message,
    Module, NodeId, Priority, Receive, Received, ReplyHandle, Timeout, channel, reconfigure,
};
use survivor::{BULK, Situation, Task};

/// How long a receiver waits for somebody who is gone.
const PATIENCE: Timeout = Timeout::WithinMs(2000);

struct Caller {
    node: NodeId,
    module: Module,
    victim: Child,
}

#[rdc::main]
fn main() -> Result<(), CallError> {
    let &[situation, node] = rdc::parameters() else { return Err(CallError::BadArgument) };
    let situation = Situation::from_number(situation).ok_or(CallError::BadArgument)?;
    let (node, module) = (NodeId(node), Module::named("victim")?);
    let caller = Caller { node, module, victim: module.create(node, &[])? };
    // The victim is there, and each kernel knows where.
    caller.victim.stream.invoke(&mut tell(Task::Echo))?;
    let outcome = caller.perform(situation)?;
    rdc::println!("outcome {situation:?} {outcome}");
    Ok(())
}

/// A message with a task.
fn tell(task: Task) -> Message<'static> {
    Message::with_head(&(task as u8))
}

/// Lets the primary incarnation know that the call begins.
fn ready() -> Result<(), CallError> {
    match rdc::port().receive(&mut Message::new())? {
        Some(reply) => Ok(reply.reply(&mut Message::new())?),
        None => Err(CallError::NoReplyExpected),
    }
}

/// Waits for the handler that is called when the victim has ended; answers what that was told.
fn pause() -> Result<Option<EndReason>, CallError> {
    loop {
        let told = EndReason::from_value(TOLD.load(Ordering::Relaxed) as i32);
        if told.is_some() {
            return Ok(told);
        }
        interrupt::pause()?;
    }
}

/// What a call has returned.
fn outcome<T: Debug>(result: Result<T, CallError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error:?}"),
    }
}

/// Repeats a call until it fails; answers its error.
fn until_error<T>(mut call: impl FnMut() -> Result<T, CallError>) -> String {
    loop {
        if let Err(error) = call() {
            return format!("{error:?}");
        }
    }
}

/// Why the first of some events has occurred, if one has.
fn reason(events: &[Event<'_>]) -> Option<EndReason> {
    events.first().and_then(Event::end).map(|(reason, _)| reason)
}

/// What the handler was told.
static TOLD: AtomicU32 = AtomicU32::new(0);

extern "C" fn dead(event: &Event<'_>) {
    TOLD.store(event.details().0, Ordering::Relaxed);
}

impl Caller {
    fn perform(&self, situation: Situation) -> Result<String, CallError> {
        let (stream, incarnation) = (&self.victim.stream, &self.victim.incarnation);
        match situation {
            Situation::InvokeQueued | Situation::AsInvoke => stream.send(&mut tell(Task::Sleep))?,
            Situation::Reply => return self.owe_reply(),
            Situation::Forward => return self.owe_forward(),
            Situation::CopyTo | Situation::CopyFrom => return self.copy(situation),
            Situation::Receive => return self.receive(),
            Situation::TakeOver => return self.take_over(),
            Situation::Pause => {
                incarnation.set_handler(EventType::Dead, dead, InterruptPriority::BLOCKED)?;
            }
            _ => {}
        }
        ready()?;
        let mut bulk = alloc::vec![0; BULK];
        Ok(match situation {
            Situation::Invoke => outcome(stream.invoke(&mut tell(Task::Hold))),
            Situation::InvokeQueued => outcome(stream.invoke(&mut tell(Task::Echo))),
            Situation::InvokeBulk => until_error(|| {
                stream.invoke(&mut Message::with_head(&(Task::Echo as u8)).buffer(&mut bulk, BULK))
            }),
            Situation::AsInvoke => {
                let mut sending = stream.asynchronous(2)?;
                outcome(sending.invoke(&mut tell(Task::Echo), bulk).and_then(|_| sending.wait()))
            }
            Situation::Send => until_error(|| stream.send(&mut tell(Task::Echo))),
            Situation::Dgram => self.send_datagrams()?,
            Situation::Create => {
                until_error(|| self.module.create(self.node, &[])?.incarnation.destroy())
            }
            Situation::Status => loop {
                let state = incarnation.status()?.state;
                if state == IncarnationState::Unreachable {
                    break outcome(Ok(state));
                }
            },
            Situation::Freeze => until_error(|| {
                incarnation.freeze()?;
                incarnation.unfreeze(Priority::NORMAL)
            }),
            Situation::EventWait => outcome(self.end(Timeout::Forever)),
            Situation::Pause => outcome(pause()),
            Situation::Unreachable => {
                let mut events = [Event::unreachable(incarnation)];
                outcome(event::wait(&mut events, Timeout::Forever).map(reason))
            }
            Situation::Receive
            | Situation::Reply
            | Situation::Forward
            | Situation::CopyTo
            | Situation::CopyFrom
            | Situation::TakeOver => unreachable!("they were performed above"),
        })
    }

    /// How the victim has ended, if it has.
    fn end(&self, timeout: Timeout) -> Result<Option<EndReason>, CallError> {
        let mut events = [Event::dead(&self.victim.incarnation)];
        event::wait(&mut events, timeout).map(reason)
    }

    /// Sends them as long as the victim lives, and one more: none of them fails.
    fn send_datagrams(&self) -> Result<String, CallError> {
        while self.end(Timeout::Poll)?.is_none() {
            self.victim.stream.dgram(&mut tell(Task::Echo))?;
        }
        Ok(outcome(self.victim.stream.dgram(&mut tell(Task::Echo))))
    }

    /// Waits at a port whose only stream the victim has.
    fn receive(&self) -> Result<String, CallError> {
        let (stream, port) = channel(ChannelType::Unicast)?;
        self.victim.stream.send(&mut tell(Task::Hold).give(stream, Domain::Any))?;
        ready()?;
        let how = Receive { timeout: PATIENCE, ..Receive::default() };
        let arrival = port.receive_with(&mut Message::new(), &how);
        Ok(outcome(arrival.map(|arrival| matches!(arrival, Arrival::None))))
    }

    /// Has a backup port for what is sent to the victim: answers how many of the messages that are
    /// sent when that is lost have come there.
    fn take_over(&self) -> Result<String, CallError> {
        let port = reconfigure::backup(&self.victim.stream)?;
        ready()?;
        event::wait(&mut [Event::attached(&port)], Timeout::Forever)?;
        for _ in 0..2 {
            self.victim.stream.send(&mut tell(Task::Echo))?;
        }
        Ok(outcome(port.waiting()))
    }

    /// Has the victim invoke; answers the right to reply.
    fn invoked_by_victim(&self) -> Result<ReplyHandle, CallError> {
        let (stream, port) = channel(ChannelType::Unicast)?;
        self.victim.stream.send(&mut tell(Task::CallBack).give(stream, Domain::Any))?;
        port.receive(&mut Message::new())?.ok_or(CallError::NoReplyExpected)
    }

    fn owe_reply(&self) -> Result<String, CallError> {
        let reply = self.invoked_by_victim()?;
        ready()?;
        self.end(Timeout::Forever)?;
        Ok(outcome(reply.reply(&mut Message::new()).map_err(CallError::from)))
    }

    /// The primary incarnation's invocation is what is to be passed on: if that fails, the
    /// right to reply is still there.
    fn owe_forward(&self) -> Result<String, CallError> {
        let other = Module::named("victim")?.create(rdc::node(), &[])?;
        let (stream, port) = channel(ChannelType::Unicast)?;
        other.stream.send(&mut tell(Task::CallBack).give(stream, Domain::Any))?;
        let reply = port.receive(&mut Message::new())?.ok_or(CallError::NoReplyExpected)?;
        ready()?;
        self.end(Timeout::Forever)?;
        let forwarded = reply.forward(&self.victim.stream, &mut tell(Task::Echo));
        let error = forwarded.map_err(|failed| {
            // Who waits for the reply gets it from here.
            let replied = failed.handle.reply(&mut Message::new());
            replied.map_or_else(CallError::from, |()| failed.error)
        });
        let text = outcome(error);
        other.incarnation.destroy()?;
        Ok(text)
    }

    fn copy(&self, situation: Situation) -> Result<String, CallError> {
        let mut message = tell(Task::Lend);
        self.victim.stream.invoke(&mut message)?;
        let Some(Received::Buffer(handle, _)) = message.take_reference() else {
            return Err(CallError::WrongReferenceType);
        };
        ready()?;
        let mut bulk: Vec<u8> = alloc::vec![0; BULK];
        let mut copy = |handle: &BufferHandle| match situation {
            Situation::CopyTo => handle.copy_to(0, &bulk),
            _ => handle.copy_from(0, &mut bulk),
        };
        Ok(until_error(|| copy(&handle)))
    }
}
