//! `inc_reply`, and the arrival of an answer at a sender who waits for it.

use abi::ids::UserAddr;
use abi::message::{Kind, PortType};

use super::plain::{PLAIN_BYTES, is_plain, replace, write};
use super::send::Envelope;
use super::{Fast, Wait};
use crate::exchange::Phase;
use crate::incarnation::Blocked;
use crate::platform::{Bus, Machine, Memory, Platform, Slot};
use crate::pool::Party;
use crate::sources::Fate;
use crate::ports::ghosts_slot;
use crate::state::State;

/// Who waits for an answer.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub slot: Slot,
    /// Its message.
    pub message: UserAddr,
    /// Its stream, an entry of its references.
    pub stream: u16,
}

impl<P: Platform> State<P> {
    /// `inc_reply`.
    #[inline(always)]
    pub(super) fn fast_reply(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<Fast> {
        if self.is_slow() {
            return None;
        }
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (index, handle) = incarnation.references.reply_named(raw)?;
        if handle.message.is_some() {
            return None;
        }
        let (party, hint) = (handle.party, handle.entry);
        if self.sources.about(hint, party.source, party.sequence)?.fate != Fate::Owed {
            return None;
        }
        if party.ghost.node() == self.node {
            self.reply_here(slot, at, party, hint)?;
        } else {
            self.reply_there(slot, at, party, hint)?;
        }
        self.locals.get_mut(slot.index())?.incarnation.as_mut()?.references.discard(index);
        Some(Fast::Done(0))
    }

    /// To an invoker of this node.
    #[inline(always)]
    fn reply_here(&mut self, slot: Slot, at: UserAddr, party: Party, hint: u16) -> Option<()> {
        let asker = self.asker(party).or_else(|| self.find_asker(party, hint))?;
        let to = (asker.slot, asker.message);
        let handed = self.memory.with_messages((slot, at), to, |from, to| {
            let is_plain = is_plain(from, Kind::Reply);
            if is_plain {
                replace(to, &from.m_head);
            }
            is_plain
        })?;
        if !handed {
            return None;
        }
        self.sources.entry_mut(hint).fate = Fate::Settled;
        self.answered(asker.slot);
        Some(())
    }

    /// To an invoker of another node; the reply is kept until he has it.
    #[inline(always)]
    fn reply_there(&mut self, slot: Slot, at: UserAddr, party: Party, hint: u16) -> Option<()> {
        let envelope = self.reply_envelope(party, hint);
        let node = party.ghost.node();
        let packet = self.bus.reserve(node, PLAIN_BYTES).ok()?;
        let (sources, now) = (&mut self.sources, self.ticker.now);
        let written = self.memory.with_message(slot, at, |message| {
            let is_plain = is_plain(message, Kind::Reply);
            if is_plain {
                write(packet, &envelope, PortType::Ghost, &message.m_head);
                sources.keep_head(hint, &message.m_head, now);
            }
            is_plain
        })?;
        if !written {
            return None;
        }
        self.bus.commit(node, PLAIN_BYTES);
        self.bus.publish();
        self.need_ticks();
        Some(())
    }

    /// The reply to the message of `party` that entry `hint` remembers.
    #[inline(always)]
    fn reply_envelope(&self, party: Party, hint: u16) -> Envelope {
        let port = self.sources.entry(hint).port;
        let from = Party { ghost: self.ports.address(port), ..party };
        Envelope { kind: Kind::Reply, to: (party.ghost, self.ports.identity(port)), hint, from }
    }

    /// Who is known to wait for the answer to this very message.
    #[inline(always)]
    pub(super) fn asker(&mut self, party: Party) -> Option<Asker> {
        let slot = ghosts_slot(party.ghost);
        let local = self.locals.get(slot.index())?;
        if local.wait != Wait::for_answer(self.stamp) {
            return None;
        }
        let incarnation = local.incarnation.as_ref()?;
        let Blocked::Send(sending) = &incarnation.blocked else { return None };
        let is_it = incarnation.exchange.is_about(party.source, party.sequence);
        is_it.then_some(Asker { slot, message: sending.message, stream: sending.stream })
    }

    /// Finds out who of this node waits for the answer to this message, which is in entry
    /// `hint`, and has his stream know this address.
    #[cold]
    fn find_asker(&mut self, party: Party, hint: u16) -> Option<Asker> {
        self.find_sender(ghosts_slot(party.ghost))?;
        let asker = self.asker(party)?;
        let envelope = self.reply_envelope(party, hint);
        self.learn(asker.slot, asker.stream, envelope.from, (envelope.to.1, hint));
        Some(asker)
    }

    /// The answer is there: the call of `slot`, who waited for it, returns.
    #[inline(always)]
    pub(super) fn answered(&mut self, slot: Slot) {
        let Some(local) = self.locals.get_mut(slot.index()) else { return };
        let Some(incarnation) = &mut local.incarnation else { return };
        local.wait = Wait::UNKNOWN;
        incarnation.blocked = Blocked::No;
        incarnation.exchange.phase = Phase::Idle;
        self.machine.set_result(slot, 0);
        self.sched.add(slot, incarnation.priority);
        if self.sched.is_contended() {
            self.need_ticks();
        }
    }
}
