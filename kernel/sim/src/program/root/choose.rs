//! What a root does next.

use abi::calls::Call;
use abi::constants::{EventType, InitialState};
use abi::ids::NodeId;
use abi::structs::{EvDesc, IncCreateParams, IncParams, IncState, Keep, NodeEntry};
use zerocopy::IntoBytes;
use zerocopy::byteorder::big_endian::{I32, U32};

use super::{Activity, Arguments, Child, Creation, DEEPEST, Frozen, LISTED, Root};
use crate::oracle::Channel;
use crate::pool::Farewell;
use crate::program::desk::{ARGUMENTS, CREATE, Desk, EVENTS, RESULTS};
use crate::program::enclosure::Enclosure;
use crate::program::payload::Purpose;
use crate::program::post::{self, Letter};
use crate::program::{Phase, Request, World, awaited};

/// The module that workers are made of.
const WORKER_MODULE: u32 = 0;

impl Root {
    pub(super) fn begin(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        if let Some(frozen) = self.next_to_unfreeze(world.phase) {
            self.doing = Activity::Unfreezing(frozen.uid);
            return Request::new(Call::Unfreeze, [frozen.handle, 8]);
        }
        if let Some(reference) = self.to_close.pop() {
            self.doing = Activity::Closing;
            return Request::new(Call::Close, [reference]);
        }
        match world.phase {
            Phase::Busy => {}
            Phase::Draining => return self.sleep(100),
            Phase::Resting => return self.sleep(1_000),
            Phase::Ending(Farewell::WorkerExit) if !self.children.is_empty() => {
                return self.await_own_end(desk);
            }
            Phase::Ending(farewell) => return self.end_rdc(farewell),
        }
        if self.pause_ms > 0 {
            let pause_ms = std::mem::take(&mut self.pause_ms);
            return self.sleep(pause_ms);
        }
        if !self.to_allocate.is_empty() && self.dice.chance(500_000) {
            return self.allocate();
        }
        let missing = self.children.len() < self.plan.workers;
        // Node 0 is the host, which runs no workers.
        let node = NodeId(self.dice.between(1, u64::from(world.nodes)) as u8);
        if missing && self.created < self.plan.creations && !self.to_allocate.contains(&node) {
            return self.create(node, desk, world);
        }
        if let Some(request) = self.introduce(desk, world) {
            return request;
        }
        if self.children.is_empty() {
            return self.sleep(100);
        }
        self.look_after_one(desk, world)
    }

    /// A child that is to run: one that was frozen, and sometimes, or when there is nothing else
    /// to do any more, one that has never run.
    fn next_to_unfreeze(&mut self, phase: Phase) -> Option<Child> {
        let starts = phase != Phase::Busy || self.dice.chance(40_000);
        let is_due = |child: &&Child| match child.frozen {
            Frozen::No => false,
            Frozen::Yes => true,
            Frozen::Inchoate => starts,
        };
        self.children.iter().find(is_due).copied()
    }

    fn sleep(&mut self, ms: u32) -> Request {
        self.doing = Activity::Sleeping;
        Request::new(Call::Sleep, [ms])
    }

    /// Waits for the end of any of some children.
    fn await_ends(&mut self, desk: &mut Desk<'_>) -> Request {
        let first = self.dice.index(self.children.len());
        let listed = self.children.iter().skip(first).take(LISTED);
        let mut count = 0;
        for (place, child) in desk.bytes(EVENTS).chunks_mut(size_of::<EvDesc>()).zip(listed) {
            place.copy_from_slice(awaited(child.handle, EventType::Dead).as_bytes());
            count += 1;
        }
        self.doing = Activity::Awaiting;
        let timeout_ms = self.dice.between(0, 20) as u32;
        Request::new(Call::EventWait, [count, EVENTS.address(), timeout_ms])
    }

    /// Waits for the end of its RDC.
    fn await_own_end(&mut self, desk: &mut Desk<'_>) -> Request {
        desk.write(EVENTS, &awaited(self.myself, EventType::Dead));
        self.doing = Activity::AwaitingOwnEnd;
        Request::new(Call::EventWait, [1, EVENTS.address(), 1_000])
    }

    /// Ends the RDC: its workers, and itself.
    fn end_rdc(&mut self, farewell: Farewell) -> Request {
        let call = if farewell == Farewell::RootExit { Call::Exit } else { Call::RdcExit };
        self.doing = Activity::Ending;
        Request::new(call, [0])
    }

    fn allocate(&mut self) -> Request {
        let node = self.to_allocate.remove(0);
        self.doing = Activity::Allocating(node);
        Request::new(Call::NodeAlloc, [u32::from(node.0), self.plan.rdc])
    }

