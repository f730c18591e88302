//! The kernel's bus over shared memory: two nodes of one backplane, with user memory that
//! is scattered over their slices.

mod memory;

use std::sync::Arc;

use abi::grant::GrantIndex;
use abi::ids::{Epoch, NodeId, UserAddr};
use abi::slice::{PAGE_BYTES, SliceLayout};
use abi::trace::{Record, TraceEvent};
use bus::backplane::{Backplane, Board};
use bus::{Rest, Signals, bury, posts};
use kernel::platform::{
    Bus, Grant, GrantError, NodeStatus, PeerChange, PeerState, Pull, PullError, SendError, Side,
    Slot, UserRange,
};
use kernel::shared_bus::SharedBus;
use memory::{BASE, PAGES, ScatteredMemory};

const ZERO: NodeId = NodeId(0);
const ONE: NodeId = NodeId(1);
const SLOT: Slot = Slot(3);

/// Bells that nobody needs: these nodes never sleep.
struct Awake;

impl Signals for Awake {
    fn fence_store_load(&self) {}

    fn ring_bell(&self, _node: NodeId) {}
}

struct Node {
    bus: SharedBus<Board, Awake, ScatteredMemory>,
    memory: ScatteredMemory,
}

fn epoch(number: u16) -> Epoch {
    Epoch::new(number).unwrap()
}

fn backplane() -> Arc<Backplane> {
    Backplane::new(SliceLayout::new(2, 2 << 20).unwrap())
}

fn start(backplane: &Arc<Backplane>, node: NodeId, boot: u16) -> Node {
    let board = backplane.plug(node).expect("no such node runs");
    let memory = ScatteredMemory::new(backplane.local_parts(node), node);
    Node { bus: SharedBus::start(board, Awake, epoch(boot)), memory }
}

/// The changes that a kernel hears of now.
fn changes(node: &mut Node) -> Vec<PeerState> {
    let mut next = || {
        node.bus.poll();
        node.bus.next_change().map(|change| change.state)
    };
    std::iter::from_fn(&mut next).collect()
}

/// Lets two nodes meet; each has told its kernel of the other.
fn meet(zero: &mut Node, one: &mut Node) {
    for _ in 0..4 {
        for node in [&mut *zero, &mut *one] {
            changes(node);
            node.bus.publish();
        }
    }
    assert!(matches!(zero.bus.peer(ONE), PeerState::Up(_)));
    assert!(matches!(one.bus.peer(ZERO), PeerState::Up(_)));
}

fn linked() -> (Arc<Backplane>, Node, Node) {
    let backplane = backplane();
    let (mut zero, mut one) = (start(&backplane, ZERO, 1), start(&backplane, ONE, 1));
    meet(&mut zero, &mut one);
    (backplane, zero, one)
}

fn range(first: u32, length: u32) -> UserRange {
    UserRange { base: UserAddr(BASE + first), length }
}

fn pattern(length: u32) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + index / 251) as u8).collect()
}

/// A pull of `length` bytes from `offset` in a grant of node 1 into the last pages.
fn pull(grant: Grant, offset: u32, length: u32) -> Pull {
    let to = range((PAGES - 6) * PAGE_BYTES + 10, length);
    Pull { from: ONE, grant, offset, slot: SLOT, to, side: Side::User }
}

fn send(node: &mut Node, to: NodeId, message: &[u8]) -> Result<(), SendError> {
    node.bus.reserve(to, message.len())?.copy_from_slice(message);
    node.bus.commit(to, message.len());
    node.bus.publish();
    Ok(())
}

#[test]
fn any_piece_of_granted_bytes_is_pulled() {
    let (_backplane, mut zero, mut one) = linked();
    for (first, length) in [(0, 1), (4095, 2), (100, 20_000), (8192, 8192), (5, 0)] {
        let source = range(first, length);
        let bytes = pattern(length);
        one.memory.fill(source, &bytes);
        let grant = one.bus.grant(&mut one.memory, SLOT, source).unwrap();
        for (offset, wanted) in [(0, length), (length / 3, length / 2), (length, 0)] {
            let pull = pull(grant, offset, wanted);
            assert_eq!(zero.bus.pull(&mut zero.memory, &pull), Ok(()), "{pull:?}");
            let expected = &bytes[offset as usize..][..wanted as usize];
            assert_eq!(zero.memory.content(pull.to), expected, "{pull:?}");
        }
        let beyond = pull(grant, length / 2, length / 2 + 2);
        assert_eq!(zero.bus.pull(&mut zero.memory, &beyond), Err(PullError::Revoked));
        one.bus.revoke(&mut one.memory, grant);
    }
    assert!(one.memory.pinned.is_empty(), "what is revoked is released");
}

