//! The end of incarnations, of RDCs, and of what depended on a lost node (dissertation, §7.3).
//!
//! Everything an incarnation holds is given back at once, and whoever waits for it is told.
//! Its place is free again when its ghost has told those who watch.

use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::ids::{GlobalId, NodeId};
use abi::message::{KernelPort, Kind, PortType};

use crate::delivery::reply::Contents;
use crate::executor::Cx;
use crate::ghost::ask_port;
use crate::incarnation::{Blocked, Condition, Incarnation, Then};
use crate::loader::loader_of;
use crate::operation::{Action, Answer, Finish, Request};
use crate::platform::{Bus, Machine, Memory, PeerChange, PeerState, Platform, Slot};
use crate::pool::Queue;
use crate::port::Port;
use crate::rdc::{End, Launch};
use crate::reference::{LOST, Reference};
use crate::state::State;
use crate::stream::{ReplyState, Stream, Watcher};

impl<P: Platform> State<P> {
    /// Ends the incarnation in `slot`, for this reason.
    pub(crate) fn end(&mut self, slot: Slot, reason: EndReason, detail: u32) {
        let Some(incarnation) = self.incarnation(slot) else { return };
        if matches!(incarnation.condition, Condition::Ended(..)) {
            return;
        }
        let has_space =
            incarnation.condition != Condition::Loading || incarnation.program.is_some();
        let has_run = incarnation.condition == Condition::Executing;
        let (id, rdc) = (incarnation.id, incarnation.rdc);
        let was_loading = incarnation.condition == Condition::Loading;
        let is_launch = self.rdcs.is_launch(incarnation);
        self.trace_ended(id, rdc, reason, detail);
        self.sched.remove(slot);
        self.abandon_call(slot);
        while let Some(index) = self.caller(slot).references.any() {
            self.close(slot, index);
        }
        if has_run {
            self.machine.release(slot);
        }
        if has_space {
            self.memory.destroy(slot);
        }
        let incarnation = self.caller(slot);
        incarnation.condition = Condition::Ended(reason, detail);
        incarnation.blocked = Blocked::No;
        if is_launch {
            self.end_rdc(rdc, detail as i32);
        }
        if was_loading {
            self.wake_loading();
        }
        self.tasks.wake_ghost(slot);
    }

    /// Gives back what the call that `slot` is blocked in holds.
    fn abandon_call(&mut self, slot: Slot) {
        let incarnation = self.caller(slot);
        incarnation.exchange.phase = crate::exchange::Phase::Idle;
        incarnation.deadline = None;
        let blocked = core::mem::replace(&mut incarnation.blocked, Blocked::No);
        match blocked {
            Blocked::Send(sending) => {
                if let Some(granted) = sending.granted {
                    self.revoke(granted);
                }
            }
            Blocked::Operation(operation) => {
                self.drop_operation_data(&operation.data);
                self.end_fork(slot);
                if let Finish::Adopt(then) = operation.finish {
                    self.abandon_fetch(slot, then);
                }
            }
            Blocked::Pull(pulling) => match pulling.then {
                Then::Receive(receive, message) => self.put_back(slot, receive.port, message),
                Then::Reply { from, .. } => self.acknowledge(from),
            },
            // The data of the reply goes with its owner; the invoker's pull will fail.
            Blocked::Reply(replying) => self.withdraw_reply(replying.entry),
            _ => {}
        }
    }

    /// Closes the reference at `index` of `slot`.
    pub(crate) fn close(&mut self, slot: Slot, index: u16) {
        let references = &mut self.caller(slot).references;
        if let Some(Reference::Reply(_)) = references.at(index) {
            return self.close_reply(slot, index);
        }
        let closed = references.remove(index);
        self.caller(slot).interrupts.forget(index);
        match closed {
            Some(Reference::Port(port)) => self.close_port(slot, &port),
            Some(Reference::Stream(stream)) => self.close_stream(slot, &stream),
            _ => {}
        }
    }

    /// The invoker behind a reply handle will get no reply.
    fn close_reply(&mut self, slot: Slot, index: u16) {
        if let Some(&mut reply) = self.caller(slot).references.reply_mut(index) {
            self.refuse(reply.entry, reply.party, CallError::OutcomeUnknown);
        }
        self.drop_handle(slot, index);
    }

    /// Tells whoever waits for the reply to a message that there will be none, and why.
    pub(crate) fn refuse(&mut self, entry: u16, party: crate::pool::Party, why: CallError) {
        let code = why.code() as i16;
        let Some(source) = self.sources.about(entry, party.source, party.sequence) else { return };
        if source.fate == crate::sources::Fate::Owed {
            source.fate = crate::sources::Fate::Refused(code);
            self.say(Kind::Refused, party, code as u16);
        }
    }

    pub(crate) fn close_port(&mut self, slot: Slot, port: &Port) {
        // First nothing can come any more: who is refused here may send the next at once.
        for attachment in port.attachments.iter().flatten() {
            self.ports.close(attachment.kernel_port);
            self.sources.retire(attachment.kernel_port);
        }
        self.refuse_queue(slot, port.queue);
        self.end_backup(port.id);
    }

