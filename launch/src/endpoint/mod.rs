//! Launch endpoints (dissertation, §3.3): the programs that node 0 plays for launched RDCs.
//!
//! An [`Endpoint`] is an incarnation like any other: it gets its RDC's nodes by
//! `inc_nodeAlloc`, makes the primary incarnation by `inc_create`, and then waits for
//! requests of the RDC's incarnations, for somebody who knocks at the RDC's doors, and for
//! the RDC's end. What is asked for, it hands out as [`Outcome`]s; the answers come back by
//! [`Endpoint::answer`] at any time and order. It makes one call at a time and never blocks the
//! thread that plays it.

mod desk;
mod doors;
mod modules;

use std::collections::{BTreeSet, VecDeque};

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::constants::{EndReason, HEADER_BYTES};
use abi::error::CallError;
use abi::ids::{ModuleId, NodeId, RdcId, RefId};
use kernel::platform::{Platform, Slot};
use kernel::{Launched, Node};

use desk::Desk;
use doors::{Done, Doors, Step};
pub use modules::{launch_spec, write_modules};

/// Requests whose answers are awaited, at most: more wait at the endpoint's port.
const OUTSTANDING_MAX: usize = 128;

/// What an endpoint tells those who play it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The primary incarnation is being made, on the first of these nodes.
    Launched(Vec<NodeId>),
    /// A node could not be had.
    NotAllocated(NodeId, CallError),
    /// The primary incarnation could not be made.
    NotCreated(CallError),
    /// An incarnation asks for something; the number 0 wants no answer.
    Request {
        /// To be repeated in the answer.
        number: u32,
        /// An `abi::service::Request`.
        head: [u8; HEADER_BYTES],
        /// What comes with it.
        data: Vec<u8>,
    },
    /// A stream to the name service is wanted: [`Endpoint::introduce`].
    WantsNames,
    /// The RDC has ended everywhere.
    Ended {
        /// Its exit code.
        code: i32,
        /// How its primary incarnation has ended, if it has: the reason and its detail.
        primary: Option<(EndReason, u32)>,
    },
}

/// The call that an endpoint is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Nothing,
    Allocating(NodeId),
    Creating,
    Waiting,
    Receiving,
    Replying,
    Opening(Step),
    Closing,
    Leaving,
}

/// How far the life of an endpoint has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It gets nodes, then makes the primary incarnation.
    Preparing,
    /// It serves.
    Serving,
    /// It has nothing more to do.
    Over,
}

/// An answer on its way to who has asked.
#[derive(Clone, Debug)]
struct Answer {
    number: u32,
    head: [u8; HEADER_BYTES],
    data: Vec<u8>,
}

/// The program of a launch endpoint.
#[derive(Debug)]
pub struct Endpoint {
    rdc: RdcId,
    launched: Launched,
    doing: Doing,
    stage: Stage,
    /// Nodes to get, in order.
    wanted: VecDeque<NodeId>,
    /// Nodes that it has got.
    nodes: Vec<NodeId>,
    /// A stream to the primary incarnation's standard port.
    primary: Option<RefId>,
    /// Requests may be waiting at the port.
    has_requests: bool,
    doors: Doors,
    outstanding: BTreeSet<u32>,
    answers: VecDeque<Answer>,
    /// References that came with requests and are of no use here.
    unwanted: Vec<u32>,
}

impl Endpoint {
    /// The program of an endpoint that was just made, for an RDC that is to have `nodes`.
    pub fn new(rdc: RdcId, launched: Launched, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self {
            rdc,
            launched,
            doing: Doing::Nothing,
            stage: Stage::Preparing,
            wanted: nodes.into_iter().collect(),
            nodes: Vec::new(),
            primary: None,
            has_requests: false,
            doors: Doors::new(&launched),
            outstanding: BTreeSet::new(),
            answers: VecDeque::new(),
            unwanted: Vec::new(),
        }
    }

    /// Its place.
    pub fn slot(&self) -> Slot {
        self.launched.slot
    }

    /// Its RDC.
    pub fn rdc(&self) -> RdcId {
        self.rdc
    }

    /// A stream to the standard port of its primary incarnation, once that is being made.
    pub fn primary(&self) -> Option<RefId> {
        self.primary
    }

    /// Accepts a stream of its own to the name service, which it has asked for; or there is none.
    pub fn introduce(&mut self, stream: Option<RefId>) {
        self.doors.introduce(stream);
    }

    /// Accepts the answer to request `number`. One that was not asked for is dropped, and so
    /// is one whose invoker has gone meanwhile.
    pub fn answer(&mut self, number: u32, head: [u8; HEADER_BYTES], data: Vec<u8>) {
        if self.outstanding.remove(&number) {
            self.answers.push_back(Answer { number, head, data });
        }
    }

