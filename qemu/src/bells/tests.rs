//! The router against fake QEMU processes: who is rung by whom, and that nothing said by
//! one of them harms the others.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::*;
use abi::ids::Epoch;
use abi::slice::SliceLayout;
use bus::Memory;
use bus::backplane::{Backplane, Board};
use vhost::VhostBackend;
use vhost::vhost_user::message::VhostUserHeaderFlag;
use vhost::vhost_user::{Frontend, VhostUserFrontend};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

const NODES: usize = 4;
const BOOT: Epoch = Epoch::new(7).unwrap();
const EARLIER_BOOT: Epoch = Epoch::new(6).unwrap();
/// Enough for two threads to come between each other in all ways.
const RESTARTS: usize = 2000;
const LIMIT: Duration = Duration::from_secs(10);

/// A crate with a router, and the rings of the host's bell.
struct Crate {
    backplane: Arc<Backplane>,
    bells: Bells,
    router: Router,
    host: Receiver<()>,
    failures: Receiver<(NodeId, Epoch, String)>,
}

impl Crate {
    fn new() -> Crate {
        let backplane = Backplane::new(SliceLayout::new(NODES, 1 << 20).unwrap());
        let (ring, host) = mpsc::channel();
        let bells = Bells::new(NODES, Box::new(move || ring.send(()).unwrap()));
        let (tell, failures) = mpsc::channel();
        // Tests that end leave nobody to hear of failures.
        let failed = move |node, epoch, why| drop(tell.send((node, epoch, why)));
        let shared = Arc::clone(&backplane);
        let router = Router::start(shared, bells.clone(), Box::new(failed)).unwrap();
        Crate { backplane, bells, router, host, failures }
    }

    /// Starts a node whose guest has set up its doorbell.
    fn start(&self, node: u8) -> FakeNode {
        let node = NodeId(node);
        let (ours, theirs) = UnixStream::pair().unwrap();
        let socket = theirs.try_clone().unwrap();
        self.router.plug(node, BOOT, ours).unwrap();
        let mut qemu = Frontend::from_stream(theirs, 1);
        qemu.set_owner().unwrap();
        let features = qemu.get_features().unwrap();
        assert_eq!(features, 0x1_4000_0000, "VERSION_1 and PROTOCOL_FEATURES");
        let protocol = qemu.get_protocol_features().unwrap();
        qemu.set_protocol_features(protocol).unwrap();
        qemu.set_hdr_flags(VhostUserHeaderFlag::NEED_REPLY);
        qemu.set_features(features).unwrap();
        let [call, kick] = [(); 2].map(|()| EventFd::new(EFD_NONBLOCK).unwrap());
        qemu.set_vring_num(0, 4).unwrap();
        qemu.set_vring_base(0, 0).unwrap();
        qemu.set_vring_call(0, &call).unwrap();
        qemu.set_vring_kick(0, &kick).unwrap();
        qemu.set_vring_enable(0, true).unwrap();
        let board = self.backplane.plug(node).unwrap();
        FakeNode { board, qemu, socket, call, kick }
    }

    /// Waits until the host is rung.
    fn wait_for_host(&self) {
        self.host.recv_timeout(LIMIT).expect("the host is rung");
    }

    /// Waits until the router has done all that it was kicked for: when the host hears
    /// the second bell, all is done that came before the first.
    fn settle(&self, node: &FakeNode) {
        for _ in 0..2 {
            node.ring(0);
            self.wait_for_host();
        }
    }
}

struct FakeNode {
    board: Board,
    qemu: Frontend,
    socket: UnixStream,
    call: EventFd,
    kick: EventFd,
}

impl FakeNode {
    /// Counts a bell for a node.
    fn count(&self, target: u8) {
        let own = self.board.own();
        let offset = self.board.layout().bells_word(own, NodeId(target));
        let word = self.board.place(own, offset, 4);
        self.board.store(word, self.board.load(word) + 1);
    }

