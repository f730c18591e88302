//! How an incarnation gets the ends of the channels that it works with: in messages to its
//! standard port, one for each, in an order that both sides know. It answers with a handle.

use rdc::{CallError, Child, Domain, Message, Port, PortHandle, Received, Stream, StreamHandle};

/// Receives a stream from the incarnation's maker.
pub fn stream() -> Result<Stream, CallError> {
    match receive()? {
        Received::Stream(stream) => Ok(stream),
        _ => Err(CallError::WrongReferenceType),
    }
}

/// Receives a port from the incarnation's maker.
pub fn port() -> Result<Port, CallError> {
    match receive()? {
        Received::Port(port) => Ok(port),
        _ => Err(CallError::WrongReferenceType),
    }
}

fn receive() -> Result<Received, CallError> {
    let mut message = Message::new();
    let reply = rdc::port().receive(&mut message)?.ok_or(CallError::NoReplyExpected)?;
    let received = message.take_reference().ok_or(CallError::NoSuchReference)?;
    match &received {
        Received::Stream(stream) => {
            reply.reply(&mut Message::new().give(stream.handle()?, Domain::Rdc))?;
        }
        Received::Port(port) => {
            reply.reply(&mut Message::new().give(port.handle()?, Domain::Rdc))?;
        }
        _ => return Err(CallError::WrongReferenceType),
    }
    Ok(received)
}

/// Gives a child a stream of its own to the channel of this one; answers a handle to it.
pub fn give_stream(child: &Child, stream: &Stream) -> Result<StreamHandle, CallError> {
    let mut message = Message::new().reference(stream, Domain::Rdc);
    child.stream.invoke(&mut message)?;
    match message.take_reference() {
        Some(Received::StreamHandle(handle)) => Ok(handle),
        _ => Err(CallError::WrongReferenceType),
    }
}

/// Gives a child a port; answers a handle to it.
pub fn give_port(child: &Child, port: Port) -> Result<PortHandle, CallError> {
    let mut message = Message::new().give(port, Domain::Rdc);
    child.stream.invoke(&mut message)?;
    match message.take_reference() {
        Some(Received::PortHandle(handle)) => Ok(handle),
        _ => Err(CallError::WrongReferenceType),
    }
}
