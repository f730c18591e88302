//! Who is told of the events of an incarnation (§B.9): those who asked, until they are gone.

use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::GlobalId;

use super::ask;
use crate::delivery::reply::Contents;
use crate::executor::Cx;
use crate::incarnation::{Condition, WATCHERS};
use crate::operation::{Action, Answer, Request};
use crate::platform::{Platform, Slot};
use crate::pool::Party;
use crate::reference::Reference;
use crate::state::State;
use crate::stream::Watcher;

/// Beside the events to announce: the watchers are to be asked whether they still are.
pub const SWEEP: u32 = 1;

/// The same: dependencies are to be tested.
pub const TEST: u32 = 1 << 31;

/// The same: others are to be asked to tell of events that there are handlers for.
pub const RENEW: u32 = 1 << 30;

/// Tells all watchers of an event at the incarnation.
pub(super) async fn announce<P: Platform>(cx: &Cx<P>, slot: Slot, event: EventType) {
    let mut at = 0;
    while let Some((watcher, request)) = cx.with(|state| state.next_watcher(slot, event, &mut at)) {
        let _ = ask(cx, slot, watcher.ghost, watcher.id, &request).await;
    }
}

/// Asks all watchers whether they are still there, and forgets those who are not.
pub(super) async fn sweep<P: Platform>(cx: &Cx<P>, slot: Slot) {
    let mut at = 0;
    while let Some(watcher) = cx.with(|state| state.watcher_at(slot, at)) {
        // A notice of no event is answered, and changes nothing.
        let notice = Request::new(Action::Notify);
        match ask(cx, slot, watcher.ghost, watcher.id, &notice).await {
            Err(CallError::PeerLost) => cx.with(|state| state.drop_watcher(slot, watcher)),
            _ => at += 1,
        }
    }
}

impl<P: Platform> State<P> {
    /// The next watcher, from place `at` on, who wants to know of `event`, and what he is told.
    fn next_watcher(
        &mut self,
        slot: Slot,
        event: EventType,
        at: &mut usize,
    ) -> Option<(Watcher, Request)> {
        let now = crate::platform::Machine::now(&self.machine);
        let incarnation = self.incarnation(slot)?;
        let found = incarnation.watchers.iter().enumerate().skip(*at);
        let mask = 1 << event as u32;
        let (index, (watcher, _)) =
            found.into_iter().find(|(_, (_, events))| events & mask != 0)?;
        *at = index + 1;
        let mut request = Request::new(Action::Notify);
        request.a = (event as u32).into();
        request.id = incarnation.id.bits().into();
        let (info1, info2) = match incarnation.condition {
            Condition::Faulting(vector, address) if event == EventType::Faulting => {
                (vector, address)
            }
            _ => (incarnation.age_ms(now), 0),
        };
        request.other = (u64::from(info1) << 32 | u64::from(info2)).into();
        Some((*watcher, request))
    }

    fn watcher_at(&self, slot: Slot, at: usize) -> Option<Watcher> {
        self.incarnation(slot)?.watchers.get(at).map(|watcher| watcher.0)
    }

    fn drop_watcher(&mut self, slot: Slot, watcher: Watcher) {
        if let Some(incarnation) = self.incarnation_mut(slot) {
            incarnation.watchers.retain(|known| known.0 != watcher);
        }
    }

    /// Somebody wants to be told of events at the incarnation in `slot`, or at a stream of it. A
    /// ghost may ask on behalf of its incarnation.
    pub(super) fn serve_watch(&mut self, slot: Slot, request: &Request, from: Party) -> Contents {
        let id = GlobalId::from_bits(request.other.get());
        let Some(id) = id.or_else(|| GlobalId::from_bits(from.source)) else {
            return Contents::of(Answer::new(Err(CallError::BadArgument)).head());
        };
        let watcher = Watcher { id, ghost: from.ghost };
        let answer = match (request.id.get(), request.b.get()) {
            (0, 0) => self.watch_incarnation(slot, request.a.get(), watcher),
            (0, _) => Ok(self.watch_no_longer(slot, request.a.get(), watcher)),
            (stream, _) => self.watch_stream(slot, stream, watcher),
        };
        Contents::of(answer.unwrap_or_else(|error| Answer::new(Err(error))).head())
    }

    fn watch_incarnation(
        &mut self,
        slot: Slot,
        events: u32,
        watcher: Watcher,
    ) -> Result<Answer, CallError> {
        let incarnation = self.caller(slot);
        let known = incarnation.watchers.iter().position(|known| known.0.id == watcher.id);
        match known {
            Some(at) => incarnation.watchers[at].1 |= events,
            None if incarnation.watchers.len() < WATCHERS => {
                incarnation.watchers.push((watcher, events));
            }
            None => {
                // Some of those who watch may be gone.
                self.locals[slot.index()].ghost.events |= SWEEP;
                self.tasks.wake_ghost(slot);
                return Err(CallError::Busy);
            }
        }
        // What has happened before he asked, he is told now.
        let mut answer = Answer::new(Ok(0));
        if incarnation.condition != Condition::Loading {
            answer.values[0] = 1.into();
        }
        if let Condition::Faulting(vector, address) = incarnation.condition {
            answer.values[1] = vector.into();
            answer.values[2] = address.into();
        }
        Ok(answer)
    }

    /// Somebody does not want to be told of some events any more.
    fn watch_no_longer(&mut self, slot: Slot, events: u32, watcher: Watcher) -> Answer {
        self.caller(slot).watchers.retain_mut(|(known, wanted)| {
            if known.id == watcher.id {
                *wanted &= !events;
            }
            *wanted != 0
        });
        Answer::new(Ok(0))
    }

    fn watch_stream(
        &mut self,
        slot: Slot,
        stream: u64,
        watcher: Watcher,
    ) -> Result<Answer, CallError> {
        let references = &mut self.caller(slot).references;
        let found = references.iter_mut().find_map(|(_, reference)| match reference {
            Reference::Stream(known) if known.id.bits() == stream => Some(known),
            _ => None,
        });
        // A stream that is not here was closed.
        let known = found.ok_or(CallError::Closed)?;
        let place = known
            .watchers
            .iter_mut()
            .find(|place| place.is_none_or(|known| known.id == watcher.id));
        *place.ok_or(CallError::Busy)? = Some(watcher);
        Ok(Answer::new(Ok(0)))
    }
}
