//! What was promised: messages come in order, once, and all of them, to one receiver at a time.

use abi::error::CallError;
use abi::ids::NodeId;

use crate::scenario::Role;

/// What has become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Letter {
    /// the call that sends it has been made when it was known who had been killed
    is_late: bool,
    /// what the call has returned
    returned: Option<i32>,
    /// it is an invocation that has returned with success
    is_replied: bool,
    /// who has received it, and lives
    receiver: Option<Role>,
}

/// A broken promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum Violation {
    #[error("message {number} is received by the {by:?}, and was received before")]
    Twice { number: u8, by: Role },
    #[error("message {number} is received by the {by:?} after a later one")]
    Overtaken { number: u8, by: Role },
    #[error("message {number} is received by the {by:?}, and an earlier one is missing")]
    Gap { number: u8, by: Role },
    #[error("message {number} has been sent with success, and is lost")]
    Lost { number: u8 },
    #[error("message {number} is received by the {by:?}, and nobody has sent it")]
    Forged { number: u8, by: Role },
    #[error("message {number} is received by the owner after the taker has received one")]
    TwoOwners { number: u8 },
    #[error("the invocation {number} is replied to, and was never received")]
    NobodyReplied { number: u8 },
    #[error("the {by:?} gets {error:?} from {call}, and there is no reason for it")]
    WrongError { by: Role, call: &'static str, error: CallError },
    #[error("the call {call} of the {by:?} does not return")]
    Stuck { by: Role, call: &'static str },
    #[error("packets go round without an end")]
    Endless,
    #[error("the port has not come to the taker")]
    NotMoved,
    #[error("the tables of node {} contradict each other", .0.0)]
    Unsound(NodeId),
    #[error("node {} keeps messages or data for nobody", .0.0)]
    Kept(NodeId),
}

/// Sees what is sent, and what is received.
#[derive(Debug, Clone, Hash, Default)]
pub struct Watch {
    letters: Vec<Letter>,
    /// a node has been killed, and whether all others know it
    killed: Option<bool>,
    violation: Option<Violation>,
}

impl Watch {
    /// The first promise that was broken.
    pub fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// A promise was broken.
    pub fn blame(&mut self, violation: Violation) {
        self.violation.get_or_insert(violation);
    }

    /// The node of `role` was killed. What has come to it alone may come to another one: a port
    /// whose new owner is lost is the old one's again, as it was (§6.2.4).
    pub fn killed(&mut self, role: Role) {
        self.killed = Some(false);
        for letter in &mut self.letters {
            letter.receiver = letter.receiver.filter(|&by| by != role || letter.is_replied);
        }
    }

    /// Everybody knows it.
    pub fn known(&mut self) {
        self.killed = self.killed.map(|_| true);
    }

    /// Whether somebody was killed.
    pub fn is_killed(&self) -> bool {
        self.killed.is_some()
    }

    /// The sender makes the call that sends the next message.
    pub fn sends(&mut self) {
        let is_late = self.killed == Some(true);
        self.letters.push(Letter { is_late, ..Letter::default() });
    }

    /// This call has returned.
    pub fn returned(&mut self, number: u8, result: i32, is_invocation: bool) {
        let letter = &mut self.letters[usize::from(number) - 1];
        letter.returned = Some(result);
        letter.is_replied = is_invocation && result >= 0;
        if letter.is_replied && letter.receiver.is_none() && self.killed.is_none() {
            self.blame(Violation::NobodyReplied { number });
        }
    }

    /// Somebody receives a message.
    pub fn receives(&mut self, by: Role, number: u8) {
        let at = usize::from(number).wrapping_sub(1);
        let Some(letter) = self.letters.get(at) else {
            return self.blame(Violation::Forged { number, by });
        };
        let (before, after) = (&self.letters[..at], &self.letters[at + 1..]);
        let is_missing = |it: &Letter| it.receiver.is_none() && self.must_arrive(it);
        if letter.receiver.is_some() {
            self.blame(Violation::Twice { number, by });
        } else if after.iter().any(|it| it.receiver.is_some()) {
            self.blame(Violation::Overtaken { number, by });
        } else if before.iter().any(is_missing) {
            self.blame(Violation::Gap { number, by });
        } else if by == Role::Owner && self.received(Role::Taker) > 0 && self.killed.is_none() {
            self.blame(Violation::TwoOwners { number });
        }
        self.letters[at].receiver = Some(by);
    }

    /// Whether a message whose call has returned must be with some receiver.
    fn must_arrive(&self, letter: &Letter) -> bool {
        letter.returned.is_some_and(|result| result >= 0)
            && (self.killed.is_none() || letter.is_late)
    }

    /// Messages that somebody has received.
    pub fn received(&self, by: Role) -> usize {
        self.letters.iter().filter(|letter| letter.receiver == Some(by)).count()
    }

    /// Nothing will happen any more: nothing may be missing.
    pub fn rests(&mut self) {
        let is_lost = |it: &Letter| it.receiver.is_none() && self.must_arrive(it);
        if let Some(at) = self.letters.iter().position(is_lost) {
            self.blame(Violation::Lost { number: at as u8 + 1 });
        }
    }
}
