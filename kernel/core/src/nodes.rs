//! Nodes of RDCs (dissertation, §7.2.2): their allocation and withdrawal. The ghost of a launch
//! endpoint sees to it, on behalf of the endpoint itself, or of an incarnation of an RDC that was
//! launched with the right to manage nodes. The RDC concerned must have been launched on the same
//! node.

use abi::error::CallError;
use abi::ids::{NodeId, RdcId};
use abi::message::PortType;
use zerocopy::IntoBytes;

use crate::delivery::reply::Contents;
use crate::ending::insist;
use crate::executor::Cx;
use crate::ghost::ask_loader;
use crate::loader::loader_of;
use crate::operation::{Action, Answer, Request};
use crate::platform::{Platform, Slot};
use crate::quota::Holder;
use crate::rdc::{End, SystemRights};
use crate::state::State;

/// What is to become of a node.
#[derive(Clone, Copy)]
struct Change {
    what: What,
    node: NodeId,
    rdc: RdcId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Allocated,
    Withdrawn,
}

/// Serves the request in message `index` to allocate or withdraw a node.
pub(crate) async fn manage<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let result = match cx.with(|state| state.begin_change(slot, index)) {
        Ok((change, request)) => carry_out(cx, slot, change, &request).await,
        Err(error) => Err(error),
    };
    let answer = Answer::new(result.map(|()| 0)).head();
    cx.with(|state| state.answer_request(index, &Contents::of(answer)));
}

async fn carry_out<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    change: Change,
    request: &Request,
) -> Result<(), CallError> {
    let loader = loader_of(change.node);
    if change.what == What::Allocated {
        cx.with(|state| state.take_doors(slot, change.rdc))?;
    }
    let reply = ask_loader(cx, slot, loader, request).await;
    cx.with(|state| state.drop_ghost_data(slot));
    let result = reply.and_then(|reply| Answer::of(&reply.head).result()).map(|_| ());
    // It can be repeated.
    let result = result.map_err(|error| match error {
        CallError::OutcomeUnknown => CallError::PeerLost,
        error => error,
    });
    let Some(undoing) = cx.with(|state| state.end_change(change, result)) else { return result };
    // The RDC's end was told to all of its nodes while this one was not yet among them.
    let id = cx.with(|state| state.ghost_source(slot));
    insist(cx, slot, (loader, PortType::NodeService, id), &undoing).await;
    Err(CallError::NoSuchRdc)
}

impl<P: Platform> State<P> {
    /// The change that message `index` to the launch endpoint in `slot` asks for, if its sender
    /// may have it, and the request to the node's loader.
    fn begin_change(&mut self, slot: Slot, index: u16) -> Result<(Change, Request), CallError> {
        let message = self.pool.message(index);
        let (asked, requester) = (Request::of(&message.head), message.party.source);
        let own = self.caller(slot).rdc;
        let is_launched = self.rdcs.home(own).is_some_and(|home| home.slot == slot);
        if !is_launched || asked.rdc.get() != own.get() {
            return Err(CallError::NotSupported);
        }
        let (node, rdc) = (asked.a.get(), asked.id.get() as u32);
        let (node, rdc) = self.may_change((own, requester), (node, rdc))?;
        Ok(if asked.action == Action::AllocateNode as u8 {
            (Change { what: What::Allocated, node, rdc }, self.allowance(rdc)?)
        } else {
            let mut request = Request::new(Action::Withdraw);
            request.rdc = rdc.get().into();
            request.a = u32::from(asked.b.get()).into();
            (Change { what: What::Withdrawn, node, rdc }, request)
        })
    }

    /// Whether an incarnation of an RDC that was launched here may allocate a node to an RDC or
    /// withdraw it: which these are.
    pub(crate) fn may_change(
        &mut self,
        (own, incarnation): (RdcId, u64),
        (node, rdc): (u32, u32),
    ) -> Result<(NodeId, RdcId), CallError> {
        let launch = self.rdcs.get(own).ok_or(CallError::NoSuchRdc)?.launch.id;
        let home = self.rdcs.home(own).ok_or(CallError::NoSuchRdc)?;
        let is_its_own = launch.bits() == incarnation && rdc == own.get();
        if home.rights != SystemRights::ManageNodes && !is_its_own {
            return Err(CallError::NoRight);
        }
        let node = self.node_up(node)?;
        let rdc = RdcId::new(rdc).ok_or(CallError::NoSuchRdc)?;
        let home = self.rdcs.home(rdc).filter(|home| home.end == End::Running);
        home.map(|_| (node, rdc)).ok_or(CallError::NoSuchRdc)
    }

    /// What a loader has to know of an RDC that was launched here.
    fn allowance(&self, rdc: RdcId) -> Result<Request, CallError> {
        let launch = self.rdcs.get(rdc).ok_or(CallError::NoSuchRdc)?.launch;
        let mut request = Request::new(Action::Allow);
        request.rdc = rdc.get().into();
        request.id = launch.id.bits().into();
        request.a = launch.ghost.0.into();
        Ok(request)
    }

    /// The ghost of `slot` is to send along where the doors of an RDC are.
    fn take_doors(&mut self, slot: Slot, rdc: RdcId) -> Result<(), CallError> {
        let doors = self.rdcs.get(rdc).ok_or(CallError::NoSuchRdc)?.launch.doors;
        let doors = doors.as_bytes();
        let room = self.has_room(Holder::Kernel, true);
        let block = room.then(|| self.pool.take_block()).flatten().ok_or(CallError::Busy)?;
        self.pool.data_mut(block, doors.len()).copy_from_slice(doors);
        self.locals[slot.index()].ghost.data = Some((block, doors.len() as u32));
        Ok(())
    }

    /// Enters a change that the node's loader has answered. If the RDC has ended meanwhile,
    /// what the node is to be told of that.
    fn end_change(&mut self, change: Change, result: Result<(), CallError>) -> Option<Request> {
        let Change { what, node, rdc } = change;
        let home = self.rdcs.home(rdc);
        let code = match &home {
            Some(home) => home.exit_code(),
            None => Some(0),
        };
        match (what, result, home) {
            (What::Allocated, Ok(()), _) if code.is_some() => {
                return code.map(|code| end_of(rdc, code));
            }
            (What::Allocated, Ok(()), Some(home)) if !home.nodes.contains(&node) => {
                home.nodes.push(node);
            }
            // The answer to an earlier attempt may have been lost.
            (What::Withdrawn, Ok(()) | Err(CallError::NotAllocated), Some(home)) => {
                home.nodes.retain(|allocated| *allocated != node);
            }
            _ => {}
        }
        None
    }
}

/// Tells a loader that an RDC has ended.
pub(crate) fn end_of(rdc: RdcId, code: i32) -> Request {
    let mut request = Request::new(Action::Withdraw);
    request.rdc = rdc.get().into();
    request.a = 1.into();
    request.b = 1.into();
    request.other = u64::from(code as u32).into();
    request
}
