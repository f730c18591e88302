//! The RDCs that a node works for: its access list (dissertation, §7.2.2), and, on the node of
//! a launch endpoint, the RDC's modules and members.

use alloc::vec::Vec;

use abi::constants::EndReason;
use abi::error::CallError;
use abi::ids::{GlobalId, ModuleId, NodeId, RdcId, UserAddr};
use abi::message::KernelPort;
use zerocopy::big_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::incarnation::Incarnation;
use crate::platform::{Slot, SpaceSpec};

/// An RDC that this node works for.
#[derive(Debug)]
pub struct Rdc {
    /// Its identity.
    pub id: RdcId,
    /// Its launch endpoint.
    pub launch: Launch,
    /// Whether it gets new incarnations here.
    pub admission: Admission,
    /// What its launch endpoint's node knows, if this is it.
    pub home: Option<Home>,
}

/// Whether an RDC gets new incarnations on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The node is allocated to it.
    Open,
    /// The node was withdrawn; it is known until its last incarnation here is gone.
    Closed,
}

impl Rdc {
    /// An RDC launched from `launch`, to which this node is allocated.
    pub fn new(id: RdcId, launch: Launch) -> Self {
        Self { id, launch, admission: Admission::Open, home: None }
    }

    /// Whether it may have incarnations on `node`, whose table it is in: not on the node of its
    /// launch endpoint unless that is allocated to it, too.
    pub fn may_use(&self, node: NodeId) -> bool {
        match &self.home {
            Some(home) => home.nodes.contains(&node),
            None => self.admission == Admission::Open,
        }
    }
}

/// Where an RDC was launched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The launch endpoint, which counts as an incarnation.
    pub id: GlobalId,
    /// Its ghost.
    pub ghost: KernelPort,
    /// What every incarnation of the RDC has a stream to.
    pub doors: Doors,
}

/// A channel to a service, to which every incarnation of an RDC has a stream from its
/// beginning. Its port is first the launch endpoint's, which may give it to whoever serves.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Door {
    channel: U64,
    port: U32,
}

impl Door {
    /// The channel whose port is at first at `port`.
    pub fn new(channel: GlobalId, port: KernelPort) -> Self {
        Self { channel: channel.bits().into(), port: port.0.into() }
    }

    /// The channel; none if these are not the bits of one.
    pub fn channel(&self) -> Option<GlobalId> {
        GlobalId::from_bits(self.channel.get())
    }

    /// Where its port was at first.
    pub fn port(&self) -> KernelPort {
        KernelPort(self.port.get())
    }
}

/// The doors of an RDC: to its launch endpoint, which serves files; to its stream space; and to
/// the name service. In this order incarnations get their streams.
pub type Doors = [Door; DOORS];

/// How many doors an RDC has.
pub const DOORS: usize = 3;

/// What is known of an RDC where it was launched.
#[derive(Debug)]
pub struct Home {
    /// The launch endpoint.
    pub slot: Slot,
    /// What it may do to the system.
    pub rights: SystemRights,
    /// Its modules.
    pub modules: Vec<Module>,
    /// The module of its stream space, if it can have one.
    pub stream_space: Option<Module>,
    /// The nodes allocated to it.
    pub nodes: Vec<NodeId>,
    /// Its incarnations that are being made or live, and where.
    pub members: Vec<Member>,
    /// Its first incarnation.
    pub primary: Option<GlobalId>,
    /// How that has ended: the reason and its detail.
    pub primary_end: Option<(EndReason, u32)>,
    /// Whether it has ended.
    pub end: End,
}

/// What an RDC may do to the system, granted at launch. Its launch endpoint may allocate nodes to
/// its own RDC and withdraw them in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemRights {
    /// Nothing.
    None,
    /// Allocate nodes to any RDC that was launched on the same node, and withdraw them.
    ManageNodes,
}

/// An incarnation of an RDC, as it is known where that was launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The incarnation.
    pub id: GlobalId,
    /// Where it is.
    pub node: NodeId,
    /// What it was made from, or what that was.
    pub module: ModuleId,
}

impl Member {
    /// Whether it belongs to the program, and not to the system: the RDC lives as long as one of
    /// these does.
    pub fn is_of_program(&self) -> bool {
        self.module != ModuleId::STREAM_SPACE
    }
}

/// How far the end of an RDC has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It runs.
    Running,
    /// It has ended, with this exit code; its nodes are to be told.
    Ended(i32),
    /// It has ended, with this exit code, and its nodes are being told.
    Told(i32),
}

/// A module in the memory of a launch endpoint.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name, up to 19 bytes.
    pub name: Vec<u8>,
    /// Its sizes.
    pub image: Image,
    /// Where its text, directly followed by its initialised data, lies.
    pub base: UserAddr,
}

/// What a node has to know of a module to make an incarnation of it: 32 bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Image {
    /// Names the text, the same wherever the text is the same.
    pub text_id: U64,
    /// Bytes of text.
    pub text: U32,
    /// Bytes of initialised data.
    pub data: U32,
    /// Bytes of zeroed data behind it.
    pub bss: U32,
    /// Most bytes of heap.
    pub heap_max: U32,
    /// Most bytes of stack.
    pub stack_max: U32,
    /// The first instruction.
    pub entry: U32,
}

