//! Meets others: `equus launch rendezvous.rdc -- serve NAME` waits under a name until somebody
//! has it `leave`; `ask NAME` says how often that has been asked; `take NAME` and `free NAME`
//! register and withdraw the name, and do no more. With `wait NODE`, incarnations there and on
//! other nodes wait in stream space for a label: when the line "waiting" appears, somebody has to
//! kill a node.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use rdc::space::{self, Copies};
use rdc::{
    CallError, ChannelType, Domain, ExitCode, Message, Module, NodeId, Port, Stream, channel, names,
};
use zerocopy::big_endian::U32;

/// What is asked of a server: 0 for its count, 1 to leave.
const LEAVE: u32 = 1;
/// How long to wait before looking again.
const A_MOMENT: Duration = Duration::from_millis(20);

#[rdc::main]
fn main() -> ExitCode {
    let arguments = rdc::try_args().unwrap_or_default();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["serve", name] => serve(name),
        ["ask", name] => ask(name, 0),
        ["leave", name] => ask(name, LEAVE),
        ["take", name] => take(name).map(drop),
        ["free", name] => names::withdraw(name),
        ["wait", node] => wait(node),
        _ => Err(CallError::BadArgument),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            rdc::println!("outcome {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn take(name: &str) -> Result<(Stream, Port), CallError> {
    let (stream, port) = channel(ChannelType::Unicast)?;
    names::register(name, &stream, Domain::Any)?;
    Ok((stream, port))
}

fn serve(name: &str) -> Result<(), CallError> {
    let (_, port) = take(name)?;
    rdc::println!("serving");
    let mut count = 0;
    loop {
        let mut message = Message::new();
        let Some(reply) = port.receive(&mut message)? else { continue };
        count += 1;
        let what: U32 = message.head();
        // Whoever is gone does not miss it.
        let _ = reply.reply(&mut Message::with_head(&U32::new(count)));
        if what.get() == LEAVE {
            return Ok(());
        }
    }
}

fn ask(name: &str, what: u32) -> Result<(), CallError> {
    let mut message = Message::with_head(&U32::new(what));
    names::look_up(name)?.invoke(&mut message)?;
    rdc::println!("asked {}", message.head::<U32>());
    Ok(())
}

/// Waiters on a node, which is to die, and on this one. When the first is gone, there is a copy.
fn wait(node: &str) -> Result<(), CallError> {
    let node = NodeId(node.parse().map_err(|_| CallError::BadArgument)?);
    let module = Module::named("waiter")?;
    let there = module.create(node, b"there")?;
    until_waiting("copy", 1)?;
    let here = module.create(rdc::node(), b"here")?;
    until_waiting("copy", 2)?;
    rdc::println!("waiting");
    let mut events = [rdc::event::Event::dead(&there.incarnation)];
    rdc::event::wait(&mut events, rdc::Timeout::Forever)?;
    space::put("copy", &here.stream, Copies::AtMost(1))?;
    let mut events = [rdc::event::Event::dead(&here.incarnation)];
    rdc::event::wait(&mut events, rdc::Timeout::Forever)?;
    rdc::println!("contents {}", space::contents()?.trim_end().to_string());
    Ok(())
}

fn until_waiting(label: &str, count: usize) -> Result<(), CallError> {
    let is_so = |line: &str| match count {
        1 => line.starts_with(label) && line.ends_with("; 1 waits"),
        _ => line.starts_with(label) && line.ends_with("; 2 wait"),
    };
    while !space::contents()?.lines().any(is_so) {
        rdc::sleep(A_MOMENT)?;
    }
    Ok(())
}
