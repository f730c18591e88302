//! Lines: streams in use the short way, with all that their messages need at hand.
//!
//! A line is opened when a message is to go the short way ([`super::open`]): whatever has to
//! hold for that is made sure of once, from the ordinary tables, and what then changes from
//! message to message is kept in the line and in the seats of the incarnations at its ends.
//! Whatever else is about to look at the node's state or to change it closes all lines first
//! ([`State::disturb`]), which writes that back ([`super::close`]). So nothing here can
//! become stale, and nobody else need know of it.
//!
//! [`State::disturb`]: crate::state::State::disturb

use abi::ids::{Priority, RefId, UserAddr};
use abi::message::{Header, KernelPort, Kind, PortType};

use super::data::Kept;
use super::plain::Head;
use super::waiting::Waiting;
use crate::config::INCARNATIONS_MAX;
use crate::delivery::send::header;
use crate::incarnation::Invoker;
use crate::node::NOBODY;
use crate::platform::{Slot, UserRange};
use crate::pool::Party;
use crate::ticks::Tick;

/// Lines that can be open at a time, a power of two; when one more is needed all are closed.
pub(super) const LINES: usize = 32;

/// A line that is never opened.
const NO_LINE: u8 = LINES as u8 - 1;

/// No reference has this name.
const NO_NAME: u32 = u32::MAX;

/// A slot of another node, or of nobody.
pub(super) const ELSEWHERE: Slot = NOBODY;

/// A stream that leads from here or to here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Whose stream it is, if he is here.
    pub client: Slot,
    /// His name of it, and its index.
    pub raw: u32,
    pub stream: u16,
    /// Whose port it leads to, if he is here.
    pub server: Slot,
    /// The port, an entry of his references.
    pub port: u16,
    /// The stream's identity.
    pub source: u64,
    /// The number of its last message, and what that was when the line was opened.
    pub sequence: u32,
    pub opened_at: u32,
    /// The kernel port that it leads to, and its identity.
    pub to: KernelPort,
    pub to_id: u64,
    /// Where that remembers the stream.
    pub hint: u16,
    /// The ghost of whose stream it is.
    pub ghost: KernelPort,
    /// When the last message went or came.
    pub touched: Tick,
    /// Whether the server owes a reply to it.
    pub owed: bool,
    /// How he names, or will name, the right to reply: an entry of his references is taken.
    pub handle: RefId,
    /// Whether the reply to the last message is kept, until the client elsewhere is known to
    /// have it; and the reply.
    pub is_kept: bool,
    pub kept: Head,
    /// Number of the last message that a server elsewhere has replied to.
    pub replied: Option<u32>,
    /// The head of packets that go to the other node.
    pub header: Header,
}

impl Line {
    /// No line: nobody's, to nobody.
    pub(super) fn closed() -> Self {
        let nobody = Party { ghost: KernelPort::NONE, source: 0, sequence: 0 };
        Self {
            client: ELSEWHERE,
            raw: NO_NAME,
            stream: 0,
            server: ELSEWHERE,
            port: 0,
            source: 0,
            sequence: 0,
            opened_at: 0,
            to: KernelPort::NONE,
            to_id: 0,
            hint: 0,
            ghost: KernelPort::NONE,
            touched: Tick(0),
            owed: false,
            handle: RefId::FIRST,
            is_kept: false,
            kept: Head::default(),
            replied: None,
            header: header(Kind::Reply, KernelPort::NONE, PortType::Ghost, 0, nobody),
        }
    }

    /// Its source, as of its last message.
    #[inline]
    pub(super) fn party(&self) -> Party {
        Party { ghost: self.ghost, source: self.source, sequence: self.sequence }
    }
}

/// What an incarnation at the end of a line does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    /// It is not at a line.
    Unknown,
    /// It runs, or could run.
    Running,
    /// It waits for any message at its port, for as long as it takes; with what becomes of an
    /// invoker.
    Receiving(Invoker),
    /// It waits for a reply.
    Invoking,
    /// It waits for an acknowledgement.
    Sending,
}

/// A message structure of user code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<Place> {
    /// Its address.
    pub at: UserAddr,
    /// Where it lies.
    pub place: Place,
}

impl<Place: Copy> Spot<Place> {
    /// Where the structure at `at` lies, if it is this one.
    #[inline(always)]
    pub(super) fn place_of(&self, at: UserAddr) -> Option<Place> {
        (self.at == at).then_some(self.place)
    }
}

/// An incarnation at the end of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat<Place> {
    pub doing: Doing,
    pub priority: Priority,
    /// The line that it has sent on last, and the one that it has last received an invocation
    /// from: lines of its own.
    pub line: u8,
    pub served: u8,
    /// The port that it receives at, whose queue is empty: its name, if there is one, and the
    /// entry of its references.
    pub port_name: u32,
    pub port: u16,
    /// The last message that it has sent, and the last one that it has received or wants to.
    pub sent: Spot<Place>,
    pub received: Spot<Place>,
    /// Where it last wanted data; it may write there.
    pub room: UserRange,
}

impl<Place: Copy> Seat<Place> {
    /// Nobody's, whose messages are `nowhere`.
    pub(super) fn empty(nowhere: Place) -> Self {
        let spot = Spot { at: UserAddr(0), place: nowhere };
        Self {
            doing: Doing::Unknown,
            priority: Priority::NORMAL,
            line: NO_LINE,
            served: NO_LINE,
            port_name: NO_NAME,
            port: u16::MAX,
            sent: spot,
            received: spot,
            room: UserRange { base: UserAddr(0), length: 0 },
        }
    }