    /// Withdraws a node, with the workers there or without: it is allocated again later.
    fn withdraw(&mut self, world: &mut World<'_>) -> Request {
        let node = NodeId(self.dice.between(1, u64::from(world.nodes)) as u8);
        let kills = self.dice.chance(500_000);
        if kills {
            let oracle = &mut *world.oracle;
            for child in &self.children {
                if oracle.register.is_at(child.uid, node) {
                    oracle.register.sentence(child.uid);
                }
            }
        }
        self.doing = Activity::Withdrawing(node);
        let arguments = [u32::from(node.0), self.plan.rdc, u32::from(kills)];
        Request::new(Call::NodeWithdraw, arguments)
    }

    fn list_nodes(&mut self) -> Request {
        self.doing = Activity::Listing;
        let most = EVENTS.length() / size_of::<NodeEntry>() as u32;
        Request::new(Call::NodeList, [most, EVENTS.address()])
    }

    fn create(&mut self, node: NodeId, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let tier = (self.created % (usize::from(DEEPEST) + 1)) as u8;
        let uid = world.oracle.register.ask();
        let channel = world.oracle.open_channel(Channel::new(uid, tier));
        let arguments = Arguments {
            uid: U32::new(uid.0),
            tier: U32::new(u32::from(tier)),
            channel: U32::new(channel.0),
        };
        desk.write(ARGUMENTS, &arguments);
        let parameters = IncParams {
            ip_datasize: I32::new(size_of::<Arguments>() as i32),
            ip_dataargs: U32::new(ARGUMENTS.address()),
            ip_nifaces: 0,
            pad: 0,
            ip_ifaces: U32::ZERO,
        };
        let (frozen, state) = if self.dice.chance(200_000) {
            (Frozen::Inchoate, InitialState::Inchoate)
        } else {
            (Frozen::No, InitialState::Started)
        };
        let ic_state = U32::new(state as u32);
        desk.write(CREATE, &IncCreateParams { ic_state, ic_params: parameters });
        let template = self.template();
        let blueprint = template.map_or(WORKER_MODULE, |template| template.handle);
        let template = template.map(|template| (template.uid, template.node));
        self.doing = Activity::Creating(Creation { uid, node, tier, channel, frozen, template });
        let results = RESULTS.address();
        let create = CREATE.address();
        Request::new(Call::Create, [blueprint, u32::from(node.0), results, results + 4, create])
    }

    /// A child that others can be made from, if there is one, and the dice want it.
    fn template(&mut self) -> Option<Child> {
        let wanted = self.dice.chance(700_000);
        let is_template = |child: &&Child| child.frozen == Frozen::Inchoate;
        self.children.iter().find(is_template).filter(|_| wanted).copied()
    }

    /// Tells a child of a server of a deeper tier.
    fn introduce(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Option<Request> {
        // One that does not run receives nothing.
        let running = || self.children.iter().filter(|child| child.frozen != Frozen::Inchoate);
        let child = *running().find(|child| child.to_introduce > 0)?;
        let deeper = || running().filter(|server| server.tier > child.tier);
        let count = deeper().count();
        if count == 0 {
            return None;
        }
        let chosen = self.dice.index(count);
        let server = deeper().nth(chosen).expect("an index below the count").contact;
        let letter = Letter {
            purpose: Purpose::Introduction,
            enclosed: Some(Enclosure::Stream {
                channel: server.channel,
                reference: server.reference,
                keep: Keep::Keep,
            }),
            ..Letter::request(0)
        };
        let (request, pending) =
            post::send(self.uid, Call::Send, child.contact, letter, desk, world);
        self.doing = Activity::Introducing(child.uid, pending);
        Some(request)
    }

    fn look_after_one(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let child = self.children[self.dice.index(self.children.len())];
        match self.dice.between(0, 100) {
            0..40 => {
                let ms = self.dice.between(1, 20) as u32;
                self.sleep(ms)
            }
            40..60 => self.await_ends(desk),
            60..75 => {
                // No state has this number: an answer that says nothing is noticed.
                desk.bytes(EVENTS)[..size_of::<IncState>()].fill(0xff);
                self.doing = Activity::Asking(child.uid);
                Request::new(Call::Status, [child.handle, EVENTS.address()])
            }
            75..85 => {
                self.doing = Activity::Freezing(child.uid);
                Request::new(Call::Freeze, [child.handle])
            }
            85..88 => {
                world.oracle.register.sentence(child.uid);
                self.doing = Activity::Destroying(child.uid);
                Request::new(Call::Destroy, [child.handle])
            }
            88..90 => self.withdraw(world),
            90..93 => self.list_nodes(),
            93..96 => {
                desk.write(EVENTS, &awaited(child.handle, EventType::Made));
                self.doing = Activity::AwaitingMade(child.uid);
                let timeout_ms = self.dice.between(0, 20) as u32;
                Request::new(Call::EventWait, [1, EVENTS.address(), timeout_ms])
            }
            _ => {
                // Says nothing new to a child that knows enough, but keeps the
                // introductions coming when servers are replaced.
                if let Some(known) = self.child(child.uid)
                    && known.tier < DEEPEST
                {
                    known.to_introduce = 1;
                }
                self.sleep(1)
            }
        }
    }
}
