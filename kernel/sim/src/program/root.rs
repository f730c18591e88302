//! The root: the launch endpoint of an RDC, on the host. It has nodes allocated,
//! creates the workers, tells them of each other, and then freezes, destroys and
//! replaces them.

use abi::calls::Call;
use abi::constants::{EventType, IncarnationState, InitialState};
use abi::error::CallError;
use abi::ids::NodeId;
use abi::structs::{EvDesc, IncCreateParams, IncParams, IncState, Keep};
use zerocopy::byteorder::big_endian::{I32, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::desk::{ARGUMENTS, CREATE, Desk, EVENTS, RESULTS};
use super::enclosure::Enclosure;
use super::payload::Purpose;
use super::post::{self, Contact, Letter, Pending};
use super::{Phase, Request, World, outcome};
use crate::oracle::{Channel, ChannelUid, IncUid, Violation};
use crate::random::Dice;

/// The deepest tier of workers.
pub const DEEPEST: u8 = 2;
/// Children whose ends are awaited at a time.
const LISTED: usize = EVENTS.length() as usize / size_of::<EvDesc>();
/// Servers that each worker is told of.
const INTRODUCTIONS: u8 = 3;

/// The module that workers are made of.
const WORKER_MODULE: u32 = 0;

/// What an RDC consists of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// its number
    pub rdc: u32,
    /// how many workers it keeps
    pub workers: usize,
    /// workers that may be created in all
    pub creations: usize,
}

/// The data arguments of a worker.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Arguments {
    /// its number
    pub uid: U32,
    /// its tier
    pub tier: U32,
    /// the channel of its standard port
    pub channel: U32,
}

/// The program of a root.
pub struct Root {
    uid: IncUid,
    plan: Plan,
    dice: Dice,
    created: usize,
    children: Vec<Child>,
    /// nodes that are to be allocated to the RDC
    to_allocate: Vec<NodeId>,
    /// how long to wait before a node that failed is tried again
    pause_ms: u32,
    /// references to children that are gone
    to_close: Vec<u32>,
    doing: Activity,
}

/// A worker as its root knows it.
#[derive(Debug, Clone, Copy)]
struct Child {
    uid: IncUid,
    handle: u32,
    contact: Contact,
    tier: u8,
    /// how many servers it has still to be told of
    to_introduce: u8,
    frozen: Frozen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frozen {
    No,
    Yes,
}

/// The call that the root is in; children are named by their numbers.
#[derive(Debug, Clone, Copy)]
enum Activity {
    Starting,
    Allocating(NodeId),
    Creating {
        uid: IncUid,
        node: NodeId,
        tier: u8,
        channel: ChannelUid,
    },
    Introducing(IncUid, Pending),
    Freezing(IncUid),
    Unfreezing(IncUid),
    Asking(IncUid),
    Destroying(IncUid),
    /// `inc_eventWait` for the ends of children
    Awaiting,
    /// `inc_rdcExit`
    Ending,
    Closing,
    Sleeping,
}

impl Root {
    /// A root that keeps the workers of `plan` on `nodes` nodes, the host included.
    pub fn new(uid: IncUid, plan: Plan, nodes: u8, dice: Dice) -> Root {
        let to_allocate = (1..nodes).map(NodeId).collect();
        let children = Vec::with_capacity(plan.workers);
        let (to_close, doing) = (Vec::new(), Activity::Starting);
        Root { uid, plan, dice, created: 0, children, to_allocate, pause_ms: 0, to_close, doing }
    }

