//! The scene as it is played: what can happen next, and what comes of it.

use std::hash::Hash;

use abi::ids::NodeId;
use abi::message::{Header, Kind};
use sim::backplane::Flight;
use sim::machine::Resume;
use sim::plant::Defect;
use sim::program::desk::Desk;
use xxhash_rust::xxh3::Xxh3Default;
use zerocopy::FromBytes;

use crate::cast::assemble;
use crate::player::Player;
use crate::pool::{NODES, Pool, nodes};
use crate::scenario::{Role, Scenario};
use crate::watch::{Violation, Watch};

/// Time in which everything must come to rest, and nothing may be kept any more.
const REST_US: u64 = 30_000_000;

/// Steps after which packets go round without an end: more than three times as many as
/// a scene has where nothing goes wrong.
const STEPS: usize = 300;

/// Something that can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The next packet from one node to another arrives.
    Deliver(NodeId, NodeId),
    /// It is lost.
    Lose(NodeId, NodeId),
    /// It will come at some time.
    Delay(NodeId, NodeId),
    /// It will come once more at some time.
    Copy(NodeId, NodeId),
    /// One of those comes.
    Stray(usize),
    /// An incarnation runs up to its next call.
    Run(NodeId),
    /// A node loses its power.
    Kill(NodeId),
    /// A node learns that another is gone.
    Notice(usize),
    /// Nothing happens before an alarm rings.
    Wait,
}

/// A scene that is being played.
pub struct Stage {
    pool: Pool,
    players: Vec<Player>,
    watch: Watch,
    /// what may still go wrong
    left: Scenario,
    /// the place of what was done last among all that take turns
    turn: usize,
    /// steps up to now
    steps: usize,
    end_us: u64,
}

impl Stage {
    /// A scene of which nothing has been played.
    pub fn new(scenario: &Scenario) -> Stage {
        let mut pool = Pool::new();
        let players = assemble(&mut pool, scenario);
        if let Some(plant) = scenario.plant {
            pool.plant(Defect::new(plant));
        }
        Stage {
            end_us: pool.now_us() + REST_US,
            pool,
            players,
            watch: Watch::default(),
            left: *scenario,
            turn: 0,
            steps: 0,
        }
    }

