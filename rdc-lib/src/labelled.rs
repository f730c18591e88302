//! Requests to stream space and to the name service (`abi::labels`).

use abi::error::CallError;
use abi::labels::{Operation, Request, Response};
use abi::structs::Label;

use crate::message::Message;
use crate::reference::{Received, Stream};

/// Makes a request about a label, with the reference that `message` has.
pub(crate) fn ask(
    service: &Stream,
    operation: Operation,
    label: Label,
    message: &mut Message<'_>,
) -> Result<(), CallError> {
    ask_with(service, &Request::new(operation, label), message).map(drop)
}

/// Makes a request, with the reference that `message` has; a reference that is wanted has come
/// with it then.
pub(crate) fn ask_with(
    service: &Stream,
    request: &Request,
    message: &mut Message<'_>,
) -> Result<Response, CallError> {
    message.set_head(request);
    service.invoke(message)?;
    let response: Response = message.head();
    match response.result.get() {
        0.. => Ok(response),
        code => Err(CallError::from_code(code).unwrap_or(CallError::NoSuchCall)),
    }
}

/// The reference that has come with an answer.
pub(crate) fn taken(message: &mut Message<'_>) -> Result<Received, CallError> {
    message.take_reference().ok_or(CallError::NoSuchCall)
}
