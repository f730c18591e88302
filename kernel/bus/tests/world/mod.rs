//! A crate of nodes on one thread, and the model that every delivery is checked
//! against.

pub mod mortal;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use abi::ids::{Epoch, NodeId};
use abi::slice::SliceLayout;
use bus::backplane::Backplane;
use bus::{Bell, Bus, Notice, Rest, SendError, Took, bury};
use mortal::{Bells, Life, Mortal, TestSignals};

use crate::sending::send;

pub const SLOTS: u32 = 4;

/// A boot of a node.
type Boot = (NodeId, Epoch);

struct Node {
    bus: Bus<Mortal, TestSignals>,
    boot: Boot,
    life: Life,
    /// Whether it is awoken by bells and timers only.
    asleep: bool,
    /// The boots that are up, as notices have told.
    up: HashMap<NodeId, Epoch>,
    /// Boots that have been up: none may come twice.
    met: HashSet<Boot>,
    /// Messages accepted for each boot, and taken from each.
    sent: HashMap<Boot, u32>,
    taken: HashMap<Boot, u32>,
    /// Messages refused for lack of space.
    backlog: VecDeque<(Boot, usize)>,
}

/// Whether something besides bells wakes a node for an action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Timer {
    None,
    Set,
}

pub struct World {
    backplane: Arc<Backplane>,
    bells: Bells,
    nodes: Vec<Option<Node>>,
    boots: Vec<u16>,
    /// Nodes whose death was told.
    buried: Vec<bool>,
    /// Links that one side has closed.
    closed: HashSet<(Boot, Boot)>,
}

impl World {
    pub fn new(nodes: usize) -> World {
        let layout = SliceLayout::with_slots(nodes, 512 * 1024, SLOTS).unwrap();
        World {
            backplane: Backplane::new(layout),
            bells: Rc::new(RefCell::new(vec![false; nodes])),
            nodes: (0..nodes).map(|_| None).collect(),
            boots: vec![0; nodes],
            buried: vec![false; nodes],
            closed: HashSet::new(),
        }
    }

    /// Starts a node anew, whatever it was doing, and lets it live for `stores`.
    pub fn boot(&mut self, node: usize, stores: u32) {
        self.nodes[node] = None;
        self.boots[node] += 1;
        let boot = (NodeId(node as u8), Epoch::new(self.boots[node]).unwrap());
        let life = Life::immortal();
        life.end_after(stores);
        let board = self.backplane.plug(boot.0).expect("the board was pulled");
        let memory = Mortal { board, life: life.clone() };
        let signals = TestSignals { bells: Rc::clone(&self.bells), life: life.clone() };
        self.buried[node] = false;
        self.nodes[node] = Some(Node {
            bus: Bus::start(memory, signals, boot.1),
            boot,
            life,
            asleep: false,
            up: HashMap::new(),
            met: HashSet::new(),
            sent: HashMap::new(),
            taken: HashMap::new(),
            backlog: VecDeque::new(),
        });
        self.remove_dead(node);
    }

    /// Lets the node end after so many more stores.
    pub fn kill(&mut self, node: usize, stores: u32) {
        if let Some(node) = &self.nodes[node] {
            node.life.end_after(stores);
        }
        self.remove_dead(node);
    }

    fn remove_dead(&mut self, node: usize) {
        if self.nodes[node].as_ref().is_some_and(|node| node.life.is_over()) {
            self.nodes[node] = None;
        }
    }

    /// Tells all others of the death of a node that is dead.
    pub fn bury(&mut self, node: usize) {
        if self.nodes[node].is_none() {
            bury(&self.backplane.plug(NodeId(node as u8)).expect("the board was pulled"));
            self.bells.borrow_mut().fill(true);
            self.buried[node] = true;
        }
    }

    /// Runs an action of a node that lives and is awake; a bell wakes it first, and a
    /// timer if there is one.
    fn act(&mut self, node: usize, timer: Timer, action: impl FnOnce(&mut Node)) {
        let rung = std::mem::take(&mut self.bells.borrow_mut()[node]);
        if let Some(live) = &mut self.nodes[node] {
            if live.asleep && (rung || timer == Timer::Set) {
                live.asleep = false;
                live.bus.woke();
            }
            if !live.asleep {
                action(live);
            }
        }
        self.remove_dead(node);
    }

