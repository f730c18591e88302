//! Two threads, all orders in which their loads and stores can take effect: no
//! message torn, no wake-up lost, no restart misread. A lost wake-up shows as a
//! deadlock, which loom reports.
#![allow(unsafe_code, reason = "loom's memory implements an interface with unsafe functions")]

mod memory;
#[path = "../sending/mod.rs"]
mod sending;

use abi::ids::{Epoch, NodeId};
use bus::{Bell, Bus, Notice, Rest, SendError, Took};
use loom::sync::Arc;
use loom::thread;
use memory::{Crate, LoomSignals, View};
use sending::send;

type Node = Bus<View, LoomSignals>;

/// Explores with at most so many switches of threads that neither asked for.
fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

fn start(shared: &Arc<Crate>, own: u8, epoch: u16, stores: u32) -> Node {
    let view = View::new(shared, own, stores);
    Bus::start(view, LoomSignals(Arc::clone(shared)), Epoch::new(epoch).unwrap())
}

/// Two nodes that are linked already.
fn linked(shared: &Arc<Crate>) -> (Node, Node) {
    let (mut zero, mut one) = (start(shared, 0, 1, u32::MAX), start(shared, 1, 1, u32::MAX));
    while zero.peer_epoch(NodeId(1)).is_none() || one.peer_epoch(NodeId(0)).is_none() {
        zero.poll();
        one.poll();
    }
    (zero, one)
}

/// Sleeps if there is nothing to do.
fn rest(node: &mut Node) {
    if node.prepare_to_sleep() == Rest::Sleep {
        let shared = Arc::clone(&node.memory().shared);
        shared.wait_for_bell(node.own());
        node.woke();
    }
}

/// Sends messages 0, 1, …, sleeping while there is no space.
fn send_all(node: &mut Node, to: NodeId, count: u8) {
    let mut next = 0;
    while next < count {
        match send(node, to, &[&[next, !next]]) {
            Ok(()) => next += 1,
            Err(SendError::Full) => {
                node.flush();
                if node.poll().is_none() {
                    rest(node);
                }
            }
            Err(error) => panic!("{error}"),
        }
    }
    node.flush();
}

/// Takes messages 0, 1, …, sleeping while there is none.
fn take_all(node: &mut Node, from: NodeId, count: u8) {
    let mut next = 0;
    while next < count {
        match node.poll() {
            Some(Notice::Data(node_of_data)) => {
                assert_eq!(node_of_data, from);
                assert_eq!(node.peek(from).unwrap().payload, [next, !next]);
                node.advance(from);
                next += 1;
            }
            Some(other) => panic!("{other:?}"),
            None => rest(node),
        }
    }
    node.flush();
}

/// As [`send_all`], each message in one step if possible.
fn post_all(node: &mut Node, to: NodeId, count: u8) {
    for next in 0..count {
        let write = |room: &mut [u8]| {
            room.copy_from_slice(&[next, !next]);
            true
        };
        // The ring has space for all, but not in one step for who fills it.
        if node.post(to, 2, Bell::Soon, write) == Err(SendError::Full) {
            send(node, to, &[&[next, !next]]).unwrap();
            node.flush();
        }
    }
    run_until_settled(node);
}

/// As [`take_all`], each message in one step if possible, running user code while there is
/// none.
fn take_all_at_once(node: &mut Node, from: NodeId, count: u8) {
    let mut next = 0;
    while next < count {
        let took = node.take(|payload| {
            assert_eq!(payload, [next, !next]);
            true
        });
        match took {
            Took::Message { .. } => next += 1,
            Took::Nothing => run_for_long(node),
            // The slot that has filled the ring wants more than to be taken.
            Took::Left => {
                assert_eq!(node.poll(), Some(Notice::Data(from)));
                assert_eq!(node.peek(from).unwrap().payload, [next, !next]);
                node.advance(from);
                next += 1;
            }
        }
    }
    node.flush();
}

#[test]
fn what_is_posted_is_taken_whole_and_nobody_sleeps_through_it() {
    explore(3, || {
        let (mut sender, mut receiver) = linked(&Crate::new());
        let sending = thread::spawn(move || post_all(&mut sender, NodeId(1), 2));
        take_all_at_once(&mut receiver, NodeId(0), 2);
        sending.join().unwrap();
    });
}

#[test]
fn messages_arrive_whole_and_nobody_sleeps_through_them() {
    explore(5, || {
        let (mut sender, mut receiver) = linked(&Crate::new());
        let sending = thread::spawn(move || send_all(&mut sender, NodeId(1), 2));
        take_all(&mut receiver, NodeId(0), 2);
        sending.join().unwrap();
    });
}

#[test]
fn a_full_ring_wraps_and_wakes_its_sender() {
    explore(2, || {
        let (mut sender, mut receiver) = linked(&Crate::new());
        let sending = thread::spawn(move || send_all(&mut sender, NodeId(1), 4));
        take_all(&mut receiver, NodeId(0), 4);
        sending.join().unwrap();
    });
}

/// Runs user code that soon has nothing to do; then says that it is awake, looks, and sleeps
/// only if it has found nothing.
fn look_and_rest(node: &mut Node) {
    if node.prepare_to_run() == Rest::Sleep {
        node.woke();
        if !node.has_news() {
            node.flush();
            rest(node);
        }
    }
}

