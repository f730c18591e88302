//! Termination dependency (§7.3): who depends on parents ends with them, and nobody else does.

use abi::calls::Call;
use abi::constants::{Dependency, EndReason, EventType, RefType, inc_rights};
use abi::error::CallError;
use abi::message::Kind;

use crate::lost_peer::{SEEN_MS, SILENCE_MS};
use crate::support::scene::hand_over;
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

/// Milliseconds within which a dependent follows a parent that has ended: two tests at most.
const FOLLOWS_MS: u64 = 2_000;

/// A child at node 1, parents of it at node 2 and 3, and the launch endpoint's handle to it.
struct Family {
    pool: Pool,
    launch: Inc,
    child: Inc,
    watched: u32,
    /// Each with its handle to the child.
    parents: [(Inc, u32); 2],
}

impl Family {
    fn new() -> Self {
        let mut pool = Pool::new(4);
        let mut launch = pool.launch();
        let (child, watched, _) = pool.create(&mut launch, 1);
        let parents = [2, 3].map(|node| {
            let (mut parent, _, stream) = pool.create(&mut launch, node);
            let handle = copy_of(RefType::Incarnation, watched, inc_rights::DEPEND);
            let handle = hand_over(&mut pool, &mut launch, stream, &mut parent, handle);
            (parent, handle)
        });
        Self { pool, launch, child, watched, parents }
    }

    /// Has a parent make the child depend on it.
    fn depend(&mut self, parent: usize, on: Dependency) {
        let (inc, handle) = &self.parents[parent];
        let args = [*handle, on as u32, 0, 0, 0];
        assert_eq!(inc.call(&mut self.pool, Call::MakeDependent, args), 0);
    }

    fn end(&mut self, parent: usize) {
        self.parents[parent].0.start(&mut self.pool, Call::Exit, [0; 5]);
    }

    fn lives(&mut self) -> bool {
        !self.pool.node(1).residents().is_empty()
    }

    /// How the child has ended: the reason.
    fn reason(&mut self) -> u32 {
        let events = [(self.watched, EventType::Dead as u32)];
        self.launch.start_events(&mut self.pool, &events, 0);
        let occurred = self.launch.occurred(&mut self.pool);
        occurred.first().map_or(0, |event| event.ed_info1.get())
    }

    /// The child must have ended with its parents within so many milliseconds.
    fn must_end_within(&mut self, ms: u64) {
        self.pool.pass_ms(ms);
        assert!(!self.lives(), "the child lives on");
        assert_eq!(self.reason(), EndReason::Dependency as u32);
    }

    /// The child must live for a while.
    fn must_live(&mut self) {
        self.pool.pass_ms(3 * FOLLOWS_MS);
        assert!(self.lives(), "the child has ended: {}", self.reason());
    }
}

#[test]
fn who_depends_on_a_parent_ends_with_it() {
    let mut family = Family::new();
    let port = family.child.port;
    family.child.start_receive(&mut family.pool, port, false, 0);
    family.depend(0, Dependency::Absolute);
    family.must_live();
    family.end(1);
    family.must_live();
    family.end(0);
    family.must_end_within(FOLLOWS_MS);
}

#[test]
fn a_lost_node_is_the_end_of_a_parent() {
    let mut family = Family::new();
    family.depend(0, Dependency::Absolute);
    family.pool.kill(2);
    family.must_end_within(SEEN_MS / 4);
    let mut family = Family::new();
    family.depend(0, Dependency::Absolute);
    family.pool.kill(2);
    family.pool.boot(2);
    family.must_end_within(SEEN_MS / 4);
}

#[test]
fn a_parent_of_whom_nothing_is_heard_is_unreachable() {
    let mut family = Family::new();
    family.depend(0, Dependency::Absolute);
    family.pool.wires.borrow_mut().lost_kinds = Kind::ALL.iter().map(|kind| *kind as u8).collect();
    family.pool.pass_ms(SILENCE_MS - 1_000);
    assert!(family.lives(), "it may still answer");
    family.pool.pass_ms(2_000);
    assert!(!family.pool.node(1).residents().iter().any(|resident| {
        resident.slot == family.child.slot && resident.doing != kernel::view::Doing::Ended
    }));
    family.pool.wires.borrow_mut().lost_kinds.clear();
    family.must_end_within(SILENCE_MS);
}

#[test]
fn a_group_ends_with_its_last_parent() {
    for (first, last) in [(0, 1), (1, 0)] {
        let mut family = Family::new();
        family.depend(0, Dependency::Group);
        family.depend(1, Dependency::Group);
        family.end(first);
        family.must_live();
        family.end(last);
        family.must_end_within(FOLLOWS_MS);
    }
    let mut family = Family::new();
    family.depend(0, Dependency::Group);
    family.depend(1, Dependency::Group);
    for parent in [0, 1] {
        family.end(parent);
    }
    family.must_end_within(FOLLOWS_MS);
}

#[test]
fn a_parent_that_is_silent_for_a_while_stays_in_its_group() {
    let mut family = Family::new();
    family.depend(0, Dependency::Group);
    family.depend(1, Dependency::Group);
    family.pool.wires.borrow_mut().silent = vec![2];
    family.must_live();
    family.pool.wires.borrow_mut().silent.clear();
    family.must_live();
    family.end(1);
    family.must_live();
    family.end(0);
    family.must_end_within(FOLLOWS_MS);
}

