//! Replies: sent to the ghost of whoever waits, and kept until he has them (§8.4.1).

use abi::error::CallError;
use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use crate::delivery::send::header;
use crate::exchange::{Owner, PATIENCE, Phase, RETRY};
use crate::incarnation::{Awaited, Blocked, Pulling, Replying, Sending, Then};
use crate::letter::{Data, Letter, Overwrite};
use crate::moving::WithPort;
use crate::platform::{Bus, PeerState, Platform, Slot, UserRange};
use crate::pool::{END, Granted, Message, Party};
use crate::quota::Holder;
use crate::reference::{Reference, ReplyHandle};
use crate::sources::{Fate, Kept};
use crate::state::State;
use crate::stream::ReplyState;

/// What a reply says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents {
    /// The header.
    pub head: [u8; 32],
    /// Bytes of extra data.
    pub total: u32,
    /// Where they are.
    pub data: Data,
    /// A reference.
    pub reference: Option<abi::message::WireReference>,
    /// Whether it overwrites the invoker's message.
    pub overwrite: Overwrite,
}

impl Contents {
    /// A reply without data.
    pub(crate) fn of(head: [u8; 32]) -> Self {
        Self { head, total: 0, data: Data::None, reference: None, overwrite: Overwrite::Yes }
    }
}

impl<P: Platform> State<P> {
    /// Sends a reply to `party`, about the message that entry `entry` remembers, and keeps
    /// what may have to be repeated. [`CallError::Busy`] if it cannot be kept,
    /// [`CallError::NoReplyExpected`] if nobody waits any more; then nothing has changed.
    pub(crate) fn reply(
        &mut self,
        entry: u16,
        party: Party,
        contents: &Contents,
    ) -> Result<(), CallError> {
        let known = self.sources.about(entry, party.source, party.sequence);
        let known = known.filter(|known| known.fate == Fate::Owed);
        let port = known.ok_or(CallError::NoReplyExpected)?.port;
        let letter = self.reply_letter(entry, port, party, contents);
        if party.ghost.node() == self.node && !matches!(contents.data, Data::Granted(_)) {
            self.sources.entry_mut(entry).fate = Fate::Settled;
            if self.find_exchange(party.ghost, party.source, party.sequence).is_none() {
                return Err(CallError::NoReplyExpected);
            }
            self.take_reply(&letter);
            return Ok(());
        }
        let message = self.keep_contents(port, entry, contents)?;
        let granted = match contents.data {
            Data::Granted(granted) => Some(granted),
            _ => None,
        };
        let Contents { head, total, overwrite, .. } = *contents;
        let kept = Kept { head, total, overwrite, message, granted };
        self.sources.keep(entry, kept, self.ticker.now);
        self.need_ticks();
        self.send_reply(&letter);
        Ok(())
    }

    /// The invoker runs on with his message as it was.
    pub(crate) fn reply_implicitly(&mut self, party: Party, entry: u16, _port: u16) {
        let contents = Contents { overwrite: Overwrite::No, ..Contents::of([0; 32]) };
        // An invoker who waits no longer needs no reply.
        let _ = self.reply(entry, party, &contents);
    }

    /// Sends the reply that is kept in `entry` once more, to the ghost that asks.
    pub(crate) fn repeat(&mut self, entry: u16, ghost: KernelPort) {
        let source = *self.sources.entry(entry);
        let Kept { head, total, overwrite, message, granted } = source.kept;
        let held = message.map(|index| *self.pool.message(index));
        let data = match (granted, held.and_then(|message| message.block)) {
            (Some(granted), _) => Data::Granted(granted),
            (None, Some(block)) => Data::Block(block),
            (None, None) => Data::None,
        };
        let reference = held.and_then(|message| message.reference);
        let contents = Contents { head, total, data, reference, overwrite };
        let party = Party { ghost, source: source.id, sequence: source.sequence };
        let letter = self.reply_letter(entry, source.port, party, &contents);
        self.send_reply(&letter);
    }

    fn reply_letter(&self, entry: u16, port: u16, party: Party, contents: &Contents) -> Letter {
        let from = Party { ghost: self.ports.address(port), ..party };
        let to_id = self.ports.identity(port);
        Letter {
            hint: entry,
            head: contents.head,
            total: contents.total,
            reference: contents.reference,
            data: contents.data,
            overwrite: contents.overwrite,
            ..Letter::new(Kind::Reply, party.ghost, PortType::Ghost, to_id, from)
        }
    }

    fn send_reply(&mut self, letter: &Letter) {
        if letter.to.node() == self.node {
            self.take_reply(letter);
        } else {
            // A ring without room or a lost peer: the invoker asks again, or never.
            let _ = self.post(letter);
        }
    }

