//! The incarnation that is called: replies to invocations without data, drops all else.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use bench::{DATA_MAX, PASSING};
use rdc::{CallError, Message};

#[rdc::main]
fn main() -> Result<(), CallError> {
    if rdc::parameters() == PASSING {
        return Ok(());
    }
    let port = rdc::port();
    let mut buffer = alloc::vec![0; DATA_MAX];
    let mut message = Message::new().buffer(&mut buffer, 0);
    loop {
        if let Some(reply) = port.receive(&mut message)? {
            // An invoker who has gone needs none.
            let _ = reply.reply(&mut Message::new());
        }
    }
}
