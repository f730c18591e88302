//! What was yielded, until it is certain that its new owner has it (dissertation, §6.2.4, §8.5).
//!
//! The new owner says when he has it, or that he cannot take it. If he is not heard of, his
//! node is asked; if that is lost, or has not taken it, everything is as it was before.

use abi::error::CallError;
use abi::ids::{GlobalId, NodeId};
use abi::message::{KernelPort, Kind};

use crate::executor::Cx;
use crate::ghost::ask_loader;
use crate::incarnation::{Blocked, Condition};
use crate::loader::loader_of;
use crate::operation::{Action, Finish, Request};
use crate::platform::{Machine, Platform, Slot};
use crate::pool::{Message, Party, Queue};
use crate::port::{ATTACHMENTS, Attachment, Offer, Port};
use crate::sources::Fate;
use crate::state::State;
use crate::ticks::Tick;

/// Attachments that can be on their way from a node at a time; one more is `Busy`.
pub const LEAVING: u16 = 32;

/// Ticks until the node of the new owner is asked: 1 s.
const ASK: u32 = 50;

/// Of an acknowledgement: what was yielded has arrived, or could not be taken.
pub const ARRIVED: u16 = 1;
/// See [`ARRIVED`].
pub const DECLINED: u16 = 2;

/// Attachments of a port on their way to another owner.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// The old owner.
    pub slot: Slot,
    /// Index of his port, and which that is.
    pub port: u16,
    /// See `port`.
    pub port_id: GlobalId,
    /// The attachments. Their kernel ports are closed, and their places kept.
    pub attachments: [Option<Attachment>; ATTACHMENTS],
    /// The messages that move.
    pub queue: Queue,
    /// Whether the port itself goes.
    pub is_given: bool,
    /// Whether the port was offered, and the number of the offer: if that was not taken back
    /// meanwhile, it stands when the port is not taken.
    pub offer: (Offer, u16),
    /// The request that was answered last.
    pub taker: Party,
    /// Where the part that was told last begins, and the next one.
    pub begin: Cursor,
    /// See `begin`.
    pub end: Cursor,
    /// The number of that part.
    pub part: u16,
    /// The number of the move at the taker's node.
    pub number: u16,
    /// When the taker's node is asked.
    pub due: Tick,
    /// Whether it is being asked.
    pub is_asked: bool,
}

/// How much of what leaves was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The next attachment whose channel, and whose sources, are told.
    pub channel: u8,
    /// See `channel`.
    pub sources_of: u8,
    /// Sources of that attachment told already.
    pub sources: u16,
    /// Messages told already.
    pub messages: u16,
}

impl Cursor {
    /// Nothing was told.
    pub const START: Self = Self { channel: 0, sources_of: 0, sources: 0, messages: 0 };
}

impl Leaving {
    /// When it is asked after if nothing is heard.
    pub fn put_off(&mut self, now: Tick) {
        self.due = now.after(ASK);
        self.is_asked = false;
    }
}

impl<P: Platform> State<P> {
    /// Whether the port of a channel is on its way from here, so that nobody has it.
    pub(crate) fn is_on_its_way(&self, channel: u64) -> bool {
        self.leaving.iter().any(|(_, leaving)| {
            leaving.attachments.iter().flatten().any(|at| at.channel.bits() == channel)
        })
    }

    /// From whom, and which kernel port, the port of a channel is on its way to `taker`, who asks
    /// for the rest.
    pub(crate) fn leaves_to(&self, channel: u64, taker: u64) -> Option<(Slot, u16)> {
        let mut to_taker = self.leaving.iter().filter(|(_, it)| it.taker.source == taker);
        to_taker.find_map(|(_, leaving)| {
            let mut attachments = leaving.attachments.iter().flatten();
            let attachment = attachments.find(|at| at.channel.bits() == channel)?;
            Some((leaving.slot, attachment.kernel_port))
        })
    }

    /// Whether something of `slot` is on its way.
    pub(crate) fn has_leaving(&self, slot: Slot) -> bool {
        self.leaving.iter().any(|(_, leaving)| leaving.slot == slot)
    }