    fn ring(&self, target: u8) {
        self.count(target);
        self.kick.write(1).unwrap();
    }

    /// How often it was interrupted since this was asked last.
    fn interrupts(&self) -> u64 {
        self.call.read().unwrap_or(0)
    }
}

#[test]
fn a_bell_rings_whom_it_was_counted_for_and_nobody_else() {
    let pool = Crate::new();
    let nodes = [1, 2, 3].map(|node| pool.start(node));
    nodes[0].ring(2);
    pool.settle(&nodes[0]);
    assert_eq!(nodes.each_ref().map(FakeNode::interrupts), [0, 1, 0]);
    nodes[1].count(1);
    nodes[1].count(3);
    nodes[1].count(3);
    pool.settle(&nodes[1]);
    assert_eq!(nodes.each_ref().map(FakeNode::interrupts), [1, 0, 1], "bells coalesce");
    nodes[2].kick.write(1).unwrap();
    pool.settle(&nodes[2]);
    assert_eq!(nodes.each_ref().map(FakeNode::interrupts), [0, 0, 0], "nothing was counted");
}

#[test]
fn the_host_rings_without_the_router() {
    let pool = Crate::new();
    let nodes = [1, 2].map(|node| pool.start(node));
    pool.bells.ring_bell(NodeId(2));
    assert_eq!(nodes.each_ref().map(FakeNode::interrupts), [0, 1]);
    pool.bells.ring_all_but(NodeId(2));
    assert_eq!(nodes.each_ref().map(FakeNode::interrupts), [1, 0]);
    pool.wait_for_host();
    // A node without a bell needs none.
    pool.bells.ring_bell(NodeId(3));
}

#[test]
fn a_node_that_was_started_again_has_another_bell() {
    let pool = Crate::new();
    let (first, other) = (pool.start(1), pool.start(2));
    pool.settle(&first);
    pool.router.unplug(NodeId(1));
    first.ring(2);
    let FakeNode { board, call, .. } = first;
    drop(board);
    let again = pool.start(1);
    pool.settle(&again);
    // The count that the dead boot left behind is passed on late, not lost.
    assert_eq!(other.interrupts(), 1);
    other.ring(1);
    pool.settle(&other);
    assert_eq!((again.interrupts(), call.read().unwrap_or(0)), (1, 0));
}

#[test]
fn a_doorbell_that_goes_takes_none_along_that_comes() {
    let pool = Crate::new();
    for _ in 0..RESTARTS {
        let (ours, theirs) = UnixStream::pair().unwrap();
        pool.router.plug(NodeId(1), EARLIER_BOOT, ours).unwrap();
        // The supervisor hears of this end when the router does.
        drop(theirs);
        pool.router.unplug(NodeId(1));
        let again = pool.start(1);
        pool.settle(&again);
        pool.router.unplug(NodeId(1));
    }
}

#[test]
fn a_device_that_is_stopped_neither_rings_nor_is_rung() {
    let pool = Crate::new();
    let (stopped, other) = (pool.start(1), pool.start(2));
    stopped.qemu.get_vring_base(0).unwrap();
    stopped.ring(2);
    other.ring(1);
    pool.settle(&other);
    assert_eq!((stopped.interrupts(), other.interrupts()), (0, 0));
}

#[test]
fn what_makes_no_sense_ends_one_doorbell_only() {
    let pool = Crate::new();
    let (mut mad, sane) = (pool.start(1), pool.start(2));
    mad.socket.write_all(&[0xff; 64]).unwrap();
    let (node, boot, reason) = pool.failures.recv_timeout(LIMIT).expect("the failure is told");
    assert_eq!((node, boot), (NodeId(1), BOOT), "{reason}");
    assert!(!reason.is_empty());
    sane.ring(1);
    pool.settle(&sane);
    assert_eq!(mad.interrupts(), 0);
}