    /// Goes on from the result of the last call to the next one.
    pub fn step(
        &mut self,
        result: i32,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<Request, Violation> {
        self.finish(result, desk, world)?;
        Ok(self.begin(desk, world))
    }

    /// Whether it only waits for time to pass.
    pub fn is_at_rest(&self) -> bool {
        let thawed = self.children.iter().all(|child| child.frozen == Frozen::No);
        thawed && matches!(self.doing, Activity::Sleeping)
    }

    fn finish(
        &mut self,
        result: i32,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        match self.doing {
            Activity::Starting => Ok(()),
            Activity::Allocating(node) => {
                let answer = outcome(self.uid, Call::NodeAlloc, result)?;
                self.judge_node(node, Call::NodeAlloc, answer, world)
            }
            Activity::Creating { uid, node, tier, channel } => {
                let answer = outcome(self.uid, Call::Create, result)?;
                self.made((uid, tier, channel), answer, desk, world);
                self.judge_node(node, Call::Create, answer, world)
            }
            Activity::Introducing(uid, pending) => {
                let answer = outcome(self.uid, Call::Send, result)?;
                post::sent(self.uid, pending, answer, world)?;
                if let (Some(child), Ok(_)) = (self.child(uid), answer) {
                    child.to_introduce -= 1;
                }
                self.controlled(uid, Call::Send, answer, world)
            }
            Activity::Freezing(uid) => {
                let answer = outcome(self.uid, Call::Freeze, result)?;
                self.set_frozen(uid, answer, Frozen::Yes);
                self.controlled(uid, Call::Freeze, answer, world)
            }
            Activity::Unfreezing(uid) => {
                let answer = outcome(self.uid, Call::Unfreeze, result)?;
                self.set_frozen(uid, answer, Frozen::No);
                self.controlled(uid, Call::Unfreeze, answer, world)
            }
            Activity::Asking(uid) => {
                let answer = outcome(self.uid, Call::Status, result)?;
                self.asked(uid, answer, desk, world)
            }
            Activity::Destroying(uid) => {
                let answer = outcome(self.uid, Call::Destroy, result)?;
                self.controlled(uid, Call::Destroy, answer, world)?;
                self.forget(uid);
                Ok(())
            }
            Activity::Awaiting => {
                let answer = outcome(self.uid, Call::EventWait, result)?;
                self.heard_of_ends(answer, desk, world)
            }
            Activity::Ending => {
                let call = Call::RdcExit.name();
                Err(Violation::WrongResult { incarnation: self.uid, call, result })
            }
            Activity::Closing => self.must_succeed(Call::Close, result),
            Activity::Sleeping => self.must_succeed(Call::Sleep, result),
        }
    }

    fn must_succeed(&self, call: Call, result: i32) -> Result<(), Violation> {
        let answer = outcome(self.uid, call, result)?;
        answer.map(|_| ()).map_err(|error| post::unexpected(self.uid, call, error))
    }

    /// Notes a created child, or that its creation failed.
    fn made(
        &mut self,
        (uid, tier, channel): (IncUid, u8, ChannelUid),
        answer: Result<u32, CallError>,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) {
        match answer {
            Ok(_) => {
                let [handle, stream, _] = desk.read::<[U32; 3]>(RESULTS).map(U32::get);
                let contact = Contact {
                    reference: stream,
                    stream: world.oracle.streams.open(self.uid, channel),
                    channel,
                };
                let to_introduce = if tier < DEEPEST { INTRODUCTIONS } else { 0 };
                let frozen = Frozen::No;
                self.created += 1;
                self.children.push(Child { uid, handle, contact, tier, to_introduce, frozen });
            }
            Err(CallError::OutcomeUnknown) => world.oracle.register.sentence(uid),
            Err(_) => world.oracle.register.refuse(uid),
        }
    }

    /// Judges the answer of a call that concerns a node: it may fail if the node is
    /// down or has no room, and a node that was down must be allocated again.
    fn judge_node(
        &mut self,
        node: NodeId,
        call: Call,
        answer: Result<u32, CallError>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let Err(error) = answer else { return Ok(()) };
        self.pause_ms = 10;
        if !self.to_allocate.contains(&node) {
            self.to_allocate.push(node);
        }
        match error {
            CallError::Busy
            | CallError::NoMemory
            | CallError::TableFull
            | CallError::NotAllocated => Ok(()),
            _ if world.oracle.may_be_down(node, world.now_us) => Ok(()),
            _ => Err(post::unexpected(self.uid, call, error)),
        }
    }

    fn set_frozen(&mut self, uid: IncUid, answer: Result<u32, CallError>, frozen: Frozen) {
        let settled = matches!(answer, Ok(_) | Err(CallError::NotFrozen));
        if let (Some(child), true) = (self.child(uid), settled) {
            child.frozen = frozen;
        }
    }

    /// Judges the answer of a call that concerns a child: it may fail if the child
    /// is gone.
    fn controlled(
        &mut self,
        uid: IncUid,
        call: Call,
        answer: Result<u32, CallError>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        match answer {
            Ok(_) | Err(CallError::Busy) => Ok(()),
            Err(_) if world.oracle.may_have_lost(uid, world.now_us) => {
                self.forget(uid);
                Ok(())
            }
            Err(error) => Err(post::unexpected(self.uid, call, error)),
        }
    }

    fn asked(
        &mut self,
        uid: IncUid,
        answer: Result<u32, CallError>,
        desk: &mut Desk<'_>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let state: IncState = desk.read(EVENTS);
        match (answer, IncarnationState::from_value(state.is_state.get() as i32)) {
            (Ok(_), None) => {
                let what = "the state of a child";
                Err(Violation::Corrupted { incarnation: self.uid, what })
            }
            (Ok(_), Some(IncarnationState::Unreachable)) => {
                self.controlled(uid, Call::Status, Err(CallError::Unreachable), world)
            }
            _ => self.controlled(uid, Call::Status, answer, world),
        }
    }

    /// Forgets the children whose ends were announced; they must be what they are
    /// said to be.
    fn heard_of_ends(
        &mut self,
        answer: Result<u32, CallError>,
        desk: &mut Desk<'_>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let count = answer.map_err(|error| post::unexpected(self.uid, Call::EventWait, error))?;
        let events: [EvDesc; LISTED] = desk.read(EVENTS);
        for event in events.iter().take(count as usize) {
            let handle = event.ed_reference.get();
            let known = self.children.iter().find(|child| child.handle == handle);
            let Some(uid) = known.map(|child| child.uid) else {
                let what = "the handle of an event";
                return Err(Violation::Corrupted { incarnation: self.uid, what });
            };
            if !world.oracle.may_have_lost(uid, world.now_us) {
                return Err(Violation::FalseEnd { parent: self.uid, child: uid });
            }
            self.forget(uid);
        }
        Ok(())
    }

    fn child(&mut self, uid: IncUid) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.uid == uid)
    }

