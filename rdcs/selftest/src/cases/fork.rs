//! Forks (§5.3): the primary incarnation goes on in a child, too, which ends with 0 if it has
//! found everything as it must be. What it has found otherwise it says, and ends with 1.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use rdc::abi::constants::RefType;
use rdc::event::{self, Event};
use rdc::interrupt::{self, CriticalSection, InterruptPriority};
use rdc::{
    Arrival, Attached, Buffer, CallError, ChannelType, Domain, EndReason, ExitCode, Forked,
    Incarnation, Message, NodeId, Port, Receive, Received, ReplyHandle, Stream, Timeout, channel,
    fork, test,
};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Failure, Outcome, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("fork.memory", memory),
    ("fork.identity", identity),
    ("fork.references", references),
    ("fork.left_out", left_out),
    ("fork.ports", ports),
    ("fork.own_ports", own_ports),
    ("fork.group", group),
    ("fork.pair", pair),
    ("fork.handler", handler),
    ("fork.generations", generations),
    ("fork.printing", printing),
    ("fork.wrong", wrong),
];

/// Initialised data.
static COUNT: AtomicU32 = AtomicU32::new(7);
/// Zeroed data.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// Forks, and has the child do something and end; what the parent has of it.
fn fork_to(
    node: NodeId,
    ports: &[Attached<'_>],
    child: impl FnOnce() -> Outcome,
) -> Result<(Incarnation, Vec<Stream>), Failure> {
    match done("inc_fork", fork(node, ports))? {
        Forked::Parent { child, streams } => Ok((child, streams)),
        Forked::Child => rdc::exit(match child() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                rdc::eprintln!("a forked child has found: {failure}");
                ExitCode::FAILURE
            }
        }),
    }
}

/// The child must end, and have found everything right.
fn ends(child: &Incarnation) -> Outcome {
    let mut events = [Event::dead(child)];
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?;
    let end = occurred.first().and_then(Event::end);
    equal("the end of the child", &end, &Some((EndReason::Exited, 0)))
}

fn unicast() -> Result<(Stream, Port), Failure> {
    done("inc_chanCreate", channel(ChannelType::Unicast))
}

fn note(value: u32) -> Message<'static> {
    Message::with_head(&Command::new(Task::Note, value))
}

fn send(stream: &Stream, value: u32) -> Outcome {
    done("inc_send", stream.send(&mut note(value)))
}

/// The next message at a port, with its right to reply.
fn next(port: &Port) -> Result<(u32, Option<ReplyHandle>), Failure> {
    let mut message = Message::new();
    let how = Receive { timeout: SOON, ..Receive::default() };
    match done("inc_receive", port.receive_with(&mut message, &how))? {
        Arrival::None => Err("no message has come".to_string()),
        Arrival::Message => Ok((message.head::<Command>().value.get(), None)),
        Arrival::Invocation(reply) => Ok((message.head::<Command>().value.get(), Some(reply))),
    }
}

fn receive(port: &Port, value: u32) -> Outcome {
    equal("what has come", &next(port)?.0, &value)
}

/// A reference that was sent to oneself.
fn sent_to_myself(mut message: Message<'_>) -> Result<Received, Failure> {
    let (stream, port) = unicast()?;
    done("inc_send to oneself", stream.send(&mut message))?;
    let mut message = Message::new();
    done("inc_receive", port.receive(&mut message))?;
    message.take_reference().ok_or_else(|| "no reference has come".to_string())
}

/// Text, data, zeroed data, heap and stack.
fn memory(place: &Place) -> Outcome {
    const PAGES: usize = 30;
    let mut heap: Vec<u32> = (0..PAGES as u32 * 1024).collect();
    let mut stack = [3_u8; 5000];
    stack[4999] = 4;
    COUNT.store(8, Ordering::Relaxed);
    RUNS.store(9, Ordering::Relaxed);
    let (stream, port) = unicast()?;
    let (child, streams) = fork_to(place.node, &[Attached::Anew(&port)], || {
        // The parent has changed everything meanwhile.
        receive(&port, 1)?;
        equal("the data", &COUNT.load(Ordering::Relaxed), &8)?;
        equal("the zeroed data", &RUNS.load(Ordering::Relaxed), &9)?;
        let is_same = heap.iter().zip(0..).all(|(word, number)| *word == number);
        equal("whether the heap is the same", &is_same, &true)?;
        let is_same = stack[..4999].iter().all(|byte| *byte == 3) && stack[4999] == 4;
        equal("whether the stack is the same", &is_same, &true)?;
        COUNT.store(10, Ordering::Relaxed);
        // And its heap grows.
        let more = alloc::vec![5_u8; PAGES << 12];
        equal("what is new", &more.iter().all(|byte| *byte == 5), &true)?;
        send(&stream, 2)
    })?;
    heap.fill(0);
    stack.fill(0);
    COUNT.store(7, Ordering::Relaxed);
    RUNS.store(0, Ordering::Relaxed);
    send(&streams[0], 1)?;
    receive(&port, 2)?;
    equal("the parent's data", &COUNT.load(Ordering::Relaxed), &7)?;
    equal("the parent's stack", &core::hint::black_box(stack)[4999], &0)?;
    equal("the parent's heap", &core::hint::black_box(&heap)[1], &0)?;
    ends(&child)
}

