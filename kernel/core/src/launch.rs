//! Launch endpoints (dissertation, §3.3): an RDC begins and ends with one. It counts as an
//! incarnation whose program runs outside the kernel (in the host's launch program), on the
//! node where the RDC was launched; its ghost knows the modules and the members.

use alloc::vec::Vec;

use abi::constants::{ChannelType, EndReason, EventType};
use abi::error::CallError;
use abi::ids::{GlobalId, ModuleId, NodeId, RdcId, RefId};
use zerocopy::IntoBytes;

use crate::delivery::reply::Contents;
use crate::incarnation::{Blocked, Condition, Incarnation};
use crate::letter::Data;
use crate::loader::own_handle;
use crate::node::Node;
use crate::operation::{Action, Answer, Request};
use crate::platform::{
    Instant, Machine, Memory, MemoryError, Platform, Slot, SpaceSpec, UserRange,
};
use crate::port::Port;
use crate::rdc::{DOORS, Door, Doors, End, Home, Launch, Member, Module, Rdc, SystemRights};
use crate::reference::{Reference, References};
use crate::state::State;
use crate::stream::Stream;

/// An RDC that is to be launched.
#[derive(Clone, Debug)]
pub struct LaunchSpec {
    /// Its identity, which no other RDC of the pool has had.
    pub rdc: RdcId,
    /// Its modules, in the order of their numbers; number 0 is the primary one's.
    pub modules: Vec<Module>,
    /// The module of its stream space, if it is to have one.
    pub stream_space: Option<Module>,
    /// What it may do to the system.
    pub rights: SystemRights,
    /// The launch endpoint's own memory, which holds the modules.
    pub space: SpaceSpec,
}

/// A launch endpoint that was made: its place, and its first references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launched {
    /// Its place.
    pub slot: Slot,
    /// Its handle to itself. The end of the RDC is an `EV_INC_DEAD` event of it, with the
    /// reason `END_RDC` and the exit code as its detail.
    pub myself: RefId,
    /// Its standard port, to which all members of the RDC have a stream.
    pub port: RefId,
    /// The port of the RDC's stream space, until it is given to an incarnation that serves.
    pub space: RefId,
    /// The port at which the RDC speaks to the name service, until it is given to that.
    pub names: RefId,
}

impl<P: Platform> Node<P> {
    /// Makes the launch endpoint of an RDC on this node, for a program outside the kernel.
    /// `Busy`, `TableFull`, `NoMemory` or `BadArgument` if that cannot be.
    pub fn launch(&mut self, spec: LaunchSpec) -> Result<Launched, CallError> {
        self.state_mut().launch(spec)
    }

    /// Ends an RDC that was launched here, everywhere, with this exit code. Its launch endpoint
    /// is told when it has ended. One that has ended already, or is not of this node, is left
    /// alone.
    pub fn end_rdc(&mut self, rdc: RdcId, code: i32) {
        self.state_mut().end_rdc(rdc, code);
    }

    /// Gives the program in `to` a copy of a stream of the program in `from`: both are launch
    /// endpoints on this node, and of one mind.
    pub fn share_stream(
        &mut self,
        from: Slot,
        stream: RefId,
        to: Slot,
    ) -> Result<RefId, CallError> {
        self.state_mut().share_stream(from, stream, to)
    }

    /// Ends the wait of `slot` for a message, an event or time as if its time were over: the
    /// program outside the kernel has something else to do. Another call goes on.
    pub fn end_wait(&mut self, slot: Slot) {
        let mut state = self.state_mut();
        let Some(incarnation) = state.incarnation_mut(slot) else { return };
        if matches!(incarnation.blocked, Blocked::No) {
            return;
        }
        // A wait that has to ask somebody first finds its time over when it begins.
        incarnation.deadline = Some(Instant(0));
        state.check_deadline(slot);
    }
}

