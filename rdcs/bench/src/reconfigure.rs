//! What the modules say to each other that measure reconfigurations (dissertation, A.3): a sender
//! numbers its messages, two peers receive them in alternation and remember which, and a manager
//! makes the changes that they do not make themselves.

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// What has the messages go to the other peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Mechanism {
    /// The peer gives its port to the other one.
    Propagate,
    /// The manager attaches the other one's port to the channel.
    Attach,
    /// The manager rebinds the stream.
    Rebind,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Mechanism; 3] = [Mechanism::Propagate, Mechanism::Attach, Mechanism::Rebind];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Propagate => "propagate",
            Mechanism::Attach => "attach",
            Mechanism::Rebind => "rebind",
        }
    }
}

/// What a peer and the manager are created with.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Plan {
    /// Messages from one change to the next; 0 if there are none.
    pub every: U32,
    mechanism: u8,
}

impl Plan {
    /// Changes by `mechanism` after each `every` messages.
    pub fn new(mechanism: Mechanism, every: u32) -> Plan {
        Plan { every: every.into(), mechanism: mechanism as u8 }
    }

    /// The plan that an incarnation was created with, if it is one.
    pub fn of(parameters: &[u8]) -> Option<Plan> {
        Plan::read_from_bytes(parameters).ok().filter(|plan| plan.mechanism().is_some())
    }

    /// What makes the changes.
    pub fn mechanism(&self) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| *mechanism as u8 == self.mechanism)
    }

    /// Whether a change follows the message of this number: in the middle of its share, so that
    /// the last change, too, is made while messages are sent.
    pub fn changes_after(&self, number: u32) -> bool {
        let every = self.every.get();
        every != 0 && number % every == every / 2
    }
}

/// What a message is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Task {
    /// To be counted: one of those that are measured.
    Count,
    /// To a peer: here is whom it tells of changes, or gives its port. It answers with a handle
    /// to its port.
    Meet,
    /// To a peer: here is the port where it receives from now on.
    Hold,
    /// To a peer: it receives at its own port again.
    LetGo,
    /// To the manager: it is time for a change.
    Change,
    /// Reply with what is known: a peer with the runs it has received, the manager with the
    /// number of its changes.
    Report,
}

/// The header of all messages.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Head {
    task: U32,
    /// The number of a message that is counted, or the number that is reported.
    pub number: U32,
}

impl Head {
    /// For `task`, with a number.
    pub fn new(task: Task, number: u32) -> Head {
        Head { task: (task as u32).into(), number: number.into() }
    }

    /// What the message is for.
    pub fn task(&self) -> Task {
        let others = [Task::Meet, Task::Hold, Task::LetGo, Task::Change, Task::Report];
        let task = self.task.get();
        others.into_iter().find(|known| *known as u32 == task).unwrap_or(Task::Count)
    }
}

/// Messages with numbers that follow one another, as a peer has received them.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Run {
    /// The first one.
    pub first: U32,
    /// One more than the last one.
    pub end: U32,
}

/// What two peers have received together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    /// How often the receiver was another one than that of the message before, and one.
    pub turns: u32,
    /// Messages that nobody has received.
    pub lost: u32,
}

impl Tally {
    /// Counts together what the peers report of messages with numbers below `sent`. An error is
    /// what a peer has received twice, or after what was sent later.
    pub fn of(peers: [&[Run]; 2], sent: u32) -> Result<Tally, Run> {
        let mut at = [0; 2];
        let (mut next, mut last) = (0, None);
        let mut tally = Tally { turns: 0, lost: 0 };
        // Runs are in the order of their receipt, so the next number begins one of the two.
        while let Some(peer) = earlier(peers, at) {
            let Run { first, end } = peers[peer][at[peer]];
            if first.get() < next || end <= first || end.get() > sent {
                return Err(peers[peer][at[peer]]);
            }
            tally.lost += first.get() - next;
            tally.turns += u32::from(last != Some(peer));
            (next, last) = (end.get(), Some(peer));
            at[peer] += 1;
        }
        tally.lost += sent - next;
        Ok(tally)
    }
}

/// Which of two peers, who have told so many of their runs, has the next one.
fn earlier(peers: [&[Run]; 2], at: [usize; 2]) -> Option<usize> {
    let next = |peer: usize| peers[peer].get(at[peer]).map(|run| run.first.get());
    (0..2).filter(|peer| next(*peer).is_some()).min_by_key(|peer| next(*peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: u32, end: u32) -> Run {
        Run { first: first.into(), end: end.into() }
    }

    #[test]
    fn what_is_complete_has_turns() {
        let tally = Tally::of([&[run(0, 5), run(9, 12)], &[run(5, 9)]], 12);
        assert_eq!(tally, Ok(Tally { turns: 3, lost: 0 }));
    }

    #[test]
    fn what_is_missing_is_counted() {
        let tally = Tally::of([&[run(1, 5), run(6, 7)], &[]], 9);
        assert_eq!(tally, Ok(Tally { turns: 1, lost: 4 }));
    }

    #[test]
    fn nothing_comes_twice_or_late() {
        assert_eq!(Tally::of([&[run(0, 5)], &[run(4, 9)]], 9), Err(run(4, 9)));
        assert_eq!(Tally::of([&[run(5, 9), run(0, 5)], &[]], 9), Err(run(0, 5)));
        assert_eq!(Tally::of([&[run(0, 10)], &[]], 9), Err(run(0, 10)));
    }

    #[test]
    fn changes_lie_within_their_share() {
        let plan = Plan::new(Mechanism::Attach, 100);
        assert_eq!((200..1200).filter(|number| plan.changes_after(*number)).count(), 10);
        assert!(!Plan::new(Mechanism::Attach, 0).changes_after(0));
    }
}