    /// The new owner who made request `sequence` of `source` says whether he has what was yielded.
    pub(crate) fn hear_of_transit(&mut self, source: u64, sequence: u32, said: u16) {
        let about = |leaving: &Leaving| {
            leaving.taker.source == source && leaving.taker.sequence == sequence
        };
        let found = self.leaving.iter().find(|(_, leaving)| about(leaving)).map(|found| found.0);
        match (found, said) {
            (Some(index), ARRIVED) => self.has_left(index),
            (Some(index), DECLINED) => self.come_back(index),
            _ => {}
        }
    }

    /// What was yielded has arrived.
    fn has_left(&mut self, index: u16) {
        let Some(leaving) = self.leaving.remove(index) else { return };
        for attachment in leaving.attachments.iter().flatten() {
            self.ports.release(attachment.kernel_port);
            self.redirects.arrived(attachment.channel.bits(), self.machine.now());
            self.sources.retire(attachment.kernel_port);
        }
        let mut queue = leaving.queue;
        while let Some(message) = queue.pop(&mut self.pool) {
            self.owe_elsewhere(message, &leaving);
            self.release_message(leaving.slot, message);
        }
        if leaving.is_given && self.is_port(&leaving) {
            self.close(leaving.slot, leaving.port);
        }
        self.tasks.wake_ghost(leaving.slot);
    }

    /// Whether the port that something leaves from is there.
    fn is_port(&mut self, leaving: &Leaving) -> bool {
        let port = self.caller(leaving.slot).references.port_mut(leaving.port);
        port.is_some_and(|port| port.id == leaving.port_id)
    }

    /// What was yielded was not taken: all is as it was before.
    fn come_back(&mut self, index: u16) {
        let Some(leaving) = self.leaving.remove(index) else { return };
        let Leaving { slot, port, attachments, mut queue, .. } = leaving;
        for attachment in attachments.iter().flatten() {
            self.redirects.forget(attachment.channel.bits());
            self.ports.resume(attachment.kernel_port, slot, port, attachment.channel);
        }
        if !self.is_port(&leaving) {
            let mut gone = Port::new(leaving.port_id);
            (gone.attachments, gone.queue) = (attachments, queue);
            self.close_port(slot, &gone);
            return self.tasks.wake_ghost(slot);
        }
        if let Some(known) = self.caller(slot).references.port_mut(port) {
            for attachment in attachments.into_iter().flatten() {
                known.attach(attachment);
            }
            let (offer, number) = leaving.offer;
            known.offer = if known.offers == number { offer } else { Offer::None };
            let mut own = core::mem::take(&mut known.queue);
            while let Some(message) = own.pop(&mut self.pool) {
                queue.push(&mut self.pool, message);
            }
            let known = self.caller(slot).references.port_mut(port);
            known.expect("found above").queue = queue;
        }
        let holds = self.caller(slot).references.port_mut(port).is_some_and(|it| it.offer.holds());
        if !holds {
            self.unpark_all(&Port { attachments, ..Port::new(leaving.port_id) });
        }
        self.tasks.wake_ghost(slot);
        self.poke(slot, port);
    }

    /// The reply to a message that has moved is owed where it is now. Until that was certain, who
    /// asked after it was told that it is here.
    fn owe_elsewhere(&mut self, index: u16, leaving: &Leaving) {
        let Message { kind, port, entry, party, .. } = *self.pool.message(index);
        let came_by = leaving.attachments.iter().flatten().find(|at| at.kernel_port == port);
        if kind == Kind::Invoke
            && let Some(attachment) = came_by
            && let Some(known) = self.sources.about(entry, party.source, party.sequence)
        {
            let port = KernelPort::somewhere(leaving.taker.ghost.node());
            known.fate = Fate::Moved { port, id: attachment.channel };
        }
    }

    /// `node` is lost: what was on its way there comes back, and so do ports that were to be
    /// fetched from there.
    pub(crate) fn lose_takers(&mut self, node: NodeId) {
        let lost = |leaving: &Leaving| leaving.taker.ghost.node() == node;
        for index in 0..self.leaving.capacity() as u16 {
            if let Some(leaving) = self.leaving.get_mut(index).filter(|leaving| lost(leaving)) {
                leaving.offer.0 = Offer::None;
                self.come_back(index);
            }
        }
        for slot in self.slots() {
            self.take_back_offers(
                slot,
                |port| matches!(port.offer, Offer::Given { node: to, .. } if to == node),
            );
        }
    }

