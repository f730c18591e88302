//! The time daemon (dissertation, §8.3): retries, time slices, the ageing of what is kept, the
//! node's status, and checks of the kernel's own tables. It has work only while ticks pass; the
//! status is posted once a second, ticks or not, while somebody can run.

use abi::error::CallError;

use crate::delivery::answer::owners_of;
use crate::exchange::Phase;
use crate::executor::{Cx, TaskId};
use crate::incarnation::{Blocked, Incarnation};
use crate::load::Turn;
use crate::platform::{Bus, Instant, Machine, Memory, NodeStatus, Platform, Slot};
use crate::pool::Party;
use crate::reference::Reference;
use crate::state::{Local, State};
use crate::stream::ReplyState;
use crate::ticks::Tick;

/// Ticks between two looks at what has aged: 1 s.
const AGE: u32 = 50;
/// Ticks between two checks of the tables: 5 s.
const CHECK: u32 = 250;
/// Ticks of a time slice: 60 ms.
const SLICE: u32 = 3;

/// The time daemon of a node.
pub(crate) async fn daemon<P: Platform>(cx: Cx<P>) {
    let mut done = Tick(0);
    loop {
        let now = cx.until(|state| (state.ticker.now != done).then_some(state.ticker.now)).await;
        cx.with(|state| state.tick(done, now));
        done = now;
    }
}

impl<P: Platform> State<P> {
    /// The alarm has gone off: wakes whoever waits for this time.
    pub(crate) fn pass_time(&mut self) {
        let Some(alarm) = self.alarm.filter(|_| self.machine.may_be_due()) else { return };
        let now = self.machine.now();
        if now < alarm {
            return;
        }
        self.disturb();
        if self.ticker.advance(now) > 0 {
            self.tasks.wake(TaskId::DAEMON);
        }
        if self.first_deadline.is_some_and(|deadline| deadline <= now) {
            self.first_deadline = None;
            for slot in self.slots() {
                self.check_deadline(slot);
            }
            if self.load.report.is_some_and(|due| due <= now) {
                self.report_load(now);
            }
            self.probe_all(now);
            self.begin_tests(now);
            self.watch_backups(now);
            self.first_deadline = self.next_deadline(now);
        }
        self.set_alarm();
    }