    /// What can happen now: nothing after a broken promise.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.watch.violation().is_some() {
            return actions;
        }
        let mut turns = self.turns();
        if self.left.swaps == Some(0) {
            turns.truncate(1);
        }
        for action in turns {
            actions.push(action);
            if let Action::Deliver(from, to) = action {
                let faults = [
                    (self.left.losses, Action::Lose(from, to)),
                    (self.left.delays, Action::Delay(from, to)),
                    (self.left.copies, Action::Copy(from, to)),
                ];
                actions.extend(faults.into_iter().filter(|it| it.0 > 0).map(|it| it.1));
            }
        }
        actions.extend((0..self.pool.strays().len()).map(Action::Stray));
        if self.pool.is_quiet() && self.pool.next_alarm_us(self.end_us).is_some() {
            actions.push(Action::Wait);
        }
        // Where nothing else can happen any more, it would not be seen.
        if let Some(role) = self.left.killed
            && !actions.is_empty()
        {
            actions.push(Action::Kill(self.node_of(role)));
        }
        actions
    }

    /// What can happen at once, beginning with what is next: the same as before, as long as there
    /// is more of that, and then the others in turn.
    fn turns(&self) -> Vec<Action> {
        let links = self.pool.busy_links().map(|(from, to)| Action::Deliver(from, to));
        let runs = nodes().filter(|&node| self.pool.ready(node).is_some()).map(Action::Run);
        let notices = (0..self.pool.notices().len()).map(Action::Notice);
        let mut turns: Vec<Action> = links.chain(runs).chain(notices).collect();
        let next = turns.iter().position(|&action| place(action) >= self.turn);
        turns.rotate_left(next.unwrap_or(0));
        turns
    }

    /// Takes notice that an action is performed: it costs something if another one was next.
    fn take_turn(&mut self, action: Action) {
        let is_next = self.turns().first().is_none_or(|&first| place(first) == place(action));
        if let (Some(swaps), false) = (&mut self.left.swaps, is_next) {
            *swaps -= 1;
        }
        self.turn = place(action);
    }

    fn node_of(&self, role: Role) -> NodeId {
        let player = self.players.iter().find(|player| player.role == role);
        player.expect("all take part").node
    }

    /// Has one of them happen.
    pub fn perform(&mut self, action: Action) {
        if !matches!(action, Action::Stray(_) | Action::Kill(_) | Action::Wait) {
            self.take_turn(action);
        }
        self.steps += 1;
        match action {
            Action::Deliver(from, to) => self.pool.deliver((from, to)),
            Action::Lose(from, to) => {
                self.left.losses -= 1;
                self.pool.lose((from, to));
            }
            Action::Delay(from, to) => {
                self.left.delays -= 1;
                self.pool.delay((from, to));
            }
            Action::Copy(from, to) => {
                self.left.copies -= 1;
                self.pool.copy((from, to));
            }
            Action::Stray(at) => self.pool.deliver_stray(at),
            Action::Run(node) => self.run(node),
            Action::Kill(node) => {
                self.pool.kill(node);
                self.players.retain(|player| player.node != node);
                self.watch.killed(self.left.killed.take().expect("somebody who may be killed"));
            }
            Action::Notice(at) => {
                self.pool.notice(at);
                if self.pool.notices().is_empty() {
                    self.watch.known();
                }
            }
            Action::Wait => self.pool.wait(self.end_us),
        }
        self.hear();
    }

    /// Looks whether everything is as it should be.
    pub fn judge(&mut self) {
        if self.steps > STEPS {
            self.watch.blame(Violation::Endless);
        }
        if let Err(node) = self.pool.check() {
            self.watch.blame(Violation::Unsound(node));
        }
        if self.actions().is_empty() {
            self.check_rest();
        }
    }

    /// Looks who has received a message.
    fn hear(&mut self) {
        for player in &mut self.players {
            let Some(board) = self.pool.board(player.node) else { continue };
            let Resume::Return { result } = board.processor.borrow().resume(player.slot) else {
                continue;
            };
            let region = board.memory.borrow().data(player.slot).expect("it has memory");
            player.hear(result, &mut Desk::new(&mut region.borrow_mut()), &mut self.watch);
        }
    }

    /// Runs the incarnation that is ready on a node up to its next call.
    fn run(&mut self, node: NodeId) {
        let slot = self.pool.ready(node).expect("somebody is ready");
        let player = self.players.iter_mut().find(|it| (it.node, it.slot) == (node, slot));
        let player = player.expect("whoever runs takes part");
        let board = self.pool.board(node).expect("it has power");
        let resume = board.processor.borrow_mut().take_resume(slot);
        let Resume::Return { result } = resume else { panic!("{resume:?} is no return") };
        let region = board.memory.borrow().data(slot).expect("it has memory");
        let next = player.step(result, &mut Desk::new(&mut region.borrow_mut()), &mut self.watch);
        board.kernel.call(slot, next.0 as u32, next.1);
        self.pool.advance(node, b"run");
    }

    /// Nothing will happen any more: all must be done.
    fn check_rest(&mut self) {
        for player in &self.players {
            if let Some(call) = player.open_call() {
                self.watch.blame(Violation::Stuck { by: player.role, call });
            }
        }
        self.watch.rests();
        let taker = self.players.iter().find(|player| player.role == Role::Taker);
        if !self.watch.is_killed() && taker.is_some_and(Player::awaits_port) {
            self.watch.blame(Violation::NotMoved);
        }
        if let Some(node) = self.pool.keeper() {
            self.watch.blame(Violation::Kept(node));
        }
    }

    /// The promise that was broken.
    pub fn violation(&self) -> Option<Violation> {
        self.watch.violation()
    }

    /// Messages that somebody has received.
    pub fn received(&self, by: Role) -> usize {
        self.watch.received(by)
    }

    /// A hash of everything that decides what can still happen, and what is thought of it.
    pub fn fingerprint(&self) -> u64 {
        let Scenario { swaps, losses, copies, delays, killed, .. } = self.left;
        // Whose turn it is makes no difference where all turns are tried.
        let turn = swaps.map(|_| self.turn);
        let mut hash = Xxh3Default::new();
        (losses, copies, delays, killed, swaps, turn).hash(&mut hash);
        (self.pool.fingerprint(), &self.watch).hash(&mut hash);
        hash.digest()
    }

    /// What would happen, in words.
    pub fn tell(&self, action: Action) -> String {
        let packet = |from, to| self.pool.first((from, to)).map(describe).unwrap_or_default();
        match action {
            Action::Deliver(from, to) => format!("{from} -> {to}: {}", packet(from, to)),
            Action::Lose(from, to) => format!("{from} -> {to}: {} is lost", packet(from, to)),
            Action::Delay(from, to) => format!("{from} -> {to}: {} is late", packet(from, to)),
            Action::Copy(from, to) => {
                format!("{from} -> {to}: {} will come once more", packet(from, to))
            }
            Action::Stray(at) => {
                let flight = &self.pool.strays()[at];
                format!("{} -> {}: {}, late", flight.from, flight.to, describe(flight))
            }
            Action::Run(node) => format!("{node} runs"),
            Action::Kill(node) => format!("{node} is killed"),
            Action::Notice(at) => {
                let (observer, peer) = self.pool.notices()[at];
                format!("{observer} learns that {peer} is gone")
            }
            Action::Wait => "time passes".to_owned(),
        }
    }
}

/// The place of an action among all that take turns.
fn place(action: Action) -> usize {
    match action {
        Action::Deliver(from, to)
        | Action::Lose(from, to)
        | Action::Delay(from, to)
        | Action::Copy(from, to) => from.index() * NODES + to.index(),
        Action::Run(node) => NODES * NODES + node.index(),
        Action::Notice(at) => NODES * NODES + NODES + at,
        Action::Stray(_) | Action::Kill(_) | Action::Wait => 0,
    }
}

/// A packet in words.
fn describe(flight: &Flight) -> String {
    let Ok((header, _)) = Header::ref_from_prefix(flight.packet.bytes()) else {
        return "?".to_owned();
    };
    let (source, sequence) = (header.source.get(), header.sequence.get());
    let (to, id) = (header.to.get(), header.to_id.get());
    match Kind::from_number(header.kind) {
        Some(kind) => format!("{kind:?} {source:x} number {sequence} for {to:x} {id:x}"),
        None => format!("kind {}", header.kind),
    }
}