    /// The offer of a port of `slot` was lost: it is its owner's as before.
    pub(crate) fn take_back_offer(&mut self, slot: Slot, port: u64) {
        self.take_back_offers(slot, |known| known.id.bits() == port);
    }

    /// Ports of `slot` that were offered, and that nobody will fetch, are its own again.
    fn take_back_offers(&mut self, slot: Slot, is_back: impl Fn(&Port) -> bool) {
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        for at in 0..incarnation.references.slots() {
            let Some(incarnation) = self.incarnation_mut(slot) else { return };
            let Some(port) = incarnation.references.port_mut(at) else { continue };
            if !is_back(port) {
                continue;
            }
            port.offers = port.offers.wrapping_add(1);
            if port.offer == Offer::None || port.attached_to().next().is_none() {
                continue;
            }
            port.offer = Offer::None;
            let port = *port;
            self.unpark_all(&port);
        }
    }

    /// Whether anything is on its way from here, or to.
    pub(crate) fn is_moving(&self) -> bool {
        !self.leaving.is_empty() || self.locals.iter().any(|it| it.ghost.rebinding.is_some())
    }

    /// Wakes the ghosts who have to ask after what was yielded, or to try again.
    pub(crate) fn watch_moves(&mut self) {
        for slot in self.slots() {
            if self.locals[slot.index()].ghost.rebinding.is_some() {
                self.tasks.wake_ghost(slot);
            }
        }
        let now = self.ticker.now;
        for index in 0..self.leaving.capacity() as u16 {
            let Some(leaving) = self.leaving.get_mut(index) else { continue };
            if !leaving.is_asked && now.has_reached(leaving.due) {
                leaving.is_asked = true;
                let slot = leaving.slot;
                self.tasks.wake_ghost(slot);
            }
        }
    }

    /// Something of `slot` whose new owner's node has to be asked.
    pub(crate) fn next_to_ask(&self, slot: Slot) -> Option<u16> {
        let due = self.leaving.iter().find(|(_, leaving)| leaving.slot == slot && leaving.is_asked);
        due.map(|found| found.0)
    }

    /// Whether request `sequence` of `source` was made from here, and what it was answered with
    /// has been taken: `Busy` if that is not decided.
    pub(crate) fn has_taken(&self, source: u64, sequence: u32) -> Result<bool, CallError> {
        if self.taken.contains(&(source, sequence)) {
            return Ok(true);
        }
        let is_at_it = self.locals.iter().any(|local| {
            let by_call = local.incarnation.as_ref().is_some_and(|incarnation| {
                matches!(&incarnation.blocked, Blocked::Operation(operation)
                    if matches!(operation.finish, Finish::Adopt(_)))
                    && incarnation.exchange.is_about(source, sequence)
                    && !matches!(incarnation.condition, Condition::Ended(..))
            });
            by_call || local.ghost.exchange.is_about(source, sequence)
        });
        if is_at_it { Err(CallError::Busy) } else { Ok(false) }
    }
}

/// Asks the node of the new owner whether he has what leaves as number `index` from `slot`.
pub(crate) async fn inquire<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let Some(taker) = cx.with(|state| state.leaving.get(index).map(|leaving| leaving.taker)) else {
        return;
    };
    let mut request = Request::new(Action::HasTaken);
    request.id = taker.source.into();
    request.a = taker.sequence.into();
    let reply = ask_loader(cx, slot, loader_of(taker.ghost.node()), &request).await;
    let answer = reply.and_then(|reply| crate::operation::Answer::of(&reply.head).result());
    cx.with(|state| {
        let now = state.ticker.now;
        let Some(leaving) = state.leaving.get_mut(index) else { return };
        if leaving.taker != taker {
            return leaving.put_off(now);
        }
        match answer {
            Ok(0) => state.come_back(index),
            Ok(_) => state.has_left(index),
            // It is at it, or does not answer; if it is lost, that is told otherwise.
            Err(_) => leaving.put_off(now),
        }
    });
}