impl<P: Platform> State<P> {
    /// Makes a launch endpoint. `Busy`, `TableFull` or `NoMemory` if there is no room.
    pub(crate) fn launch(&mut self, spec: LaunchSpec) -> Result<Launched, CallError> {
        let slot = self.free_slot().ok_or(CallError::Busy)?;
        let id = self.new_id();
        let now = self.machine.now();
        let mut incarnation = Incarnation::new(id, spec.rdc, ModuleId(0), &self.config, now)
            .ok_or(CallError::NoMemory)?;
        self.memory.create(slot, &spec.space).map_err(|error| match error {
            MemoryError::NoMemory => CallError::NoMemory,
            MemoryError::BadRange => CallError::BadArgument,
        })?;
        let ghost = self.ports.open_ghost(slot, id);
        let references = &mut incarnation.references;
        let myself = references.insert(Reference::Incarnation(own_handle(id, ghost)))?;
        let opened = self.open_doors(slot, references);
        let (doors, [port, space, names]) = opened.inspect_err(|_| {
            self.ports.close_ghost(slot);
            self.memory.destroy(slot);
        })?;
        let home = Home {
            slot,
            rights: spec.rights,
            modules: spec.modules,
            stream_space: spec.stream_space,
            nodes: Vec::new(),
            members: Vec::new(),
            primary: None,
            primary_end: None,
            end: End::Running,
        };
        let launch = Launch { id, ghost, doors };
        let entered = self.rdcs.insert(Rdc { home: Some(home), ..Rdc::new(spec.rdc, launch) });
        if let Err(error) = entered {
            self.close_doors(&doors);
            self.ports.close_ghost(slot);
            self.memory.destroy(slot);
            return Err(error);
        }
        incarnation.ghost = ghost;
        incarnation.myself = Some(myself);
        incarnation.condition = Condition::Executing;
        self.locals[slot.index()].incarnation = Some(incarnation);
        self.begin_claim();
        self.resume(slot);
        Ok(Launched { slot, myself, port, space, names })
    }

    /// Opens the ports of an RDC's doors for the launch endpoint in `slot`. `NoMemory` if there is
    /// no room; then none is open.
    fn open_doors(
        &mut self,
        slot: Slot,
        references: &mut References,
    ) -> Result<(Doors, [RefId; DOORS]), CallError> {
        let mut doors = Vec::new();
        let mut ports = Vec::new();
        for _ in 0..DOORS {
            let channel = self.new_id();
            let Some(kernel_port) = self.ports.open(slot, references.slots(), channel) else {
                self.close_doors(&doors);
                return Err(CallError::NoMemory);
            };
            doors.push(Door::new(channel, self.ports.address(kernel_port)));
            let port = Port::attached(channel, ChannelType::Unicast, kernel_port);
            ports.push(references.insert(Reference::Port(port))?);
        }
        Ok((doors.try_into().expect("one each"), ports.try_into().expect("one each")))
    }

    fn close_doors(&mut self, doors: &[Door]) {
        for door in doors {
            self.ports.close(door.port().index() as u16);
        }
    }

    /// Gives the program in `to` a copy of a stream of the program in `from`; both are launch
    /// endpoints of this node.
    pub(crate) fn share_stream(
        &mut self,
        from: Slot,
        stream: RefId,
        to: Slot,
    ) -> Result<RefId, CallError> {
        let giver = self.incarnation(from).ok_or(CallError::Closed)?;
        let (_, &stream) = giver.references.stream(stream.get())?;
        let id = self.new_id();
        let taker = self.incarnation_mut(to).ok_or(CallError::Closed)?;
        let copy = Stream::new(id, stream.channel, stream.channel_type, stream.port);
        taker.references.insert(Reference::Stream(copy))
    }

