//! The worker: a server to those above it and a client of those below.
//!
//! Workers stand in tiers. A call that waits for somebody else goes to a deeper
//! tier only, and the deepest one only receives and replies: so whatever waits
//! ends, unless the system loses something.

mod change;
mod choose;
mod depend;
mod finish;
mod interrupts;
mod look;

use abi::calls::Call;
use abi::constants::Dependency;
use abi::error::CallError;

use super::desk::{DATA_BYTES, Desk};
use super::enclosure::{Buffer, Gift, Peer};
use super::post::{Contact, Debt, Pending};
use super::{Birth, Entry, Request, World};
use crate::memory::DATA_BASE;
use crate::oracle::{ChannelUid, IncUid, StreamUid, Violation};
use crate::random::Dice;
use interrupts::{Book, Setting};
use look::Look;

/// Times that a worker finds no room for a port that has come, until it gives up and ends.
const PRESSED: u32 = 200;
/// Streams that a worker keeps.
const CONTACTS: usize = 8;
/// Replies that a worker may owe at a time.
const DEBTS: usize = 4;
/// Buffers of others that a worker keeps.
const BUFFERS: usize = 4;
/// Handles to other incarnations that a worker keeps.
const PEERS: usize = 2;
/// Handles to streams of others that a worker keeps.
const HANDLES: usize = 2;

/// The program of a worker.
pub struct Worker {
    uid: IncUid,
    myself: u32,
    dice: Dice,
    /// its ports: the standard one, and one that it has made itself
    ports: Vec<OwnPort>,
    contacts: Vec<Contact>,
    debts: Vec<Debt>,
    buffers: Vec<Buffer>,
    handles: Vec<(u32, StreamUid)>,
    peers: Vec<Peer>,
    /// ports that it has given away, until somebody has them
    offered: Vec<Offer>,
    /// a handle to a stream of its own
    own_handle: Option<(u32, Contact)>,
    /// references that are of no more use
    to_close: Vec<u32>,
    /// a reply handle that is of no more use
    to_abandon: Option<u32>,
    /// a stream that went with a message and must be gone here
    given_away: Option<u32>,
    /// parts of its memory that nobody may write yet
    slates_left: u32,
    /// the end of its heap
    heap_end: u32,
    /// whether there was no room for what it was to receive
    is_pressed: bool,
    /// how often there was none
    pressed: u32,
    /// waits for messages that were in vain since the last one came
    vain_waits: usize,
    /// its handlers
    book: Book,
    doing: Activity,
}

/// Channels that a port of a worker is attached to at most.
const CHANNELS: usize = 4;

/// A port of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OwnPort {
    reference: u32,
    /// the channels that it is attached to, its own first
    channels: [ChannelUid; CHANNELS],
    /// how many they are
    count: usize,
    /// a stream to it, of those ports that it has made itself
    stream: Option<u32>,
}

impl OwnPort {
    fn new(reference: u32, channel: ChannelUid, stream: Option<u32>) -> OwnPort {
        OwnPort { reference, channels: [channel; CHANNELS], count: 1, stream }
    }

    fn channel(&self) -> ChannelUid {
        self.channels[0]
    }

    fn channels(&self) -> &[ChannelUid] {
        &self.channels[..self.count]
    }
}

/// A port that was given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    port: OwnPort,
    /// times that it was looked for in vain, since faults have stopped
    looked: u32,
}

/// The call that the worker is in.
#[derive(Debug, Clone, Copy)]
enum Activity {
    /// none yet
    Starting,
    /// `inc_receive` at a port, from one stream or all
    Receiving {
        port: OwnPort,
        selector: Option<StreamUid>,
    },
    Sending(Pending),
    Replying(Debt),
    Forwarding(Debt, Pending),
    /// `inc_copyfrom`
    Reading {
        buffer: Buffer,
        offset: u32,
        length: u32,
    },
    /// `inc_copyto`, which must fail if the buffer is somebody's library
    Writing(Buffer),
    /// `inc_chanCreate`
    MakingPort,
    /// `inc_hanCreate`
    MakingHandle(Contact),
    /// `inc_testReference` of a port that was given away
    LookingFor(Offer),
    /// `inc_rebindStream` of a stream of somebody else, to a port of its own
    Rebinding(StreamUid),
    /// `inc_attachPort` of the second port in place of the first
    Attaching(OwnPort, OwnPort),
    /// `inc_status` of a peer
    Asking(Peer),
    /// `inc_makeDependent` of a peer
    Binding(Peer, Dependency),
    /// `inc_testReference`, which must answer this type and these flags
    Testing {
        reference: u32,
        expected: u32,
        mask: u32,
    },
    /// a call with an identifier of nobody
    Forging {
        call: Call,
        reference: u32,
    },
    Looking(Look),
    /// `inc_setPortHandler` and its like
    SettingHandler(Setting),
    /// `inc_testPort` of a handler that was called for a message
    LookingForMessage,
    /// `inc_setInterruptPriority`
    SettingPriority(u32),
    /// `inc_interruptReturn` to what has this result of its call already, or to a handler that
    /// has not begun
    Resuming(Option<i32>),
    /// a call that must be refused with this error
    Erring {
        call: Call,
        expected: CallError,
    },
    Closing,
    /// `inc_close` of a reply handle that nobody waits behind
    Abandoning,
    /// a call that cannot fail
    Harmless(Call),
    /// `inc_exit`, or a fault
    Exiting,
}

