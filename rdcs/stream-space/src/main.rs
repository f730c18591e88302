//! Stream space (dissertation, §5.5): the module that the system adds to every RDC. Its launch
//! endpoint makes an incarnation of it when the first message comes for it, and gives it the port
//! where these are. It serves until the RDC ends.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod serve;

use rdc::{CallError, Message, Port, Received};

#[rdc::main]
fn main() -> Result<(), CallError> {
    serve::Server::new(door()?).run()
}

/// The port where the RDC's requests are.
fn door() -> Result<Port, CallError> {
    let mut message = Message::new();
    rdc::port().receive(&mut message)?;
    message.take_reference().map_or(Err(CallError::BadArgument), |given| match given {
        Received::Port(port) => Ok(port),
        _ => Err(CallError::WrongReferenceType),
    })
}
