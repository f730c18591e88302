//! The register of incarnations: each one lives once, starts because somebody
//! made it, and ends because of something.

use std::fmt;

use abi::ids::NodeId;

use super::streams::ChannelUid;
use super::violation::Violation;
use crate::queue::Micros;

/// An incarnation as the oracle knows it; its program carries the number in its
/// own memory, so that it moves with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IncUid(pub u32);

impl fmt::Display for IncUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "incarnation {}", self.0)
    }
}

/// What is known of one incarnation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// its creation has been asked for
    Asked,
    /// its creation was refused
    Refused,
    /// it runs
    Lives {
        /// where
        node: NodeId,
    },
    /// it has ended
    Ended {
        /// where it was
        node: NodeId,
    },
    /// it was on a node that has lost power
    LostWithNode,
}

/// Why an incarnation may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doom {
    /// nothing has been done to it
    None,
    /// it called `inc_exit`, or somebody called `inc_destroy`
    Sentenced,
}

/// The call that an incarnation is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCall {
    /// its name
    pub name: &'static str,
    /// when it was made
    pub since_us: Micros,
    /// how long it may take
    pub bound_us: Micros,
}

#[derive(Debug)]
struct Record {
    life: Life,
    doom: Doom,
    call: Option<OpenCall>,
    /// the number of the invocation it is blocked in, 0 for none
    invocation: u32,
    replied: bool,
    /// where that invocation was forwarded to
    passed_to: Vec<ChannelUid>,
}

/// All incarnations of a run.
#[derive(Debug, Default)]
pub struct Register {
    records: Vec<Record>,
    living: usize,
}

impl Register {
    /// Enters an incarnation that somebody is about to make.
    pub fn ask(&mut self) -> IncUid {
        self.records.push(Record {
            life: Life::Asked,
            doom: Doom::None,
            call: None,
            invocation: 0,
            replied: false,
            passed_to: Vec::new(),
        });
        IncUid(self.records.len() as u32 - 1)
    }

    /// Notes that the creation was refused: it must never start.
    pub fn refuse(&mut self, uid: IncUid) {
        let record = self.record(uid);
        if record.life == Life::Asked {
            record.life = Life::Refused;
        }
    }

    /// Notes that `uid` runs its first instruction.
    pub fn started(&mut self, uid: IncUid, node: NodeId) -> Result<(), Violation> {
        let Some(record) = self.records.get_mut(uid.0 as usize) else {
            return Err(Violation::Unasked { incarnation: uid, node });
        };
        match record.life {
            Life::Asked => {
                record.life = Life::Lives { node };
                self.living += 1;
                Ok(())
            }
            Life::Lives { node: first } => {
                Err(Violation::TwoCopies { incarnation: uid, first, second: node })
            }
            Life::Refused | Life::Ended { .. } | Life::LostWithNode => {
                Err(Violation::Unasked { incarnation: uid, node })
            }
        }
    }

    /// Notes that somebody wants `uid` to end.
    pub fn sentence(&mut self, uid: IncUid) {
        self.record(uid).doom = Doom::Sentenced;
    }

    /// Notes that everybody is to end.
    pub fn sentence_all(&mut self) {
        for record in &mut self.records {
            record.doom = Doom::Sentenced;
        }
    }

    /// Notes that the space of `uid` on `node` is gone.
    pub fn departed(&mut self, uid: IncUid, node: NodeId) -> Result<(), Violation> {
        let record = self.record(uid);
        let doomed = record.doom == Doom::Sentenced;
        self.end(uid, Life::Ended { node });
        if doomed { Ok(()) } else { Err(Violation::Vanished { incarnation: uid, node }) }
    }

    /// Notes that the node of `uid` has lost power.
    pub fn lost_with_node(&mut self, uid: IncUid) {
        self.end(uid, Life::LostWithNode);
    }

    fn end(&mut self, uid: IncUid, life: Life) {
        if matches!(self.record(uid).life, Life::Lives { .. }) {
            self.living -= 1;
        }
        let record = self.record(uid);
        record.life = life;
        record.call = None;
    }

    /// What is known of `uid`.
    pub fn life(&self, uid: IncUid) -> Option<Life> {
        self.records.get(uid.0 as usize).map(|record| record.life)
    }

    /// Whether `uid` runs.
    pub fn lives(&self, uid: IncUid) -> bool {
        matches!(self.life(uid), Some(Life::Lives { .. }))
    }

    /// Whether `uid` is on `node`, or may be about to start there.
    pub fn is_at(&self, uid: IncUid, node: NodeId) -> bool {
        match self.life(uid) {
            Some(Life::Lives { node: home }) => home == node,
            Some(Life::Asked) => true,
            _ => false,
        }
    }

    /// Whether `uid` runs, and nobody wants it to end.
    pub fn thrives(&self, uid: IncUid) -> bool {
        let record = self.records.get(uid.0 as usize);
        record.is_some_and(|record| record.doom == Doom::None) && self.lives(uid)
    }

    /// Whether somebody wants `uid` to end.
    pub fn is_sentenced(&self, uid: IncUid) -> bool {
        self.records[uid.0 as usize].doom == Doom::Sentenced
    }

