//! Software interrupts: `inc_setPortHandler`, `inc_setStreamHandler`, `inc_setIncHandler`,
//! `inc_setInterruptPriority`, `inc_pause`, and the waits that they interrupt.
//!
//! Handlers share statics with the cases, of which one runs at a time.

use alloc::format;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use rdc::abi::ids::RefId;
use rdc::event::{self, Event};
use rdc::interrupt::{self, CriticalSection, Handler, InterruptPriority};
use rdc::{
    CallError, ChannelType, Domain, EndReason, EventType, Message, Port, Receive, Stream, Timeout,
    channel,
};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Failure, Outcome, Partner, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("interrupts.message", message),
    ("interrupts.computation", computation),
    ("interrupts.waits", waits),
    ("interrupts.calls_go_on", calls_go_on),
    ("interrupts.pause", pause),
    ("interrupts.section", section),
    ("interrupts.nested", nested),
    ("interrupts.removed", removed),
    ("interrupts.closed", closed),
    ("interrupts.life", life),
    ("interrupts.interest", interest),
    ("interrupts.unreachable", unreachable),
    ("interrupts.wrong", wrong),
];

/// How often a handler has run, and what the last one was told.
static RUNS: AtomicU32 = AtomicU32::new(0);
static REFERENCE: AtomicU32 = AtomicU32::new(0);
static TYPE: AtomicU32 = AtomicU32::new(0);
static DETAIL: AtomicU32 = AtomicU32::new(0);

fn runs() -> u32 {
    RUNS.load(Ordering::Relaxed)
}

extern "C" fn note(event: &Event<'_>) {
    let event_type = event.event_type().map_or(0, |event| event as u32);
    TYPE.store(event_type, Ordering::Relaxed);
    DETAIL.store(event.details().0, Ordering::Relaxed);
    REFERENCE.store(event.reference(), Ordering::Relaxed);
    RUNS.fetch_add(1, Ordering::Relaxed);
}

fn priority(number: u32) -> InterruptPriority {
    InterruptPriority::new(number).unwrap_or(InterruptPriority::BLOCKED)
}

/// A port with a handler, to which the partner has a stream.
fn handled(partner: &Partner, handler: Handler) -> Result<Port, Failure> {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let keep = Command::new(Task::Keep, 0);
    let mut message = Message::with_head(&keep).reference(&stream, Domain::Any);
    done("giving the partner a stream", partner.exchange(&mut message))?;
    done("inc_setPortHandler", port.set_handler(handler, priority(3)))?;
    Ok(port)
}

/// Has the partner send by the stream that it was given, soon.
fn have_sent(partner: &Partner) -> Outcome {
    let send = &mut Message::with_head(&Command::new(Task::Send, 1));
    done("having it send", partner.child.stream.send(send))
}

/// Takes the message that has interrupted.
fn take(port: &Port) -> Outcome {
    let how = Receive { timeout: Timeout::Poll, ..Receive::default() };
    done("inc_receive", port.receive_with(&mut Message::new(), &how)).map(drop)
}

/// One handler must have run since there were `before`, and been told of an event.
fn has_run(before: u32, event: EventType) -> Outcome {
    equal("runs of the handler", &(runs() - before), &1)?;
    equal("the event", &TYPE.load(Ordering::Relaxed), &(event as u32))
}

fn message(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    let before = runs();
    have_sent(&partner)?;
    // Another invocation of the partner is replied to when that has sent.
    done("an echo", partner.ask(Task::Echo, 1))?;
    has_run(before, EventType::PortHasMessage)?;
    equal("the port", &REFERENCE.load(Ordering::Relaxed), &port.id().get())?;
    equal("messages", &DETAIL.load(Ordering::Relaxed), &1)?;
    equal("waiting", &done("inc_testPort", port.waiting())?, &1)
}

/// What a computation has in its registers, a handler leaves as it is.
fn computation(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    for _ in 0..20 {
        let before = runs();
        have_sent(&partner)?;
        let (rounds, sum) = compute(|rounds| runs() != before || rounds == 50_000_000);
        has_run(before, EventType::PortHasMessage)?;
        equal("the sum", &compute(|done| done == rounds).1, &sum)?;
        take(&port)?;
    }
    Ok(())
}

/// Computes with as many registers as it has, until it is enough; rounds and result.
#[inline(never)]
fn compute(mut is_enough: impl FnMut(u32) -> bool) -> (u32, u32) {
    let mut values = [1_u32, 2, 3, 4, 5, 6, 7, 8];
    let mut rounds = 0;
    while !is_enough(rounds) {
        for at in 0..values.len() {
            let next = values[(at + 1) % values.len()];
            values[at] = values[at].rotate_left(3).wrapping_add(next ^ rounds);
        }
        rounds += 1;
    }
    (rounds, values.iter().fold(0, |sum, value| sum.wrapping_mul(31).wrapping_add(*value)))
}

/// A call that waits.
type Wait<'a> = &'a dyn Fn() -> Result<(), CallError>;