    /// Keeps data and reference of a reply in the pool; `None` if there are none.
    fn keep_contents(
        &mut self,
        port: u16,
        entry: u16,
        contents: &Contents,
    ) -> Result<Option<u16>, CallError> {
        let has_data = matches!(contents.data, Data::User(..) | Data::Block(_));
        if !has_data && contents.reference.is_none() {
            return Ok(None);
        }
        // What a ghost or the loader says, somebody's kernel waits for.
        let holder = if self.ports.is_kernels(port) { Holder::Kernel } else { Holder::Other };
        if !self.has_room(holder, has_data) {
            return Err(CallError::Busy);
        }
        let block = if has_data { self.pool.take_block() } else { None };
        let kept = block.is_none_or(|block| self.keep_data(contents.data, contents.total, block));
        let message = Message {
            next: END,
            kind: Kind::Reply,
            port,
            entry,
            source: 0,
            party: Party { ghost: KernelPort::NONE, source: 0, sequence: 0 },
            head: [0; 32],
            total: contents.total,
            capacity: 0,
            reference: contents.reference,
            granted: None,
            block,
        };
        let index = if kept { self.pool.insert(message) } else { None };
        if let (None, Some(block)) = (index, block) {
            self.pool.free_block(block);
        }
        index.map(Some).ok_or(if kept { CallError::Busy } else { CallError::BadAddress })
    }

    /// The source of entry `index` does not need its reply any more: what was kept for it is
    /// given back, and a replier who waited for that goes on with `result`.
    pub(crate) fn settle(&mut self, index: u16, result: Result<u32, CallError>) {
        let Some(kept) = self.sources.settle(index) else { return };
        self.give_back(&kept);
        if kept.granted.is_none() {
            return;
        }
        if let Some(slot) = self.replier(index) {
            self.finish(slot, result);
        }
        // It may have been the last copy that a ghost has waited for.
        if let Some(slot) = self.ports.slot_of_ghost(self.sources.entry(index).port) {
            self.tasks.wake_ghost(slot);
        }
    }

    /// The ghosts of `node`, which is lost, fetch nothing any more of what was granted to them.
    pub(crate) fn lose_readers(&mut self, node: NodeId) {
        while let Some(index) = self.sources.any_granted_to(node) {
            self.settle(index, Err(CallError::PeerLost));
        }
    }

    /// The incarnation that waits until the reply in `entry` was fetched.
    fn replier(&self, entry: u16) -> Option<Slot> {
        self.slots().find(|slot| {
            let incarnation = self.incarnation(*slot);
            let replying = incarnation.and_then(|incarnation| incarnation.blocked.replying());
            replying.is_some_and(|replying| replying.entry == entry)
        })
    }

    /// Repeats the reply that `slot` waits to see fetched, if it waits in one: its first copy,
    /// or the answer to it, may be lost. An invoker who is not heard of for long has given up.
    pub(crate) fn remind_invoker(&mut self, slot: Slot) {
        let now = self.ticker.now;
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        let Blocked::Reply(replying) = &mut incarnation.blocked else { return };
        if !now.has_reached(replying.due) {
            return;
        }
        replying.due = now.after(RETRY);
        let Replying { party, entry, .. } = *replying;
        if now.since(self.sources.entry(entry).touched) > PATIENCE {
            self.settle(entry, Err(CallError::OutcomeUnknown));
        } else {
            self.repeat(entry, party.ghost);
        }
    }

    /// The replier behind entry `index` ends before his reply was fetched.
    pub(crate) fn withdraw_reply(&mut self, index: u16) {
        if let Some(kept) = self.sources.settle(index) {
            self.give_back(&kept);
            let code = CallError::OutcomeUnknown.code() as i16;
            self.sources.entry_mut(index).fate = Fate::Refused(code);
        }
    }

    /// Gives back what was kept of a reply.
    fn give_back(&mut self, kept: &Kept) {
        if let Some(message) = kept.message {
            self.pool.free(message);
        }
        if let Some(granted) = kept.granted {
            self.revoke(granted);
        }
    }