#[test]
fn a_grant_of_its_own_is_pulled_as_any_other() {
    let (_backplane, _zero, mut one) = linked();
    one.memory.fill(range(50, 6000), &pattern(6000));
    let grant = one.bus.grant(&mut one.memory, SLOT, range(50, 6000)).unwrap();
    let own = pull(grant, 0, 6000);
    assert_eq!(one.bus.pull(&mut one.memory, &own), Ok(()));
    assert_eq!(one.memory.content(own.to), pattern(6000));
}

#[test]
fn errors_say_whose_fault_it_is() {
    let (_backplane, mut zero, mut one) = linked();
    let bad = range(0, PAGES * PAGE_BYTES + 1);
    assert_eq!(one.bus.grant(&mut one.memory, SLOT, bad), Err(GrantError::BadAddress));
    let grant = one.bus.grant(&mut one.memory, SLOT, range(0, 100)).unwrap();
    let mut bad = pull(grant, 0, 100);
    bad.to.base.0 = BASE - 1;
    assert_eq!(zero.bus.pull(&mut zero.memory, &bad), Err(PullError::BadAddress));
    let nobody = Pull { from: NodeId(9), ..pull(grant, 0, 1) };
    assert_eq!(zero.bus.pull(&mut zero.memory, &nobody), Err(PullError::Down));
    one.bus.revoke(&mut one.memory, grant);
    one.bus.revoke(&mut one.memory, grant);
    let gone = pull(grant, 0, 1);
    assert_eq!(zero.bus.pull(&mut zero.memory, &gone), Err(PullError::Revoked));
}

#[test]
fn as_many_grants_as_there_are_records() {
    let (_backplane, _zero, mut one) = linked();
    let mut grant = || one.bus.grant(&mut one.memory, SLOT, range(0, 1));
    let granted: Vec<_> = std::iter::from_fn(|| grant().ok()).collect();
    assert_eq!(grant(), Err(GrantError::TableFull));
    one.bus.revoke(&mut one.memory, granted[5]);
    assert!(one.bus.grant(&mut one.memory, SLOT, range(0, 1)).is_ok());
}

/// Whatever a record says, the reader refuses it or reads in the owner's local part.
#[test]
fn hostile_records_are_refused() {
    let (backplane, mut zero, mut one) = linked();
    let local = backplane.layout().local_bytes();
    let grant = one.bus.grant(&mut one.memory, SLOT, range(0, 3000)).unwrap();
    let record = GrantIndex(grant.index).record();
    let hostile: [(u32, &[(u32, u32)]); 9] = [
        (0, &[]),
        (u32::MAX, &[(PAGE_BYTES, 0), (PAGE_BYTES, 0), (PAGE_BYTES, 0)]),
        (1, &[(PAGE_BYTES, 2999)]),
        (1, &[(local - 2999, 3000)]),
        (1, &[(0, 3000)]),
        (1, &[(PAGE_BYTES - 4, 3000)]),
        (1, &[(u32::MAX - 10, 3000)]),
        (1, &[(PAGE_BYTES, u32::MAX)]),
        (2, &[(PAGE_BYTES, 100), (local, 2900)]),
    ];
    for (count, pieces) in hostile {
        one.memory.write_record(record, count, pieces);
        let result = zero.bus.pull(&mut zero.memory, &pull(grant, 0, 3000));
        assert_eq!(result, Err(PullError::Revoked), "{count} {pieces:x?}");
    }
    for record in [0, PAGE_BYTES - 4, local - 4, local, (1 << 26) - 4] {
        let index = GrantIndex::new(GrantIndex(grant.index).number(), record).0;
        let forged = pull(Grant { index, ..grant }, 0, 3000);
        let result = zero.bus.pull(&mut zero.memory, &forged);
        assert_eq!(result, Err(PullError::Revoked), "{record:#x}");
    }
}

