//! A worker: counts the words of the files that it is told, until there are none left.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::{CallError, Message, Received, Stream};
use wordcount::protocol::{NO_FILE, Order, Request, TALLY_MAX, Welcome};
use wordcount::tally::Tally;

/// What was found in a file.
struct Found {
    file: u32,
    bytes: u32,
    /// A tally, or the reason why there is none.
    data: Vec<u8>,
}

#[rdc::main]
fn main() -> Result<(), CallError> {
    let (worker, primary) = welcome()?;
    let mut buffer = alloc::vec![0; TALLY_MAX];
    let mut found = Found { file: NO_FILE, bytes: 0, data: Vec::new() };
    while let Some((file, path)) = ask(&primary, worker, &found, &mut buffer)? {
        found = count(file, &path);
    }
    Ok(())
}

/// Waits for the message with this worker's number and the stream to the primary incarnation.
fn welcome() -> Result<(u32, Stream), CallError> {
    let mut message = Message::new();
    rdc::port().receive(&mut message)?;
    let Welcome { worker } = message.head();
    match message.take_reference() {
        Some(Received::Stream(stream)) => Ok((worker.get(), stream)),
        _ => Err(CallError::NoSuchReference),
    }
}

/// Tells what was found and asks for the next file: its number and path; none at the end.
fn ask(
    primary: &Stream,
    worker: u32,
    found: &Found,
    buffer: &mut [u8],
) -> Result<Option<(u32, String)>, CallError> {
    let request = Request {
        worker: worker.into(),
        node: u32::from(rdc::node().0).into(),
        file: found.file.into(),
        bytes: found.bytes.into(),
    };
    buffer[..found.data.len()].copy_from_slice(&found.data);
    let mut message = Message::with_head(&request).buffer(buffer, found.data.len());
    match primary.invoke(&mut message) {
        // It is gone, and with it whoever would want to know.
        Err(CallError::PeerLost | CallError::OutcomeUnknown) => return Ok(None),
        result => result?,
    }
    let Order { file } = message.head();
    let path = String::from_utf8_lossy(message.extra()).into_owned();
    Ok((file.get() != NO_FILE).then(|| (file.get(), path)))
}

fn count(file: u32, path: &str) -> Found {
    let failed = |reason: String| Found { file, bytes: NO_FILE, data: reason.into_bytes() };
    let text = match rdc::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return failed(error.to_string()),
    };
    let data = Tally::of(&text).to_bytes();
    if data.len() > TALLY_MAX {
        return failed("It has more different words than fit into a message.".into());
    }
    Found { file, bytes: text.len() as u32, data }
}
