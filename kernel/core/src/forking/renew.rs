//! Events at others that the handlers of a forked child are for: whoever tells the parent of
//! them has to tell the child, too. The child runs meanwhile.

use abi::constants::EventType;
use abi::error::CallError;

use crate::events::Found;
use crate::executor::Cx;
use crate::ghost::{RENEW, ask};
use crate::operation::{Answer, Request};
use crate::platform::{Platform, Slot};
use crate::state::State;
use crate::stream::Watcher;

/// Asks whoever can tell of the next event that a handler of `slot` is for and that nobody tells
/// of yet.
pub(crate) async fn renew<P: Platform>(cx: &Cx<P>, slot: Slot) {
    let Some((index, event, object, request)) = cx.with(|state| state.next_untold(slot)) else {
        return;
    };
    let reply = ask(cx, slot, object.ghost, object.id, &request).await;
    let answer = reply.and_then(|reply| {
        let answer = Answer::of(&reply.head);
        answer.result().map(|_| answer)
    });
    cx.with(|state| {
        state.renewed(slot, index, event, answer);
        state.renew_interests(slot);
    });
}

impl<P: Platform> State<P> {
    /// Has the ghost of `slot` see to it that the handlers there are told of their events.
    pub(crate) fn renew_interests(&mut self, slot: Slot) {
        if self.incarnation(slot).is_some_and(|incarnation| incarnation.interrupts.are_untold()) {
            self.locals[slot.index()].ghost.events |= RENEW;
            self.tasks.wake_ghost(slot);
        }
    }

    /// The next event that somebody else has to be asked to tell of, whom, and how.
    fn next_untold(&mut self, slot: Slot) -> Option<(u16, EventType, Watcher, Request)> {
        loop {
            let incarnation = self.incarnation_mut(slot)?;
            let (index, event) = incarnation.interrupts.take_untold()?;
            let id = incarnation.id;
            if !self.must_ask(slot, index, event).unwrap_or(false) {
                continue;
            }
            let (object, mut request) = self.watch_request(slot, index, event)?;
            // The source of the request is the ghost, which does not watch.
            request.other = id.bits().into();
            return Some((index, event, object, request));
        }
    }

    /// Whoever was asked to tell of an event has answered, or is not there. One that has no room
    /// to remember one more tells when the child asks itself.
    fn renewed(
        &mut self,
        slot: Slot,
        index: u16,
        event: EventType,
        answer: Result<Answer, CallError>,
    ) {
        match answer {
            Ok(answer) => self.note_watched(slot, index, event, &answer),
            Err(CallError::Busy) => return,
            Err(_) => self.note_gone(slot, index, event),
        }
        if let Ok(Found::Occurred(_)) = self.look(slot, index, event) {
            self.caller(slot).interrupts.raise(index, event);
        }
        self.stir(slot);
    }
}