/// Who and where the child is.
fn identity(place: &Place) -> Outcome {
    let (stream, port) = unicast()?;
    let (rdc, parameters) = (rdc::rdc_id(), rdc::parameters().len());
    let (child, streams) = fork_to(place.node, &[Attached::Anew(&port)], || {
        equal("its node", &rdc::node(), &place.node)?;
        equal("its RDC", &rdc::rdc_id(), &rdc)?;
        equal("its parameters", &rdc::parameters().len(), &parameters)?;
        let status = done("inc_status of itself", rdc::myself().status())?;
        equal("its node by its handle", &status.node, &place.node)?;
        send(&stream, 1)?;
        receive(&port, 2)?;
        // By its own handle it ends itself and not its parent.
        done("inc_destroy of itself", rdc::myself().destroy())
    })?;
    receive(&port, 1)?;
    let (status, own) = (done("inc_status", child.status())?, rdc::myself().status());
    let own = done("inc_status of oneself", own)?;
    equal("the node of the child", &status.node, &place.node)?;
    equal("its text", &status.text_pages, &own.text_pages)?;
    equal("its heap", &status.heap_pages, &own.heap_pages)?;
    send(&streams[0], 2)?;
    let mut events = [Event::dead(&child)];
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?;
    let end = occurred.first().and_then(Event::end).map(|end| end.0);
    equal("the end of the child", &end, &Some(EndReason::Destroyed))
}

/// References of all types mean the same to the child.
fn references(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = unicast()?;
    let (stream_handle, port_handle) =
        (done("inc_hanCreate", stream.handle())?, done("inc_hanCreate", port.handle())?);
    let (other, other_port) = unicast()?;
    let buffer = Buffer::from(&b"the parent's"[..]);
    let lent = sent_to_myself(Message::new().reference(&buffer, Domain::Any))?;
    let Received::Buffer(lent, _) = lent else { return Err("no buffer has come".into()) };
    let ids = [stream.id(), stream_handle.id(), port_handle.id(), lent.id()];
    let types = ids.map(test);
    let (child, _) = fork_to(place.node, &[], || {
        equal("the types of references", &ids.map(test), &types)?;
        equal("the partner's echo", &partner.ask(Task::Echo, 3), &Ok(3))?;
        let status = done("inc_status of the partner", partner.child.incarnation.status())?;
        equal("the partner's node", &status.node, &place.node)?;
        done("inc_copyto", lent.copy_to(4, b"child "))?;
        let mut copied = [0; 12];
        done("inc_copyfrom", lent.copy_from(0, &mut copied))?;
        equal("the buffer", &&copied, &b"the child 's")?;
        send(&stream, 5)?;
        // By handles it leads the stream of its parent elsewhere.
        done("inc_rebindStream", stream_handle.rebind_with(&other, &port_handle))?;
        send(&stream, 6)
    })?;
    ends(&child)?;
    let mut read = [0; 12];
    buffer.read(0, &mut read);
    equal("the buffer", &&read, &b"the child 's")?;
    send(&stream, 7)?;
    receive(&port, 5)?;
    receive(&port, 6)?;
    receive(&other_port, 7)
}

