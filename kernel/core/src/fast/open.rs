//! Opening lines: what must hold for messages to go the short way is made sure of, from the
//! ordinary tables. Nothing of this is done for each message.

use abi::constants::{ChannelType, EventType};
use abi::ids::{RefId, UserAddr};
use abi::message::{Header, KernelPort, Kind, PortType};

use super::lines::{Doing, ELSEWHERE, Line, Seat, Spot};
use crate::config::FastPaths;
use crate::delivery::send::header;
use crate::exchange::Phase;
use crate::incarnation::{Blocked, Condition, Frozen};
use crate::letter::Overwrite;
use crate::platform::{Memory, Platform, Slot};
use crate::pool::Party;
use crate::ports::Target;
use crate::reference::{Reference, ReplyHandle};
use crate::sources::{Fate, Source};
use crate::state::State;
use crate::stream::Stream;

impl<P: Platform> State<P> {
    /// Whether everything goes the ordinary way: the trace records it there.
    #[inline]
    pub(super) fn is_slow(&self) -> bool {
        self.config.fast_paths == FastPaths::Unused || self.trace.is_busy()
    }

    /// The line that `slot` names `raw`, opened if need be, for a message at `message`.
    #[cold]
    pub(super) fn line_named(&mut self, slot: Slot, raw: u32, message: UserAddr) -> Option<u8> {
        if self.is_slow() {
            return None;
        }
        if let Some(index) = self.lines.find_named(slot, raw) {
            return Some(index);
        }
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let ghost = incarnation.ghost;
        let (index, stream) = incarnation.references.stream_named(raw)?;
        if stream.hint == 0
            || stream.channel_type != ChannelType::Unicast
            || stream.frozen == Frozen::Yes
        {
            return None;
        }
        let stream = *stream;
        self.memory.place(slot, message)?;
        self.take_seat(slot)?;
        let line = if stream.port.node() == self.node {
            self.line_within(slot, &stream)?
        } else {
            (*self.peers.get(stream.port.node().index())?)?;
            Line { sequence: stream.sequence, ..Line::closed() }
        };
        let (source, to, to_id) = (stream.id.bits(), stream.port, stream.channel.bits());
        let hint = stream.hint;
        let party = Party { ghost, source, sequence: 0 };
        let header = plain_header(Kind::Invoke, (to, PortType::Channel), (to_id, hint), party);
        let line = Line {
            client: slot,
            raw,
            stream: index,
            source,
            opened_at: line.sequence,
            to,
            to_id,
            hint,
            ghost,
            header,
            ..line
        };
        self.keep_line(line)
    }

    /// What is to be said of the server of a line within this node.
    fn line_within(&mut self, slot: Slot, stream: &Stream) -> Option<Line> {
        let (server, port) =
            self.server_at(stream.port, stream.channel.bits(), stream.id.bits())?;
        let entry = self.sources.about_source(stream.hint, stream.id.bits(), stream.port)?;
        let is_next = stream.sequence.wrapping_sub(entry.sequence) as i32 >= 0;
        if server == slot || entry.fate != Fate::Settled || !is_next {
            return None;
        }
        let handle = self.reserve_handle(server)?;
        Some(Line { server, port, sequence: stream.sequence, handle, ..Line::closed() })
    }

    /// Opens the line that a packet with this header comes by.
    #[cold]
    pub(super) fn line_from(&mut self, header: &Header) -> Option<u8> {
        let (to, to_id, hint) = (header.to(), header.to_id.get(), header.hint.get());
        let source = header.source.get();
        if self.is_slow() || to.node() != self.node || header.from().node() == self.node {
            return None;
        }
        if let Some(index) = self.lines.find_incoming(hint, to, source) {
            return Some(index);
        }
        let (server, port) = self.server_at(to, to_id, source)?;
        let entry = self.sources.about_source(hint, source, to)?;
        let Source { fate, kept, sequence, touched, .. } = *entry;
        let has_more = kept.total > 0 || kept.message.is_some() || kept.granted.is_some();
        let is_plain = !has_more && kept.overwrite == Overwrite::Yes;
        let is_kept = match fate {
            Fate::Settled => false,
            Fate::Replied if is_plain => true,
            _ => return None,
        };
        let kept = kept.head;
        let handle = self.reserve_handle(server)?;
        self.prepare_to_keep(server);
        if is_kept {
            self.sources.settle(hint);
        }
        let from = Party { ghost: to, source, sequence: 0 };
        let back = (header.from(), PortType::Ghost);
        let line = Line {
            server,
            port,
            source,
            sequence,
            opened_at: sequence,
            to,
            to_id,
            hint,
            ghost: header.from(),
            handle,
            is_kept,
            kept,
            touched,
            header: plain_header(Kind::Reply, back, (to_id, hint), from),
            ..Line::closed()
        };
        self.keep_line(line)
    }

