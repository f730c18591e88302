//! Termination dependency (dissertation, §7.3): a child ends with its parents. Once a second its
//! ghost asks the ghosts of those that it depends on whether they are there.

use alloc::vec::Vec;

use abi::constants::{Dependency, EndReason};
use abi::error::CallError;
use abi::ids::{GlobalId, NodeId};

use crate::executor::Cx;
use crate::ghost::{TEST, ask};
use crate::incarnation::Condition;
use crate::operation::{Action, Answer, Request};
use crate::platform::{Instant, Machine, Platform, Slot};
use crate::state::State;
use crate::stream::Watcher;

/// Parents that one incarnation can depend on.
pub const DEPENDENCIES: usize = 8;

/// Time between two tests.
const TEST_US: u64 = 1_000_000;

/// A parent that an incarnation depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond {
    /// The parent.
    pub parent: Watcher,
    /// Whether on it alone, or on its group.
    pub on: Dependency,
}

/// What a test has found of a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// It is there.
    There,
    /// Its node does not answer.
    Silent,
    /// It has ended, or its node has.
    Gone,
}

/// What a test has found of the group so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// There is none.
    Absent,
    /// Nobody of it is there.
    Lost,
    /// Somebody is.
    There,
}

/// The parents that an incarnation depends on.
#[derive(Debug)]
pub struct Bonds {
    list: Vec<Bond>,
    /// Whether somebody of its group is gone: then it ends when nobody is left.
    has_lost: bool,
}

impl Bonds {
    /// None; `None` if there is no memory for the list.
    pub fn new() -> Option<Self> {
        let mut list = Vec::new();
        list.try_reserve_exact(DEPENDENCIES).ok()?;
        Some(Self { list, has_lost: false })
    }

    /// Whether there is anything to be tested.
    pub fn are_to_be_tested(&self) -> bool {
        self.has_lost || !self.list.is_empty()
    }

    /// The incarnation depends on `parent` in the way of `on`, or no longer. `TableFull` if there
    /// are too many parents.
    fn bind(&mut self, parent: Watcher, on: Dependency) -> Result<(), CallError> {
        let known = self.list.iter().position(|bond| bond.parent.id == parent.id);
        match (known, on) {
            (None, Dependency::None) => {}
            (Some(at), Dependency::None) => {
                self.list.remove(at);
            }
            (Some(at), _) => self.list[at] = Bond { parent, on },
            (None, _) if self.list.len() == DEPENDENCIES => return Err(CallError::TableFull),
            (None, _) => self.list.push(Bond { parent, on }),
        }
        Ok(())
    }

    /// `parent`, of the group, is gone.
    fn lose(&mut self, parent: GlobalId) {
        self.list.retain(|bond| bond.parent.id != parent);
        self.has_lost = true;
    }
}

/// Tests whether those that the incarnation in `slot` depends on are there, and ends it if not.
pub(crate) async fn test<P: Platform>(cx: &Cx<P>, slot: Slot) {
    let mut group = cx.with(|state| state.group(slot));
    let mut silent = None;
    let mut at = 0;
    while let Some(bond) = cx.with(|state| state.bond(slot, at)) {
        let presence = presence(cx, slot, bond.parent, &mut silent).await;
        match (bond.on, presence) {
            (Dependency::Group, Presence::There) => group = Group::There,
            (Dependency::Group, _) if group == Group::Absent => group = Group::Lost,
            (Dependency::Absolute, Presence::Silent | Presence::Gone) => {
                return cx.with(|state| state.end(slot, EndReason::Dependency, 0));
            }
            _ => {}
        }
        if presence == Presence::Gone {
            cx.with(|state| state.caller(slot).bonds.lose(bond.parent.id));
        } else {
            at += 1;
        }
    }
    if group == Group::Lost {
        cx.with(|state| state.end(slot, EndReason::Dependency, 0));
    }
}

/// Whether `parent` is there. A node that was found `silent` is not asked again: the child's ghost
/// has other work, too.
async fn presence<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    parent: Watcher,
    silent: &mut Option<NodeId>,
) -> Presence {
    let node = parent.ghost.node();
    if *silent == Some(node) {
        return Presence::Silent;
    }
    let asked = ask(cx, slot, parent.ghost, parent.id, &Request::new(Action::Test)).await;
    match asked.map(|reply| Answer::of(&reply.head).result()) {
        Ok(Ok(_)) => Presence::There,
        Ok(Err(_)) | Err(CallError::PeerLost) => Presence::Gone,
        Err(_) => {
            *silent = Some(node);
            Presence::Silent
        }
    }
}