    /// Nobody will receive the messages of a queue.
    pub(crate) fn refuse_queue(&mut self, slot: Slot, mut queue: Queue) {
        while let Some(index) = queue.pop(&mut self.pool) {
            let message = *self.pool.message(index);
            match message.kind {
                Kind::Invoke => self.refuse(message.entry, message.party, CallError::PeerLost),
                Kind::AsInvoke if message.granted.is_some() => {
                    let code = CallError::PeerLost.code() as i16 as u16;
                    self.say(Kind::Refused, message.party, code);
                }
                _ => {}
            }
            if let Some(wire) = message.reference.filter(Self::is_offer) {
                self.decline(slot, &wire);
            }
            self.release_message(slot, index);
        }
    }

    fn close_stream(&mut self, slot: Slot, stream: &Stream) {
        if let ReplyState::Owed { sequence, port } = stream.reply {
            let source = stream.id.bits();
            self.acknowledge(crate::pool::Party { ghost: port, source, sequence });
        }
        for watcher in stream.watchers.iter().flatten() {
            self.locals[slot.index()].ghost.announce_closed(stream.id, *watcher);
            self.tasks.wake_ghost(slot);
        }
    }

    /// The RDC ends everywhere, with this exit code, as its launch endpoint's ghost will see to.
    pub(crate) fn end_rdc(&mut self, id: abi::ids::RdcId, code: i32) {
        let Some(home) = self.rdcs.home(id) else { return };
        if home.end == End::Running {
            home.end = End::Ended(code);
            let slot = home.slot;
            self.tasks.wake_ghost(slot);
        }
    }

    /// Forgets the incarnation that has ended in `slot`: the place is free.
    fn vacate(&mut self, slot: Slot) {
        while let Some(index) = self.locals[slot.index()].ghost.requests.pop(&mut self.pool) {
            let gone = Answer::new(Err(CallError::Unreachable)).head();
            self.answer_request(index, &Contents::of(gone));
        }
        self.end_claim(slot);
        let gone = self.locals[slot.index()].incarnation.take();
        self.ports.close_ghost(slot);
        if let Some(gone) = gone {
            self.forget_withdrawn(gone.rdc);
        }
        // Ticks may have stopped already, and with them the reports.
        self.report();
    }

    /// A peer came up, went down or was started again: what waited for its old boot is told.
    pub(crate) fn peer_changed(&mut self, change: PeerChange) {
        self.trace_peer(change);
        let node = change.node;
        // What waits for the node to come up can be sent at the next tick.
        self.need_ticks();
        let now = match change.state {
            PeerState::Up(epoch) => Some(epoch),
            PeerState::Down => None,
        };
        let before = core::mem::replace(&mut self.peers[node.index()], now);
        self.hurry_backups();
        if before.is_none() || before == now {
            return;
        }
        for slot in self.slots() {
            for owner in crate::delivery::answer::owners_of(slot) {
                let waits = self.exchange(owner).is_some_and(|exchange| exchange.waits_for(node));
                if waits {
                    self.fail(owner, CallError::PeerLost);
                }
            }
            self.lose_for(slot, node);
        }
        self.lose_outstanding(node);
        self.lose_takers(node);
        self.redirects.lose(node);
        self.lose_readers(node);
        self.test_dependents_on(node);
        self.end_orphans(node);
        self.lose_members(node);
    }

    /// Tells the incarnation in `slot` what it has lost with `node`.
    fn lose_for(&mut self, slot: Slot, node: NodeId) {
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        incarnation.watchers.retain(|watcher| watcher.0.ghost.node() != node);
        for index in 0..incarnation.references.slots() {
            match incarnation.references.at_mut(index) {
                Some(Reference::Stream(stream)) => stream.forget_watchers_on(node),
                Some(Reference::Incarnation(handle))
                    if handle.ghost.node() == node && handle.interest != 0 =>
                {
                    incarnation.occur(index, EventType::Dead, LOST);
                }
                Some(Reference::StreamHandle(handle)) if handle.ghost.node() == node => {
                    incarnation.stream_closed(index);
                }
                _ => {}
            }
        }
        match incarnation.blocked {
            Blocked::Reply(replying) if replying.party.ghost.node() == node => {
                self.settle(replying.entry, Err(CallError::PeerLost));
            }
            _ => self.stir(slot),
        }
    }

    /// Ends the RDCs whose launch endpoint was on `node` (§7.3: absolutely dependent on it).
    fn end_orphans(&mut self, node: NodeId) {
        while let Some((id, launch)) = self.rdcs.orphan_of(node) {
            self.end_members(id, launch, EndReason::Dependency, 0);
            self.rdcs.remove(id);
        }
    }