#[test]
fn nothing_is_pulled_from_another_boot() {
    let (backplane, mut zero, mut one) = linked();
    let grant = one.bus.grant(&mut one.memory, SLOT, range(0, 64)).unwrap();
    drop(one);
    let mut one = start(&backplane, ONE, 2);
    // Zero has not noticed yet: the closed grant tells.
    let stale = pull(grant, 0, 64);
    assert_eq!(zero.bus.pull(&mut zero.memory, &stale), Err(PullError::Revoked));
    meet(&mut zero, &mut one);
    assert_eq!(zero.bus.pull(&mut zero.memory, &stale), Err(PullError::Down));
}

#[test]
fn a_restart_is_told_before_what_the_new_boot_sends() {
    let (backplane, mut zero, one) = linked();
    drop(one);
    let mut one = start(&backplane, ONE, 2);
    let (mut heard, mut rounds) = (Vec::new(), 0);
    while zero.bus.poll().is_none() {
        // Further polls tell nothing before the kernel has taken the change.
        assert_eq!(zero.bus.poll(), None);
        heard.extend(zero.bus.next_change().map(|change| change.state));
        zero.bus.publish();
        changes(&mut one);
        let _ = send(&mut one, ZERO, b"new");
        one.bus.publish();
        rounds += 1;
        assert!(rounds < 9, "{heard:?}");
    }
    assert_eq!(heard, [PeerState::Down, PeerState::Up(epoch(2))]);
    assert_eq!(zero.bus.peek(ONE), Some(&b"new"[..]));
}

#[test]
fn who_has_something_to_tell_its_kernel_does_not_sleep() {
    let (backplane, mut zero, mut one) = linked();
    assert_eq!(zero.bus.prepare_to_sleep(), Rest::Sleep);
    send(&mut one, ZERO, b"packet").unwrap();
    assert_eq!(zero.bus.next_change(), None);
    zero.bus.woke();
    assert!(zero.bus.has_news());
    assert_eq!(zero.bus.prepare_to_sleep(), Rest::Stay, "a packet was found");
    assert_eq!(zero.bus.poll(), Some(ONE));
    zero.bus.advance(ONE);
    assert_eq!(zero.bus.prepare_to_sleep(), Rest::Sleep);
    drop(one);
    bury(&backplane.plug(ONE).unwrap());
    zero.bus.woke();
    assert_eq!(zero.bus.poll(), None);
    assert!(zero.bus.has_news(), "a death was found");
    assert_eq!(zero.bus.prepare_to_sleep(), Rest::Stay);
    let death = PeerChange { node: ONE, state: PeerState::Down };
    assert_eq!(zero.bus.next_change(), Some(death));
    assert_eq!(zero.bus.prepare_to_sleep(), Rest::Sleep);
    assert_eq!(send(&mut zero, ONE, b"?"), Err(SendError::Down));
}

#[test]
fn status_and_trace_are_read_by_others() {
    let (backplane, zero, mut one) = linked();
    let status = NodeStatus { load: 150, free_pages: 9, incarnations: 2, uptime_ms: 70_000 };
    assert_eq!(zero.bus.status(ONE), None, "nothing is posted yet");
    one.bus.post_status(&status);
    assert_eq!(zero.bus.status(ONE), Some(status));
    let records: Vec<_> =
        (0..5000).map(|number| Record::new(1, number, TraceEvent::Boot, &[number, 7])).collect();
    for record in &records {
        one.bus.trace(record);
    }
    assert_eq!(posts::records(zero.bus.shared(), ONE), records[5000 - 2048 + 1..]);
    drop(one);
    let mut again = start(&backplane, ONE, 2);
    again.bus.trace(&records[0]);
    let after = posts::records(zero.bus.shared(), ONE);
    assert_eq!(after[after.len() - 2..], [records[4999], records[0]], "a restart clears nothing");
}
