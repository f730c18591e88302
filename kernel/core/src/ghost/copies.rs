//! Copies of an incarnation's program, for others that become like it (§3.2.1): an INCHOATE one
//! is there in memory, so that its module need not be fetched from the host again.
//!
//! Its data is what the module says until it is started. That waits until nobody copies any
//! more.

use abi::error::CallError;

use crate::delivery::reply::Contents;
use crate::incarnation::Condition;
use crate::letter::Data;
use crate::operation::{Action, Answer, Part, Request};
use crate::platform::{Platform, Slot};
use crate::pool::Granted;
use crate::rdc::Image;
use crate::sources::Fate;
use crate::state::State;
use zerocopy::IntoBytes;

impl<P: Platform> State<P> {
    /// A part of what the incarnation in `slot` is, as the data of a reply whose head says the
    /// rest.
    pub(super) fn part_contents(&mut self, slot: Slot, request: &Request) -> Contents {
        if let Some(part) = Part::from_number(request.a.get()).filter(|part| part.is_of_fork()) {
            return self.fork_contents(slot, part, request);
        }
        match self.grant_part(slot, request) {
            Ok((image, granted)) => Contents {
                total: granted.grant.length,
                data: Data::Granted(granted),
                ..Contents::of(image.as_bytes().try_into().expect("an image has 32 bytes"))
            },
            Err(error) => Contents::of(Answer::new(Err(error)).head()),
        }
    }

    fn grant_part(&mut self, slot: Slot, request: &Request) -> Result<(Image, Granted), CallError> {
        let part = Part::from_number(request.a.get()).ok_or(CallError::BadArgument)?;
        let is_pristine = self.is_pristine(slot);
        let program = self.caller(slot).program.ok_or(CallError::NotInchoate)?;
        let range = match part {
            Part::Text => program.map.text,
            Part::Data if is_pristine => program.map.data,
            _ => return Err(CallError::NotInchoate),
        };
        Ok((program.image, self.grant(slot, range)?))
    }

    /// Whether the data of `slot` is what its module says, and will be for as long as somebody
    /// copies it.
    fn is_pristine(&self, slot: Slot) -> bool {
        let requests = self.locals[slot.index()].ghost.requests;
        let starts = |head: &[u8; 32]| head[0] == Action::Unfreeze as u8;
        self.incarnation(slot).is_some_and(|inc| inc.condition == Condition::Inchoate)
            && !requests.iter(&self.pool).any(|(_, message)| starts(&message.head))
    }

    /// Whether a request of this kind to the ghost of `slot` cannot be served yet: to start the
    /// incarnation while others copy its data.
    pub(super) fn has_to_wait(&self, slot: Slot, action: u8) -> bool {
        action == Action::Unfreeze as u8
            && self.incarnation(slot).is_some_and(|inc| inc.condition == Condition::Inchoate)
            && self.grants_by_ghost(slot)
    }

    /// Whether the ghost of `slot` has granted something in a reply that is not fetched.
    fn grants_by_ghost(&self, slot: Slot) -> bool {
        let port = self.ports.ghost_of(slot).index();
        self.sources.iter().any(|source| {
            usize::from(source.port) == port
                && source.fate == Fate::Replied
                && source.kept.granted.is_some()
        })
    }
}