    pub fn send(&mut self, node: usize, to: usize, length: usize) {
        self.act(node, Timer::Set, |node| node.send(NodeId(to as u8), length));
    }

    /// As [`World::send`] and [`World::flush`], in one step if possible.
    pub fn post(&mut self, node: usize, to: usize, length: usize, bell: Bell) {
        self.act(node, Timer::Set, |node| node.post(NodeId(to as u8), length, bell));
    }

    pub fn flush(&mut self, node: usize) {
        self.act(node, Timer::None, |node| node.bus.flush());
    }

    pub fn poll(&mut self, node: usize, times: usize) {
        self.act(node, Timer::None, |node| {
            for _ in 0..times {
                node.poll();
            }
        });
    }

    /// As [`World::poll`], but takes messages in one step if possible.
    pub fn take(&mut self, node: usize, times: usize) {
        self.act(node, Timer::None, |node| {
            for _ in 0..times {
                node.take_or_poll();
            }
        });
    }

    pub fn sleep(&mut self, node: usize) {
        self.act(node, Timer::None, |node| {
            node.asleep = node.bus.prepare_to_sleep() == Rest::Sleep;
        });
    }

    /// A node runs user code until it is interrupted, or has something to do at a time.
    pub fn run(&mut self, node: usize) {
        self.act(node, Timer::None, |node| {
            node.asleep = node.bus.prepare_to_run() == Rest::Sleep;
        });
    }

    /// A node gives up on the boot of another that it knows.
    pub fn close(&mut self, node: usize, peer: usize) {
        let mut pair = None;
        self.act(node, Timer::None, |node| {
            let peer = NodeId(peer as u8);
            // Only links that are up: the model knows no others.
            if let Some(epoch) = node.up.remove(&peer) {
                node.bus.close(peer);
                node.backlog.retain(|(to, _)| *to != (peer, epoch));
                pair = Some((node.boot, (peer, epoch)));
            }
        });
        self.closed.extend(pair);
    }

    /// Lets all nodes work until all sleep with no bell ringing. Then everything
    /// that was accepted between boots that live must have been delivered, and all
    /// of them must be linked, except where somebody has closed a link.
    pub fn settle(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.life.end_after(u32::MAX);
        }
        let mut rounds = 0;
        while self.is_busy() {
            rounds += 1;
            assert!(rounds < 1000, "the pool finds no rest");
            for node in 0..self.nodes.len() {
                self.act(node, Timer::None, |node| while node.poll() {});
                self.sleep(node);
            }
        }
        for node in self.nodes.iter().flatten() {
            assert_eq!(node.bus.dropped(), 0, "slots were dropped");
            for peer in self.nodes.iter().flatten().filter(|peer| peer.boot != node.boot) {
                self.check_link(node, peer);
            }
            for (peer, _) in self.buried.iter().enumerate().filter(|(_, buried)| **buried) {
                let peer = NodeId(peer as u8);
                assert_eq!(node.up.get(&peer), None, "{:?} believes in the dead", node.boot);
                assert_eq!(node.bus.peer_epoch(peer), None, "{:?}", node.boot);
            }
        }
    }

    fn is_busy(&self) -> bool {
        self.nodes
            .iter()
            .zip(self.bells.borrow().iter())
            .any(|(node, bell)| node.as_ref().is_some_and(|node| !node.asleep || *bell))
    }

    fn check_link(&self, node: &Node, peer: &Node) {
        let closed = self.closed.contains(&(node.boot, peer.boot))
            || self.closed.contains(&(peer.boot, node.boot));
        let expected = (!closed).then_some(peer.boot.1);
        assert_eq!(node.bus.peer_epoch(peer.boot.0), expected, "{:?}", (node.boot, peer.boot));
        if !closed {
            let sent = node.sent.get(&peer.boot).copied().unwrap_or(0);
            let taken = peer.taken.get(&node.boot).copied().unwrap_or(0);
            assert_eq!(sent, taken, "from {:?} to {:?}", node.boot, peer.boot);
            let waits = node.backlog.iter().any(|(to, _)| *to == peer.boot);
            assert!(!waits, "{:?} waits for space at {:?} that is there", node.boot, peer.boot);
        }
    }

    pub fn taken(&self, node: usize, from: usize) -> u32 {
        let from = (NodeId(from as u8), Epoch::new(self.boots[from]).unwrap());
        self.nodes[node].as_ref().and_then(|node| node.taken.get(&from).copied()).unwrap_or(0)
    }
}

