//! The name service (§5.4): how programs find each other.
//!
//! ```no_run
//! use rdc::{names, CallError, ChannelType, Domain, Port, Stream};
//!
//! /// In the program that serves.
//! fn serve() -> Result<Port, CallError> {
//!     let (stream, port) = rdc::channel(ChannelType::Unicast)?;
//!     names::register("printer", &stream, Domain::Any)?;
//!     Ok(port)
//! }
//!
//! /// In any other one: an error at once if there is no such service.
//! fn find() -> Result<Stream, CallError> {
//!     names::look_up("printer")
//! }
//! ```
//!
//! A name belongs to the RDC that has registered it, and ends with it. The service is one for
//! the whole pool; it is lost with its node, and then calls answer [`CallError::PeerLost`] or
//! [`CallError::NotAttached`].

use abi::constants::Domain;
use abi::error::CallError;
use abi::labels::{Operation, Request};
use abi::structs::Label;

use crate::labelled::{ask, ask_with, taken};
use crate::message::Message;
use crate::reference::Stream;
use crate::start::start;

/// Has other programs find a stream under a name of up to 19 bytes. Theirs may go as far as
/// `domain`: [`Domain::Any`], or [`Domain::NoFurther`] if they are not to pass it on.
/// [`CallError::LabelTaken`] if the name is registered.
pub fn register(name: &str, service: &Stream, domain: Domain) -> Result<(), CallError> {
    let mut request = Request::new(Operation::Register, Label::of(name)?);
    request.domain = (domain as u32).into();
    // It goes to another program, which passes it on to others.
    let mut message = Message::new().reference(service, Domain::Any);
    ask_with(&start().names, &request, &mut message).map(drop)
}

/// A stream to whoever has registered this name. [`CallError::NoSuchLabel`] if nobody has.
pub fn look_up(name: &str) -> Result<Stream, CallError> {
    let mut message = Message::new();
    ask(&start().names, Operation::LookUp, Label::of(name)?, &mut message)?;
    Stream::try_from(taken(&mut message)?)
}

/// Has nobody find the name any more. [`CallError::NoRight`] if it is another program's.
pub fn withdraw(name: &str) -> Result<(), CallError> {
    ask(&start().names, Operation::Withdraw, Label::of(name)?, &mut Message::new())
}