    /// Number of incarnations that run.
    pub fn living(&self) -> usize {
        self.living
    }

    /// Number of incarnations that were ever asked for.
    pub fn asked(&self) -> usize {
        self.records.len()
    }

    /// Notes that `uid` makes a call; `invocation` numbers those that wait for a
    /// reply, 0 is for the others.
    pub fn enters(&mut self, uid: IncUid, call: OpenCall, invocation: u32) {
        let record = self.record(uid);
        record.call = Some(call);
        record.invocation = invocation;
        record.replied = false;
        record.passed_to.clear();
    }

    /// Notes that the call of `uid` has returned.
    pub fn leaves(&mut self, uid: IncUid) {
        self.record(uid).call = None;
    }

    /// Whether `uid` waits for the reply to `invocation`.
    pub fn is_in(&self, uid: IncUid, invocation: u32) -> bool {
        let record = &self.records[uid.0 as usize];
        record.invocation == invocation && record.call.is_some()
    }

    /// Notes that a reply to `invocation` of `uid` was taken by the kernel.
    pub fn replied(&mut self, uid: IncUid, invocation: u32) -> Result<(), Violation> {
        let record = self.record(uid);
        // One who has forwarded it in vain, as he was told, may reply as well.
        if record.invocation != invocation || !record.passed_to.is_empty() {
            return Ok(());
        }
        if std::mem::replace(&mut record.replied, true) {
            return Err(Violation::RepliedTwice { call: invocation });
        }
        Ok(())
    }

    /// Notes that somebody is about to forward `invocation` of `uid` to `channel`: from now on
    /// its reply depends on others than its first receiver.
    pub fn passed_on(&mut self, uid: IncUid, invocation: u32, channel: ChannelUid) {
        let record = self.record(uid);
        if record.invocation == invocation {
            record.passed_to.push(channel);
        }
    }

    /// Where the invocation that `uid` is in, or was in last, was forwarded to.
    pub fn passed_to(&self, uid: IncUid) -> &[ChannelUid] {
        &self.records[uid.0 as usize].passed_to
    }

    /// Checks that no call has lasted longer than it may at `now_us`.
    pub fn check_calls(&self, now_us: Micros) -> Result<(), Violation> {
        for (index, record) in self.records.iter().enumerate() {
            let Some(call) = record.call else { continue };
            let waited_us = now_us - call.since_us;
            if waited_us > call.bound_us && matches!(record.life, Life::Lives { .. }) {
                let incarnation = IncUid(index as u32);
                return Err(Violation::Stuck { incarnation, call: call.name, waited_us });
            }
        }
        Ok(())
    }

    /// The incarnations that run.
    pub fn all_living(&self) -> impl Iterator<Item = (IncUid, NodeId)> + '_ {
        self.records.iter().enumerate().filter_map(|(index, record)| match record.life {
            Life::Lives { node } => Some((IncUid(index as u32), node)),
            _ => None,
        })
    }

    fn record(&mut self, uid: IncUid) -> &mut Record {
        &mut self.records[uid.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: NodeId = NodeId(1);
    const THERE: NodeId = NodeId(2);

    #[test]
    fn a_second_copy_is_noticed() {
        let mut register = Register::default();
        let uid = register.ask();
        assert_eq!(register.started(uid, HERE), Ok(()));
        let second = register.started(uid, THERE);
        assert!(matches!(second, Err(Violation::TwoCopies { .. })), "{second:?}");
        assert_eq!(register.living(), 1);
    }

    #[test]
    fn nobody_starts_unasked() {
        let mut register = Register::default();
        let uid = register.ask();
        register.refuse(uid);
        let unasked = |uid| Err(Violation::Unasked { incarnation: uid, node: HERE });
        assert_eq!(register.started(uid, HERE), unasked(uid));
        assert_eq!(register.started(IncUid(7), HERE), unasked(IncUid(7)));
    }

    #[test]
    fn an_end_needs_a_cause() {
        let mut register = Register::default();
        let (first, second) = (register.ask(), register.ask());
        register.started(first, HERE).expect("asked for");
        register.started(second, HERE).expect("asked for");
        register.sentence(first);
        assert_eq!(register.departed(first, HERE), Ok(()));
        let vanished = Err(Violation::Vanished { incarnation: second, node: HERE });
        assert_eq!(register.departed(second, HERE), vanished);
        assert_eq!(register.living(), 0);
    }

    #[test]
    fn a_call_that_does_not_end_is_noticed() {
        let mut register = Register::default();
        let uid = register.ask();
        register.started(uid, HERE).expect("asked for");
        let call = OpenCall { name: "inc_invoke", since_us: 5, bound_us: 5 };
        register.enters(uid, call, 1);
        assert_eq!(register.check_calls(10), Ok(()));
        assert!(register.check_calls(11).is_err());
        register.leaves(uid);
        assert_eq!(register.check_calls(100), Ok(()));
        register.replied(uid, 1).expect("the first reply");
        assert_eq!(register.replied(uid, 1), Err(Violation::RepliedTwice { call: 1 }));
    }
}