    /// RDCs launched here have lost their incarnations on `node`.
    fn lose_members(&mut self, node: NodeId) {
        let homes: alloc::vec::Vec<_> =
            self.rdcs.iter().filter(|rdc| rdc.home.is_some()).map(|rdc| rdc.id).collect();
        for id in homes {
            while let Some(member) = self.rdcs.home(id).and_then(|home| {
                home.members.iter().find(|member| member.node == node).map(|member| member.id)
            }) {
                self.member_ended(id, member, EndReason::NodeLost, 0);
            }
            if let Some(home) = self.rdcs.home(id) {
                home.nodes.retain(|allocated| *allocated != node);
            }
        }
    }

    /// A member of an RDC that was launched here is gone; with the last one of the program the RDC
    /// ends.
    pub(crate) fn member_ended(
        &mut self,
        id: abi::ids::RdcId,
        member: abi::ids::GlobalId,
        reason: EndReason,
        detail: u32,
    ) {
        let Some(home) = self.rdcs.home(id) else { return };
        home.members.retain(|known| known.id != member);
        if home.primary == Some(member) {
            home.primary_end = Some((reason, detail));
        }
        if home.primary.is_some() && home.program().next().is_none() {
            let status = home.status();
            self.end_rdc(id, status);
        }
    }
}

/// Sees to what remains when the incarnation in `slot` has ended.
pub(crate) async fn bury<P: Platform>(cx: &Cx<P>, slot: Slot) {
    let Some(last) = cx.with(|state| state.last_words(slot)) else { return };
    if let Some(launch) = last.launch {
        insist(cx, slot, (launch.ghost, PortType::Ghost, launch.id), &last.ended).await;
    }
    for (watcher, events) in last.watchers {
        if events & 1 << EventType::Dead as u32 != 0 {
            insist(cx, slot, (watcher.ghost, PortType::Ghost, watcher.id), &last.notice).await;
        }
    }
    if last.role == Role::LaunchEndpoint {
        withdraw_everywhere(cx, slot).await;
        cx.with(|state| state.rdcs.remove(last.rdc));
    }
    cx.with(|state| state.vacate(slot));
}

/// Ends an RDC on all nodes it was allocated to. The ghost of its launch endpoint does it.
pub(crate) async fn withdraw_everywhere<P: Platform>(cx: &Cx<P>, slot: Slot) {
    let mut at = 0;
    while let Some((node, request)) = cx.with(|state| state.next_withdrawal(slot, &mut at)) {
        let id = cx.with(|state| state.ghost_source(slot));
        insist(cx, slot, (loader_of(node), PortType::NodeService, id), &request).await;
    }
}

/// Makes a request whose answer says no more than that it was heard, again and again until there
/// is one: only the end of whoever is asked, or of his node, is a reason to give up.
pub(crate) async fn insist<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    whom: (KernelPort, PortType, GlobalId),
    request: &Request,
) {
    while let Err(CallError::OutcomeUnknown) = ask_port(cx, slot, whom, request).await {}
}

/// What an incarnation was to its RDC.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    LaunchEndpoint,
    Member,
}

/// What is left to say about an incarnation that has ended.
struct LastWords {
    rdc: abi::ids::RdcId,
    role: Role,
    /// The launch endpoint, unless it is this one or the RDC is forgotten.
    launch: Option<Launch>,
    ended: Request,
    watchers: alloc::vec::Vec<(Watcher, u32)>,
    notice: Request,
}

impl<P: Platform> State<P> {
    fn last_words(&mut self, slot: Slot) -> Option<LastWords> {
        let incarnation = self.locals[slot.index()].incarnation.as_mut()?;
        let Condition::Ended(reason, detail) = incarnation.condition else { return None };
        let Incarnation { id, rdc, .. } = *incarnation;
        let watchers = core::mem::take(&mut incarnation.watchers);
        let launch = self.rdcs.get(rdc).map(|rdc| rdc.launch);
        let is_launch = launch.is_some_and(|launch| launch.id == id);
        let role = if is_launch { Role::LaunchEndpoint } else { Role::Member };
        let launch = launch.filter(|_| role == Role::Member);
        let mut ended = Request::new(Action::Ended);
        ended.rdc = rdc.get().into();
        ended.id = id.bits().into();
        ended.a = (reason as u32).into();
        ended.other = u64::from(detail).into();
        let mut notice = Request::new(Action::Notify);
        notice.id = id.bits().into();
        notice.a = (EventType::Dead as u32).into();
        notice.other = (u64::from(reason as u32) << 32 | u64::from(detail)).into();
        Some(LastWords { rdc, role, launch, ended, watchers, notice })
    }

    /// The next node, from number `at` on, that has to be told of the end of the RDC.
    fn next_withdrawal(&mut self, slot: Slot, at: &mut u8) -> Option<(NodeId, Request)> {
        let rdc = self.incarnation(slot)?.rdc;
        let nodes = self.bus.nodes();
        let home = self.rdcs.home(rdc)?;
        let node = (*at..nodes).map(NodeId).find(|node| home.works_on(*node))?;
        *at = node.0 + 1;
        Some((node, crate::nodes::end_of(rdc, home.exit_code().unwrap_or_default())))
    }
}
