//! Packets: messages for receivers who wait, and answers for senders who do.

use abi::message::{Flags, Header, Kind, PortType};
use zerocopy::{FromBytes, transmute_ref};

use super::lines::{Doing, ELSEWHERE, LINES, Line, Lines};
use super::plain::{PLAIN_BYTES, Plain, copy_header, read, receive, replace};
use super::send::{Place, RECEIVED};
use crate::platform::{Bell, Bus, Machine, Memory, Platform, Slot, Took, UserRange};
use crate::pool::Pool;
use crate::ports::ghosts_slot;
use crate::sched::Scheduler;
use crate::state::State;
use crate::ticks::Tick;

/// What is to be done when a packet is taken.
pub(super) enum Then {
    Nothing,
    /// To acknowledge the message that has come by this line.
    Accept(u8),
}

impl<P: Platform> State<P> {
    /// Takes the next packet if that can be done fast.
    pub(crate) fn take_plain(&mut self) -> Took {
        match self.take_by_line() {
            Took::Left if self.open_for_first().is_some() => self.take_by_line(),
            took => took,
        }
    }

    /// The same, if its line is open.
    #[inline(never)]
    pub(crate) fn take_by_line(&mut self) -> Took {
        let State { bus, lines, memory, pool, machine, sched, ticker, .. } = self;
        let mut then = None;
        let took = bus.take(|packet| {
            let desk = Desk::<P> { lines, memory, pool, machine, sched, now: ticker.now };
            then = desk.take(packet);
            then.is_some()
        });
        if let Some(Then::Accept(index)) = then {
            self.accept(index);
        }
        took
    }

    /// Opens the line for the first packet, if it is a message that could come by one.
    #[cold]
    #[inline(never)]
    pub(crate) fn open_for_first(&mut self) -> Option<()> {
        let node = self.bus.poll()?;
        let (&header, _) = Header::ref_from_prefix(self.bus.peek(node)?).ok()?;
        let kind = Kind::from_number(header.kind)?;
        let is_message = matches!(kind, Kind::Invoke | Kind::Send | Kind::Dgram);
        let is_plain = header.to_type == PortType::Channel as u8 && header.flags == Flags::NONE.0;
        if !is_message || !is_plain {
            return None;
        }
        let (hint, to, source) = (header.hint.get(), header.to(), header.source.get());
        if self.lines.incoming(hint, to, source).is_some() {
            // It is open, and not what keeps the packet from being taken.
            return None;
        }
        self.line_from(&header)?;
        Some(())
    }

    /// Acknowledges the message that has come by a line.
    fn accept(&mut self, index: u8) {
        const BYTES: usize = size_of::<Header>();
        let line = self.lines.line(index);
        let node = line.ghost.node();
        let write = |packet: &mut [u8]| {
            let Ok(header) = Header::mut_from_bytes(packet) else { return false };
            copy_header(header, &line.header);
            header.kind = Kind::Accepted as u8;
            header.length.set(BYTES as u16);
            header.to_id.set(line.source);
            header.sequence.set(line.sequence);
            true
        };
        if self.bus.post(node, BYTES, Bell::Soon, write) == Ok(true) {
            return;
        }
        // It may have been refused only because something else is to be shown first. If there
        // is no room the sender asks again.
        if let Ok(packet) = self.bus.reserve(node, BYTES)
            && write(packet)
        {
            self.bus.commit(node, BYTES);
        }
    }
}

/// What the short way takes a packet with.
pub(super) struct Desk<'s, P: Platform> {
    pub(super) lines: &'s mut Lines<Place<P>>,
    pub(super) memory: &'s mut P::Memory,
    pub(super) pool: &'s mut Pool,
    machine: &'s mut P::Machine,
    sched: &'s mut Scheduler,
    now: Tick,
}

