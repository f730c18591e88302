//! The loader (dissertation, §8.3): decides who may be hosted here, and has the ghost of a
//! free place make the incarnation (`hosting.rs`).

use abi::constants::{Domain, EndReason, EventType, inc_rights};
use abi::error::CallError;
use abi::ids::{GlobalId, ModuleId, NodeId, RdcId};
use abi::message::KernelPort;
use zerocopy::FromBytes;

use crate::delivery::reply::Contents;
use crate::executor::Cx;
use crate::incarnation::Incarnation;
use crate::operation::{Action, Answer, Request};
use crate::platform::{Machine, Platform, Slot};
use crate::probes::Answers;
use crate::rdc::{Admission, Doors, Launch, Rdc};
use crate::reference::{IncHandle, Pending};
use crate::state::State;
use crate::stream::Watcher;

/// Events that the creator of an incarnation is told of without asking.
pub(crate) const CREATOR_EVENTS: u32 = 1 << EventType::Made as u32 | 1 << EventType::Dead as u32;

/// The loader of a node.
pub(crate) async fn loader<P: Platform>(cx: Cx<P>) {
    loop {
        let index = cx.until(|state| state.loader.pop(&mut state.pool)).await;
        cx.with(|state| state.admit(index));
    }
}

impl<P: Platform> State<P> {
    /// Decides about the request in message `index`.
    fn admit(&mut self, index: u16) {
        let request = Request::of(&self.pool.message(index).head);
        let result = match Action::from_number(request.action) {
            Some(Action::Host) => match self.assign(index, &request) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Some(Action::Allow) => self.allow(index, &request),
            Some(Action::Withdraw) => self.withdraw(&request),
            Some(Action::HasTaken) => {
                let taken = self.has_taken(request.id.get(), request.a.get()).map(u32::from);
                let answer = Contents::of(Answer::new(taken).head());
                return self.answer_request(index, &answer);
            }
            _ => Err(CallError::NotSupported),
        };
        self.answer_request(index, &Contents::of(Answer::new(result.map(|()| 0)).head()));
    }

    /// Gives a free place to the incarnation that message `index` wants here.
    fn assign(&mut self, index: u16, request: &Request) -> Result<(), CallError> {
        let rdc = RdcId::new(request.rdc.get()).ok_or(CallError::NotAllocated)?;
        if !self.rdcs.get(rdc).is_some_and(|rdc| rdc.may_use(self.node)) {
            return Err(CallError::NotAllocated);
        }
        let id = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let slot = self.free_slot().ok_or(CallError::Busy)?;
        let module = ModuleId(request.a.get() as u16);
        let now = self.machine.now();
        let mut incarnation =
            Incarnation::new(id, rdc, module, &self.config, now).ok_or(CallError::NoMemory)?;
        let party = self.pool.message(index).party;
        if let Some(creator) = GlobalId::from_bits(party.source) {
            let watcher = Watcher { id: creator, ghost: party.ghost };
            incarnation.watchers.push((watcher, CREATOR_EVENTS));
        }
        incarnation.ghost = self.ports.open_ghost(slot, id);
        self.locals[slot.index()].incarnation = Some(incarnation);
        self.begin_claim();
        self.locals[slot.index()].ghost.host = Some(index);
        self.tasks.wake_ghost(slot);
        Ok(())
    }

    /// A place where nobody is.
    pub(crate) fn free_slot(&self) -> Option<Slot> {
        self.slots().find(|slot| self.incarnation(*slot).is_none())
    }

    fn allow(&mut self, index: u16, request: &Request) -> Result<(), CallError> {
        let id = RdcId::new(request.rdc.get()).ok_or(CallError::BadArgument)?;
        let launch = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let ghost = KernelPort(request.a.get());
        let doors = Doors::read_from_bytes(self.pool.data_of(index));
        let doors = doors.map_err(|_| CallError::BadArgument)?;
        if doors.iter().any(|door| door.channel().is_none()) {
            return Err(CallError::BadArgument);
        }
        self.rdcs.insert(Rdc::new(id, Launch { id: launch, ghost, doors }))
    }

    fn withdraw(&mut self, request: &Request) -> Result<(), CallError> {
        let id = RdcId::new(request.rdc.get()).ok_or(CallError::BadArgument)?;
        let rdc = self.rdcs.get(id).ok_or(CallError::NotAllocated)?;
        let launch = rdc.launch.id;
        if request.a.get() == 0 && rdc.admission == Admission::Closed {
            return Err(CallError::NotAllocated);
        }
        if request.a.get() != 0 {
            let (reason, detail) = match request.b.get() {
                0 => (EndReason::Withdrawn, 0),
                _ => (EndReason::RdcEnded, request.other.get() as u32),
            };
            self.end_members(id, launch, reason, detail);
        }
        self.rdcs.close(id);
        self.forget_withdrawn(id);
        Ok(())
    }

    /// Forgets an RDC that this node was withdrawn from, once nobody of it is left here:
    /// until then its launch endpoint has to be told of ends, and its own end matters here.
    pub(crate) fn forget_withdrawn(&mut self, id: RdcId) {
        let is_closed = self
            .rdcs
            .get(id)
            .is_some_and(|rdc| rdc.home.is_none() && rdc.admission == Admission::Closed);
        let mut members = self.locals.iter().filter_map(|local| local.incarnation.as_ref());
        if is_closed && !members.any(|member| member.rdc == id) {
            self.rdcs.remove(id);
        }
    }

    /// Ends all incarnations here of an RDC but its launch endpoint.
    pub(crate) fn end_members(
        &mut self,
        id: RdcId,
        launch: GlobalId,
        reason: EndReason,
        detail: u32,
    ) {
        for slot in self.slots() {
            let member = self.incarnation(slot);
            if member.is_some_and(|member| member.rdc == id && member.id != launch) {
                self.end(slot, reason, detail);
            }
        }
    }
}

/// The handle that an incarnation has to itself.
pub(crate) fn own_handle(id: GlobalId, ghost: KernelPort) -> IncHandle {
    IncHandle {
        id,
        ghost,
        rights: inc_rights::ALL,
        domain: Domain::Any,
        interest: 0,
        pending: Pending::default(),
        answers: Answers::Missing(0),
    }
}

/// The handle that the creator of an incarnation has to it, when its node has answered.
pub(crate) fn child_handle(id: GlobalId, answer: &Answer) -> IncHandle {
    let mut pending = Pending::default();
    if let Some(made_ms) = answer.made_ms() {
        pending.set(EventType::Made, (made_ms, 0));
    }
    IncHandle {
        id,
        ghost: KernelPort(answer.values[0].get()),
        rights: inc_rights::ALL,
        domain: Domain::Any,
        interest: CREATOR_EVENTS,
        pending,
        answers: Answers::Missing(0),
    }
}

/// The node as a loader's address.
pub(crate) fn loader_of(node: NodeId) -> KernelPort {
    KernelPort::loader(node)
}
