//! What an RDC asks its launch program for (`abi::service`), shared out to files and console.

use std::time::{SystemTime, UNIX_EPOCH};

use abi::constants::HEADER_BYTES;
use abi::service::{Operation, Request, STDERR, STDIN, STDOUT, ServiceError, TRANSFER_MAX, kind};
use zerocopy::FromBytes;

use super::Answers;
use super::console::{Console, Output};
use crate::failure::Failure;
use crate::files::{FileService, Folders, Reply};

/// What an RDC is given by its user.
#[derive(Debug, Default)]
pub struct Environment {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment, as NAME=value.
    pub variables: Vec<String>,
    /// Its folders.
    pub folders: Folders,
}

/// The service of one RDC.
pub struct Service {
    arguments: Vec<u8>,
    variables: Vec<u8>,
    files: FileService,
    console: Console,
    answers: Answers,
}

impl Service {
    pub(super) fn new(environment: Environment, answers: Answers) -> Self {
        Self {
            arguments: ended_by_zeros(&environment.arguments),
            variables: ended_by_zeros(&environment.variables),
            files: FileService::new(environment.folders),
            console: Console::new(answers.clone()),
            answers,
        }
    }

    /// Serves a request. The number 0 wants no answer.
    pub(super) fn serve(
        &mut self,
        number: u32,
        head: &[u8; HEADER_BYTES],
        data: &[u8],
    ) -> Result<(), Failure> {
        let request = Request::ref_from_bytes(head).expect("a request has 32 bytes");
        let reply = match self.reply(number, request, data) {
            Some(reply) if number != 0 => reply,
            _ => return Ok(()),
        };
        Ok(self.answers.answer(number, reply)?)
    }

    /// The reply; none if it comes later or not at all.
    fn reply(&mut self, number: u32, request: &Request, data: &[u8]) -> Option<Reply> {
        let operation = Operation::from_number(request.operation.get() as i32);
        let Some(operation) = operation else { return Some(ServiceError::BadRequest.into()) };
        if request.length.get() > TRANSFER_MAX {
            return Some(ServiceError::BadRequest.into());
        }
        Some(match (operation, request.descriptor.get()) {
            (Operation::Arguments, _) => part(&self.arguments, request),
            (Operation::Environment, _) => part(&self.variables, request),
            (Operation::Report, _) => Console::report(data),
            (Operation::Time, _) => time(),
            (Operation::Read, STDIN) => {
                self.console.read(number, request.length.get());
                return None;
            }
            (Operation::Write, STDOUT) => return self.console.write(Output::Standard, data),
            (Operation::Write, STDERR) => return self.console.write(Output::Error, data),
            (Operation::Status, STDIN..=STDERR) => {
                let mut reply = Reply::number(0);
                reply.head.kind = kind::STREAM.into();
                reply
            }
            (Operation::Close, STDIN..=STDERR) => Reply::number(0),
            _ => self.files.serve(operation, request, data),
        })
    }
}

fn ended_by_zeros(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(|text| text.bytes().chain([0])).collect()
}

/// Bytes of a list of texts from an offset on; the size is that of all.
fn part(all: &[u8], request: &Request) -> Reply {
    let begin = usize::try_from(request.offset.get()).map_or(all.len(), |at| at.min(all.len()));
    let end = all.len().min(begin + request.length.get() as usize);
    let mut reply = Reply::bytes(all[begin..end].to_vec());
    reply.head.size = (all.len() as u64).into();
    reply
}

fn time() -> Reply {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut reply = Reply::number(0);
    reply.head.size = (since.as_micros() as u64).into();
    reply
}