    /// A reply has arrived for a ghost of this node.
    pub(crate) fn take_reply(&mut self, letter: &Letter) {
        let Party { source, sequence, .. } = letter.from;
        let Some(owner) = self.find_exchange(letter.to, source, sequence) else {
            // It is answered when its port and its data are here.
            let slot = self.ports.ghost(letter.to);
            if !slot.is_some_and(|slot| self.is_completing(slot, source, sequence)) {
                self.acknowledge(letter.from);
            }
            return;
        };
        match owner {
            // It is here already, and answered when its data is here too.
            _ if self.exchange(owner).is_some_and(|known| known.phase == Phase::Pulling) => {}
            Owner::Ghost(slot) => self.take_ghost_reply(slot, letter),
            Owner::Call(slot) => match self.caller(slot).blocked {
                Blocked::Send(sending) => self.complete_invoke(slot, &sending, letter),
                Blocked::Operation(operation) => self.complete_operation(slot, &operation, letter),
                _ => self.acknowledge(letter.from),
            },
        }
    }

    /// Whether `slot` fetches what belongs to the reply to message `sequence` of `source`.
    pub(crate) fn is_completing(&self, slot: Slot, source: u64, sequence: u32) -> bool {
        let reply = self.incarnation(slot).and_then(|incarnation| incarnation.blocked.completing());
        reply.is_some_and(|reply| (reply.source, reply.sequence) == (source, sequence))
    }

    /// The exchange about message `sequence` of `source` behind the ghost port `ghost`.
    pub(crate) fn find_exchange(
        &mut self,
        ghost: KernelPort,
        source: u64,
        sequence: u32,
    ) -> Option<Owner> {
        let slot = self.ports.ghost(ghost)?;
        let owners = [Owner::Call(slot), Owner::Ghost(slot)];
        owners.into_iter().find(|owner| {
            self.exchange(*owner).is_some_and(|exchange| exchange.is_about(source, sequence))
        })
    }

    /// Tells the port that replied that the reply has arrived.
    pub(crate) fn acknowledge(&mut self, from: Party) {
        let port = from.ghost;
        if port.node() == self.node {
            self.acknowledged(port.index() as u16, from.source, from.sequence);
        } else {
            let mut header = header(Kind::Acknowledge, port, PortType::Channel, 0, from);
            header.from = self.ports.address(0).0.into();
            self.post_header(port.node(), &header);
        }
    }

    /// The reply to message `sequence` of `source` at kernel port `index` has arrived.
    pub(crate) fn acknowledged(&mut self, index: u16, source: u64, sequence: u32) {
        let known = self.sources.find(index, source);
        let about = known.filter(|entry| self.sources.entry(*entry).sequence == sequence);
        if let Some(entry) = about {
            self.take_back_unfetched(entry);
            self.settle(entry, Ok(0));
        }
    }

    /// The reply in `entry` needs no answer any more: if it offers a port that was not fetched,
    /// whoever was to have it is gone.
    fn take_back_unfetched(&mut self, entry: u16) {
        let source = self.sources.entry(entry);
        let message = source.kept.message.filter(|_| source.fate == Fate::Replied);
        let reference = message.and_then(|index| self.pool.message(index).reference);
        let Some(wire) = reference.filter(Self::is_offer) else { return };
        let is_owner = |slot: &Slot| {
            self.incarnation(*slot).is_some_and(|owner| owner.id.bits() == wire.id.get())
        };
        if let Some(owner) = self.slots().find(is_owner) {
            self.take_back_offer(owner, wire.object.get());
        }
    }

    /// The reply to an invocation: the invoker's message is overwritten and his call returns.
    fn complete_invoke(&mut self, slot: Slot, sending: &Sending, letter: &Letter) {
        self.learn(slot, sending.stream, letter.from, (letter.to_id, letter.hint));
        if let Some(granted) = sending.granted {
            self.revoke(granted);
        }
        self.close_carried(slot, sending.carried, letter.from.ghost.node());
        if letter.overwrite == Overwrite::No {
            return self.finish(slot, Ok(0));
        }
        if letter.reference.is_some() && self.caller(slot).references.room() == 0 {
            self.acknowledge_if_bulk(letter);
            return self.finish(slot, Err(CallError::TableFull));
        }
        if let Some(wire) = letter.reference.filter(Self::is_offer) {
            return self.complete_with_port(slot, sending, letter, &wire);
        }
        let reference = letter.reference.as_ref().map(|wire| self.materialise(slot, wire));
        let written = self.write_replied(slot, sending.message, &letter.head, reference.as_ref());
        if written.is_err() {
            self.acknowledge_if_bulk(letter);
            return self.finish(slot, written.map(|()| 0));
        }
        self.complete_data(slot, sending.room, letter, Awaited::Reply);
    }

