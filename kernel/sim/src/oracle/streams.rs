//! The ledger of streams: what was sent over each, what became of it, and whether
//! its receivers saw each message at most once, in order, and none missing.

use std::fmt;

use super::population::IncUid;
use super::violation::Violation;

/// A stream as the oracle knows it: one held reference, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamUid(pub u32);

/// A channel as the oracle knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelUid(pub u32);

impl fmt::Display for StreamUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}", self.0)
    }
}

impl fmt::Display for ChannelUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "channel {}", self.0)
    }
}

/// How a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// by a call that promises something
    Reliable,
    /// by `inc_dgram`
    Datagram,
}

/// What the sender was told of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// success: it is queued, or was received
    Taken,
    /// an error that says it was not and will not be received
    Refused,
    /// an error that leaves it open
    Unknown,
}

/// All streams of a run.
#[derive(Debug, Default)]
pub struct StreamLedger {
    streams: Vec<Account>,
}

/// One stream. Windows hold the last 64 messages, bit 0 the latest one sent.
#[derive(Debug)]
struct Account {
    owner: IncUid,
    /// where it leads, the first, and where it has led before
    channels: Vec<ChannelUid>,
    sent: u32,
    taken: u64,
    refused: u64,
    received: u32,
    datagrams: Datagrams,
}

#[derive(Debug, Default)]
struct Datagrams {
    sent: u32,
    /// bit 0 is the latest one sent
    seen: u64,
}

/// Messages that a window remembers.
const WINDOW: u32 = u64::BITS;

impl StreamLedger {
    /// Opens the account of a new stream of `owner` to `channel`. It may be a copy of one that
    /// was led elsewhere, of which whoever has passed it on has not heard.
    pub fn open(&mut self, owner: IncUid, channel: ChannelUid) -> StreamUid {
        let mut channels = vec![channel];
        let led_there = self.streams.iter().filter(|known| known.channels.contains(&channel));
        for other in led_there.flat_map(|account| &account.channels) {
            if !channels.contains(other) {
                channels.push(*other);
            }
        }
        self.streams.push(Account {
            owner,
            channels,
            sent: 0,
            taken: 0,
            refused: 0,
            received: 0,
            datagrams: Datagrams::default(),
        });
        StreamUid(self.streams.len() as u32 - 1)
    }

    /// Number of streams ever opened.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// Whether there never was a stream.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Who holds or held `stream`.
    pub fn owner(&self, stream: StreamUid) -> Option<IncUid> {
        self.streams.get(stream.0 as usize).map(|account| account.owner)
    }

    /// Where `stream` leads.
    pub fn channel(&self, stream: StreamUid) -> Option<ChannelUid> {
        self.streams.get(stream.0 as usize).map(|account| account.channels[0])
    }

    /// Where `stream` leads, and where it has led before.
    pub fn channels(&self, stream: StreamUid) -> &[ChannelUid] {
        self.streams.get(stream.0 as usize).map_or(&[], |account| &account.channels)
    }

    /// Notes that `stream` is about to be rebound to `channel`.
    pub fn rebinding(&mut self, stream: StreamUid, channel: ChannelUid) {
        let channels = &mut self.streams[stream.0 as usize].channels;
        channels.retain(|known| *known != channel);
        channels.insert(0, channel);
    }

    /// Numbers the next message of `stream`.
    pub fn send(&mut self, stream: StreamUid, service: Service) -> u32 {
        let account = &mut self.streams[stream.0 as usize];
        match service {
            Service::Reliable => {
                account.sent += 1;
                account.taken <<= 1;
                account.refused <<= 1;
                account.sent
            }
            Service::Datagram => {
                account.datagrams.sent += 1;
                account.datagrams.seen <<= 1;
                account.datagrams.sent
            }
        }
    }

