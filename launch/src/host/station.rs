//! Node 0 with the launch endpoints that it plays: the kernel is asked whom to run, and the
//! endpoint's program makes its next call.

use std::collections::BTreeMap;
use std::time::Instant as HostInstant;

use abi::constants::HEADER_BYTES;
use abi::error::CallError;
use abi::ids::{NodeId, RdcId};
use abi::rdc_file::RdcFile;
use kernel::platform::{Platform, Slot};
use kernel::{Next, Node, SystemRights};

use super::HostMachine;
use crate::endpoint::{Endpoint, Outcome, launch_spec, write_modules};

/// Turns of one [`Station::work`]: then whoever drives it looks after other things.
const TURNS: usize = 256;

/// The vector that an incarnation is ended by which the host cannot play: illegal instruction.
const ILLEGAL_INSTRUCTION: u32 = 4;

/// Whether there is more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Yes.
    Busy,
    /// No: until a bell, the alarm, or a request.
    Idle,
}

/// Node 0.
pub struct Station<P: Platform> {
    node: Node<P>,
    endpoints: BTreeMap<Slot, Endpoint>,
}

impl<P: Platform<Machine = HostMachine>> Station<P> {
    /// A station without endpoints.
    pub fn new(node: Node<P>) -> Self {
        Self { node, endpoints: BTreeMap::new() }
    }

    /// The kernel, to be looked at.
    pub fn node(&self) -> &Node<P> {
        &self.node
    }

    /// The kernel.
    pub fn node_mut(&mut self) -> &mut Node<P> {
        &mut self.node
    }

    /// Begins to launch the RDC of `file`, with these rights and a stream space of `space`, on
    /// `nodes`; what comes of it are [`Outcome`]s. `Busy`, `TableFull` or `NoMemory` if the host
    /// has no room for it.
    pub fn launch(
        &mut self,
        (rdc, rights): (RdcId, SystemRights),
        (file, space): (&RdcFile, Option<&RdcFile>),
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> Result<(), CallError> {
        let launched = self.node.launch(launch_spec(rdc, rights, file, space))?;
        let written = write_modules(&mut *self.node.memory(), launched.slot, file, space);
        written.expect("the endpoint's memory has room for its modules");
        self.endpoints.insert(launched.slot, Endpoint::new(rdc, launched, nodes));
        Ok(())
    }

    /// Answers request `number` of an incarnation of `rdc`.
    pub fn answer(&mut self, rdc: RdcId, number: u32, head: [u8; HEADER_BYTES], data: Vec<u8>) {
        let endpoint = self.endpoints.values_mut().find(|endpoint| endpoint.rdc() == rdc);
        if let Some(endpoint) = endpoint {
            endpoint.answer(number, head, data);
            self.node.end_wait(endpoint.slot());
        }
    }

    /// Gives the endpoint of `rdc`, which has asked for it, a stream to the primary incarnation of
    /// `names`; or tells it that there is no name service.
    pub fn introduce(&mut self, rdc: RdcId, names: Option<RdcId>) {
        let endpoint = |wanted| self.endpoints.values().find(|known| known.rdc() == wanted);
        let Some(to) = endpoint(rdc).map(Endpoint::slot) else { return };
        let from = names.and_then(endpoint).and_then(|from| Some((from.slot(), from.primary()?)));
        let stream = from.and_then(|(slot, primary)| {
            // A table that is full is a name service that cannot be had.
            self.node.share_stream(slot, primary, to).ok()
        });
        if let Some(endpoint) = self.endpoints.get_mut(&to) {
            endpoint.introduce(stream);
            self.node.end_wait(to);
        }
    }

    /// Ends an RDC everywhere.
    pub fn end(&mut self, rdc: RdcId, code: i32) {
        self.node.end_rdc(rdc, code);
    }

    /// Serves the bus and lets endpoints run, up to a bound.
    pub fn work(&mut self, outcomes: &mut Vec<(RdcId, Outcome)>) -> Load {
        self.node.interrupt();
        for _ in 0..TURNS {
            let next = self.node.next();
            self.forget_released();
            match next {
                Next::Run(slot) => self.play(slot, outcomes),
                Next::Again => {}
                Next::Idle => return Load::Idle,
            }
        }
        Load::Busy
    }

    fn play(&mut self, slot: Slot, outcomes: &mut Vec<(RdcId, Outcome)>) {
        let result = self.node.machine().take_result(slot);
        let Some(endpoint) = self.endpoints.get_mut(&slot) else {
            return self.node.fault(slot, ILLEGAL_INSTRUCTION, 0, 0);
        };
        let rdc = endpoint.rdc();
        let outcome = endpoint.turn(&mut self.node, result);
        outcomes.extend(outcome.map(|outcome| (rdc, outcome)));
    }

    fn forget_released(&mut self) {
        for slot in self.node.machine().take_released() {
            self.endpoints.remove(&slot);
        }
    }

    /// When the kernel wants to be called at the latest.
    pub fn alarm(&mut self) -> Option<HostInstant> {
        self.node.machine().alarm()
    }
}