    /// Serves a request that only the ghost of a launch endpoint can serve.
    pub(crate) fn serve_launch(
        &mut self,
        slot: Slot,
        action: Action,
        request: &Request,
        index: u16,
    ) -> Contents {
        let refused = |error| Contents::of(Answer::new(Err(error)).head());
        let Some(rdc) = RdcId::new(request.rdc.get()) else {
            return refused(CallError::BadArgument);
        };
        if self.rdcs.home(rdc).is_none_or(|home| home.slot != slot) {
            return refused(CallError::NotSupported);
        }
        let result = match action {
            Action::Register => match self.register_member(slot, rdc, request) {
                Ok(contents) => return contents,
                Err(error) => Err(error),
            },
            Action::Ended => self.register_end(rdc, request),
            Action::FindModule => self.find_module(rdc, index),
            Action::Nodes => return self.node_list(rdc),
            Action::EndRdc => {
                self.end_rdc(rdc, request.a.get() as i32);
                Ok(0)
            }
            _ => Err(CallError::NotSupported),
        };
        Contents::of(Answer::new(result).head())
    }

    /// An incarnation comes to be: answers what its node has to know of its module.
    fn register_member(
        &mut self,
        slot: Slot,
        rdc: RdcId,
        request: &Request,
    ) -> Result<Contents, CallError> {
        let id = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let node = NodeId(request.b.get() as u8);
        let home = self.rdcs.home(rdc).ok_or(CallError::NoSuchRdc)?;
        if home.end != End::Running {
            return Err(CallError::NotAllocated);
        }
        if let Some(like) = GlobalId::from_bits(request.other.get()) {
            // It has ended, or is of another RDC, whose programs are not for this one.
            let module = home.module_of(like).ok_or(CallError::Unreachable)?;
            home.enter(Member { id, node, module });
            return Ok(Contents::of(Answer::new(Ok(module.0.into())).head()));
        }
        let number = ModuleId(request.a.get() as u16);
        let module = home.module_numbered(number).ok_or(CallError::NoSuchModule)?;
        let (image, base) = (module.image, module.base);
        let length = image.text.get().checked_add(image.data.get()).ok_or(CallError::BadFile)?;
        let range = UserRange { base, length };
        let granted = self.grant(slot, range)?;
        let home = self.rdcs.home(rdc).ok_or(CallError::NoSuchRdc)?;
        home.enter(Member { id, node, module: number });
        let head = image.as_bytes().try_into().expect("an image has 32 bytes");
        Ok(Contents { total: length, data: Data::Granted(granted), ..Contents::of(head) })
    }

    fn register_end(&mut self, rdc: RdcId, request: &Request) -> Result<u32, CallError> {
        let id = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let reason = EndReason::from_value(request.a.get() as i32);
        let reason = reason.ok_or(CallError::BadArgument)?;
        self.member_ended(rdc, id, reason, request.other.get() as u32);
        Ok(0)
    }

    fn find_module(&mut self, rdc: RdcId, index: u16) -> Result<u32, CallError> {
        let home = self.rdcs.home(rdc).ok_or(CallError::NoSuchRdc)?;
        home.module(self.pool.data_of(index))
            .map(|number| number as u32)
            .ok_or(CallError::NoSuchModule)
    }

    /// The nodes of an RDC: a count, and one bit for each in the rest of the answer.
    fn node_list(&mut self, rdc: RdcId) -> Contents {
        let mut answer = Answer::new(Ok(0));
        if let Some(home) = self.rdcs.home(rdc) {
            answer.result = (home.nodes.len() as i32).into();
            for node in &home.nodes {
                let word = &mut answer.values[node.index() / 32 % NODE_WORDS];
                *word = (word.get() | 1 << (node.index() % 32)).into();
            }
        }
        Contents::of(answer.head())
    }

    /// All nodes have been told that the RDC launched from `slot` has ended.
    pub(crate) fn rdc_ended(&mut self, slot: Slot) {
        let Some(incarnation) = self.incarnation(slot) else { return };
        let rdc = incarnation.rdc;
        let Some(home) = self.rdcs.home(rdc) else { return };
        home.nodes.clear();
        let code = home.exit_code().unwrap_or_default();
        let end = (EndReason::RdcEnded as u32, code as u32);
        self.caller(slot).occur(0, EventType::Dead, end);
        self.stir(slot);
    }
}

/// Words of an answer that hold one bit for each node: 224 nodes.
pub(crate) const NODE_WORDS: usize = 7;