    /// How many messages were sent to any of `channels`, or by streams that have led there.
    pub fn sent_to(&self, channels: &[ChannelUid]) -> u64 {
        let leads_there =
            |account: &&Account| account.channels.iter().any(|known| channels.contains(known));
        let accounts = self.streams.iter().filter(leads_there);
        accounts.map(|account| u64::from(account.sent) + u64::from(account.datagrams.sent)).sum()
    }

    /// Notes what the sender of the reliable message `sequence` was told.
    pub fn ended(
        &mut self,
        stream: StreamUid,
        sequence: u32,
        outcome: Outcome,
    ) -> Result<(), Violation> {
        let account = &mut self.streams[stream.0 as usize];
        let bit = account.bit(sequence).expect("a call ends before 64 later ones begin");
        match outcome {
            Outcome::Taken => account.taken |= bit,
            Outcome::Refused if account.received >= sequence => {
                return Err(Violation::ReceivedAfterRefusal { stream, sequence });
            }
            Outcome::Refused => account.refused |= bit,
            Outcome::Unknown => {}
        }
        Ok(())
    }

    /// Whether the reliable message `sequence` has been received.
    pub fn was_received(&self, stream: StreamUid, sequence: u32) -> bool {
        self.streams[stream.0 as usize].received >= sequence
    }

    /// Notes that a message was received on one of `channels`. Gaps count only while the
    /// `sender` lives: data that is still with a dead one cannot be fetched.
    pub fn received(
        &mut self,
        (stream, sequence): (StreamUid, u32),
        service: Service,
        channels: &[ChannelUid],
        sender: Sender,
    ) -> Result<(), Violation> {
        let Some(account) = self.streams.get_mut(stream.0 as usize) else {
            return Err(Violation::NeverSent { stream, sequence });
        };
        if !channels.iter().any(|channel| account.channels.contains(channel)) {
            let (meant, found) = (account.channels[0], channels[0]);
            return Err(Violation::Misdelivered { stream, meant, found });
        }
        match service {
            Service::Reliable => account.receive(stream, sequence, sender),
            Service::Datagram => account.datagrams.receive(stream, sequence),
        }
    }

    /// Looks for messages that were taken and never received, on streams whose
    /// `channel` is still read to its end.
    pub fn check_drained(
        &self,
        drained: impl Fn(IncUid, &[ChannelUid]) -> bool,
    ) -> Result<(), Violation> {
        for (index, account) in self.streams.iter().enumerate() {
            if let Some(sequence) = account.first_missing(account.sent + 1)
                && drained(account.owner, &account.channels)
            {
                return Err(Violation::Lost { stream: StreamUid(index as u32), sequence });
            }
        }
        Ok(())
    }
}

/// Whether the sender of a message is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// it lives
    Alive,
    /// it has ended, or its node has
    Gone,
}

impl Account {
    fn bit(&self, sequence: u32) -> Option<u64> {
        let back = self.sent.checked_sub(sequence)?;
        (back < WINDOW).then(|| 1 << back)
    }

    fn receive(
        &mut self,
        stream: StreamUid,
        sequence: u32,
        sender: Sender,
    ) -> Result<(), Violation> {
        if sequence > self.sent {
            return Err(Violation::NeverSent { stream, sequence });
        }
        if sequence == self.received {
            return Err(Violation::Twice { stream, sequence });
        }
        if sequence < self.received {
            return Err(Violation::OutOfOrder { stream, sequence, after: self.received });
        }
        if self.bit(sequence).is_some_and(|bit| self.refused & bit != 0) {
            return Err(Violation::ReceivedAfterRefusal { stream, sequence });
        }
        if sender == Sender::Alive
            && let Some(missing) = self.first_missing(sequence)
        {
            return Err(Violation::Lost { stream, sequence: missing });
        }
        self.received = sequence;
        Ok(())
    }

    /// The first message that was taken, lies behind the last one received and
    /// before `end`.
    fn first_missing(&self, end: u32) -> Option<u32> {
        let taken = |&sequence: &u32| self.bit(sequence).is_some_and(|bit| self.taken & bit != 0);
        let remembered = (self.sent + 1).saturating_sub(WINDOW);
        (remembered.max(self.received + 1)..end).find(taken)
    }
}

