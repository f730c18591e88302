//! Packets from other nodes: taken out of the rings in place, told apart by their kind, and
//! dropped if they make no sense. A packet is an allegation too: no field of it is trusted to
//! be in range.

use abi::ids::NodeId;
use abi::message::{Flags, Header, KernelPort, Kind, PortType};
use zerocopy::FromBytes;

use crate::delivery::locate::Whereabouts;
use crate::letter::Letter;
use crate::platform::{Bus, Platform, Took};
use crate::pool::Party;
use crate::state::State;

/// Packets that are taken in one go before somebody else has a turn.
const BATCH: usize = 64;

/// Why a packet was dropped, as the trace says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Dropped {
    /// It is not a kernel message, or contradicts itself.
    Malformed = 1,
}

/// Whether all packets were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// The rings are empty, or are looked at again before the node goes on.
    All,
    /// There are more.
    Some,
}

impl<P: Platform> State<P> {
    /// Takes what has arrived from other nodes, up to a bound.
    pub(crate) fn drain(&mut self) -> Drained {
        for _ in 0..BATCH {
            if let Some(change) = self.bus.next_change() {
                self.disturb();
                self.peer_changed(change);
                continue;
            }
            match self.take_plain() {
                Took::Message { more: true } => continue,
                Took::Message { more: false } | Took::Nothing => return Drained::All,
                Took::Left => {}
            }
            let Some(node) = self.bus.poll() else {
                let Some(change) = self.bus.next_change() else { return Drained::All };
                self.disturb();
                self.peer_changed(change);
                continue;
            };
            self.packet(node);
            self.bus.advance(node);
            if !self.bus.has_more(node) {
                return Drained::All;
            }
        }
        Drained::Some
    }

    /// Takes packets from other nodes the short way, when nobody can run; false if something
    /// has come that cannot be taken so, or there is too much of it.
    #[inline]
    pub(crate) fn drain_idle(&mut self) -> bool {
        match self.take_by_line() {
            Took::Message { more: false } => {
                // At most one can run now, who waits for nobody.
                self.keep_load();
                true
            }
            took => self.drain_more(took),
        }
    }

    /// The same before user code runs, which rarely finds something.
    #[cold]
    #[inline(never)]
    pub(crate) fn drain_first(&mut self) -> bool {
        match self.take_by_line() {
            Took::Message { more: false } => {
                self.keep_time();
                true
            }
            took => self.drain_more(took),
        }
    }

    /// The same after `took`.
    #[cold]
    #[inline(never)]
    fn drain_more(&mut self, took: Took) -> bool {
        let is_all = self.drain_from(took);
        self.keep_time();
        is_all
    }

    fn drain_from(&mut self, mut took: Took) -> bool {
        let mut left = BATCH;
        loop {
            match took {
                Took::Message { more: true } if left > 0 => left -= 1,
                Took::Message { more } => return !more,
                Took::Nothing => return true,
                Took::Left if self.open_for_first().is_none() => return false,
                Took::Left => {}
            }
            took = self.take_by_line();
        }
    }

    /// Handles the first packet in the ring from `node`.
    fn packet(&mut self, node: NodeId) {
        self.disturb();
        let Some(packet) = self.bus.peek(node) else { return };
        let parsed = Header::ref_from_prefix(packet).ok();
        let known = parsed.and_then(|(header, _)| Some((*header, Kind::from_number(header.kind)?)));
        let Some((header, kind)) = known else {
            return self.trace_dropped(node, 0, Dropped::Malformed);
        };
        self.trace_received(node, &header);
        match kind {
            Kind::Invoke | Kind::Send | Kind::AsInvoke | Kind::Dgram | Kind::Reply => {
                self.letter_from(node, kind, &header);
            }
            Kind::Probe => self.probe_from(&header),
            Kind::Acknowledge => {
                let (source, sequence) = (header.source.get(), header.sequence.get());
                self.acknowledged(header.to().index() as u16, source, sequence);
                self.hear_of_transit(source, sequence, header.hint.get());
            }
            Kind::Locate => self.locate_from(&header),
            _ => {
                let party = Party { ghost: header.to(), ..party(&header) };
                self.hear(kind, party, header.hint.get(), header.from(), header.to_id.get());
            }
        }
    }

    fn letter_from(&mut self, node: NodeId, kind: Kind, header: &Header) {
        let packet = self.bus.peek(node).unwrap_or_default();
        let Some(mut letter) = Letter::from_packet(node, kind, header, packet) else {
            return self.trace_dropped(node, header.kind, Dropped::Malformed);
        };
        if kind == Kind::Reply {
            return self.take_reply(&letter);
        }
        self.resolve(&mut letter);
        let verdict = self.arrive(&letter);
        if kind != Kind::Dgram {
            self.tell(verdict, letter.from, letter.to);
        }
    }

    fn probe_from(&mut self, header: &Header) {
        let (port, party) = (header.to(), party(header));
        let id = header.to_id.get();
        if header.flags().has(Flags::GRANT) {
            return self.answer_still_needed(port, id, party);
        }
        let verdict = self.probed(port, id, party.source, party.sequence);
        self.tell(verdict, party, port);
    }

    fn locate_from(&mut self, header: &Header) {
        let Some(port_type) = PortType::from_number(header.to_type) else { return };
        let (id, party, search) = (header.to_id.get(), party(header), header.hint.get());
        match self.whereabouts(port_type, id, party) {
            Whereabouts::Here(port) => self.say_from(Kind::Here, party, 0, port, id),
            Whereabouts::Moving => self.say(Kind::Busy, party, 0),
            Whereabouts::Absent if search != 0 => {
                self.stand_back(port_type, id, party.source);
                let here = KernelPort::somewhere(self.node);
                let gone = self.redirects.gone(id).into();
                self.say_from(Kind::NotHere, party, search, here, gone);
            }
            Whereabouts::Absent | Whereabouts::Unknown => {}
        }
    }
}

/// Who is to be answered about a message with this header.
fn party(header: &Header) -> Party {
    Party { ghost: header.from(), source: header.source.get(), sequence: header.sequence.get() }
}