    fn forget(&mut self, uid: IncUid) {
        if let Some(index) = self.children.iter().position(|child| child.uid == uid) {
            let child = self.children.swap_remove(index);
            self.to_close.extend([child.handle, child.contact.reference]);
        }
    }

    fn begin(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        if let Some(frozen) = self.children.iter().find(|child| child.frozen == Frozen::Yes) {
            self.doing = Activity::Unfreezing(frozen.uid);
            return Request::new(Call::Unfreeze, [frozen.handle, 8]);
        }
        if let Some(reference) = self.to_close.pop() {
            self.doing = Activity::Closing;
            return Request::new(Call::Close, [reference]);
        }
        match world.phase {
            Phase::Busy => {}
            Phase::Draining => return self.sleep(100),
            Phase::Resting => return self.sleep(1_000),
            Phase::Ending => return self.end_rdc(world),
        }
        if self.pause_ms > 0 {
            let pause_ms = std::mem::take(&mut self.pause_ms);
            return self.sleep(pause_ms);
        }
        if !self.to_allocate.is_empty() && self.dice.chance(500_000) {
            return self.allocate();
        }
        let missing = self.children.len() < self.plan.workers;
        // Node 0 is the host, which runs no workers.
        let node = NodeId(self.dice.between(1, u64::from(world.nodes)) as u8);
        if missing && self.created < self.plan.creations && !self.to_allocate.contains(&node) {
            return self.create(node, desk, world);
        }
        if let Some(request) = self.introduce(desk, world) {
            return request;
        }
        if self.children.is_empty() {
            return self.sleep(100);
        }
        self.look_after_one(desk, world)
    }

    fn sleep(&mut self, ms: u32) -> Request {
        self.doing = Activity::Sleeping;
        Request::new(Call::Sleep, [ms])
    }

