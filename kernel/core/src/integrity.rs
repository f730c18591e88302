//! Checks of the kernel's own tables: what must hold between two steps, whatever happened.

use abi::trace::TraceEvent;

use crate::incarnation::Blocked;
use crate::moving::{Adopting, WithPort};
use crate::operation::Finish;
use crate::platform::Platform;
use crate::reference::Reference;
use crate::sources::Fate;
use crate::state::State;

/// What was found to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Broken {
    /// The pool of messages.
    Pool = 1,
    /// A table of references.
    References = 2,
    /// A message is neither queued nor held, or twice.
    Messages = 3,
    /// More messages than an incarnation may have.
    Quota = 4,
    /// An incarnation that can run is not going to, or the reverse.
    Schedule = 5,
    /// The table of outstanding invocations.
    Outstanding = 6,
    /// What incarnations have a claim to.
    Claims = 7,
    /// The handlers of an incarnation.
    Interrupts = 8,
    /// The backup ports.
    Backups = 9,
}

impl<P: Platform> State<P> {
    /// Checks all tables; a failure is recorded.
    pub(crate) fn check_integrity(&mut self) {
        if let Err(broken) = self.integrity() {
            self.record(TraceEvent::Broken, &[broken as u32, 0, 0]);
        }
    }

    /// Whether all tables agree with themselves and each other.
    pub(crate) fn integrity(&self) -> Result<(), Broken> {
        check(self.pool.is_sound(), Broken::Pool)?;
        check(self.outstanding.is_sound(), Broken::Outstanding)?;
        check(self.are_backups_sound(), Broken::Backups)?;
        check(self.count_claims() == self.claims, Broken::Claims)?;
        let mut held = usize::from(self.loader.len());
        let mut ready = 0;
        for local in &self.locals {
            held += usize::from(local.ghost.requests.len());
            held += usize::from(local.ghost.host.is_some());
            let Some(incarnation) = &local.incarnation else { continue };
            check(incarnation.references.is_sound(), Broken::References)?;
            check(incarnation.interrupts.are_sound(), Broken::Interrupts)?;
            check(incarnation.held.messages <= self.config.messages, Broken::Quota)?;
            ready += u16::from(incarnation.can_run());
            let own = held_by(incarnation)
                + self.leaving_from(incarnation.ghost)
                + local.ghost.adopting.as_ref().map_or(0, Adopting::messages)
                + local.ghost.rebinding.as_ref().map_or(0, |it| usize::from(it.queue.len()));
            check(own == usize::from(incarnation.held.messages), Broken::Messages)?;
            held += own;
        }
        held += self
            .sources
            .iter()
            .filter(|source| source.fate == Fate::Replied && source.kept.message.is_some())
            .count();
        // A ghost at work holds the one request that it serves.
        let busy = self.pool.used().checked_sub(held).ok_or(Broken::Messages)?;
        check(busy <= self.locals.len(), Broken::Messages)?;
        check(ready == self.sched.ready(), Broken::Schedule)
    }
}

impl<P: Platform> State<P> {
    /// Messages that others are taking over from the incarnation with this ghost.
    fn leaving_from(&self, ghost: abi::message::KernelPort) -> usize {
        let of_ghost = self.leaving.iter().map(|(_, leaving)| leaving);
        let of_ghost = of_ghost.filter(|it| self.ports.ghost_of(it.slot) == ghost);
        of_ghost.map(|leaving| usize::from(leaving.queue.len())).sum()
    }
}

/// Messages that an incarnation has queued or is working on.
fn held_by(incarnation: &crate::incarnation::Incarnation) -> usize {
    let references = incarnation.references.iter().map(|(_, reference)| match reference {
        Reference::Port(port) => usize::from(port.queue.len()),
        Reference::Reply(reply) => usize::from(reply.message.is_some()),
        _ => 0,
    });
    let adopted = incarnation.adopting.as_ref().map_or(0, Adopting::messages);
    let pulled = match incarnation.blocked {
        Blocked::Operation(operation) => {
            let is_received = matches!(operation.finish, Finish::Adopt(WithPort::Receive(..)));
            usize::from(is_received)
        }
        Blocked::Pull(pulling) => {
            usize::from(matches!(pulling.then, crate::incarnation::Then::Receive(..)))
        }
        _ => 0,
    };
    references.sum::<usize>() + pulled + adopted
}

fn check(holds: bool, broken: Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken) }
}
