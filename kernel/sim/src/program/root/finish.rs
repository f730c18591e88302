//! What a root makes of the results of its calls.

use abi::calls::Call;
use abi::constants::{EndReason, IncarnationState};
use abi::error::CallError;
use abi::ids::NodeId;
use abi::structs::{EvDesc, IncState, NodeEntry};
use zerocopy::byteorder::big_endian::U32;

use super::{Activity, Child, Creation, DEEPEST, Frozen, INTRODUCTIONS, LISTED, Root};
use crate::oracle::{IncUid, Violation};
use crate::program::desk::{Desk, EVENTS, RESULTS};
use crate::program::post::{self, Contact};
use crate::program::{World, outcome};

/// Entries of `inc_nodeList` that the root has room for.
const NODES_LISTED: usize = EVENTS.length() as usize / size_of::<NodeEntry>();

impl Root {
    pub(super) fn finish(
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
            Activity::Withdrawing(node) => {
                let answer = outcome(self.uid, Call::NodeWithdraw, result)?;
                self.judge_node(node, Call::NodeWithdraw, answer, world)?;
                if !self.to_allocate.contains(&node) {
                    self.to_allocate.push(node);
                }
                Ok(())
            }
            Activity::Listing => {
                let answer = outcome(self.uid, Call::NodeList, result)?;
                self.listed(answer, desk, world)
            }
            Activity::AwaitingMade(uid) => {
                let answer = outcome(self.uid, Call::EventWait, result)?;
                self.heard_of_made(uid, answer, world)
            }
            Activity::Creating(creation) => {
                let answer = outcome(self.uid, Call::Create, result)?;
                self.made(creation, answer, desk, world);
                self.judge_creation(creation, answer, world)
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
            Activity::AwaitingOwnEnd => {
                let answer = outcome(self.uid, Call::EventWait, result)?;
                self.heard_of_own_end(answer, desk)
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
        creation: Creation,
        answer: Result<u32, CallError>,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) {
        let Creation { uid, node, tier, channel, frozen, .. } = creation;
        match answer {
            Ok(_) => {
                let [handle, stream, _] = desk.read::<[U32; 3]>(RESULTS).map(U32::get);
                let contact = Contact {
                    reference: stream,
                    stream: world.oracle.streams.open(self.uid, channel),
                    channel,
                };
                let to_introduce = if tier < DEEPEST { INTRODUCTIONS } else { 0 };
                self.created += 1;
                self.children.push(Child {
                    uid,
                    handle,
                    contact,
                    node,
                    tier,
                    to_introduce,
                    frozen,
                });
            }
            Err(CallError::OutcomeUnknown) => world.oracle.register.sentence(uid),
            Err(_) => world.oracle.register.refuse(uid),
        }
    }

    /// Judges the answer of a creation: it may also fail if the one that it is to be made from
    /// is gone. That has not been started, so it is never said to have been.
    fn judge_creation(
        &mut self,
        creation: Creation,
        answer: Result<u32, CallError>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let gone = matches!(answer, Err(CallError::Unreachable | CallError::PeerLost));
        if let Some((uid, node)) = creation.template.filter(|_| gone)
            && world.oracle.may_have_gone(uid, node, world.now_us)
        {
            self.forget(uid);
            return Ok(());
        }
        self.judge_node(creation.node, Call::Create, answer, world)
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
            CallError::NoSuchRdc if self.may_be_alone(world) => Ok(()),
            _ => Err(post::unexpected(self.uid, call, error)),
        }
    }

    /// Whether all children may be gone: with the last incarnation the RDC has ended.
    fn may_be_alone(&self, world: &World<'_>) -> bool {
        let mut children = self.children.iter();
        children.all(|child| world.oracle.may_have_lost(child.uid, world.now_us))
    }

    /// Judges a list of the nodes of the RDC: it names nodes of the pool, each once.
    fn listed(
        &mut self,
        answer: Result<u32, CallError>,
        desk: &mut Desk<'_>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let count = answer.map_err(|error| post::unexpected(self.uid, Call::NodeList, error))?;
        let entries: [NodeEntry; NODES_LISTED] = desk.read(EVENTS);
        let listed = entries.get(..count as usize).unwrap_or_default();
        let numbers = listed.iter().map(|entry| entry.ne_node.get());
        let in_order = numbers.clone().is_sorted_by(|one, next| one < next);
        let exist = numbers.clone().all(|node| (1..u32::from(world.nodes)).contains(&node));
        if in_order && exist && listed.len() == count as usize {
            return Ok(());
        }
        Err(Violation::Corrupted { incarnation: self.uid, what: "the list of its nodes" })
    }

    /// Judges the answer of a wait for one event of a child.
    fn heard_of_made(
        &mut self,
        uid: IncUid,
        answer: Result<u32, CallError>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let gone = world.oracle.may_have_lost(uid, world.now_us);
        match answer {
            Ok(0 | 1) | Err(CallError::Busy) => Ok(()),
            Err(_) if gone => Ok(()),
            Ok(_) => Err(Violation::Corrupted { incarnation: self.uid, what: "a count of events" }),
            Err(error) => Err(post::unexpected(self.uid, Call::EventWait, error)),
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

    pub(super) fn child(&mut self, uid: IncUid) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.uid == uid)
    }

    fn forget(&mut self, uid: IncUid) {
        if let Some(index) = self.children.iter().position(|child| child.uid == uid) {
            let child = self.children.swap_remove(index);
            self.to_close.extend([child.handle, child.contact.reference]);
        }
    }

    /// Once the RDC has ended, the root has nobody left.
    fn heard_of_own_end(
        &mut self,
        answer: Result<u32, CallError>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Violation> {
        let count = answer.map_err(|error| post::unexpected(self.uid, Call::EventWait, error))?;
        let event: EvDesc = desk.read(EVENTS);
        match (count, event.ed_info1.get()) {
            (0, _) => Ok(()),
            (1, reason) if reason == EndReason::RdcEnded as u32 => {
                self.children.clear();
                Ok(())
            }
            _ => {
                let what = "the end of its RDC";
                Err(Violation::Corrupted { incarnation: self.uid, what })
            }
        }
    }
}