#[test]
fn who_looks_for_a_while_misses_no_message() {
    explore(3, || {
        let (mut client, mut server) = linked(&Crate::new());
        let serving = thread::spawn(move || {
            while server.poll().is_none() {
                look_and_rest(&mut server);
            }
            server.advance(NodeId(0));
            send(&mut server, NodeId(0), &[b"answer"]).unwrap();
            server.flush();
        });
        send(&mut client, NodeId(1), &[b"question"]).unwrap();
        while client.poll().is_none() {
            look_and_rest(&mut client);
        }
        assert_eq!(client.peek(NodeId(1)).unwrap().payload, b"answer");
        client.advance(NodeId(1));
        client.flush();
        serving.join().unwrap();
    });
}

/// Runs user code that goes on until it is interrupted.
fn run_for_long(node: &mut Node) {
    if node.prepare_to_run() == Rest::Sleep {
        let shared = Arc::clone(&node.memory().shared);
        shared.wait_for_bell(node.own());
        node.woke();
    }
}

#[test]
fn who_runs_for_long_is_rung() {
    explore(3, || {
        let (mut client, mut server) = linked(&Crate::new());
        let serving = thread::spawn(move || {
            while server.poll().is_none() {
                run_for_long(&mut server);
            }
            server.advance(NodeId(0));
            send(&mut server, NodeId(0), &[b"answer"]).unwrap();
            server.flush();
            run_until_settled(&mut server);
        });
        send(&mut client, NodeId(1), &[b"question"]).unwrap();
        client.flush();
        while client.poll().is_none() {
            run_for_long(&mut client);
        }
        client.advance(NodeId(1));
        serving.join().unwrap();
    });
}

/// Goes on to user code, which owes nobody a bell.
fn run_until_settled(node: &mut Node) {
    node.prepare_to_run();
    assert!(node.is_rung());
}

/// Waits for the peer to be up, sleeping meanwhile.
fn meet(node: &mut Node) {
    loop {
        match node.poll() {
            Some(Notice::PeerUp { .. }) => return,
            Some(other) => panic!("{other:?}"),
            None => rest(node),
        }
    }
}

#[test]
fn two_boots_meet_whoever_comes_first() {
    explore(2, || {
        let shared = Crate::new();
        let other = Arc::clone(&shared);
        let peer = thread::spawn(move || {
            let mut node = start(&other, 1, 1, u32::MAX);
            meet(&mut node);
            send_all(&mut node, NodeId(0), 1);
        });
        let mut node = start(&shared, 0, 1, u32::MAX);
        meet(&mut node);
        take_all(&mut node, NodeId(1), 1);
        peer.join().unwrap();
    });
}

/// What a boot and its peer do before the boot ends: they meet and it sends, as far
/// as its stores last.
fn short_life(shared: &Arc<Crate>, peer: &mut Survivor, stores: u32) {
    let mut node = start(shared, 1, 1, stores);
    for number in 0..2 {
        node.poll();
        peer.poll();
        node.poll();
        // It may not be linked yet, or not notice that it has ended.
        let _ = send(&mut node, NodeId(0), &[&[1, number]]);
        node.flush();
    }
}

/// A node that checks what comes: messages of a boot in order, from 0, and only
/// while that boot is the one that is up.
struct Survivor {
    node: Node,
    up: Option<u16>,
    expected: u8,
}

impl Survivor {
    /// Handles one notice; false if there is none.
    fn poll(&mut self) -> bool {
        match self.node.poll() {
            Some(Notice::PeerUp { epoch, .. }) => {
                assert_eq!(self.up.replace(epoch.get()), None);
                self.expected = 0;
                for number in 0..2 {
                    let message = [epoch.get() as u8, number];
                    send(&mut self.node, NodeId(1), &[&message]).unwrap();
                }
                self.node.flush();
            }
            Some(Notice::PeerDown { epoch, .. }) => {
                assert_eq!(self.up.take(), Some(epoch.get()));
            }
            Some(Notice::Data(from)) => {
                let payload = self.node.peek(from).unwrap().payload;
                assert_eq!(payload, [self.up.unwrap() as u8, self.expected]);
                self.node.advance(from);
                self.expected += 1;
            }
            Some(Notice::Space(_)) => panic!("nothing was sent"),
            None => return false,
        }
        true
    }
}

fn restart_after(stores: u32) {
    explore(1, move || {
        let shared = Crate::new();
        let node = start(&shared, 0, 1, u32::MAX);
        let mut survivor = Survivor { node, up: None, expected: 0 };
        short_life(&shared, &mut survivor, stores);
        let second = thread::spawn(move || {
            let mut node = start(&shared, 1, 2, u32::MAX);
            meet(&mut node);
            send(&mut node, NodeId(0), &[&[2, 0]]).unwrap();
            node.flush();
            // What the survivor has sent to the first boot never comes.
            while node.poll() != Some(Notice::Data(NodeId(0))) {
                rest(&mut node);
            }
            assert_eq!(node.peek(NodeId(0)).unwrap().payload, [2, 0]);
        });
        while (survivor.up, survivor.expected) != (Some(2), 1) {
            if !survivor.poll() {
                rest(&mut survivor.node);
            }
        }
        second.join().unwrap();
    });
}

/// A boot begins with 4 words of its header, 3 about its peer and its boot word; a
/// greeting is 3 stores and a message 4: one life for each number of them, and one
/// that is complete.
#[test]
fn the_other_side_restarts_at_any_store() {
    for stores in 0..=19 {
        restart_after(stores);
    }
}