    /// The same of a reply that has come with a port, which has to be fetched.
    fn complete_with_port(
        &mut self,
        slot: Slot,
        sending: &Sending,
        letter: &Letter,
        wire: &abi::message::WireReference,
    ) {
        let room = sending.room;
        let written = self
            .write_replied(slot, sending.message, &letter.head, None)
            .and_then(|()| self.copy_data(letter.data, letter.total, slot, room));
        if written.is_err() {
            self.acknowledge_if_bulk(letter);
            self.decline(slot, wire);
            return self.finish(slot, written.map(|()| 0));
        }
        let granted = match letter.data {
            Data::Granted(granted) if room.length > 0 => Some(granted),
            _ => None,
        };
        let data = (letter.total, granted, room);
        let then = WithPort::Reply { message: sending.message, data, from: letter.from };
        self.fetch_port(slot, wire, then);
    }

    /// Puts the data of a reply into `room`; then the call returns.
    pub(crate) fn complete_data(
        &mut self,
        slot: Slot,
        room: UserRange,
        letter: &Letter,
        awaited: Awaited,
    ) {
        let length = letter.total.min(room.length);
        if let (Data::Granted(granted), 1..) = (letter.data, length) {
            let to = UserRange { length, ..room };
            let then = Then::Reply { from: letter.from, awaited };
            return self.start_pull(slot, Pulling { granted, to, done: 0, then });
        }
        self.acknowledge_if_bulk(letter);
        let copied = self.copy_data(letter.data, letter.total, slot, room);
        self.finish(slot, copied.map(|()| awaited.result(length)));
    }

    /// Whoever waits until his data was fetched need not wait any more.
    fn acknowledge_if_bulk(&mut self, letter: &Letter) {
        if matches!(letter.data, Data::Granted(_)) {
            self.acknowledge(letter.from);
        }
    }

    /// What a stream learns from a reply of `from`: where the port of channel `id` is, and
    /// where it remembers the stream.
    pub(crate) fn learn(&mut self, slot: Slot, stream: u16, from: Party, (id, hint): (u64, u16)) {
        let is_remote = from.ghost.node() != self.node;
        let Some(incarnation) = self.locals[slot.index()].incarnation.as_mut() else { return };
        let Some(known) = incarnation.references.stream_mut(stream) else { return };
        if known.channel.bits() == id {
            known.port = from.ghost;
            known.hint = hint;
        }
        if !is_remote {
            return;
        }
        if known.reply == ReplyState::Known {
            // When the list is full the next message of the stream says it.
            if self.unacknowledged.len() < self.unacknowledged.capacity() {
                self.unacknowledged.push((slot, stream));
            } else {
                return;
            }
        }
        known.reply = ReplyState::Owed { sequence: from.sequence, port: from.ghost };
    }

    /// Replies to a request with `head` and up to one packet of `data` in a block.
    pub(crate) fn answer_request(&mut self, index: u16, contents: &Contents) {
        let Message { party, entry, .. } = *self.pool.message(index);
        if self.reply(entry, party, contents) == Err(CallError::Busy) {
            // No room to keep the data: the requester gets the error instead, which needs none.
            let busy = crate::operation::Answer::new(Err(CallError::Busy)).head();
            let _ = self.reply(entry, party, &Contents::of(busy));
        }
        self.pool.free(index);
    }

    /// Sends the reply behind a handle of `slot`.
    pub(crate) fn reply_by_handle(
        &mut self,
        slot: Slot,
        handle: u16,
        contents: &Contents,
    ) -> Result<(), CallError> {
        let references = &mut self.caller(slot).references;
        let reply = *references.reply_mut(handle).ok_or(CallError::WrongReferenceType)?;
        self.reply(reply.entry, reply.party, contents)?;
        self.drop_handle(slot, handle);
        Ok(())
    }

    /// Takes a reply handle, and what was kept of its message, away.
    pub(crate) fn drop_handle(&mut self, slot: Slot, handle: u16) {
        if let Some(Reference::Reply(reply)) = self.caller(slot).references.remove(handle)
            && let Some(message) = reply.message
        {
            self.release_message(slot, message);
        }
    }

    /// Whether somebody still waits for the reply behind a handle.
    pub(crate) fn is_owed(&mut self, handle: &ReplyHandle) -> bool {
        let Party { ghost, source, sequence } = handle.party;
        let is_up = matches!(self.bus.peer(ghost.node()), PeerState::Up(_));
        let known = self.sources.about(handle.entry, source, sequence);
        is_up && known.is_some_and(|known| known.fate == Fate::Owed)
    }

    /// The grant that keeps the data of a reply, if it waits in entry `entry`.
    pub(crate) fn kept_grant(&self, entry: u16) -> Option<Granted> {
        let source = self.sources.entry(entry);
        if source.fate == Fate::Replied { source.kept.granted } else { None }
    }
}