/// Reply handles and what may be propagated no further.
fn left_out(place: &Place) -> Outcome {
    let (stream, port) = unicast()?;
    let (confined, _) = unicast()?;
    let confined = sent_to_myself(Message::new().reference(&confined, Domain::NoFurther))?;
    let Received::Stream(confined) = confined else { return Err("no stream has come".into()) };
    let (invoker, _) = fork_to(place.node, &[], || {
        let mut message = note(1);
        done("inc_invoke", stream.invoke(&mut message))?;
        equal("the reply", &message.head::<Command>().value.get(), &2)
    })?;
    let (_, Some(reply)) = next(&port)? else { return Err("no invocation has come".into()) };
    // Both incarnations have a value that stands for it.
    let reply = reply.into_raw();
    let reply_with = |value| {
        let replied = ReplyHandle::from_raw(reply).reply(&mut note(value));
        replied.map_err(|failed| failed.error)
    };
    let ids = [reply, confined.id()];
    let (child, _) = fork_to(place.node, &[], || {
        let types = ids.map(|id| test(id).0);
        equal("what they are", &types, &[RefType::None; 2])?;
        refused("inc_send", confined.send(&mut Message::new()), CallError::NoSuchReference)?;
        refused("inc_reply", reply_with(3), CallError::NoSuchReference)
    })?;
    ends(&child)?;
    let types = ids.map(|id| test(id).0);
    equal("the parent's", &types, &[RefType::ReplyHandle, RefType::Stream])?;
    done("inc_reply", reply_with(2))?;
    ends(&invoker)
}

/// Ports of the child are empty; those that are listed are attached to channels of their own.
fn ports(place: &Place) -> Outcome {
    let pairs = (0..5).map(|_| unicast()).collect::<Result<Vec<_>, _>>()?;
    for (stream, _) in &pairs {
        send(stream, 1)?;
    }
    // Not the first; and more than the answer to a fork has room to say where they are.
    let listed: Vec<_> = pairs[1..].iter().rev().map(|pair| Attached::Anew(&pair.1)).collect();
    let (child, streams) = fork_to(place.node, &listed, || {
        for (number, (_, port)) in pairs.iter().enumerate().skip(1) {
            receive(port, 10 + number as u32)?;
        }
        for (stream, port) in &pairs {
            equal("what is left", &port.waiting(), &Ok(0))?;
            send(stream, 2)?;
        }
        let (stream, port) = &pairs[0];
        done("inc_attachPort", rdc::reconfigure::attach(port, stream))?;
        send(stream, 3)?;
        receive(port, 3)
    })?;
    equal("streams", &streams.len(), &4)?;
    for (number, stream) in (1..5).rev().zip(&streams) {
        send(stream, 10 + number)?;
    }
    ends(&child)?;
    for (_, port) in &pairs {
        receive(port, 1)?;
        receive(port, 2)?;
        equal("what is left", &port.waiting(), &Ok(0))?;
    }
    Ok(())
}

/// Its standard and its auxiliary port are the child's own.
fn own_ports(place: &Place) -> Outcome {
    let (child, streams) = fork_to(place.node, &[Attached::Anew(rdc::port())], || {
        receive(rdc::port(), 1)?;
        receive(rdc::auxiliary_port(), 2)
    })?;
    send(&streams[0], 1)?;
    let auxiliary = done("inc_auxStream", child.auxiliary_stream())?;
    send(&auxiliary, 2)?;
    ends(&child)?;
    equal("at the standard port", &rdc::port().waiting(), &Ok(0))?;
    equal("at the auxiliary port", &rdc::auxiliary_port().waiting(), &Ok(0))
}

/// A listed port joins the group that it belongs to.
fn group(place: &Place) -> Outcome {
    let (group, member) = done("inc_chanCreate", channel(ChannelType::Multicast))?;
    let (unicast, port) = unicast()?;
    let listed = [Attached::Member(&member, &group), Attached::Anew(&port)];
    let (child, streams) = fork_to(place.node, &listed, || {
        receive(&port, 1)?;
        receive(&member, 2)?;
        send(&group, 3)?;
        receive(&member, 3)?;
        send(&unicast, 4)
    })?;
    equal("streams", &streams.len(), &1)?;
    send(&streams[0], 1)?;
    send(&group, 2)?;
    receive(&port, 4)?;
    receive(&member, 2)?;
    receive(&member, 3)?;
    ends(&child)
}

/// Figure 5.3: each has a stream to the other's port.
fn pair(place: &Place) -> Outcome {
    let (to_parent, port) = unicast()?;
    let (child, streams) = fork_to(place.node, &[Attached::Anew(&port)], || {
        for number in 0..20 {
            receive(&port, number)?;
            let mut message = note(100 + number);
            done("inc_invoke", to_parent.invoke(&mut message))?;
            equal("the reply", &message.head::<Command>().value.get(), &(200 + number))?;
        }
        Ok(())
    })?;
    for number in 0..20 {
        send(&streams[0], number)?;
        let (value, reply) = next(&port)?;
        equal("what the child says", &value, &(100 + number))?;
        let reply = reply.ok_or("it wants no reply")?;
        done("inc_reply", reply.reply(&mut note(200 + number)).map_err(|failed| failed.error))?;
    }
    ends(&child)
}