impl<P: Platform> Desk<'_, P> {
    #[inline(always)]
    fn take(self, packet: &[u8]) -> Option<Then> {
        // Kind, flags and length at once.
        const INVOKE: u32 = first_word(Kind::Invoke);
        const REPLY: u32 = first_word(Kind::Reply);
        let Ok(exact) = <&[u8; PLAIN_BYTES]>::try_from(packet) else {
            return self.apart(packet);
        };
        let plain: &Plain = transmute_ref!(exact);
        match u32::from_be_bytes([exact[0], exact[1], exact[2], exact[3]]) {
            INVOKE if plain.body.is_empty() => self.take_message(Kind::Invoke, plain),
            REPLY if plain.body.is_empty() => self.hear_reply(plain),
            _ => self.apart(packet),
        }
    }

    /// What is not an invocation's. It is handed on in parts, or it would lie in memory for the
    /// others, too.
    #[inline(always)]
    fn apart(self, packet: &[u8]) -> Option<Then> {
        let Self { lines, memory, pool, machine, sched, now } = self;
        take_other::<P>(lines, memory, pool, machine, sched, now, packet)
    }

    /// A message for a port of this node, whose owner waits for it or will soon.
    #[inline(always)]
    fn take_message(self, kind: Kind, Plain { header, body }: &Plain) -> Option<Then> {
        let index = self.find_line(header)?;
        let sequence = header.sequence.get();
        let Some((_, _, place)) = self.ready_server(index, kind) else {
            let may_wait = kind != Kind::Send && self.is_busy_server(index);
            let is_kept = may_wait && self.lines.waiting.keep(index, kind, sequence, &body.head);
            return is_kept.then_some(Then::Nothing);
        };
        self.memory.edit(place, |message| receive(message, &body.head))?;
        Some(self.delivered(index, kind, sequence))
    }

    /// The line of a message with this header, whose server may have it next.
    #[inline(always)]
    pub(super) fn find_line(&self, header: &Header) -> Option<u8> {
        let (hint, to, source) = (header.hint.get(), header.to(), header.source.get());
        let index = self.lines.incoming(hint, to, source)?;
        let line = &self.lines.table[usize::from(index) % LINES];
        let is_next = header.sequence.get().wrapping_sub(line.sequence) as i32 > 0;
        let is_to_port = header.to_type == PortType::Channel as u8;
        let is_to_channel = is_to_port && header.to_id.get() == line.to_id;
        // A forged packet can name what a closed line is left with.
        let is_open = line.server != ELSEWHERE;
        let may_come = is_open && is_next && !line.owed;
        (may_come && is_to_channel && header.from() == line.ghost).then_some(index)
    }

    /// The server of a line, if he waits for a message of this kind there; with his room for
    /// data, and where his message lies.
    #[inline(always)]
    pub(super) fn ready_server(
        &self,
        index: u8,
        kind: Kind,
    ) -> Option<(Slot, UserRange, Place<P>)> {
        let line = &self.lines.table[usize::from(index) % LINES];
        let server = &self.lines.seats[line.server.bounded()];
        if !server.is_ready(kind) || server.port != line.port {
            return None;
        }
        Some((line.server, server.room, server.received.place))
    }

    /// Whether the server of a line does something else, and has received there last.
    fn is_busy_server(&self, index: u8) -> bool {
        let line = &self.lines.table[usize::from(index) % LINES];
        let server = &self.lines.seats[line.server.bounded()];
        !server.is_receiving() && server.port == line.port
    }

    /// The message is in the memory of the server of its line.
    #[inline(always)]
    pub(super) fn delivered(self, index: u8, kind: Kind, sequence: u32) -> Then {
        let Lines { table, seats, .. } = self.lines;
        let line = &mut table[usize::from(index) % LINES];
        let receiver = line.server;
        let server = &mut seats[receiver.bounded()];
        server.doing = Doing::Running;
        server.served = index;
        line.sequence = sequence;
        line.touched = self.now;
        line.is_kept = false;
        let mut result = RECEIVED;
        if kind == Kind::Invoke {
            line.owed = true;
            result = line.handle.get() as i32;
        }
        self.machine.set_result(receiver, result);
        self.sched.start(receiver, server.priority);
        if kind == Kind::Send { Then::Accept(index) } else { Then::Nothing }
    }

    /// A reply for who waits for it.
    #[inline(always)]
    fn hear_reply(self, Plain { header, body }: &Plain) -> Option<Then> {
        let slot = ghosts_slot(header.to());
        let Lines { table, seats, .. } = self.lines;
        let client = &mut seats[slot.bounded()];
        let line = &mut table[usize::from(client.line) % LINES];
        if client.doing != Doing::Invoking || !is_about(header, line) {
            return None;
        }
        self.memory.edit(client.sent.place, |message| replace(message, &body.head))?;
        line.replied = Some(line.sequence);
        client.doing = Doing::Running;
        self.machine.set_result(slot, 0);
        self.sched.start(slot, client.priority);
        Some(Then::Nothing)
    }

    /// An acknowledgement for who waits for it.
    #[inline(always)]
    fn hear_acceptance(self, packet: &[u8]) -> Option<Then> {
        let header = Header::ref_from_bytes(packet).ok()?;
        let slot = ghosts_slot(header.to());
        let Lines { table, seats, .. } = self.lines;
        let client = &mut seats[slot.bounded()];
        let line = &mut table[usize::from(client.line) % LINES];
        if client.doing != Doing::Sending || !is_about(header, line) {
            return None;
        }
        client.doing = Doing::Running;
        self.machine.set_result(slot, 0);
        self.sched.start(slot, client.priority);
        Some(Then::Nothing)
    }
}

/// As [`State::fast_other`].
#[inline(never)]
fn take_other<P: Platform>(
    lines: &mut Lines<Place<P>>,
    memory: &mut P::Memory,
    pool: &mut Pool,
    machine: &mut P::Machine,
    sched: &mut Scheduler,
    now: Tick,
    packet: &[u8],
) -> Option<Then> {
    const SEND: u8 = Kind::Send as u8;
    const DGRAM: u8 = Kind::Dgram as u8;
    const ACCEPTED: u8 = Kind::Accepted as u8;
    let desk = Desk::<P> { lines, memory, pool, machine, sched, now };
    match (*packet.first()?, read(packet)) {
        (SEND, Some(plain)) => desk.take_message(Kind::Send, plain),
        (DGRAM, Some(plain)) => desk.take_message(Kind::Dgram, plain),
        (ACCEPTED, _) => desk.hear_acceptance(packet),
        _ => desk.take_with_data(packet),
    }
}

/// The first four bytes of a packet of this kind with a header and nothing else.
const fn first_word(kind: Kind) -> u32 {
    (kind as u32) << 24 | PLAIN_BYTES as u32
}

/// Whether a packet is one to the client of a line, from its port and about its last message.
#[inline(always)]
fn is_about(header: &Header, line: &Line) -> bool {
    header.sequence.get() == line.sequence
        && header.to() == line.ghost
        && header.source.get() == line.source
        && header.to_type == PortType::Ghost as u8
        && header.from() == line.to
        && header.hint.get() == line.hint
}