    /// Keeps a line; if there are too many, all are closed, and it is opened when it is needed
    /// next.
    fn keep_line(&mut self, line: Line) -> Option<u8> {
        let index = self.lines.open(line);
        match index {
            Some(index) if line.client != ELSEWHERE => self.lines.seat(line.client).line = index,
            Some(_) => {}
            None => {
                self.write_back(&line);
                self.disturb();
            }
        }
        index
    }

    /// Who receives from `source` at the kernel port `to`, of channel `id`, and the entry of his
    /// references; his seat is taken.
    fn server_at(&mut self, to: KernelPort, id: u64, source: u64) -> Option<(Slot, u16)> {
        let Target::Port { slot, reference } = self.ports.target(to, id)? else { return None };
        if self.has_handler(slot, reference) || self.is_held_back(slot, reference, source) {
            return None;
        }
        // Whoever does something else would have the line closed at once.
        if self.lines.seat(slot).doing == Doing::Unknown {
            let incarnation = self.incarnation(slot)?;
            if !matches!(incarnation.blocked, Blocked::Receive(_)) {
                return None;
            }
            self.take_seat(slot)?;
        }
        Some((slot, reference))
    }

    /// Whether messages at a port of `slot` are to interrupt it: what comes by a line is in no
    /// queue.
    fn has_handler(&self, slot: Slot, port: u16) -> bool {
        let incarnation = self.incarnation(slot);
        incarnation.is_some_and(|inc| inc.interrupts.handles(port, EventType::PortHasMessage))
    }

    /// Takes an entry of the references of `slot` for the right to reply on a line.
    fn reserve_handle(&mut self, slot: Slot) -> Option<RefId> {
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let party = Party { ghost: KernelPort::NONE, source: 0, sequence: 0 };
        let handle = ReplyHandle { party, entry: 0, capacity: 0, message: None };
        incarnation.references.insert(Reference::Reply(handle)).ok()
    }

    /// Takes the seat of `slot`, if what it does can be done the short way.
    pub(super) fn take_seat(&mut self, slot: Slot) -> Option<()> {
        if self.lines.seat(slot).doing != Doing::Unknown {
            return Some(());
        }
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let may_run =
            incarnation.condition == Condition::Executing && incarnation.frozen == Frozen::No;
        let waits_so = incarnation.deadline.is_none() && incarnation.exchange.phase == Phase::Idle;
        if !may_run || !waits_so || incarnation.interrupts.are_due() {
            return None;
        }
        let seat = Seat { priority: incarnation.priority, ..Seat::empty(P::Memory::NOWHERE) };
        let seat = match &incarnation.blocked {
            Blocked::No => Seat { doing: Doing::Running, ..seat },
            Blocked::Receive(receive) if receive.selector == 0 => Seat {
                doing: Doing::Receiving(receive.invoker),
                port_name: incarnation.references.id(receive.port)?.get(),
                port: receive.port,
                room: receive.room,
                received: Spot {
                    at: receive.message,
                    place: self.memory.place(slot, receive.message)?,
                },
                ..seat
            },
            _ => return None,
        };
        self.lines.take(slot, seat);
        Some(())
    }

    /// Has `slot` receive the short way at the port that it names `raw`.
    #[cold]
    pub(super) fn take_port(&mut self, slot: Slot, raw: u32) -> Option<()> {
        if self.is_slow() {
            return None;
        }
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (index, port) = incarnation.references.port_named(raw)?;
        if port.queue.len() > 0 || self.has_handler(slot, index) {
            return None;
        }
        self.take_seat(slot)?;
        let seat = self.lines.seat(slot);
        seat.port_name = raw;
        seat.port = index;
        Some(())
    }
}

/// The header of a packet that is a message with a header and nothing else.
fn plain_header(
    kind: Kind,
    (to, to_type): (KernelPort, PortType),
    (to_id, hint): (u64, u16),
    from: Party,
) -> Header {
    let mut header = header(kind, to, to_type, to_id, from);
    header.hint.set(hint);
    header.length.set(super::plain::PLAIN_BYTES as u16);
    header
}