impl Worker {
    /// A worker that receives from `channel`.
    pub fn new(birth: &Birth, channel: ChannelUid, dice: Dice) -> Worker {
        let standard = OwnPort::new(birth.port, channel, None);
        let mut ports = Vec::with_capacity(2);
        ports.push(standard);
        Worker {
            uid: birth.uid,
            myself: birth.myself,
            dice,
            ports,
            contacts: Vec::with_capacity(CONTACTS + 1),
            debts: Vec::with_capacity(DEBTS + 1),
            buffers: Vec::with_capacity(BUFFERS + 1),
            handles: Vec::with_capacity(HANDLES + 1),
            peers: Vec::with_capacity(PEERS + 1),
            offered: Vec::new(),
            own_handle: None,
            to_close: Vec::with_capacity(CONTACTS + BUFFERS + HANDLES + PEERS),
            to_abandon: None,
            given_away: None,
            slates_left: super::enclosure::SLATES,
            heap_end: DATA_BASE + DATA_BYTES,
            is_pressed: false,
            pressed: 0,
            vain_waits: 0,
            book: Book::default(),
            doing: Activity::Starting,
        }
    }

    /// Goes on from the result of the last call to the next one.
    pub fn step(
        &mut self,
        entry: &Entry,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<Request, Violation> {
        match (entry, self.doing) {
            (Entry::Interrupted(frames), _) => self.interrupted(frames, desk, world)?,
            (Entry::Returned(result), Activity::Resuming(expected)) => {
                self.resumed(expected, *result)?;
            }
            (Entry::Returned(result), _) if *result == CallError::Interrupted.code() => {
                return Err(self.wrong("no handler was called"));
            }
            (Entry::Returned(result), _) => self.finish(*result, desk, world)?,
        }
        Ok(self.go_on(desk, world))
    }

    /// Whether it only waits for messages, and none has come to any port.
    pub fn is_at_rest(&self) -> bool {
        let waits = matches!(self.doing, Activity::Receiving { .. }) && self.book.depth() == 0;
        let has_all = self.debts.is_empty() && self.offered.is_empty();
        waits && self.vain_waits >= self.ports.len() && has_all
    }

    /// Takes a reference that came in a message.
    fn accept(&mut self, gift: Option<Gift>) {
        match gift {
            Some(Gift::Contact(contact)) if self.receives_from(contact.channel) => {
                self.to_close.push(contact.reference);
            }
            Some(Gift::Contact(contact)) => self.contacts.push(contact),
            Some(Gift::Handle { stream, reference }) => self.handles.push((reference, stream)),
            Some(Gift::Port { channel, reference }) => {
                self.ports.push(OwnPort::new(reference, channel, None));
                self.vain_waits = 0;
                // It would wait for itself.
                let own = self.contacts.extract_if(.., |held| held.channel == channel);
                self.to_close.extend(own.map(|held| held.reference));
            }
            Some(Gift::Peer(peer)) => self.peers.push(peer),
            Some(Gift::Buffer(buffer)) => self.buffers.push(buffer),
            None => {}
        }
    }

    fn receives_from(&self, channel: ChannelUid) -> bool {
        self.ports.iter().any(|port| port.channels().contains(&channel))
    }

    /// Moves what there is too much of to the references that are to be closed.
    fn tidy(&mut self) {
        if self.contacts.len() > CONTACTS {
            let at = self.dice.index(self.contacts.len());
            self.to_close.push(self.contacts.swap_remove(at).reference);
        }
        if self.buffers.len() > BUFFERS {
            self.to_close.push(self.buffers.remove(0).handle);
        }
        if self.peers.len() > PEERS {
            self.to_close.push(self.peers.remove(0).reference);
        }
        if self.handles.len() > HANDLES {
            self.to_close.push(self.handles.remove(0).0);
        }
    }
}
