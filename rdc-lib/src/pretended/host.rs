//! A made-up launch program: files in memory.

use std::collections::BTreeMap;

use abi::service::{Operation, Request, Response, STDIN, STDOUT, ServiceError, kind, open};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// What it has, and what it was told.
#[derive(Default)]
pub struct Host {
    /// Files by their paths.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Paths of open files; descriptors count from 3.
    pub open: Vec<Option<String>>,
    /// Standard input, as far as it was not read.
    pub input: Vec<u8>,
    /// What was written to the standard streams: descriptor and bytes of each request.
    pub output: Vec<(u32, Vec<u8>)>,
    /// Reports that came.
    pub reports: Vec<String>,
    /// Arguments, each ended by a null.
    pub arguments: Vec<u8>,
    /// The most bytes or entries that one reply has.
    pub piece: Option<usize>,
    /// Requests so far.
    pub requests: usize,
}

/// The first descriptor of a file.
const FIRST: u32 = 3;

type Outcome = Result<(i32, u64, Vec<u8>), ServiceError>;

impl Host {
    /// Answers a request: the head and the data of the reply.
    pub fn serve(&mut self, head: &[u8; 32], data: &[u8]) -> ([u8; 32], Vec<u8>) {
        self.requests += 1;
        let request = Request::read_from_bytes(head).unwrap();
        let operation = Operation::from_number(request.operation.get() as i32).unwrap();
        let mut response = Response::new_zeroed();
        let data = match self.outcome(operation, &request, data) {
            Ok((result, size, data)) => {
                response.result = result.into();
                response.kind = kind::FILE.into();
                response.size = size.into();
                data
            }
            Err(error) => {
                response.result = error.code().into();
                Vec::new()
            }
        };
        (response.as_bytes().try_into().unwrap(), data)
    }

    fn outcome(&mut self, operation: Operation, request: &Request, data: &[u8]) -> Outcome {
        let path = || String::from_utf8(data.to_vec()).unwrap();
        let descriptor = request.descriptor.get();
        let (offset, length) = (request.offset.get() as usize, request.length.get() as usize);
        let length = length.min(self.piece.unwrap_or(usize::MAX));
        let part = |bytes: &[u8]| {
            let rest = bytes.get(offset..).unwrap_or_default();
            rest[..length.min(rest.len())].to_vec()
        };
        match operation {
            Operation::Open => self.open(path(), request.flags.get()),
            Operation::Close => {
                self.open[(descriptor - FIRST) as usize] = None;
                Ok((0, 0, Vec::new()))
            }
            Operation::Read if descriptor == STDIN => {
                let rest = self.input.split_off(length.min(self.input.len()));
                Ok((0, 0, std::mem::replace(&mut self.input, rest)))
            }
            Operation::Read => Ok((0, 0, part(self.file(descriptor)?))),
            Operation::Write if descriptor > STDIN && descriptor < FIRST => {
                self.output.push((descriptor, data.to_vec()));
                Ok((data.len() as i32, 0, Vec::new()))
            }
            Operation::Write => {
                let file = self.file(descriptor)?;
                file.resize(file.len().max(offset + data.len()), 0);
                file[offset..][..data.len()].copy_from_slice(data);
                Ok((data.len() as i32, 0, Vec::new()))
            }
            Operation::Status => Ok((0, self.file(descriptor)?.len() as u64, Vec::new())),
            Operation::List => Ok(self.list(offset)),
            Operation::Arguments => Ok((0, self.arguments.len() as u64, part(&self.arguments))),
            Operation::Report => {
                self.reports.push(path());
                Ok((0, 0, Vec::new()))
            }
            _ => Err(ServiceError::BadRequest),
        }
    }

    fn open(&mut self, path: String, flags: u32) -> Outcome {
        if flags & open::CREATE != 0 {
            self.files.entry(path.clone()).or_default();
        }
        let file = self.files.get_mut(&path).ok_or(ServiceError::NotFound)?;
        if flags & open::TRUNCATE != 0 {
            file.clear();
        }
        self.open.push(Some(path));
        Ok((self.open.len() as i32 - 1 + FIRST as i32, 0, Vec::new()))
    }

    fn file(&mut self, descriptor: u32) -> Result<&mut Vec<u8>, ServiceError> {
        let path = self.open.get((descriptor - FIRST) as usize).and_then(Option::as_ref);
        let path = path.ok_or(ServiceError::BadDescriptor)?;
        self.files.get_mut(path).ok_or(ServiceError::NotFound)
    }

    fn list(&self, skip: usize) -> (i32, u64, Vec<u8>) {
        let names = self.files.keys().skip(skip).take(self.piece.unwrap_or(usize::MAX));
        let mut data = Vec::new();
        let mut count = 0;
        for name in names {
            data.push(kind::FILE as u8);
            data.extend_from_slice(name.as_bytes());
            data.push(0);
            count += 1;
        }
        (count, 0, data)
    }

    /// Everything that was written to standard output.
    pub fn printed(&self) -> String {
        let written = self.output.iter().filter(|(descriptor, _)| *descriptor == STDOUT);
        // A request may end within a character.
        let bytes: Vec<u8> = written.flat_map(|(_, bytes)| bytes).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