    /// Waits for the end of any of some children.
    fn await_ends(&mut self, desk: &mut Desk<'_>) -> Request {
        let first = self.dice.index(self.children.len());
        let listed = self.children.iter().skip(first).take(LISTED);
        let mut count = 0;
        for (place, child) in desk.bytes(EVENTS).chunks_mut(size_of::<EvDesc>()).zip(listed) {
            let event = EvDesc {
                ed_reference: U32::new(child.handle),
                ed_evtype: U32::new(EventType::Dead as u32),
                ed_info1: U32::ZERO,
                ed_info2: U32::ZERO,
            };
            place.copy_from_slice(event.as_bytes());
            count += 1;
        }
        self.doing = Activity::Awaiting;
        let timeout_ms = self.dice.between(0, 20) as u32;
        Request::new(Call::EventWait, [count, EVENTS.address(), timeout_ms])
    }

    /// Ends the RDC: its workers, and itself.
    fn end_rdc(&mut self, world: &mut World<'_>) -> Request {
        for child in &self.children {
            world.oracle.register.sentence(child.uid);
        }
        world.oracle.register.sentence(self.uid);
        self.doing = Activity::Ending;
        Request::new(Call::RdcExit, [0])
    }

    fn allocate(&mut self) -> Request {
        let node = self.to_allocate.remove(0);
        self.doing = Activity::Allocating(node);
        Request::new(Call::NodeAlloc, [u32::from(node.0), self.plan.rdc])
    }

    fn create(&mut self, node: NodeId, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let tier = (self.created % (usize::from(DEEPEST) + 1)) as u8;
        let uid = world.oracle.register.ask();
        let channel = world.oracle.open_channel(Channel { owner: uid, tier });
        let arguments = Arguments {
            uid: U32::new(uid.0),
            tier: U32::new(u32::from(tier)),
            channel: U32::new(channel.0),
        };
        desk.write(ARGUMENTS, &arguments);
        let parameters = IncParams {
            ip_datasize: I32::new(size_of::<Arguments>() as i32),
            ip_dataargs: U32::new(ARGUMENTS.address()),
            ip_nifaces: 0,
            pad: 0,
            ip_ifaces: U32::ZERO,
        };
        let ic_state = U32::new(InitialState::Started as u32);
        desk.write(CREATE, &IncCreateParams { ic_state, ic_params: parameters });
        self.doing = Activity::Creating { uid, node, tier, channel };
        let results = RESULTS.address();
        let create = CREATE.address();
        Request::new(Call::Create, [WORKER_MODULE, u32::from(node.0), results, results + 4, create])
    }

    /// Tells a child of a server of a deeper tier.
    fn introduce(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Option<Request> {
        let child = *self.children.iter().find(|child| child.to_introduce > 0)?;
        let deeper = || self.children.iter().filter(|server| server.tier > child.tier);
        let count = deeper().count();
        if count == 0 {
            return None;
        }
        let chosen = self.dice.index(count);
        let server = deeper().nth(chosen).expect("an index below the count").contact;
        let letter = Letter {
            purpose: Purpose::Introduction,
            enclosed: Some(Enclosure::Stream {
                channel: server.channel,
                reference: server.reference,
                keep: Keep::Keep,
            }),
            ..Letter::request(0)
        };
        let (request, pending) =
            post::send(self.uid, Call::Send, child.contact, letter, desk, world);
        self.doing = Activity::Introducing(child.uid, pending);
        Some(request)
    }

    fn look_after_one(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let child = self.children[self.dice.index(self.children.len())];
        match self.dice.between(0, 100) {
            0..40 => {
                let ms = self.dice.between(1, 20) as u32;
                self.sleep(ms)
            }
            40..60 => self.await_ends(desk),
            60..75 => {
                // No state has this number: an answer that says nothing is noticed.
                desk.bytes(EVENTS)[..size_of::<IncState>()].fill(0xff);
                self.doing = Activity::Asking(child.uid);
                Request::new(Call::Status, [child.handle, EVENTS.address()])
            }
            75..85 => {
                self.doing = Activity::Freezing(child.uid);
                Request::new(Call::Freeze, [child.handle])
            }
            85..88 => {
                world.oracle.register.sentence(child.uid);
                self.doing = Activity::Destroying(child.uid);
                Request::new(Call::Destroy, [child.handle])
            }
            _ => {
                // Says nothing new to a child that knows enough, but keeps the
                // introductions coming when servers are replaced.
                if let Some(known) = self.child(child.uid)
                    && known.tier < DEEPEST
                {
                    known.to_introduce = 1;
                }
                self.sleep(1)
            }
        }
    }
}
