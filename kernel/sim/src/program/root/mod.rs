//! The root: the launch endpoint of an RDC, on the host. It has nodes allocated,
//! creates the workers, tells them of each other, and then freezes, destroys and
//! replaces them.

mod choose;
mod finish;

use abi::ids::NodeId;
use abi::structs::EvDesc;
use zerocopy::byteorder::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::desk::{Desk, EVENTS};
use super::post::{Contact, Pending};
use super::{Entry, Request, World};
use crate::oracle::{ChannelUid, IncUid, Violation};
use crate::random::Dice;

/// The deepest tier of workers.
pub const DEEPEST: u8 = 2;
/// Children whose ends are awaited at a time.
const LISTED: usize = EVENTS.length() as usize / size_of::<EvDesc>();
/// Servers that each worker is told of.
const INTRODUCTIONS: u8 = 3;

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
    /// its handle to itself
    myself: u32,
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
    node: NodeId,
    tier: u8,
    /// how many servers it has still to be told of
    to_introduce: u8,
    frozen: Frozen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frozen {
    No,
    Yes,
    /// It has never run: others can be made from it.
    Inchoate,
}

/// A creation that has been asked for.
#[derive(Debug, Clone, Copy)]
struct Creation {
    uid: IncUid,
    node: NodeId,
    tier: u8,
    channel: ChannelUid,
    /// How it is to begin.
    frozen: Frozen,
    /// The child that it is made from; the module, if there is none.
    template: Option<(IncUid, NodeId)>,
}

/// The call that the root is in; children are named by their numbers.
#[derive(Debug, Clone, Copy)]
enum Activity {
    Starting,
    Allocating(NodeId),
    /// `inc_nodeWithdraw`
    Withdrawing(NodeId),
    /// `inc_nodeList`
    Listing,
    /// `inc_eventWait` for a child to be made
    AwaitingMade(IncUid),
    Creating(Creation),
    Introducing(IncUid, Pending),
    Freezing(IncUid),
    Unfreezing(IncUid),
    Asking(IncUid),
    Destroying(IncUid),
    /// `inc_eventWait` for the ends of children
    Awaiting,
    /// `inc_eventWait` for the end of the RDC, which somebody else brings about
    AwaitingOwnEnd,
    /// `inc_rdcExit`
    Ending,
    Closing,
    Sleeping,
}

impl Root {
    /// A root that keeps the workers of `plan` on `nodes` nodes, the host included.
    pub fn new(uid: IncUid, myself: u32, plan: Plan, nodes: u8, dice: Dice) -> Root {
        Root {
            uid,
            myself,
            dice,
            created: 0,
            children: Vec::with_capacity(plan.workers),
            plan,
            to_allocate: (1..nodes).map(NodeId).collect(),
            pause_ms: 0,
            to_close: Vec::new(),
            doing: Activity::Starting,
        }
    }

    /// Goes on from the result of the last call to the next one.
    pub fn step(
        &mut self,
        entry: &Entry,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<Request, Violation> {
        let Entry::Returned(result) = entry else {
            let what = "it has no handlers";
            return Err(Violation::WronglyInterrupted { incarnation: self.uid, what });
        };
        self.finish(*result, desk, world)?;
        Ok(self.begin(desk, world))
    }

    /// Whether it only waits for time to pass.
    pub fn is_at_rest(&self) -> bool {
        let thawed = self.children.iter().all(|child| child.frozen == Frozen::No);
        thawed && matches!(self.doing, Activity::Sleeping)
    }
}