impl Node {
    fn send(&mut self, to: NodeId, length: usize) {
        let Some(epoch) = self.up.get(&to) else { return };
        self.try_send((to, *epoch), length);
    }

    fn try_send(&mut self, to: Boot, length: usize) {
        // The model's notices lag behind the link's state only within one poll.
        if self.bus.peer_epoch(to.0) != Some(to.1) {
            return;
        }
        let number = self.sent.get(&to).copied().unwrap_or(0);
        let message = message(self.boot, to, number, length);
        let (head, body) = message.split_at(message.len() / 3);
        match send(&mut self.bus, to.0, &[head, &[], body]) {
            Ok(()) => {
                self.sent.insert(to, number + 1);
            }
            Err(SendError::Full) => self.backlog.push_back((to, length)),
            Err(error) => panic!("{:?}: {error}", self.boot),
        }
    }

    fn post(&mut self, to: NodeId, length: usize, bell: Bell) {
        let Some(to) = self.up.get(&to).map(|epoch| (to, *epoch)) else { return };
        if self.bus.peer_epoch(to.0) != Some(to.1) {
            return;
        }
        let number = self.sent.get(&to).copied().unwrap_or(0);
        let message = message(self.boot, to, number, length);
        let write = |room: &mut [u8]| {
            room.copy_from_slice(&message);
            true
        };
        match self.bus.post(to.0, message.len(), bell, write) {
            Ok(posted) => {
                assert!(posted, "it was written");
                self.sent.insert(to, number + 1);
            }
            // Perhaps only in one step.
            Err(SendError::Full) => self.try_send(to, length),
            Err(error) => panic!("{:?}: {error}", self.boot),
        }
    }

    /// Takes a message in one step; what cannot be taken so comes with a notice.
    fn take_or_poll(&mut self) {
        if self.life.is_over() {
            return;
        }
        let Node { bus, boot, up, taken, .. } = self;
        let took = bus.take(|payload| {
            let node = NodeId(payload[0]);
            check((node, up[&node]), *boot, taken, payload);
            true
        });
        if took == Took::Left {
            self.poll();
        }
    }

    /// Handles one notice; false if there is none.
    fn poll(&mut self) -> bool {
        let Some(notice) = self.bus.poll() else { return false };
        // A dead node sees its own stores fail: what it believes is of no interest.
        if self.life.is_over() {
            return false;
        }
        match notice {
            Notice::Data(from) => self.take(from),
            Notice::PeerUp { node, epoch } => {
                assert!(self.met.insert((node, epoch)), "{:?} meets {node} twice", self.boot);
                assert_eq!(self.up.insert(node, epoch), None, "{:?}: {node}", self.boot);
            }
            Notice::PeerDown { node, epoch } => {
                assert_eq!(self.up.remove(&node), Some(epoch), "{:?}: {node}", self.boot);
                self.backlog.retain(|(to, _)| *to != (node, epoch));
            }
            Notice::Space(node) => {
                for (to, length) in std::mem::take(&mut self.backlog) {
                    if to.0 == node {
                        self.try_send(to, length);
                    } else {
                        self.backlog.push_back((to, length));
                    }
                }
            }
        }
        true
    }

    fn take(&mut self, node: NodeId) {
        let payload = self.bus.peek(node).expect("the notice says so").payload;
        check((node, self.up[&node]), self.boot, &mut self.taken, payload);
        self.bus.advance(node);
    }
}

/// Checks that a message is the next one from a boot to another.
fn check(from: Boot, to: Boot, taken: &mut HashMap<Boot, u32>, payload: &[u8]) {
    let number = taken.entry(from).or_default();
    let length = usize::from(payload[10]) << 8 | usize::from(payload[11]);
    assert_eq!(payload, message(from, to, *number, length));
    *number += 1;
}

/// A message that tells everything about itself: who sent it to whom, which one it
/// is, how long it is, and bytes that follow from that.
fn message(from: Boot, to: Boot, number: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![from.0.0, to.0.0];
    bytes.extend(from.1.get().to_be_bytes());
    bytes.extend(to.1.get().to_be_bytes());
    bytes.extend(number.to_be_bytes());
    bytes.extend((length as u16).to_be_bytes());
    bytes.extend((0..length).map(|index| (index as u32 ^ number) as u8));
    bytes
}
