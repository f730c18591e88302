//! A victim: does what it is told, until its node dies.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;
use core::time::Duration;

use rdc::{Buffer, CallError, Domain, Message, Received};
use survivor::{BULK, Task};

/// Longer than any node lives here.
const FOR_EVER: Duration = Duration::from_hours(1);

#[rdc::main]
fn main() -> Result<(), CallError> {
    let mut room = alloc::vec![0; BULK];
    let lent = Buffer::new(BULK);
    let mut held = Vec::new();
    loop {
        let mut message = Message::new().buffer(&mut room, 0);
        let reply = rdc::port().receive(&mut message)?;
        match (Task::from_number(message.head()), reply) {
            (Some(Task::Echo), Some(reply)) => reply.reply(&mut message)?,
            (Some(Task::Lend), Some(reply)) => {
                reply.reply(&mut Message::new().reference(&lent, Domain::Any))?;
            }
            (Some(Task::Hold), reply) => held.push(reply),
            (Some(Task::Sleep), _) => rdc::sleep(FOR_EVER)?,
            (Some(Task::CallBack), reply) => {
                let Some(Received::Stream(stream)) = message.take_reference() else {
                    return Err(CallError::WrongReferenceType);
                };
                drop(reply);
                stream.invoke(&mut Message::new())?;
            }
            (Some(Task::Echo | Task::Lend), None) => {}
            (None, _) => return Err(CallError::BadArgument),
        }
    }
}
