//! A servant: replies to every invocation with what it has brought.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use rdc::{CallError, Message};

/// Bytes of data at most.
const DATA_MAX: usize = 32 << 10;

#[rdc::main]
fn main() -> Result<(), CallError> {
    let mut buffer = alloc::vec![0; DATA_MAX];
    loop {
        let mut message = Message::new().buffer(&mut buffer, 0);
        if let Some(reply) = rdc::port().receive(&mut message)? {
            // An invoker who has gone needs none.
            let _ = reply.reply(&mut message);
        }
    }
}