    /// Whether it waits for a message.
    pub(super) fn is_receiving(&self) -> bool {
        matches!(self.doing, Doing::Receiving(_))
    }

    /// Whether it can take a message of this kind at its port.
    #[inline(always)]
    pub(super) fn is_ready(&self, kind: Kind) -> bool {
        match self.doing {
            Doing::Receiving(Invoker::Waits) => true,
            Doing::Receiving(_) => kind != Kind::Invoke,
            _ => false,
        }
    }
}

/// All lines of a node, and a seat for each slot.
#[derive(Debug)]
pub struct Lines<Place> {
    pub(super) table: [Line; LINES],
    /// Bit `i` is set when line `i` is open.
    open: u32,
    pub(super) seats: [Seat<Place>; INCARNATIONS_MAX as usize],
    nowhere: Place,
    /// Bit `i` is set when the seat of slot `i` is taken.
    taken: u64,
    /// What has come by lines for receivers who were busy.
    pub(super) waiting: Waiting,
    /// The data of an invocation that is not replied to.
    pub(super) kept: Kept,
    /// For each end of a hint, the line to here that was opened last with such a one.
    by_hint: [u8; LINES],
}

impl<Place: Copy> Lines<Place> {
    /// No lines; `nowhere` is no place of a message structure.
    pub fn new(nowhere: Place) -> Self {
        Self {
            table: [Line::closed(); LINES],
            open: 0,
            seats: [Seat::empty(nowhere); INCARNATIONS_MAX as usize],
            nowhere,
            taken: 0,
            waiting: Waiting::new(),
            kept: Kept::default(),
            by_hint: [NO_LINE; LINES],
        }
    }

    /// Whether there is something to write back.
    #[inline]
    pub fn are_open(&self) -> bool {
        self.taken != 0
    }

    /// The seat of `slot`.
    #[inline(always)]
    pub(super) fn seat(&mut self, slot: Slot) -> &mut Seat<Place> {
        &mut self.seats[slot.bounded()]
    }

    /// The line at `index`, open or not.
    #[inline(always)]
    pub(super) fn line(&mut self, index: u8) -> &mut Line {
        &mut self.table[usize::from(index) % LINES]
    }
    /// The line that `slot` names `raw`, which becomes the one that it has sent on last.
    pub(super) fn find_named(&mut self, slot: Slot, raw: u32) -> Option<u8> {
        let is_it = |line: &Line| line.raw == raw && line.client == slot;
        let index = self.table.iter().position(is_it)? as u8;
        self.seat(slot).line = index;
        Some(index)
    }

    /// The line of the source with the identity `source` that the port at `to` remembers in
    /// entry `hint`.
    #[inline(always)]
    pub(super) fn incoming(&self, hint: u16, to: KernelPort, source: u64) -> Option<u8> {
        let index = self.by_hint[usize::from(hint) % LINES];
        let line = &self.table[usize::from(index) % LINES];
        let is_it = line.hint == hint && line.to == to && line.source == source;
        is_it.then_some(index)
    }

    /// The same, wherever it is; then it is found at once.
    pub(super) fn find_incoming(&mut self, hint: u16, to: KernelPort, source: u64) -> Option<u8> {
        let is_it = |line: &Line| {
            let is_hint = line.hint == hint && line.client == ELSEWHERE;
            is_hint && line.to == to && line.source == source
        };
        let index = self.table.iter().position(is_it)? as u8;
        self.by_hint[usize::from(hint) % LINES] = index;
        Some(index)
    }

    /// Opens a line; none if there are too many.
    pub(super) fn open(&mut self, line: Line) -> Option<u8> {
        let index = self.open.trailing_ones() as u8;
        if index == NO_LINE {
            return None;
        }
        *self.line(index) = line;
        self.open |= 1 << index;
        if line.client == ELSEWHERE {
            self.by_hint[usize::from(line.hint) % LINES] = index;
        }
        Some(index)
    }

    /// The first open line from `index` on.
    pub(super) fn open_from(&self, index: u8) -> Option<u8> {
        let open = self.open.checked_shr(u32::from(index)).filter(|open| *open != 0)?;
        Some(index + open.trailing_zeros() as u8)
    }

    /// Closes a line.
    pub(super) fn close(&mut self, index: u8) {
        self.open &= !(1 << index);
        // So nobody finds it any more.
        let line = self.line(index);
        (line.raw, line.to, line.owed) = (NO_NAME, KernelPort::NONE, false);
        (line.client, line.server) = (ELSEWHERE, ELSEWHERE);
    }

    /// Takes the seat of `slot`.
    pub(super) fn take(&mut self, slot: Slot, seat: Seat<Place>) {
        *self.seat(slot) = seat;
        self.taken |= 1 << slot.bounded();
    }

    /// Leaves some seat and hands it out.
    pub(super) fn leave_any(&mut self) -> Option<(Slot, Seat<Place>)> {
        if self.taken == 0 {
            return None;
        }
        let slot = Slot(self.taken.trailing_zeros() as u16);
        self.taken &= self.taken - 1;
        let empty = Seat::empty(self.nowhere);
        Some((slot, core::mem::replace(self.seat(slot), empty)))
    }
}

const _: () = assert!(INCARNATIONS_MAX as u32 == u64::BITS && LINES as u32 == u32::BITS);
