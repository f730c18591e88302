//! The pool's name service (dissertation, §3.3, §5.4): an RDC of the system's own, which is
//! launched when the first program speaks to it. Programs get their streams to it from their
//! launch endpoints, which the daemon makes acquainted with it.

use std::time::Instant;

use abi::ids::RdcId;
use abi::rdc_file::RdcFile;
use abi::service::{Operation, Request, ServiceError};
use kernel::SystemRights;
use zerocopy::{FromBytes, IntoBytes};

use super::rdcs::{Rdc, no_room};
use super::users::Groups;
use super::{Crate, Daemon};
use crate::files::Reply;
use crate::protocol::{Placement, Refusal};

/// The user that the system's own programs belong to.
const SYSTEM: &str = "system";

/// The name service of a pool.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Its RDC, if one is launched.
    service: Option<RdcId>,
    /// Who waits for a stream to it while it is being launched.
    waiting: Vec<RdcId>,
    is_running: bool,
}

impl Names {
    /// Whether this RDC is the name service.
    pub(super) fn is(&self, rdc: RdcId) -> bool {
        self.service == Some(rdc)
    }
}

impl<C: Crate> Daemon<C> {
    /// An RDC wants a stream to the name service.
    pub(super) fn wants_names(&mut self, rdc: RdcId) {
        if self.names.is_running {
            return self.station.introduce(rdc, self.names.service);
        }
        self.names.waiting.push(rdc);
        if self.names.service.is_none()
            && let Err(refusal) = self.launch_names()
        {
            self.names_have_ended(&refusal.reason);
        }
    }

    fn launch_names(&mut self) -> Result<(), Refusal> {
        let Some(bytes) = self.system.name_service.clone() else {
            return Err(Refusal::new("the pool was started without a name service"));
        };
        let file = RdcFile::read(&bytes).map_err(|error| Refusal::new(error.to_string()))?;
        let nodes = self.choose(&Placement::Count(1), &Groups::All)?;
        let rdc = self.next_rdc();
        self.station.launch((rdc, SystemRights::None), (&file, None), nodes).map_err(no_room)?;
        self.names.service = Some(rdc);
        let (name, user) = ("name-service".to_owned(), SYSTEM.to_owned());
        let entry = Rdc { name, user, client: None, since: Instant::now() };
        self.rdcs.insert(rdc, entry);
        Ok(())
    }

    /// The name service runs.
    pub(super) fn names_are_up(&mut self) {
        self.names.is_running = true;
        for rdc in std::mem::take(&mut self.names.waiting) {
            self.station.introduce(rdc, self.names.service);
        }
    }

    /// There is no name service: it has ended, or could not be launched. The next who asks for it
    /// gets another.
    pub(super) fn names_have_ended(&mut self, why: &str) {
        self.logs.push(self.started.elapsed(), "host", format!("there is no name service: {why}"));
        for rdc in std::mem::take(&mut self.names).waiting {
            self.station.introduce(rdc, None);
        }
    }

    /// Serves a request of the system's own programs: what they print is logged.
    pub(super) fn serve_system(&mut self, rdc: RdcId, number: u32, head: &[u8], data: &[u8]) {
        let request = Request::ref_from_bytes(head).expect("a request has 32 bytes");
        let operation = Operation::from_number(request.operation.get() as i32);
        let reply = match operation {
            Some(Operation::Write | Operation::Report) => {
                let text = String::from_utf8_lossy(data);
                for line in text.lines() {
                    self.logs.push(self.started.elapsed(), "host", line.to_owned());
                }
                Reply::number(data.len() as i32)
            }
            Some(Operation::Arguments | Operation::Environment) => Reply::bytes(Vec::new()),
            _ => ServiceError::BadRequest.into(),
        };
        if number != 0 {
            let head = reply.head.as_bytes().try_into().expect("a response has 32 bytes");
            self.station.answer(rdc, number, head, reply.data);
        }
    }
}
