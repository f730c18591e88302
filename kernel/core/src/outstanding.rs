//! Asynchronous invocations that were accepted and whose data has not been fetched (§4.4.2).
//! Their buffers belong to the system until the receiver has pulled the data and said so; his
//! answer may be lost, so he is asked now and then.

use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::{Flags, KernelPort, Kind, PortType};

use crate::delivery::send::header;
use crate::exchange::PATIENCE;
use crate::incarnation::Blocked;
use crate::platform::{Platform, Slot};
use crate::pool::{Granted, Party};
use crate::state::State;
use crate::ticks::Tick;

/// Ticks between questions: 1 s.
const ASK: u32 = 50;

/// An asynchronous invocation that is not complete.
#[derive(Clone, Copy, Debug)]
pub struct Outstanding {
    /// Its stream, the bits.
    pub source: u64,
    /// Its number there.
    pub sequence: u32,
    /// Who made it; he may be gone.
    pub slot: Slot,
    /// His identity.
    pub owner: GlobalId,
    /// Index of the stream in his table.
    pub stream: u16,
    /// The port that has it.
    pub port: KernelPort,
    /// The identity of that port, its bits.
    pub to_id: u64,
    /// The right to read its data.
    pub granted: Granted,
    due: Tick,
    heard: Tick,
}

impl<P: Platform> State<P> {
    /// Whether another asynchronous invocation finds room here.
    pub(crate) fn has_room_outstanding(&self) -> bool {
        self.outstanding.len() < usize::from(self.config.outstanding)
    }

    /// Message `sequence` of `stream` was accepted by `port`: its data stays granted.
    pub(crate) fn await_completion(
        &mut self,
        slot: Slot,
        stream: u16,
        sequence: u32,
        port: KernelPort,
        granted: Granted,
    ) {
        let now = self.ticker.now;
        let incarnation = self.caller(slot);
        let (owner, to_id) = (incarnation.id, incarnation.exchange.to_id);
        let source = incarnation.exchange.source;
        if let Some(stream) = incarnation.references.stream_mut(stream) {
            stream.incomplete += 1;
        }
        let entry = Outstanding {
            source,
            sequence,
            slot,
            owner,
            stream,
            port,
            to_id,
            granted,
            due: now.after(ASK),
            heard: now,
        };
        if self.outstanding.insert(entry).is_err() {
            unreachable!("the table has a place for each incarnation beyond its bound");
        }
        self.need_ticks();
    }

    /// An answer about a message that no exchange is about (any more).
    pub(crate) fn hear_of_outstanding(
        &mut self,
        kind: Kind,
        (source, sequence): (u64, u32),
        (from, id): (KernelPort, u64),
    ) {
        let found = self
            .outstanding
            .iter()
            .find(|(_, entry)| entry.source == source && entry.sequence == sequence);
        let Some((index, _)) = found else { return };
        match kind {
            Kind::Done => self.complete(index, Ok(())),
            Kind::Refused => self.complete(index, Err(CallError::PeerLost)),
            // The port was closed after all its messages were answered; the answer was lost.
            Kind::NotHere => self.complete(index, Err(CallError::OutcomeUnknown)),
            _ => {
                let now = self.ticker.now;
                let Some(entry) = self.outstanding.get_mut(index) else { return };
                // Somebody who says where else it may be has not said that it is there.
                if kind != Kind::Elsewhere {
                    entry.heard = now;
                }
                // Its message has moved with the port, or from it.
                if matches!(kind, Kind::Here | Kind::Elsewhere) {
                    (entry.port, entry.to_id) = (from, id);
                }
            }
        }
    }

    /// The invocation in entry `index` is over.
    fn complete(&mut self, index: u16, result: Result<(), CallError>) {
        let Some(entry) = self.outstanding.remove(index) else { return };
        self.revoke(entry.granted);
        let Some(incarnation) = self.incarnation_mut(entry.slot) else { return };
        if incarnation.id != entry.owner {
            return;
        }
        let Some(stream) = incarnation.references.stream_mut(entry.stream) else { return };
        if stream.id.bits() != entry.source {
            return;
        }
        stream.incomplete = stream.incomplete.saturating_sub(1);
        if let Err(error) = result {
            stream.failure = Some(error.code());
        }
        match incarnation.blocked {
            Blocked::Stalled { stream, .. } if stream == entry.stream => {
                self.resume_stalled(entry.slot);
            }
            _ => self.poke_events(entry.slot),
        }
    }

    /// Asks after the invocations that have not been heard of for a while.
    pub(crate) fn ask_outstanding(&mut self) {
        if self.outstanding.is_empty() {
            return;
        }
        let now = self.ticker.now;
        for index in 0..self.outstanding.capacity() as u16 {
            let Some(entry) = self.outstanding.get_mut(index) else { continue };
            if !now.has_reached(entry.due) {
                continue;
            }
            entry.due = now.after(ASK);
            let entry = *entry;
            if now.since(entry.heard) > PATIENCE {
                self.complete(index, Err(CallError::OutcomeUnknown));
            } else {
                self.ask(&entry);
            }
        }
    }

    fn ask(&mut self, entry: &Outstanding) {
        let Outstanding { port, to_id, source, sequence, slot, .. } = *entry;
        let party = Party { ghost: self.ports.ghost_of(slot), source, sequence };
        if port.node() == self.node {
            return self.answer_still_needed(port, to_id, party);
        }
        let mut header = header(Kind::Probe, port, PortType::Channel, to_id, party);
        header.flags = Flags::GRANT.0;
        self.post_header(port.node(), &header);
    }

    /// Says whether `port`, of identity `id`, still needs the data of an asynchronous invocation,
    /// or which port it has gone to.
    pub(crate) fn answer_still_needed(&mut self, port: KernelPort, id: u64, party: Party) {
        let mut held = self.pool.iter().map(|(_, message)| message).filter(|message| {
            message.kind == Kind::AsInvoke
                && message.party.source == party.source
                && message.party.sequence == party.sequence
        });
        let holder = held.next().map(|message| message.port);
        drop(held);
        if let Some(index) = holder {
            let (port, id) = (self.ports.address(index), self.ports.identity(index));
            let kind = if id == 0 { Kind::InProgress } else { Kind::Here };
            return self.say_from(kind, party, 0, port, id);
        }
        if let Some((to, id)) = self.redirection(party.source, id) {
            return self.say_from(Kind::Elsewhere, party, 0, to, id);
        }
        let is_there = self.ports.target(port, id).is_some()
            || self.ports.find(id, PortType::Channel).is_some();
        self.say(if is_there { Kind::Done } else { Kind::NotHere }, party, 0);
    }

    /// The node that had these invocations is lost.
    pub(crate) fn lose_outstanding(&mut self, node: abi::ids::NodeId) {
        for index in 0..self.outstanding.capacity() as u16 {
            if self.outstanding.get(index).is_some_and(|entry| entry.port.node() == node) {
                self.complete(index, Err(CallError::PeerLost));
            }
        }
    }
}