extern "C" fn count(_: &Event<'_>) {
    RUNS.fetch_add(1, Ordering::Relaxed);
}

/// Handlers and the priority of interrupts are inherited.
fn handler(place: &Place) -> Outcome {
    let (stream, port) = unicast()?;
    let priority = InterruptPriority::new(3).ok_or("3 is a priority")?;
    done("inc_setPortHandler", port.set_handler(count, priority))?;
    RUNS.store(0, Ordering::Relaxed);
    let section = done("inc_setInterruptPriority", CriticalSection::enter())?;
    let (child, streams) = fork_to(place.node, &[Attached::Anew(&port)], || {
        send(&stream, 1)?;
        let arrived = event::wait(&mut [Event::message_at(&port)], SOON).map(<[_]>::len);
        equal("inc_eventWait", &arrived, &Ok(1))?;
        equal("runs in the section", &RUNS.load(Ordering::Relaxed), &0)?;
        let open = interrupt::set_priority(InterruptPriority::OPEN);
        done("inc_setInterruptPriority", open)?;
        equal("runs behind it", &RUNS.load(Ordering::Relaxed), &1)
    })?;
    receive(&port, 1)?;
    equal("the parent's runs", &RUNS.load(Ordering::Relaxed), &0)?;
    send(&streams[0], 2)?;
    ends(&child)?;
    done("inc_setPortHandler", port.remove_handler())?;
    drop(section);
    Ok(())
}

/// Children fork, too, here and there.
fn generations(place: &Place) -> Outcome {
    let (stream, port) = unicast()?;
    let here = rdc::node();
    let (child, _) = fork_to(place.node, &[], || {
        let (grandchild, _) = fork_to(here, &[], || {
            equal("its node", &rdc::node(), &here)?;
            let (last, _) = fork_to(place.node, &[], || send(&stream, 3))?;
            ends(&last)?;
            send(&stream, 2)
        })?;
        ends(&grandchild)?;
        send(&stream, 1)
    })?;
    for number in [3, 2, 1] {
        receive(&port, number)?;
    }
    ends(&child)
}

/// What stands in the line that is printed is printed once.
fn printing(place: &Place) -> Outcome {
    rdc::print!("this line");
    let (child, _) = fork_to(place.node, &[], || Ok(()))?;
    ends(&child)?;
    rdc::println!(" was begun before a fork");
    Ok(())
}

fn wrong(place: &Place) -> Outcome {
    let (_, port) = unicast()?;
    let (group, member) = done("inc_chanCreate", channel(ChannelType::Multicast))?;
    let (foreign, _) = done("inc_chanCreate", channel(ChannelType::Multicast))?;
    let closed = unicast()?.1.into_raw();
    done("inc_close", Port::from_raw(closed).close())?;
    let closed = Port::from_raw(closed);
    let stream = Port::from_raw(group.id());
    let many = alloc::vec![Attached::Anew(&port); 1025];
    let cases: [(&str, &[Attached<'_>], CallError); 6] = [
        ("twice", &[Attached::Anew(&port), Attached::Anew(&port)], CallError::BadArgument),
        ("a member without a stream", &[Attached::Anew(&member)], CallError::NoSuchReference),
        ("another group", &[Attached::Member(&member, &foreign)], CallError::BadArgument),
        ("one that is closed", &[Attached::Anew(&closed)], CallError::NoSuchReference),
        ("a stream", &[Attached::Anew(&stream)], CallError::WrongReferenceType),
        ("too many", &many, CallError::BadLength),
    ];
    let results = cases.map(|(what, ports, error)| refused(what, fork(place.node, ports), error));
    stream.into_raw();
    results.into_iter().collect::<Outcome>()?;
    refused("node 255", fork(NodeId(255), &[]), CallError::NoSuchNode)?;
    refused("the host", fork(NodeId::HOST, &[]), CallError::NotAllocated)?;
    let nobody = event::wait(&mut [Event::message_at(&port)], Timeout::Poll).map(<[_]>::len);
    equal("messages", &nobody, &Ok(0))
}
