//! Requests to the launch endpoint: files, streams, arguments, reports (`abi::service`).

use alloc::vec::Vec;
use core::fmt;

use abi::error::CallError;
use abi::service::{Operation, Request, Response, ServiceError, TRANSFER_MAX};
use zerocopy::FromZeros;

use crate::message::Message;
use crate::reference::Stream;

/// Why a request to the launch endpoint failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// It was refused.
    Refused(ServiceError),
    /// It did not come through.
    Call(CallError),
    /// What was read is not text in UTF-8.
    NotText,
    /// The data ended before all that was wanted had been read.
    EndOfData,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(reason) => reason.fmt(f),
            Error::Call(error) => write!(f, "The launch program does not answer: {error}"),
            Error::NotText => f.write_str("The contents are not text in UTF-8."),
            Error::EndOfData => f.write_str("The data ended too early."),
        }
    }
}

impl core::error::Error for Error {}

impl From<CallError> for Error {
    fn from(error: CallError) -> Error {
        Error::Call(error)
    }
}

impl embedded_io::Error for Error {
    fn kind(&self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind;
        match self {
            Error::Refused(ServiceError::NotFound) => ErrorKind::NotFound,
            Error::Refused(ServiceError::Denied) => ErrorKind::PermissionDenied,
            Error::Refused(ServiceError::Exists) => ErrorKind::AlreadyExists,
            Error::Refused(ServiceError::BadPath | ServiceError::BadRequest) => {
                ErrorKind::InvalidInput
            }
            Error::Refused(ServiceError::NoSpace) => ErrorKind::OutOfMemory,
            Error::NotText => ErrorKind::InvalidData,
            Error::Call(CallError::Interrupted) => ErrorKind::Interrupted,
            Error::Call(CallError::PeerLost) => ErrorKind::NotConnected,
            _ => ErrorKind::Other,
        }
    }
}

/// A request that says nothing but what is wanted.
pub(crate) fn request(operation: Operation) -> Request {
    Request { operation: (operation as u32).into(), ..Request::new_zeroed() }
}

/// What a request comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// A descriptor, or a number of bytes or entries.
    pub result: u32,
    pub kind: u32,
    pub size: u64,
}

/// Makes a request that sends `data`.
pub(crate) fn put(launch: &Stream, request: &Request, data: &[u8]) -> Result<Outcome, Error> {
    let mut message = Message::with_head(request).data(data);
    exchange(launch, &mut message)
}

/// Makes a request whose answer is data: at most as much as `buffer` holds.
pub(crate) fn get<'b>(
    launch: &Stream,
    request: &Request,
    path: &[u8],
    buffer: &'b mut [u8],
) -> Result<(Outcome, &'b [u8]), Error> {
    let send = path.len().min(buffer.len());
    buffer[..send].copy_from_slice(&path[..send]);
    let mut message = Message::with_head(request).buffer(buffer, send);
    let outcome = exchange(launch, &mut message)?;
    let length = message.extra().len();
    drop(message);
    Ok((outcome, &buffer[..length]))
}

fn exchange(launch: &Stream, message: &mut Message<'_>) -> Result<Outcome, Error> {
    launch.invoke(message)?;
    let response: Response = message.head();
    let result = response.result.get();
    let refused = || ServiceError::from_number(result).unwrap_or(ServiceError::Failed);
    let result = u32::try_from(result).map_err(|_| Error::Refused(refused()))?;
    Ok(Outcome { result, kind: response.kind.get(), size: response.size.get() })
}

/// Reads something whole that is served in pieces: arguments or environment.
pub(crate) fn read_all(launch: &Stream, operation: Operation) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    let mut buffer = alloc::vec![0; 1024];
    loop {
        let mut request = request(operation);
        request.offset = (all.len() as u64).into();
        request.length = (buffer.len() as u32).into();
        let (outcome, piece) = get(launch, &request, &[], &mut buffer)?;
        all.extend_from_slice(piece);
        let left = outcome.size.saturating_sub(all.len() as u64);
        if piece.is_empty() || left == 0 {
            return Ok(all);
        }
        buffer.resize(left.min(TRANSFER_MAX.into()) as usize, 0);
    }
}
