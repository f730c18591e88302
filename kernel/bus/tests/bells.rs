//! Who is told what: bells for sleepers only and once a batch, refusals with their
//! reasons, and nothing from memory that is laid out otherwise or damaged.

mod sending;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use abi::ids::{Epoch, NodeId};
use abi::ring::{PAYLOAD_MAX, SLOT_BYTES, SLOT_COMMIT};
use abi::slice::SliceLayout;
use bus::backplane::{Backplane, Board};
use bus::{Bus, Memory, Notice, Rest, SendError, Signals, Took};
use sending::send;

const ZERO: NodeId = NodeId(0);
const ONE: NodeId = NodeId(1);

#[derive(Clone, Default)]
struct Counter(Rc<Cell<usize>>);

impl Signals for Counter {
    fn fence_store_load(&self) {}

    fn ring_bell(&self, _node: NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

type Node = Bus<Board, Counter>;

fn backplane() -> Arc<Backplane> {
    Backplane::new(SliceLayout::with_slots(2, 512 * 1024, 4).unwrap())
}

fn start(backplane: &Arc<Backplane>, node: NodeId, bells: &Counter) -> Node {
    Bus::start(backplane.plug(node).unwrap(), bells.clone(), Epoch::new(1).unwrap())
}

/// Two nodes that are linked, and the bells they have rung since.
fn linked() -> (Node, Node, Counter) {
    linked_over(&backplane())
}

fn linked_over(backplane: &Arc<Backplane>) -> (Node, Node, Counter) {
    let bells = Counter::default();
    let (mut zero, mut one) = (start(backplane, ZERO, &bells), start(backplane, ONE, &bells));
    // Zero greets, one greets and is up, zero is up.
    zero.poll();
    assert!(matches!(one.poll(), Some(Notice::PeerUp { node: ZERO, .. })));
    assert!(matches!(zero.poll(), Some(Notice::PeerUp { node: ONE, .. })));
    zero.flush();
    one.flush();
    bells.0.set(0);
    (zero, one, bells)
}

#[test]
fn a_bell_rings_once_a_batch_and_only_for_sleepers() {
    let (mut zero, mut one, bells) = linked();
    send(&mut zero, ONE, &[b"awake"]).unwrap();
    zero.flush();
    assert_eq!(bells.0.get(), 0, "the receiver is awake");
    assert_eq!(one.prepare_to_sleep(), Rest::Stay, "a message is there");
    send(&mut zero, ONE, &[b"still awake"]).unwrap();
    zero.flush();
    assert_eq!(bells.0.get(), 0, "who stays is awake");
    while let Some(Notice::Data(from)) = one.poll() {
        assert!(one.peek(from).unwrap().payload.ends_with(b"awake"));
        one.advance(from);
    }
    assert_eq!(one.prepare_to_sleep(), Rest::Sleep);
    for _ in 0..3 {
        send(&mut zero, ONE, &[b"wake up"]).unwrap();
    }
    assert_eq!(bells.0.get(), 0, "nothing is published yet");
    zero.flush();
    zero.flush();
    assert_eq!(bells.0.get(), 1);
    one.woke();
    send(&mut zero, ONE, &[b"awake"]).unwrap();
    zero.flush();
    assert_eq!(bells.0.get(), 1, "the receiver is awake again");
}

#[test]
fn who_has_said_that_he_sleeps_need_not_say_it_again() {
    let (mut zero, mut one, bells) = linked();
    assert_eq!(one.prepare_to_sleep(), Rest::Sleep);
    send(&mut zero, ONE, &[b"a bell tells of it"]).unwrap();
    zero.flush();
    assert_eq!((one.prepare_to_sleep(), bells.0.get()), (Rest::Sleep, 1));
    one.woke();
    assert!(one.has_news());
    assert_eq!(one.prepare_to_sleep(), Rest::Stay);
}

#[test]
fn who_rings_is_awake() {
    let (mut zero, mut one, bells) = linked();
    assert_eq!((zero.prepare_to_sleep(), one.prepare_to_sleep()), (Rest::Sleep, Rest::Sleep));
    send(&mut zero, ONE, &[b"a question"]).unwrap();
    zero.flush();
    assert_eq!(bells.0.get(), 1);
    one.woke();
    send(&mut one, ZERO, &[b"the answer"]).unwrap();
    one.flush();
    assert_eq!(bells.0.get(), 1, "the bell has woken its ringer, too");
    assert_eq!(zero.prepare_to_sleep(), Rest::Stay, "who is awake looks before it sleeps");
}

#[test]
fn who_runs_is_rung_unless_he_looks_soon() {
    let (mut zero, mut one, bells) = linked();
    assert_eq!(one.prepare_to_run(), Rest::Sleep);
    send(&mut zero, ONE, &[b"taken soon"]).unwrap();
    zero.flush();
    assert!(!zero.is_rung());
    one.woke();
    assert_eq!(one.poll(), Some(Notice::Data(ZERO)));
    one.advance(ZERO);
    assert_eq!(one.prepare_to_run(), Rest::Sleep);
    zero.flush();
    assert_eq!(bells.0.get(), 0, "everything was taken");
    for settle in [Node::flush, |node: &mut Node| assert_eq!(node.prepare_to_run(), Rest::Sleep)] {
        zero.woke();
        bells.0.set(0);
        send(&mut zero, ONE, &[b"not taken"]).unwrap();
        zero.flush();
        assert_eq!(bells.0.get(), 0, "it is only owed");
        settle(&mut zero);
        assert_eq!(bells.0.get(), 1);
    }
    assert!(zero.is_rung());
    assert_eq!(one.prepare_to_sleep(), Rest::Stay, "who has run looks before it stops");
}

#[test]
fn refusals_say_why() {
    let (mut zero, _one, _) = linked();
    let long = vec![0; PAYLOAD_MAX as usize];
    assert_eq!(send(&mut zero, ONE, &[&long, b"x"]), Err(SendError::TooLong));
    assert_eq!(send(&mut zero, ZERO, &[b"x"]), Err(SendError::PeerDown));
    assert_eq!(send(&mut zero, NodeId(200), &[b"x"]), Err(SendError::PeerDown));
    for _ in 0..4 {
        send(&mut zero, ONE, &[&long]).unwrap();
    }
    assert_eq!(send(&mut zero, ONE, &[b"x"]), Err(SendError::Full));
    zero.close(ONE);
    assert_eq!(send(&mut zero, ONE, &[b"x"]), Err(SendError::PeerDown));
}

#[test]
fn room_that_is_not_used_is_not_sent() {
    let (mut zero, mut one, _) = linked();
    zero.reserve(ONE, 5).unwrap().copy_from_slice(b"never");
    zero.reserve(ONE, 40).unwrap()[..4].copy_from_slice(b"sent");
    zero.commit(ONE, 4);
    zero.commit(ONE, 4);
    zero.flush();
    assert_eq!(one.poll(), Some(Notice::Data(ZERO)));
    assert_eq!(one.peek(ZERO).unwrap().payload, b"sent");
    one.advance(ZERO);
    assert_eq!((one.poll(), one.peek(ZERO)), (None, None));
}

#[test]
fn what_was_not_shown_is_not_taken_when_the_link_is_closed_as_the_count_wraps() {
    let (mut zero, mut one, _) = linked();
    for _ in 0..u16::MAX {
        send(&mut zero, ONE, &[b"shown"]).unwrap();
        zero.flush();
        assert_eq!(one.take(|_| true), Took::Message { more: false });
    }
    send(&mut zero, ONE, &[b"not shown"]).unwrap();
    // The word that closes it is the one after the count so far.
    zero.close(ONE);
    assert_eq!(one.take(|_| true), Took::Left);
    assert!(matches!(one.poll(), Some(Notice::PeerDown { node: ZERO, .. })));
}

#[test]
fn the_largest_message_arrives_whole() {
    let (mut zero, mut one, _) = linked();
    let long: Vec<u8> = (0..PAYLOAD_MAX).map(|index| (index * 7) as u8).collect();
    send(&mut zero, ONE, &[&long[..100], &long[100..]]).unwrap();
    zero.flush();
    assert_eq!(one.poll(), Some(Notice::Data(ZERO)));
    assert_eq!(one.peek(ZERO).unwrap().payload, long);
}

#[test]
fn a_node_of_another_layout_is_not_talked_to() {
    let (backplane, bells) = (backplane(), Counter::default());
    let mut zero = start(&backplane, ZERO, &bells);
    let one = start(&backplane, ONE, &bells);
    let shape = one.memory().place(ONE, one.memory().layout().shape_word(ONE), 4);
    one.memory().store(shape, one.memory().layout().shape() + 1);
    let mut one = one;
    for _ in 0..5 {
        assert_eq!((zero.poll(), one.poll()), (None, None));
    }
}

#[test]
fn a_damaged_slot_is_dropped_and_counted() {
    let (mut zero, mut one, _) = linked();
    for message in [b"first", b"other"] {
        send(&mut zero, ONE, &[message]).unwrap();
    }
    let ring = one.memory().layout().ring(ONE, ZERO);
    let commit = one.memory().place(ONE, ring + SLOT_COMMIT, 4);
    one.memory().store(commit, 0x0001_0007);
    zero.flush();
    assert_eq!(one.poll(), Some(Notice::Data(ZERO)));
    assert_eq!(one.peek(ZERO).unwrap().payload, b"other");
    assert_eq!(one.dropped(), 1);
    one.advance(ZERO);
    let last = one.memory().place(ONE, ring + 3 * SLOT_BYTES, 4);
    assert_eq!(one.memory().load(last), 0, "only two slots were written");
    assert_eq!((one.poll(), one.prepare_to_sleep()), (None, Rest::Sleep));
}

#[test]
fn a_count_that_cannot_be_is_ignored_and_no_reason_to_spin() {
    let (zero, mut one, _) = linked();
    let sent = zero.memory().place(ZERO, zero.memory().layout().sent_word(ZERO, ONE), 4);
    zero.memory().store(sent, 0x0001_7777);
    assert_eq!((one.poll(), one.poll()), (None, None));
    assert!(one.peek(ZERO).is_none());
    assert_eq!(one.prepare_to_sleep(), Rest::Sleep);
}

#[test]
fn all_is_taken_when_all_sleep_and_nothing_is_on_its_way() {
    let backplane = backplane();
    let (mut zero, mut one, _) = linked_over(&backplane);
    assert_eq!(zero.prepare_to_sleep(), Rest::Sleep);
    assert_eq!(backplane.all_taken(), None, "one is awake");
    assert_eq!(one.prepare_to_sleep(), Rest::Sleep);
    let before = backplane.all_taken();
    assert!(before.is_some() && before == backplane.all_taken());
    zero.woke();
    send(&mut zero, ONE, &[b"a"]).unwrap();
    assert_eq!(zero.prepare_to_sleep(), Rest::Sleep);
    assert_eq!(backplane.all_taken(), None, "all sleep, but one has not heard its bell");
    one.woke();
    assert_eq!(one.poll(), Some(Notice::Data(ZERO)));
    one.advance(ZERO);
    assert_eq!(one.prepare_to_sleep(), Rest::Sleep);
    let after = backplane.all_taken();
    assert!(after.is_some() && after != before, "{after:x?}");
}

#[test]
fn a_node_has_one_board_at_a_time() {
    let backplane = backplane();
    let board = backplane.plug(ONE);
    assert!(board.is_some() && backplane.plug(ONE).is_none());
    drop(board);
    assert!(backplane.plug(ONE).is_some());
}