    /// The earliest deadline that has not passed, or when the status is to be posted, children are
    /// asked, dependencies are tested, or backup ports are seen to.
    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let deadlines = self.locals.iter().filter_map(|local| local.incarnation.as_ref()?.deadline);
        let deadlines = deadlines.filter(|deadline| *deadline > now);
        let deadlines = deadlines.chain(self.load.report).chain(self.probe).chain(self.tests);
        deadlines.chain(self.backups_due).min()
    }

    /// Somebody can run again: the node's load is to be posted.
    #[cold]
    pub(crate) fn watch_load(&mut self) {
        let report = self.load.begin(self.machine.now(), self.machine.busy_us());
        self.add_deadline(report);
    }

    fn report_load(&mut self, now: Instant) {
        self.update_load(now);
        self.load.reported(now, self.sched.ready());
        self.report();
    }

    fn update_load(&mut self, now: Instant) {
        let waiting = self.sched.ready().saturating_sub(1);
        self.load.update(now, self.machine.busy_us(), waiting);
        for slot in self.slots() {
            let matters = |inc: &Incarnation| inc.can_run() || inc.load.value() > 0;
            if self.incarnation(slot).is_some_and(matters) {
                self.update_load_of(slot, now);
            }
        }
    }

    /// The load due to the incarnation in `slot` until now.
    pub(crate) fn update_load_of(&mut self, slot: Slot, now: Instant) {
        let times = self.machine.times(slot);
        let has_turn = self.sched.first() == Some(slot);
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        let waits = incarnation.can_run() && !has_turn;
        let turn = if waits { Turn::Awaited } else { Turn::NotAwaited };
        incarnation.load.update_one(now, times.user_us + times.system_us, turn);
    }

    /// Does what is due at tick `now`, when it was done up to `before`, and stops the ticks
    /// when nobody needs them.
    fn tick(&mut self, before: Tick, now: Tick) {
        for slot in self.slots() {
            if !self.locals[slot.index()].needs_ticks() {
                continue;
            }
            self.interrupt_late(slot);
            for owner in owners_of(slot) {
                self.retry(owner);
            }
            self.remind_invoker(slot);
        }
        self.watch_moves();
        self.ask_outstanding();
        self.acknowledge_idle();
        if before.passes(now, AGE) {
            self.age();
        }
        // Who waits now has waited since the last tick.
        self.update_load(self.machine.now());
        if before.passes(now, SLICE) {
            self.sched.end_slice();
        }
        if before.passes(now, CHECK) {
            self.check_integrity();
        }
        if !self.needs_ticks() {
            self.report();
            self.ticker.next = None;
            self.set_alarm();
            if self.load.report.is_none() && self.load.average() > 0 {
                self.watch_load();
            }
        }
    }

    /// Acknowledges the replies of streams that have been idle since the last tick.
    fn acknowledge_idle(&mut self) {
        let mut at = 0;
        while let Some(&(slot, index)) = self.unacknowledged.get(at) {
            match self.idle_reply(slot, index) {
                Some(party) => {
                    self.acknowledge(party);
                    self.unacknowledged.swap_remove(at);
                }
                None if self.owes_acknowledgement(slot, index) => at += 1,
                None => {
                    self.unacknowledged.swap_remove(at);
                }
            }
        }
    }

    fn owes_acknowledgement(&self, slot: Slot, index: u16) -> bool {
        let reference = self.incarnation(slot).and_then(|inc| inc.references.at(index));
        matches!(reference, Some(Reference::Stream(stream)) if stream.reply != ReplyState::Known)
    }

    /// The reply that the stream at `index` of `slot` has to acknowledge, if it is all here, and
    /// the stream has sent nothing since and is not about to.
    fn idle_reply(&mut self, slot: Slot, index: u16) -> Option<Party> {
        let incarnation = self.incarnation_mut(slot)?;
        let is_sending = incarnation.exchange.phase != Phase::Idle
            && matches!(incarnation.blocked, Blocked::Send(sending) if sending.stream == index);
        let stream = incarnation.references.stream_mut(index)?;
        let ReplyState::Owed { sequence, port } = stream.reply else { return None };
        if is_sending || stream.sequence != sequence {
            return None;
        }
        let source = stream.id.bits();
        if self.is_completing(slot, source, sequence) {
            return None;
        }
        let stream = self.incarnation_mut(slot)?.references.stream_mut(index)?;
        stream.reply = ReplyState::Known;
        Some(Party { ghost: port, source, sequence })
    }

    /// Drops kept replies that nobody can ask for any more.
    fn age(&mut self) {
        while let Some(entry) = self.sources.any_aged(self.ticker.now) {
            self.settle(entry, Err(CallError::OutcomeUnknown));
        }
    }

    /// Posts the node's status where others can read it.
    pub(crate) fn report(&mut self) {
        let uptime_us = self.machine.now().since_us(self.started);
        let hosted = self.locals.iter().filter(|local| local.incarnation.is_some()).count();
        self.bus.post_status(&NodeStatus {
            load: self.load.average(),
            free_pages: self.memory.free_pages(),
            incarnations: hosted as u16,
            uptime_ms: (uptime_us / 1000) as u32,
        });
    }

    /// Whether somebody waits for a tick, or something has to age.
    fn needs_ticks(&self) -> bool {
        self.locals.iter().any(Local::needs_ticks)
            || self.sched.is_contended()
            || !self.outstanding.is_empty()
            || self.is_moving()
            || !self.unacknowledged.is_empty()
            || self.sources.keeps_replies()
            || !self.ticker.now.has_reached(self.linger)
    }
}
