//! The incarnation that is called, in the role that it is created with.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use bench::{DATA_MAX, Role, Search};
use rdc::{
    Arrival, Buffer, CallError, Domain, Invoker, Message, Port, Receive, Received, Stream, space,
};
use zerocopy::big_endian::U32;

#[rdc::main]
fn main() -> Result<(), CallError> {
    let port = rdc::port();
    match Role::of(rdc::parameters()) {
        Role::Reply => receive(port, Invoker::Waits),
        Role::Release => receive(port, Invoker::GoesOn),
        Role::Return => give_back(port),
        Role::Lend => lend(port),
        Role::Greet => greet(port),
        Role::Search => search(port),
        Role::Join => join(port),
    }
}

// In all of them, a reply that fails is one to an invoker who has gone: he needs none.

fn receive(port: &Port, invoker: Invoker) -> Result<(), CallError> {
    let mut buffer = alloc::vec![0; DATA_MAX];
    let mut message = Message::new().buffer(&mut buffer, 0);
    let mut answer = Message::new();
    let mut dropped = 0u32;
    let how = Receive { invoker, ..Receive::default() };
    loop {
        match port.receive_with(&mut message, &how)? {
            Arrival::Invocation(reply) => {
                if dropped > 0 {
                    answer.set_head(&U32::new(dropped));
                }
                let _ = reply.reply(&mut answer);
            }
            Arrival::Message | Arrival::None => dropped += 1,
        }
    }
}

fn give_back(port: &Port) -> Result<(), CallError> {
    let mut message = Message::new();
    loop {
        if let Some(reply) = port.receive(&mut message)? {
            let mut answer = match message.take_reference() {
                Some(Received::Stream(stream)) => Message::new().give(stream, Domain::Any),
                _ => Message::new(),
            };
            let _ = reply.reply(&mut answer);
        }
    }
}

fn greet(port: &Port) -> Result<(), CallError> {
    if let Some(reply) = port.receive(&mut Message::new())? {
        let _ = reply.reply(&mut Message::new());
    }
    port.receive(&mut Message::new()).map(drop)
}

fn search(port: &Port) -> Result<(), CallError> {
    let mut message = Message::new();
    loop {
        if let Some(reply) = port.receive(&mut message)? {
            let search: Search = message.head();
            for _ in 0..search.count.get() {
                drop(space::get::<Stream>(search.label())?);
            }
            let _ = reply.reply(&mut Message::new());
        }
    }
}

fn join(port: &Port) -> Result<(), CallError> {
    let mut message = Message::new();
    let reply = port.receive(&mut message)?;
    let Some(Received::Port(member)) = message.take_reference() else {
        return Err(CallError::WrongReferenceType);
    };
    if let Some(reply) = reply {
        let _ = reply.reply(&mut Message::new());
    }
    receive(&member, Invoker::Waits)
}

fn lend(port: &Port) -> Result<(), CallError> {
    let buffer = Buffer::new(DATA_MAX);
    loop {
        if let Some(reply) = port.receive(&mut Message::new())? {
            let _ = reply.reply(&mut Message::new().reference(&buffer, Domain::Any));
        }
    }
}