    /// The kernel lets it run: its last call has returned `result`. It makes the next one.
    pub fn turn<P: Platform>(
        &mut self,
        node: &mut Node<P>,
        result: Option<i32>,
    ) -> Option<Outcome> {
        let result = result.unwrap_or_default();
        let outcome = match self.doing {
            Doing::Allocating(wanted) => self.allocated(wanted, result),
            Doing::Creating => Some(self.created(node, result)),
            Doing::Waiting => self.woken(node, result),
            Doing::Receiving => self.received(node, result),
            Doing::Opening(step) => self.opened(node, step, result),
            // Whoever asked may be gone: then nobody misses the answer.
            Doing::Nothing | Doing::Replying | Doing::Closing | Doing::Leaving => None,
        };
        let (doing, call, arguments) = self.next_call(node);
        self.doing = doing;
        node.call(self.launched.slot, call as u32, arguments);
        outcome
    }

    fn allocated(&mut self, wanted: NodeId, result: i32) -> Option<Outcome> {
        let error = CallError::from_code(result);
        if error.is_none() {
            self.nodes.push(wanted);
        }
        error.map(|error| Outcome::NotAllocated(wanted, error))
    }

    fn created<P: Platform>(&mut self, node: &mut Node<P>, result: i32) -> Outcome {
        if let Some(error) = CallError::from_code(result) {
            self.stage = Stage::Over;
            return Outcome::NotCreated(error);
        }
        self.stage = Stage::Serving;
        let (_, stream) = Desk::new(node, self.launched).created();
        self.primary = RefId::from_raw(stream);
        Outcome::Launched(self.nodes.clone())
    }

    /// A step for one of the doors was taken.
    fn opened<P: Platform>(
        &mut self,
        node: &mut Node<P>,
        step: Step,
        result: i32,
    ) -> Option<Outcome> {
        let done = match step {
            _ if CallError::from_code(result).is_some() => Done::Failed,
            Step::Make(_) => {
                let (handle, stream) = Desk::new(node, self.launched).created();
                Done::Made(handle, stream)
            }
            Step::Send(_) | Step::Close(_) => Done::Well,
        };
        self.unwanted.extend(self.doors.done(step, done));
        self.doors.asks_for_names().then_some(Outcome::WantsNames)
    }

    /// A wait for events is over.
    fn woken<P: Platform>(&mut self, node: &mut Node<P>, result: i32) -> Option<Outcome> {
        let events = Desk::new(node, self.launched).events(result);
        for port in events.ports {
            self.has_requests |= port == self.launched.port;
            self.doors.knocked(port);
        }
        let Some(code) = events.end else {
            return self.doors.asks_for_names().then_some(Outcome::WantsNames);
        };
        self.stage = Stage::Over;
        let primary = node.launched(self.rdc).and_then(|view| view.primary_end);
        Some(Outcome::Ended { code, primary })
    }

    /// A reception is over.
    fn received<P: Platform>(&mut self, node: &mut Node<P>, result: i32) -> Option<Outcome> {
        let Some(received) = Desk::new(node, self.launched).received(result) else {
            self.has_requests = false;
            return None;
        };
        self.unwanted.extend(received.reference);
        if received.number != 0 {
            self.outstanding.insert(received.number);
        }
        let (number, head, data) = (received.number, received.head, received.data);
        Some(Outcome::Request { number, head, data })
    }

    /// The most urgent call.
    fn next_call<P: Platform>(&mut self, node: &mut Node<P>) -> (Doing, Call, [u32; 5]) {
        const NONE: [u32; ARGUMENTS_MAX] = [0; ARGUMENTS_MAX];
        let mut desk = Desk::new(node, self.launched);
        match self.stage {
            Stage::Over => return (Doing::Leaving, Call::Exit, NONE),
            Stage::Preparing => {
                if let Some(wanted) = self.wanted.pop_front() {
                    let arguments = [u32::from(wanted.0), self.rdc.get(), 0, 0, 0];
                    return (Doing::Allocating(wanted), Call::NodeAlloc, arguments);
                }
                // Without a node, the host refuses the incarnation itself.
                let first = self.nodes.first().unwrap_or(&NodeId::HOST);
                return (Doing::Creating, Call::Create, desk.create(ModuleId(0), *first));
            }
            Stage::Serving => {}
        }
        if let Some(reference) = self.unwanted.pop() {
            return (Doing::Closing, Call::Close, [reference, 0, 0, 0, 0]);
        }
        if let Some(answer) = self.answers.pop_front() {
            let arguments = desk.reply(answer.number, &answer.head, &answer.data);
            return (Doing::Replying, Call::Reply, arguments);
        }
        if let Some(step) = self.doors.next(&self.nodes, self.launched.myself) {
            let (call, arguments) = match step {
                Step::Make(node) => (Call::Create, desk.create(ModuleId::STREAM_SPACE, node)),
                Step::Send(parcel) => (Call::Send, desk.send(self.rdc, &parcel)),
                Step::Close(port) => (Call::Close, [port, 0, 0, 0, 0]),
            };
            return (Doing::Opening(step), call, arguments);
        }
        let may_receive = self.outstanding.len() < OUTSTANDING_MAX;
        if self.has_requests && may_receive {
            return (Doing::Receiving, Call::Receive, desk.receive());
        }
        let requests = may_receive.then_some(self.launched.port);
        (Doing::Waiting, Call::EventWait, desk.wait(requests.into_iter().chain(self.doors.shut())))
    }
}