/// Each of these waits ends when the handler has run.
fn waits(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    let (_stream, other) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let receive = || {
        let how = Receive { timeout: SOON, ..Receive::default() };
        other.receive_with(&mut Message::new(), &how).map(drop)
    };
    let wait = || event::wait(&mut [Event::message_at(&other)], SOON).map(drop);
    let sleep = || rdc::sleep(Duration::from_secs(5));
    let waits: [(&str, Wait); 3] =
        [("inc_receive", &receive), ("inc_eventWait", &wait), ("inc_sleep", &sleep)];
    for (name, wait) in waits {
        // The message must not come before the wait begins.
        let section = done("a section", CriticalSection::enter())?;
        let before = runs();
        done("telling it to sleep", tell(&partner, Task::Sleep, 20))?;
        have_sent(&partner)?;
        drop(section);
        refused(name, wait(), CallError::Interrupted)?;
        has_run(before, EventType::PortHasMessage)?;
        take(&port)?;
    }
    Ok(())
}

/// Tells a partner to do something, whose reply nobody waits for.
fn tell(partner: &Partner, task: Task, value: u32) -> Result<(), CallError> {
    partner.child.stream.send(&mut Message::with_head(&Command::new(task, value)))
}

/// An invocation is not interrupted; the handler runs when it is over.
fn calls_go_on(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    let before = runs();
    have_sent(&partner)?;
    equal("the echo", &partner.ask(Task::Echo, 17), &Ok(17))?;
    has_run(before, EventType::PortHasMessage)?;
    take(&port)?;
    done("telling it to sleep", tell(&partner, Task::Sleep, 20))?;
    have_sent(&partner)?;
    equal("another", &partner.ask(Task::Echo, 18), &Ok(18))?;
    equal("runs", &(runs() - before), &2)
}

fn pause(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    for _ in 0..3 {
        let section = done("a section", CriticalSection::enter())?;
        let before = runs();
        done("telling it to sleep", tell(&partner, Task::Sleep, 10))?;
        have_sent(&partner)?;
        drop(section);
        done("inc_pause", interrupt::pause())?;
        has_run(before, EventType::PortHasMessage)?;
        take(&port)?;
    }
    Ok(())
}

fn section(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    let before = runs();
    let outer = done("a section", CriticalSection::enter())?;
    let inner = done("one within it", CriticalSection::enter())?;
    have_sent(&partner)?;
    let mut events = [Event::message_at(&port)];
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?.len();
    equal("events", &occurred, &1)?;
    drop(inner);
    equal("runs in the section", &(runs() - before), &0)?;
    drop(outer);
    has_run(before, EventType::PortHasMessage)?;
    // A section at the handler's own priority blocks it, too.
    let open = done("inc_setInterruptPriority", interrupt::set_priority(priority(3)))?;
    equal("the priority before", &open, &InterruptPriority::OPEN)?;
    have_sent(&partner)?;
    equal("the echo", &partner.ask(Task::Echo, 1), &Ok(1))?;
    equal("runs at its priority", &(runs() - before), &1)?;
    let own = done("inc_setInterruptPriority", interrupt::set_priority(open))?;
    equal("the priority in the section", &own, &priority(3))?;
    equal("runs behind it", &(runs() - before), &2)
}

/// What handlers have done, a digit each: 1 and 2 are the beginning and end of the low one, 3 and
/// 4 those of the high one.
static TRACE: AtomicU32 = AtomicU32::new(0);
/// Streams to the ports of the low and the high one.
static TO_LOW: AtomicU32 = AtomicU32::new(0);
static TO_HIGH: AtomicU32 = AtomicU32::new(0);

fn trace(digit: u32) {
    TRACE.store(TRACE.load(Ordering::Relaxed) * 10 + digit, Ordering::Relaxed);
}

/// Sends by a stream that somebody else closes.
fn send_by(stream: &AtomicU32) {
    if let Some(id) = RefId::from_raw(stream.load(Ordering::Relaxed)) {
        let stream = Stream::from_raw(id);
        let sent = stream.send(&mut Message::new());
        stream.into_raw();
        if sent.is_err() {
            trace(9);
        }
    }
}

extern "C" fn low(_: &Event<'_>) {
    trace(1);
    send_by(&TO_HIGH);
    trace(2);
}

extern "C" fn high(_: &Event<'_>) {
    trace(3);
    // It waits for the high one to return, and for the low one, too.
    send_by(&TO_LOW);
    trace(4);
}