impl<P: Platform> State<P> {
    /// `parent` wants the incarnation in `slot` to depend on it, or no longer.
    pub(crate) fn depend(
        &mut self,
        slot: Slot,
        parent: Watcher,
        on: u32,
    ) -> Result<u32, CallError> {
        let on = Dependency::from_value(on as i32).ok_or(CallError::BadArgument)?;
        self.caller(slot).bonds.bind(parent, on)?;
        if self.tests.is_none() && self.is_dependent(slot) {
            self.plan_tests();
        }
        Ok(0)
    }

    /// Whether the incarnation in `slot` is there.
    pub(crate) fn is_there(&self, slot: Slot) -> Result<u32, CallError> {
        let lives = |condition| !matches!(condition, Condition::Ended(..));
        let is_there = self.incarnation(slot).is_some_and(|inc| lives(inc.condition));
        if is_there { Ok(0) } else { Err(CallError::Unreachable) }
    }

    /// Has the dependencies of all incarnations tested, if it is time.
    pub(crate) fn begin_tests(&mut self, now: Instant) {
        if self.tests.is_none_or(|due| due > now) {
            return;
        }
        self.tests = None;
        for slot in self.slots() {
            if self.is_dependent(slot) {
                self.test_soon(slot);
                self.plan_tests();
            }
        }
    }

    /// `node` is lost: those who depend on somebody there need not wait until they are tested.
    pub(crate) fn test_dependents_on(&mut self, node: NodeId) {
        for slot in self.slots() {
            let on_node = |bond: &Bond| bond.parent.ghost.node() == node;
            if self.incarnation(slot).is_some_and(|inc| inc.bonds.list.iter().any(on_node)) {
                self.test_soon(slot);
            }
        }
    }

    fn plan_tests(&mut self) {
        let due = self.machine.now().after_us(TEST_US);
        self.tests = Some(due);
        self.add_deadline(due);
    }

    fn test_soon(&mut self, slot: Slot) {
        self.locals[slot.index()].ghost.events |= TEST;
        self.tasks.wake_ghost(slot);
    }

    /// Whether the incarnation in `slot` lives and depends on somebody.
    fn is_dependent(&self, slot: Slot) -> bool {
        let dependent = self.incarnation(slot).is_some_and(|inc| inc.bonds.are_to_be_tested());
        dependent && self.is_there(slot).is_ok()
    }

    fn bond(&self, slot: Slot, at: usize) -> Option<Bond> {
        self.is_there(slot).ok()?;
        self.incarnation(slot)?.bonds.list.get(at).copied()
    }

    /// The group of the incarnation in `slot` before anybody of it was asked.
    fn group(&self, slot: Slot) -> Group {
        let has_lost = self.incarnation(slot).is_some_and(|inc| inc.bonds.has_lost);
        if has_lost { Group::Lost } else { Group::Absent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::ids::Epoch;
    use abi::message::KernelPort;

    fn parent(counter: u64) -> Watcher {
        let id = GlobalId::new(NodeId(1), Epoch::new(1).expect("not 0"), counter);
        Watcher { id: id.expect("40 bits"), ghost: KernelPort::NONE }
    }

    #[test]
    fn a_parent_is_bound_once_and_in_one_way() {
        let mut bonds = Bonds::new().expect("memory");
        assert_eq!(bonds.bind(parent(1), Dependency::None), Ok(()));
        assert_eq!(bonds.list, []);
        for on in [Dependency::Group, Dependency::Absolute] {
            assert_eq!(bonds.bind(parent(1), on), Ok(()));
            assert_eq!(bonds.list, [Bond { parent: parent(1), on }]);
        }
        for counter in 2..=DEPENDENCIES as u64 {
            assert_eq!(bonds.bind(parent(counter), Dependency::Group), Ok(()));
        }
        let more = parent(DEPENDENCIES as u64 + 1);
        assert_eq!(bonds.bind(more, Dependency::Absolute), Err(CallError::TableFull));
        assert_eq!(bonds.bind(parent(3), Dependency::None), Ok(()));
        assert_eq!(bonds.bind(more, Dependency::Absolute), Ok(()));
        assert!(bonds.list.iter().all(|bond| bond.parent != parent(3)));
    }

    #[test]
    fn a_group_that_has_lost_somebody_is_not_left_for_nothing() {
        let mut bonds = Bonds::new().expect("memory");
        for counter in [1, 2] {
            assert_eq!(bonds.bind(parent(counter), Dependency::Group), Ok(()));
        }
        assert_eq!(bonds.bind(parent(2), Dependency::None), Ok(()));
        bonds.lose(parent(1).id);
        assert!(bonds.list.is_empty() && bonds.are_to_be_tested());
    }
}