impl Datagrams {
    fn receive(&mut self, stream: StreamUid, sequence: u32) -> Result<(), Violation> {
        let back = self.sent.checked_sub(sequence);
        let back = back.ok_or(Violation::NeverSent { stream, sequence })?;
        if back >= WINDOW {
            return Ok(());
        }
        if self.seen & 1 << back != 0 {
            return Err(Violation::Twice { stream, sequence });
        }
        self.seen |= 1 << back;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ChannelUid = ChannelUid(9);

    fn ledger() -> (StreamLedger, StreamUid) {
        let mut ledger = StreamLedger::default();
        let stream = ledger.open(IncUid(1), HERE);
        (ledger, stream)
    }

    fn take(ledger: &mut StreamLedger, stream: StreamUid, outcome: Outcome) -> u32 {
        let sequence = ledger.send(stream, Service::Reliable);
        ledger.ended(stream, sequence, outcome).expect("nothing was received");
        sequence
    }

    fn receive(
        ledger: &mut StreamLedger,
        stream: StreamUid,
        sequence: u32,
    ) -> Result<(), Violation> {
        ledger.received((stream, sequence), Service::Reliable, &[HERE], Sender::Alive)
    }

    #[test]
    fn a_message_is_received_once_and_in_order() {
        let (mut ledger, stream) = ledger();
        let first = take(&mut ledger, stream, Outcome::Unknown);
        let second = take(&mut ledger, stream, Outcome::Taken);
        receive(&mut ledger, stream, second).expect("the first one was never promised");
        let again = receive(&mut ledger, stream, second);
        assert_eq!(again, Err(Violation::Twice { stream, sequence: second }));
        let late = receive(&mut ledger, stream, first);
        assert_eq!(late, Err(Violation::OutOfOrder { stream, sequence: first, after: second }));
    }

    #[test]
    fn an_accepted_message_is_missed() {
        let (mut ledger, stream) = ledger();
        let first = take(&mut ledger, stream, Outcome::Taken);
        let second = take(&mut ledger, stream, Outcome::Taken);
        let lost = Err(Violation::Lost { stream, sequence: first });
        assert_eq!(receive(&mut ledger, stream, second), lost);
        assert_eq!(ledger.check_drained(|_, _| true), lost);
        assert_eq!(ledger.check_drained(|_, _| false), Ok(()));
    }

    #[test]
    fn a_refused_message_must_not_arrive() {
        let (mut ledger, stream) = ledger();
        let sequence = take(&mut ledger, stream, Outcome::Refused);
        let arrived = receive(&mut ledger, stream, sequence);
        assert_eq!(arrived, Err(Violation::ReceivedAfterRefusal { stream, sequence }));
    }

    #[test]
    fn a_message_that_was_never_sent_is_noticed() {
        let (mut ledger, stream) = ledger();
        let missing = receive(&mut ledger, stream, 1);
        assert_eq!(missing, Err(Violation::NeverSent { stream, sequence: 1 }));
        let elsewhere =
            ledger.received((stream, 1), Service::Reliable, &[ChannelUid(3)], Sender::Alive);
        assert!(matches!(elsewhere, Err(Violation::Misdelivered { .. })), "{elsewhere:?}");
    }

    #[test]
    fn datagrams_may_be_lost_but_not_doubled() {
        let (mut ledger, stream) = ledger();
        for _ in 0..3 {
            ledger.send(stream, Service::Datagram);
        }
        let mut get = |sequence| {
            ledger.received((stream, sequence), Service::Datagram, &[HERE], Sender::Alive)
        };
        assert_eq!(get(3), Ok(()));
        assert_eq!(get(1), Ok(()));
        assert_eq!(get(1), Err(Violation::Twice { stream, sequence: 1 }));
    }
}