fn nested(_: &Place) -> Outcome {
    let (to_low, low_port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let (to_high, high_port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("inc_setPortHandler", low_port.set_handler(low, priority(2)))?;
    done("inc_setPortHandler", high_port.set_handler(high, priority(6)))?;
    TRACE.store(0, Ordering::Relaxed);
    TO_LOW.store(0, Ordering::Relaxed);
    TO_HIGH.store(to_high.id().get(), Ordering::Relaxed);
    done("inc_send", to_low.send(&mut Message::new()))?;
    equal("the order of events", &TRACE.load(Ordering::Relaxed), &1342)?;
    // Once more, now that the high one sends to the low one.
    TRACE.store(0, Ordering::Relaxed);
    TO_LOW.store(to_low.id().get(), Ordering::Relaxed);
    TO_HIGH.store(0, Ordering::Relaxed);
    done("inc_send", to_high.send(&mut Message::new()))?;
    equal("the order of events", &TRACE.load(Ordering::Relaxed), &3412)
}

fn removed(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let port = handled(&partner, note)?;
    let before = runs();
    done("inc_setPortHandler", port.remove_handler())?;
    have_sent(&partner)?;
    done("an echo", partner.ask(Task::Echo, 1))?;
    equal("runs", &(runs() - before), &0)?;
    done("inc_setPortHandler", port.set_handler(note, priority(7)))?;
    has_run(before, EventType::PortHasMessage)
}

fn closed(_: &Place) -> Outcome {
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let handle = done("inc_hanCreate", stream.handle())?;
    let before = runs();
    done("inc_setStreamHandler", handle.set_handler(note, priority(1)))?;
    equal("runs while it is open", &(runs() - before), &0)?;
    drop(stream);
    // The ghost tells of it; nothing else has to happen.
    while runs() == before {
        done("inc_sleep", rdc::sleep(Duration::from_millis(1)).or_else(interrupted))?;
    }
    has_run(before, EventType::StreamClosed)?;
    done("inc_setStreamHandler", handle.set_handler(note, priority(1)))?;
    equal("runs", &(runs() - before), &2)?;
    done("inc_setStreamHandler", handle.remove_handler())
}

/// A wait that was interrupted is over as others are.
fn interrupted(error: CallError) -> Result<(), CallError> {
    if error == CallError::Interrupted { Ok(()) } else { Err(error) }
}

/// Waits until a handler has run; what it was told.
fn await_run(before: u32, event: EventType) -> Result<u32, Failure> {
    while runs() == before {
        done("inc_sleep", rdc::sleep(Duration::from_secs(5)).or_else(interrupted))?;
    }
    has_run(before, event)?;
    Ok(DETAIL.load(Ordering::Relaxed))
}

fn life(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let incarnation = &partner.child.incarnation;
    let before = runs();
    let set = |event| incarnation.set_handler(event, note, priority(5));
    done("inc_setIncHandler", set(EventType::Made))?;
    await_run(before, EventType::Made)?;
    done("inc_setIncHandler", set(EventType::Faulting))?;
    done("inc_setIncHandler", set(EventType::Dead))?;
    let before = runs();
    done("telling it to fault", tell(&partner, Task::Fault, 0))?;
    equal("the exception", &await_run(before, EventType::Faulting)?, &2)?;
    let before = runs();
    done("inc_destroy", incarnation.destroy())?;
    let reason = await_run(before, EventType::Dead)?;
    equal("its end", &reason, &(EndReason::Destroyed as u32))?;
    equal("seen by waiting", &partner.end()?.0, &EndReason::Destroyed)
}

/// Interest without a handler is for waiting; without interest, nobody sees a fault.
fn interest(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let incarnation = &partner.child.incarnation;
    let faulting = EventType::Faulting;
    let before = runs();
    done("inc_setIncHandler", incarnation.set_handler(faulting, note, priority(5)))?;
    done("inc_setIncHandler", incarnation.set_interest(faulting))?;
    done("inc_setIncHandler", incarnation.remove_interest(faulting))?;
    done("telling it to fault", tell(&partner, Task::Fault, 0))?;
    equal("its end", &partner.end()?, &(EndReason::Faulted, 2))?;
    equal("runs", &(runs() - before), &0)
}

/// One that has ended does not answer, for that reason.
fn unreachable(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let incarnation = &partner.child.incarnation;
    let mut events = [Event::unreachable(incarnation)];
    let wait = event::wait(&mut events, Timeout::WithinMs(1500));
    equal("events while it answers", &done("inc_eventWait", wait)?.len(), &0)?;
    done("telling it to end", tell(&partner, Task::Exit, 4))?;
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?;
    let end = occurred.first().and_then(Event::end);
    equal("the reason", &end, &Some((EndReason::Exited, 4)))
}

fn wrong(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let no_port = Port::from_raw(stream.id());
    let set = no_port.set_handler(note, priority(1));
    no_port.into_raw();
    refused("a stream as a port", set, CallError::WrongReferenceType)?;
    let none = port.set_handler(note, InterruptPriority::OPEN);
    refused("no priority", none, CallError::BadArgument)?;
    let myself = rdc::myself();
    let port_event = myself.set_handler(EventType::PortHasMessage, note, priority(1));
    refused("an event of ports", port_event, CallError::BadArgument)?;
    let call = |handler| {
        let number = rdc::abi::calls::Call::SetPortHandler as u32;
        // SAFETY: it is refused.
        #[expect(unsafe_code, reason = "no type of the library names such a handler")]
        let result = unsafe { rdc::raw::call(number, [port.id().get(), handler, 1]) };
        CallError::from_code(result as i32)
    };
    for handler in [1, 0x1000, 0x8000_0000, note as Handler as usize as u32 + 1] {
        let said = call(handler);
        if said != Some(CallError::BadAddress) {
            return Err(format!("a handler at {handler:#x}: {said:?}"));
        }
    }
    Ok(())
}
