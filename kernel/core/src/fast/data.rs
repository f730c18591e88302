//! Messages with a header and data that fits a packet, between two nodes. The data of an
//! invocation is kept until it is replied to, in case it is forwarded (B.4.1): that of one
//! invocation at a time.

use abi::ids::UserAddr;
use abi::message::{Flags, INLINE_DATA, Kind};
use abi::structs::Msg;
use zerocopy::FromBytes;

use super::Fast;
use super::lines::{Line, Lines};
use super::packet::{Desk, Then};
use super::plain::{PLAIN_BYTES, Plain, is_without_reference, receive, write_header};
use super::send::Place;
use crate::platform::{Bell, Bus, Memory, Platform, Slot, UserRange};
use crate::pool::Message;
use crate::quota::Holder;
use crate::state::State;

/// The data of an invocation that has not been replied to.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Kept {
    /// The block that it is in, or would be.
    block: Option<u16>,
    /// The line by which it has come, and the number of its message.
    line: u8,
    sequence: u32,
    length: u32,
}

impl<Place: Copy> Lines<Place> {
    /// Whether the data of the last message of a line is what is kept.
    fn is_kept_of(&self, line: &Line) -> bool {
        let kept = &self.kept;
        let of = &self.table[usize::from(kept.line) % super::lines::LINES];
        line.owed && of.source == line.source && kept.length > 0 && kept.sequence == line.sequence
    }
}

impl<P: Platform> State<P> {
    /// Sends a message with data, from an incarnation to another node.
    #[inline(never)]
    pub(super) fn post_with_data(
        &mut self,
        slot: Slot,
        kind: Kind,
        index: u8,
        from: Place<P>,
    ) -> Option<Fast> {
        let outline = |message: &mut Msg| {
            let (base, length) = (UserAddr(message.m_base.get()), message.m_cnt.get());
            let is_fit = is_without_reference(message, kind) && length as usize <= INLINE_DATA;
            is_fit.then_some((message.m_head, UserRange { base, length }))
        };
        let (head, data) = self.memory.edit(from, outline)??;
        let line = self.lines.line(index);
        let sequence = line.sequence.wrapping_add(1);
        let bytes = PLAIN_BYTES + data.length as usize;
        let memory = &mut self.memory;
        let bell = if kind == Kind::Dgram { Bell::Late } else { Bell::Soon };
        let posted = self.bus.post(line.to.node(), bytes, bell, |packet| {
            let Ok((plain, tail)) = Plain::mut_from_prefix(packet) else { return false };
            write_header(plain, &line.header, kind, sequence, &head);
            plain.header.length.set(bytes as u16);
            plain.body.total.set(data.length);
            memory.copy_in(slot, data.base, tail).is_ok()
        });
        (posted == Ok(true)).then(|| self.posted(slot, kind, index, sequence))
    }

    /// A line to `slot` is opened: prepares to keep the data of an invocation.
    pub(super) fn prepare_to_keep(&mut self, slot: Slot) {
        let has_none = self.lines.kept.block.is_none() && self.pool.free_share().blocks > 0;
        if has_none && self.has_room(Holder::Receiver(slot), true) {
            self.lines.kept = Kept { block: self.pool.take_block(), ..Kept::default() };
        }
    }

    /// What was kept of the last message of a line that is closed, as a message of the pool.
    pub(super) fn hand_over_kept(&mut self, line: &Line) -> Option<u16> {
        if !self.lines.is_kept_of(line) {
            return None;
        }
        let block = self.lines.kept.block?;
        let message = Message {
            total: self.lines.kept.length,
            block: Some(block),
            ..Message::of_invocation(line.party(), line.to.index() as u16, line.hint)
        };
        let index = self.pool.insert(message)?;
        self.lines.kept.block = None;
        self.hold(line.server, &message);
        Some(index)
    }

    /// All lines are closed: gives back the block that nothing is kept in.
    pub(super) fn keep_nothing(&mut self) {
        if let Some(block) = core::mem::take(&mut self.lines.kept).block {
            self.pool.free_block(block);
        }
    }
}

impl<P: Platform> Desk<'_, P> {
    /// A message with data, for a port of this node whose owner waits for it.
    #[inline(never)]
    pub(super) fn take_with_data(self, packet: &[u8]) -> Option<Then> {
        let (Plain { header, body }, data) = Plain::ref_from_prefix(packet).ok()?;
        let kind = Kind::from_number(header.kind)?;
        let is_message = matches!(kind, Kind::Invoke | Kind::Send | Kind::Dgram);
        let is_whole = usize::from(header.length.get()) == packet.len()
            && body.total.get() as usize == data.len()
            && data.len() <= INLINE_DATA;
        if !is_message || !is_whole || header.flags != Flags::NONE.0 || body.capacity.get() != 0 {
            return None;
        }
        let index = self.find_line(header)?;
        let kept = &self.lines.kept;
        let of = &self.lines.table[usize::from(kept.line) % super::lines::LINES];
        let is_in_use = self.lines.is_kept_of(of);
        let server = self.ready_server(index, kind)?;
        let (receiver, room, place) = server;
        if (room.length as usize) < data.len() {
            return None;
        }
        if kind == Kind::Invoke {
            let block = self.lines.kept.block.filter(|_| !is_in_use)?;
            self.pool.data_mut(block, data.len()).copy_from_slice(data);
        }
        self.memory.copy_out(receiver, room.base, data).ok()?;
        self.memory.edit(place, |message| {
            receive(message, &body.head);
            message.m_cnt.set(data.len() as u32);
        })?;
        let sequence = header.sequence.get();
        if kind == Kind::Invoke {
            let block = self.lines.kept.block;
            self.lines.kept = Kept { block, line: index, sequence, length: data.len() as u32 };
        }
        Some(self.delivered(index, kind, sequence))
    }
}