#[test]
fn a_parent_that_has_ended_is_gone_before_all_have_heard_of_it() {
    let mut family = Family::new();
    family.depend(0, Dependency::Absolute);
    // The parent's ghost has nobody to tell of the end for a while.
    family.pool.wires.borrow_mut().silent = vec![0];
    family.end(0);
    family.pool.pass_ms(FOLLOWS_MS);
    let ended = |resident: &kernel::view::Resident| resident.doing == kernel::view::Doing::Ended;
    assert!(family.pool.node(2).residents().iter().all(ended));
    assert!(family.pool.node(1).residents().iter().all(ended));
}

#[test]
fn a_silent_node_does_not_keep_a_ghost_from_its_work_for_long() {
    let mut family = Family::new();
    family.depend(1, Dependency::Group);
    for _ in 0..3 {
        let Family { pool, launch, watched, .. } = &mut family;
        let (mut parent, _, stream) = pool.create(launch, 2);
        let handle = copy_of(RefType::Incarnation, *watched, inc_rights::DEPEND);
        let handle = hand_over(pool, launch, stream, &mut parent, handle);
        let args = [handle, Dependency::Group as u32, 0, 0, 0];
        assert_eq!(parent.call(pool, Call::MakeDependent, args), 0);
    }
    family.pool.wires.borrow_mut().silent = vec![2];
    family.pool.pass_ms(1_100);
    let args = [family.watched, 0, 0, 0, 0];
    family.launch.start(&mut family.pool, Call::Freeze, args);
    family.pool.pass_ms(SILENCE_MS);
    assert_eq!(family.launch.result(&mut family.pool), Some(0), "it waits for one of three");
}

#[test]
fn an_absolute_bond_is_not_softened_by_a_group() {
    let mut family = Family::new();
    family.depend(0, Dependency::Group);
    family.depend(1, Dependency::Absolute);
    family.end(1);
    family.must_end_within(FOLLOWS_MS);
}

#[test]
fn a_dependency_can_be_changed_and_cancelled() {
    let mut family = Family::new();
    family.depend(0, Dependency::Absolute);
    family.depend(0, Dependency::Group);
    family.depend(1, Dependency::Group);
    family.depend(0, Dependency::None);
    family.end(0);
    family.must_live();
    family.depend(1, Dependency::None);
    family.end(1);
    family.must_live();
    // Nobody depends on anybody and nobody runs: the node sleeps until something happens.
    let port = family.child.port;
    family.child.start_receive(&mut family.pool, port, false, 0);
    family.pool.pass_ms(5_000);
    assert_eq!(family.pool.node(1).machine().alarm, None);
}

#[test]
fn a_group_that_has_lost_somebody_ends_when_the_last_one_leaves_it() {
    for pause_ms in [0, 2 * FOLLOWS_MS] {
        let mut family = Family::new();
        family.depend(0, Dependency::Group);
        family.depend(1, Dependency::Group);
        family.end(0);
        // Whether that has been noticed or not.
        family.pool.pass_ms(pause_ms);
        family.depend(1, Dependency::None);
        family.must_end_within(FOLLOWS_MS);
    }
}

#[test]
fn one_that_has_never_run_depends_on_parents_too() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (mut parent, _, _) = pool.create(&mut launch, 2);
    let inchoate = abi::constants::InitialState::Inchoate;
    let (child, _) = parent.create_from(&mut pool, 0, 1, inchoate).expect("created");
    let args = [child, Dependency::Absolute as u32, 0, 0, 0];
    assert_eq!(parent.call(&mut pool, Call::MakeDependent, args), 0);
    parent.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(FOLLOWS_MS);
    assert!(pool.node(1).residents().is_empty());
}

#[test]
fn children_of_each_other_do_not_wait_for_each_other() {
    let mut family = Family::new();
    family.depend(0, Dependency::Absolute);
    // The child and one that it has made depend on each other.
    let Family { pool, child, .. } = &mut family;
    let (own, to_own) = child.create(pool, 2, b"").expect("created");
    let mut grandchild = pool.newest(2);
    let args = [own, Dependency::Absolute as u32, 0, 0, 0];
    assert_eq!(child.call(pool, Call::MakeDependent, args), 0);
    let myself = copy_of(RefType::Incarnation, child.myself, inc_rights::DEPEND);
    let myself = hand_over(pool, child, to_own, &mut grandchild, myself);
    let args = [myself, Dependency::Absolute as u32, 0, 0, 0];
    assert_eq!(grandchild.call(pool, Call::MakeDependent, args), 0);
    family.must_live();
    family.end(0);
    family.pool.pass_ms(3 * FOLLOWS_MS);
    assert!(!family.lives());
    let left = family.pool.node(2).residents();
    assert!(left.iter().all(|resident| resident.slot != grandchild.slot), "{left:?}");
}

#[test]
fn nobody_depends_on_himself() {
    let mut family = Family::new();
    let (child, pool) = (&family.child, &mut family.pool);
    for on in [Dependency::Absolute, Dependency::None] {
        let args = [child.myself, on as u32, 0, 0, 0];
        let refused = child.quick(pool, Call::MakeDependent, args);
        assert_eq!(CallError::from_code(refused), Some(CallError::BadArgument));
    }
}
