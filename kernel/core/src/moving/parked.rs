//! Senders who were turned away because a port is about to come, or takes nothing for the
//! moment: they are told when it can be sent to. One that is not told tries again by itself.

use abi::ids::GlobalId;
use abi::message::{KernelPort, Kind};

use crate::delivery::arrive::Verdict;
use crate::letter::Letter;
use crate::platform::Platform;
use crate::pool::Party;
use crate::state::State;

/// Senders that are told at most.
const SENDERS: usize = 16;

/// Those senders.
#[derive(Debug)]
pub struct Parked {
    /// The channel, its bits, and the sender.
    senders: [Option<(u64, Party)>; SENDERS],
    next: usize,
}

impl Parked {
    /// Nobody.
    pub fn new() -> Self {
        Self { senders: [None; SENDERS], next: 0 }
    }

    /// One more, in place of the one that is there longest.
    fn enter(&mut self, channel: u64, party: Party) {
        let known = |place: &Option<(u64, Party)>| {
            place.is_some_and(|known| known.1.source == party.source)
        };
        let at = self.senders.iter().position(known).unwrap_or_else(|| {
            self.next = (self.next + 1) % SENDERS;
            self.next
        });
        self.senders[at] = Some((channel, party));
    }

    /// Takes out all who wait for `channel`.
    fn take(&mut self, channel: u64) -> [Option<Party>; SENDERS] {
        self.senders.each_mut().map(|place| {
            let waits = |(wanted, _): &mut (u64, Party)| *wanted == channel;
            place.take_if(waits).map(|(_, party)| party)
        })
    }
}

impl<P: Platform> State<P> {
    /// Turns the sender of a message away until the port can take it.
    pub(crate) fn park(&mut self, letter: &Letter) -> Verdict {
        if letter.kind == Kind::Dgram {
            return Verdict::Silent;
        }
        self.parked.enter(letter.to_id, letter.from);
        Verdict::Busy
    }

    /// Whoever looks for the port of a channel is told when there is one again.
    pub(crate) fn park_seeker(&mut self, channel: u64, party: Party) {
        self.parked.enter(channel, party);
    }

    /// The port of `channel`, at `port`, can be sent to.
    pub(crate) fn unpark(&mut self, channel: GlobalId, port: KernelPort) {
        // A sender on this node sends at once, and is here again if that was too early.
        for party in self.parked.take(channel.bits()).into_iter().flatten() {
            self.say_from(Kind::Here, party, 0, port, channel.bits());
        }
    }
}
