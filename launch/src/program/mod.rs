//! The launch program (dissertation, §3.3): it has an RDC launched, serves its files and its
//! console while it runs, passes on that the user wants it to end, and ends with its exit
//! code. When it is killed, the daemon ends the RDC.

mod console;
mod service;
mod signals;

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use abi::constants::HEADER_BYTES;
use zerocopy::IntoBytes;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::files::Reply;
use crate::protocol::{self, Ended, FrameError, FromDaemon, LaunchRequest, ToDaemon};

pub use service::{Environment, Service};

/// What a launch program tells its user.
pub trait Observer {
    /// The RDC runs on these nodes; the first has its primary incarnation.
    fn launched(&mut self, rdc: u32, nodes: &[String]);

    /// Something that concerns the RDC.
    fn notice(&mut self, text: &str);
}

/// The writing half of a connection, which several threads answer by.
#[derive(Clone, Debug)]
pub(crate) struct Answers(Arc<Mutex<UnixStream>>);

impl Answers {
    fn say(&self, message: &ToDaemon) -> Result<(), FrameError> {
        let mut stream = self.0.lock().expect("no thread panics with it");
        protocol::write(&mut *stream, message)
    }

    /// Answers a request.
    fn answer(&self, request: u32, reply: Reply) -> Result<(), FrameError> {
        let head: [u8; HEADER_BYTES] =
            reply.head.as_bytes().try_into().expect("a response has 32 bytes");
        self.say(&ToDaemon::Answer { request, head, data: reply.data })
    }
}

/// Launches an RDC and serves it to its end; answers its exit code.
pub fn run(
    mut connection: Connection,
    request: LaunchRequest,
    environment: Environment,
    observer: &mut dyn Observer,
) -> Result<i32, Failure> {
    let answers = Answers(Arc::new(Mutex::new(connection.writer()?)));
    signals::pass_on(answers.clone())?;
    connection.say(&ToDaemon::Launch(request))?;
    let mut service = Service::new(environment, answers);
    loop {
        match connection.hear()? {
            FromDaemon::Launched { rdc, nodes } => observer.launched(rdc, &nodes),
            FromDaemon::Notice(text) => observer.notice(&text),
            FromDaemon::Request { request, head, data } => service.serve(request, &head, &data)?,
            FromDaemon::Ended(Ended::Code(code)) => return Ok(code),
            FromDaemon::Ended(Ended::Failed(why)) => return Err(Failure::Program(why)),
            _ => return Err(Failure::Unexpected),
        }
    }
}
