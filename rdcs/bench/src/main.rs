//! Makes one call many times: `equus launch bench.rdc -- CALL WHERE COUNT [BYTES]`, where WHERE
//! is `near` or `far`; or sends to two receivers far away, between which the messages are led to
//! and fro after each EVERY of them, by MECHANISM `propagate`, `attach` or `rebind`:
//! `CALL far COUNT BYTES MECHANISM EVERY`, with an EVERY of 0 never. Between the lines "begin" and "end" it does nothing else, so that
//! whoever reads them can count what the calls cost. What the calls leave behind it takes away
//! outside these lines; if it must do so now and then, it prints them more than once.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod alternate;
mod repeat;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bench::reconfigure::{Mechanism, Plan};
use bench::{DATA_MAX, Role};
use rdc::{Module, NodeId};

use repeat::Repeater;

type Failure = String;

/// What is asked for.
struct Order {
    call: Call,
    node: NodeId,
    count: u32,
    /// Bytes of data with each message.
    bytes: usize,
    /// How the receiver changes, if there are two.
    plan: Option<Plan>,
}

/// The call that is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    /// `inc_rdcId`, which only answers a number.
    Null,
    /// An invocation that is replied to.
    Invoke,
    /// An invocation whose receiver lets the invoker go.
    Release,
    /// An invocation that takes a stream there and back.
    Stream,
    AsInvoke,
    Send,
    Dgram,
    CopyTo,
    CopyFrom,
    /// Creates an incarnation, and waits until its `main` has answered.
    Create,
    /// Gets from stream space what is in the cache.
    Get,
    /// Gets from stream space what is never kept in the cache.
    GetUncached,
    /// Creates incarnations on all nodes in turn from one that is INCHOATE, and waits until all
    /// have answered.
    Crowd,
    /// Forks; the child waits for a message.
    Fork,
    /// Sends to a group with a member on each of two nodes.
    Multicast,
}

/// How calls are named on the command line, and what the receiver does.
const CALLS: [(&str, Call, Role); 15] = [
    ("null", Call::Null, Role::Reply),
    ("invoke", Call::Invoke, Role::Reply),
    ("release", Call::Release, Role::Release),
    ("stream", Call::Stream, Role::Return),
    ("asinvoke", Call::AsInvoke, Role::Release),
    ("send", Call::Send, Role::Reply),
    ("dgram", Call::Dgram, Role::Reply),
    ("copyto", Call::CopyTo, Role::Lend),
    ("copyfrom", Call::CopyFrom, Role::Lend),
    ("create", Call::Create, Role::Reply),
    ("ss_get", Call::Get, Role::Search),
    ("ss_get_uncached", Call::GetUncached, Role::Search),
    ("crowd", Call::Crowd, Role::Reply),
    ("fork", Call::Fork, Role::Reply),
    ("multicast", Call::Multicast, Role::Reply),
];

/// The calls for which the receiver can change.
const ALTERNATING: [Call; 4] = [Call::Invoke, Call::AsInvoke, Call::Send, Call::Dgram];

#[rdc::main]
fn main() {
    let measure = |(order, role): (Order, Role)| match order.plan {
        Some(plan) => alternate::run(&order, plan),
        None => run(&order, role),
    };
    if let Err(failure) = order().and_then(measure) {
        rdc::eprintln!("error: {failure}");
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
    rdc::exit_rdc(rdc::ExitCode::SUCCESS);
}

fn order() -> Result<(Order, Role), Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (call, place, count, bytes, plan) = match words[..] {
        [call, place, count] => (call, place, count, "0", None),
        [call, place, count, bytes] => (call, place, count, bytes, None),
        [call, place @ "far", count, bytes, mechanism, every] => {
            let plan = Plan::new(mechanism_named(mechanism)?, number(every)?);
            (call, place, count, bytes, Some(plan))
        }
        _ => {
            return Err("say what to measure: CALL near|far COUNT [BYTES], or CALL far COUNT \
                        BYTES MECHANISM EVERY"
                .into());
        }
    };
    let (call, role) = call_named(call)?;
    if plan.is_some() && !ALTERNATING.contains(&call) {
        return Err("the receiver changes only for invoke, asinvoke, send and dgram".into());
    }
    let bytes = (number(bytes)? as usize).min(DATA_MAX);
    Ok((Order { call, node: node_at(place)?, count: number(count)?, bytes, plan }, role))
}

fn number(word: &str) -> Result<u32, Failure> {
    word.parse().map_err(|_| word.to_string() + " is not a number")
}

fn mechanism_named(name: &str) -> Result<Mechanism, Failure> {
    let found = Mechanism::ALL.into_iter().find(|mechanism| mechanism.name() == name);
    found.ok_or_else(|| name.to_string() + " is none of propagate, attach, rebind")
}

fn call_named(name: &str) -> Result<(Call, Role), Failure> {
    if let Some((_, call, role)) = CALLS.iter().find(|(known, ..)| *known == name) {
        return Ok((*call, *role));
    }
    let known: Vec<&str> = CALLS.iter().map(|(name, ..)| *name).collect();
    Err(name.to_string() + " is none of " + &known.join(", "))
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
fn run(order: &Order, role: Role) -> Result<(), Failure> {
    const AHEAD: u32 = 10;
    let module = Module::named("receiver").map_err(|error| error.to_string())?;
    let receiver = module.create(order.node, &[role as u8]).map_err(|error| error.to_string())?;
    let mut repeater = Repeater::new(order, module, &receiver.stream)?;
    repeater.repeat(order.count.min(AHEAD).min(repeater.at_a_time()))?;
    repeater.clear()?;
    let mut left = order.count;
    loop {
        let now = left.min(repeater.at_a_time());
        rdc::println!("begin");
        repeater.repeat(now)?;
        rdc::println!("end");
        repeater.clear()?;
        left -= now;
        if left == 0 {
            return Ok(());
        }
    }
}
