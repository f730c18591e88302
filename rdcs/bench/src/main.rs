//! Makes one call many times: `equus launch bench.rdc -- CALL WHERE COUNT [BYTES]`, where WHERE
//! is `near` or `far`. Between the lines "begin" and "end" it does nothing else, so that
//! whoever reads them can count what the calls cost.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use bench::{DATA_MAX, PASSING};
use rdc::event::{self, Event};
use rdc::{CallError, Message, Module, NodeId, Stream, Timeout};

type Failure = String;

/// What is asked for.
struct Order {
    call: Call,
    node: NodeId,
    count: u32,
    /// Bytes of data with each message.
    bytes: usize,
}

/// The call that is repeated.
#[derive(Clone, Copy)]
enum Call {
    /// `inc_rdcId`, which does nothing.
    Null,
    Invoke,
    AsInvoke,
    Send,
    Dgram,
    /// Creates an echo that ends, and waits for its end.
    Create,
}

#[rdc::main]
fn main() {
    if let Err(failure) = order().and_then(|order| run(&order)) {
        rdc::eprintln!("error: {failure}");
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
    rdc::exit_rdc(rdc::ExitCode::SUCCESS);
}

fn order() -> Result<Order, Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (call, place, count, bytes) = match words[..] {
        [call, place, count] => (call, place, count, "0"),
        [call, place, count, bytes] => (call, place, count, bytes),
        _ => return Err("say what to measure: CALL near|far COUNT [BYTES]".into()),
    };
    let number = |word: &str| word.parse().map_err(|_| word.to_string() + " is not a number");
    let bytes: u32 = number(bytes)?;
    Ok(Order {
        call: call_named(call)?,
        node: node_at(place)?,
        count: number(count)?,
        bytes: (bytes as usize).min(DATA_MAX),
    })
}

fn call_named(name: &str) -> Result<Call, Failure> {
    Ok(match name {
        "null" => Call::Null,
        "invoke" => Call::Invoke,
        "asinvoke" => Call::AsInvoke,
        "send" => Call::Send,
        "dgram" => Call::Dgram,
        "create" => Call::Create,
        _ => return Err(name.to_string() + " is none of null, invoke, asinvoke, send, dgram, create"),
    })
}

fn node_at(place: &str) -> Result<NodeId, Failure> {
    let here = rdc::node();
    match place {
        "near" => Ok(here),
        "far" => {
            let nodes = rdc::nodes().map_err(|error| error.to_string())?;
            let other = nodes.iter().find(|node| node.id != here);
            other.map(|node| node.id).ok_or_else(|| "there is no other node".to_string())
        }
        _ => Err(place.to_string() + " is neither near nor far"),
    }
}

/// Makes the calls, a few of them ahead so that all nodes know all addresses.
fn run(order: &Order) -> Result<(), Failure> {
    let module = Module::named("echo").map_err(|error| error.to_string())?;
    let echo = module.create(order.node, b"").map_err(|error| error.to_string())?;
    let mut data = alloc::vec![0x5a; order.bytes];
    let mut repeat = |count| match order.call {
        Call::Create => create(&module, order.node, count),
        call => exchange(call, &echo.stream, &mut data, count),
    };
    repeat(order.count.min(10)).map_err(|error| error.to_string())?;
    rdc::println!("begin");
    let before = now()?;
    repeat(order.count).map_err(|error| error.to_string())?;
    let elapsed = now()?.saturating_sub(before);
    rdc::println!("end {} calls {} ms", order.count, elapsed.as_millis());
    Ok(())
}

fn now() -> Result<Duration, Failure> {
    rdc::time::times().map(|times| times.elapsed).map_err(|error| error.to_string())
}

fn exchange(call: Call, stream: &Stream, data: &mut [u8], count: u32) -> Result<(), CallError> {
    let mut message = Message::new().data(data);
    match call {
        Call::Invoke => (0..count).try_for_each(|_| stream.invoke(&mut message).map(|_| ())),
        Call::Send => (0..count).try_for_each(|_| stream.send(&mut message)),
        Call::Dgram => (0..count).try_for_each(|_| stream.dgram(&mut message)),
        Call::AsInvoke => {
            let data = data.to_vec();
            let mut stream = stream.asynchronous(4)?;
            let mut spare = Some(data);
            for _ in 0..count {
                let data = spare.take().unwrap_or_default();
                spare = stream.invoke(&mut Message::new(), data)?;
            }
            stream.wait().map(|_| ())
        }
        Call::Null | Call::Create => {
            (0..count).for_each(|_| {
                let _ = rdc::rdc_id();
            });
            Ok(())
        }
    }
}

fn create(module: &Module, node: NodeId, count: u32) -> Result<(), CallError> {
    for _ in 0..count {
        let child = module.create(node, PASSING)?;
        event::wait(&mut [Event::dead(&child.incarnation)], Timeout::Forever)?;
    }
    Ok(())
}
