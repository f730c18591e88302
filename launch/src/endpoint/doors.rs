//! The doors of an RDC (dissertation, §5.4, §5.5): its incarnations have streams to its stream
//! space and to the name service from their beginning, and the ports of these are the launch
//! endpoint's. When the first message comes to one, somebody is found who serves there, and is
//! given the port with what has come: for stream space an incarnation that is made now, on the
//! first of the RDC's nodes that can have it; for names the pool's name service.

use abi::constants::RefType;
use abi::ids::{NodeId, RefId};
use abi::labels::Operation;
use kernel::Launched;

/// How far the opening of the RDC's doors has come.
#[derive(Debug)]
pub(super) struct Doors {
    space: Space,
    names: Names,
    space_port: RefId,
    names_port: RefId,
}

/// The door to stream space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    /// Nobody has knocked.
    Shut,
    /// Somebody has: the node of this place among the RDC's is to be tried next.
    Knocked(usize),
    /// An incarnation there serves as soon as it is given the port: a handle to it, and a stream.
    Made(usize, u32, u32),
    /// It has the port, or nobody will.
    Settled,
}

/// The door to the name service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// Nobody has knocked.
    Shut,
    /// Somebody has.
    Knocked,
    /// A stream to the name service is awaited.
    Awaited,
    /// That is here.
    Introduced(u32),
    /// The name service knows of the RDC.
    Announced(u32),
    /// There is no name service.
    Refused,
    /// It has the port, or nobody will.
    Settled,
}

/// What is to be done next for a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make an incarnation of stream space on this node.
    Make(NodeId),
    /// Send a message with a reference by a stream.
    Send(Parcel),
    /// Close a reference.
    Close(u32),
}

/// A message that gives a reference away, or, of an incarnation handle, a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub stream: u32,
    /// What the receiver is to do with it; none if there is only one thing.
    pub operation: Option<Operation>,
    pub ref_type: RefType,
    pub reference: RefId,
}

/// What a step has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It is done.
    Well,
    /// An incarnation is made: a handle to it, and a stream.
    Made(u32, u32),
    /// It has failed.
    Failed,
}

impl Doors {
    pub(super) fn new(launched: &Launched) -> Self {
        Self {
            space: Space::Shut,
            names: Names::Shut,
            space_port: launched.space,
            names_port: launched.names,
        }
    }

    /// The ports at which somebody may knock.
    pub(super) fn shut(&self) -> impl Iterator<Item = RefId> {
        let space = (self.space == Space::Shut).then_some(self.space_port);
        let names = (self.names == Names::Shut).then_some(self.names_port);
        space.into_iter().chain(names)
    }

    /// A message is at one of the ports.
    pub(super) fn knocked(&mut self, port: RefId) {
        if port == self.space_port && self.space == Space::Shut {
            self.space = Space::Knocked(0);
        }
        if port == self.names_port && self.names == Names::Shut {
            self.names = Names::Knocked;
        }
    }

    /// Whether somebody has to be asked for a stream to the name service: then it is awaited.
    pub(super) fn asks_for_names(&mut self) -> bool {
        let asks = self.names == Names::Knocked;
        if asks {
            self.names = Names::Awaited;
        }
        asks
    }

    /// A stream to the name service is here; or there is none and will be none.
    pub(super) fn introduce(&mut self, stream: Option<RefId>) {
        if self.names == Names::Awaited {
            self.names = match stream {
                Some(stream) => Names::Introduced(stream.get()),
                None => Names::Refused,
            };
        }
    }

    /// What is to be done next, if anything is, in an RDC with these nodes; `myself` is the
    /// launch endpoint.
    pub(super) fn next(&self, nodes: &[NodeId], myself: RefId) -> Option<Step> {
        let port = |stream, operation, reference| {
            Step::Send(Parcel { stream, operation, ref_type: RefType::Port, reference })
        };
        match self.space {
            Space::Knocked(place) => {
                return Some(match nodes.get(place) {
                    Some(node) => Step::Make(*node),
                    // Whoever waits there is told that nobody will answer.
                    None => Step::Close(self.space_port.get()),
                });
            }
            Space::Made(_, _, stream) => return Some(port(stream, None, self.space_port)),
            Space::Shut | Space::Settled => {}
        }
        match self.names {
            Names::Introduced(stream) => Some(Step::Send(Parcel {
                stream,
                operation: Some(Operation::Arrive),
                ref_type: RefType::Incarnation,
                reference: myself,
            })),
            Names::Announced(stream) => Some(port(stream, Some(Operation::Door), self.names_port)),
            Names::Refused => Some(Step::Close(self.names_port.get())),
            Names::Shut | Names::Knocked | Names::Awaited | Names::Settled => None,
        }
    }

    /// What came of a step; answers references that are of no use any more.
    pub(super) fn done(&mut self, step: Step, done: Done) -> Vec<u32> {
        match (step, done) {
            (Step::Make(_), _) => self.made(done),
            (Step::Send(parcel), _) if parcel.reference == self.space_port => self.given(done),
            (Step::Send(parcel), Done::Failed) => {
                self.names = Names::Knocked;
                vec![parcel.stream]
            }
            (Step::Send(Parcel { stream, operation: Some(Operation::Arrive), .. }), _) => {
                self.names = Names::Announced(stream);
                Vec::new()
            }
            (Step::Send(parcel), _) => {
                self.names = Names::Settled;
                vec![parcel.stream]
            }
            (Step::Close(port), _) if port == self.space_port.get() => {
                self.space = Space::Settled;
                Vec::new()
            }
            (Step::Close(_), _) => {
                self.names = Names::Settled;
                Vec::new()
            }
        }
    }

    fn made(&mut self, done: Done) -> Vec<u32> {
        let Space::Knocked(place) = self.space else { return Vec::new() };
        self.space = match done {
            Done::Made(handle, stream) => Space::Made(place, handle, stream),
            Done::Well | Done::Failed => Space::Knocked(place + 1),
        };
        Vec::new()
    }

    /// The port of stream space was given, or is here still.
    fn given(&mut self, done: Done) -> Vec<u32> {
        let Space::Made(place, handle, stream) = self.space else { return Vec::new() };
        self.space = match done {
            Done::Failed => Space::Knocked(place + 1),
            Done::Well | Done::Made(..) => Space::Settled,
        };
        vec![handle, stream]
    }
}