impl Image {
    /// The shape of a space for it, with so many bytes of start parameters.
    pub fn space(&self, parameters: u32) -> SpaceSpec {
        SpaceSpec {
            text_id: self.text_id.get(),
            text: self.text.get(),
            data: self.data.get(),
            bss: self.bss.get(),
            heap_max: self.heap_max.get(),
            stack_max: self.stack_max.get(),
            parameters,
        }
    }
}

/// All RDCs that a node works for.
#[derive(Debug)]
pub struct Rdcs {
    list: Vec<Rdc>,
    capacity: usize,
}

impl Rdcs {
    /// A table of up to `capacity` RDCs.
    pub fn new(capacity: u16) -> Self {
        let capacity = usize::from(capacity);
        Self { list: Vec::with_capacity(capacity), capacity }
    }

    /// Enters an RDC; `TableFull` if there is no room. One that is there already is admitted
    /// anew.
    pub fn insert(&mut self, rdc: Rdc) -> Result<(), CallError> {
        if let Some(known) = self.list.iter_mut().find(|known| known.id == rdc.id) {
            known.admission = Admission::Open;
            return Ok(());
        }
        if self.list.len() == self.capacity {
            return Err(CallError::TableFull);
        }
        self.list.push(rdc);
        Ok(())
    }

    /// Forgets an RDC.
    pub fn remove(&mut self, id: RdcId) -> Option<Rdc> {
        let at = self.list.iter().position(|rdc| rdc.id == id)?;
        Some(self.list.swap_remove(at))
    }

    /// RDC `id` gets no new incarnations here.
    pub fn close(&mut self, id: RdcId) {
        if let Some(known) = self.list.iter_mut().find(|known| known.id == id) {
            known.admission = Admission::Closed;
        }
    }

    /// The RDC `id`, if this node works for it.
    pub fn get(&self, id: RdcId) -> Option<&Rdc> {
        self.list.iter().find(|rdc| rdc.id == id)
    }

    /// The RDC `id` whose launch endpoint is here.
    pub fn home(&mut self, id: RdcId) -> Option<&mut Home> {
        self.list.iter_mut().find(|rdc| rdc.id == id)?.home.as_mut()
    }

    /// An RDC that was launched on `node`, which is another one, and its launch endpoint.
    pub fn orphan_of(&self, node: NodeId) -> Option<(RdcId, GlobalId)> {
        let of_node = |rdc: &&Rdc| rdc.home.is_none() && rdc.launch.ghost.node() == node;
        self.list.iter().find(of_node).map(|rdc| (rdc.id, rdc.launch.id))
    }

    /// Whether `incarnation` is the launch endpoint of its RDC.
    pub fn is_launch(&self, incarnation: &Incarnation) -> bool {
        self.get(incarnation.rdc).is_some_and(|rdc| rdc.launch.id == incarnation.id)
    }

    /// All RDCs.
    pub fn iter(&self) -> impl Iterator<Item = &Rdc> {
        self.list.iter()
    }
}

impl Home {
    /// Whether the RDC may have incarnations on `node`: also on one that was withdrawn from it,
    /// until the last of them has ended there.
    pub fn works_on(&self, node: NodeId) -> bool {
        self.nodes.contains(&node) || self.members.iter().any(|member| member.node == node)
    }

    /// Whether the nodes are to be told of the end now; whoever asks does it.
    pub fn begin_end(&mut self) -> bool {
        let End::Ended(code) = self.end else { return false };
        self.end = End::Told(code);
        true
    }

    /// The exit code, once the RDC has ended.
    pub fn exit_code(&self) -> Option<i32> {
        match self.end {
            End::Running => None,
            End::Ended(code) | End::Told(code) => Some(code),
        }
    }

    /// The exit code unless somebody gives one: the status with which the primary incarnation
    /// has left, or 0.
    pub fn status(&self) -> i32 {
        match self.primary_end {
            Some((EndReason::Exited, status)) => status as i32,
            _ => 0,
        }
    }

    /// What member `id` was made from.
    pub fn module_of(&self, id: GlobalId) -> Option<ModuleId> {
        self.members.iter().find(|member| member.id == id).map(|member| member.module)
    }

    /// Enters an incarnation that comes to be.
    pub fn enter(&mut self, member: Member) {
        self.members.push(member);
        if member.is_of_program() {
            self.primary.get_or_insert(member.id);
        }
    }

    /// The incarnations that belong to its program.
    pub fn program(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_of_program())
    }

    /// The module of this number.
    pub fn module_numbered(&self, number: ModuleId) -> Option<&Module> {
        match number {
            ModuleId::STREAM_SPACE => self.stream_space.as_ref(),
            number => self.modules.get(usize::from(number.0)),
        }
    }

    /// The number of the module called `name`.
    pub fn module(&self, name: &[u8]) -> Option<usize> {
        self.modules.iter().position(|module| module.name == name)
    }
}
