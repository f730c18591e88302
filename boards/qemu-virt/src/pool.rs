//! This board as a node of a pool: what the command line says of it, and the kernel
//! on it.

use crate::devices::rtc::Rtc;
use crate::doorbell::Doorbell;
use crate::memory::{self, SLICE_BYTES};
use crate::{timer, virt};
use abi::ids::{Epoch, NodeId};
use abi::slice::SliceLayout;
use core::ptr::NonNull;
use kernel::shared_bus::SharedBus;
use kernel::{Config, Node};
use m68k::address::KERNEL_BASE;
use m68k::board::{self, Nanoseconds};
use m68k::frames::Frames;
use m68k::mmu::kernel::no_user_root;
use m68k::mmu::user::Mc68040;
use m68k::node::{Equus, Runner};
use m68k::own_memory::OwnMemory;
use m68k::processor::{Clock, Processor};
use m68k::space::Spaces;
use m68k::windows::Windows;
use m68k::{heap, println};

/// The place of this node in its pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Membership {
    /// This node.
    pub node: NodeId,
    /// The slices of the pool.
    pub layout: SliceLayout,
    /// This boot.
    pub epoch: Epoch,
}

impl Membership {
    /// What `node=`, `nodes=` and `epoch=` say; none without `nodes=`.
    ///
    /// # Panics
    /// If they make no sense: the node must not run then.
    pub fn parse(command_line: &str) -> Option<Membership> {
        board::option(command_line, "nodes")?;
        let number = |key| -> u32 {
            let text = board::option(command_line, key).unwrap_or("");
            text.parse().unwrap_or_else(|_| panic!("boot: `{key}={text}` is not a number"))
        };
        let (node, nodes) = (number("node"), number("nodes"));
        let layout = SliceLayout::new(nodes as usize, SLICE_BYTES)
            .unwrap_or_else(|error| panic!("boot: {error}"));
        assert!(node < nodes, "boot: there is no node {node} in a pool of {nodes}");
        let epoch = u16::try_from(number("epoch")).ok().and_then(Epoch::new);
        let epoch = epoch.expect("boot: `epoch=` is from 1 to 65535");
        Some(Membership { node: NodeId(node as u8), layout, epoch })
    }
}

/// The image's clock.
#[derive(Debug)]
pub struct BoardClock;

impl Clock for BoardClock {
    fn started(&self) -> Nanoseconds {
        virt::started()
    }

    fn now(&self) -> Nanoseconds {
        Rtc::Timer.now()
    }

    fn now_low(&self) -> u32 {
        Rtc::Timer.now_low()
    }

    fn set_alarm(&mut self, at: Option<Nanoseconds>) {
        match at {
            Some(at) => timer::set_alarm(at),
            None => timer::clear_alarm(),
        }
    }

    fn has_rung(&self) -> bool {
        timer::has_rung()
    }
}

/// The node's own memory.
pub fn own_memory() -> OwnMemory {
    let slice = memory::slice().expect("boot maps the slice");
    let base = NonNull::new(KERNEL_BASE.pointer()).expect("the kernel is not at 0");
    // SAFETY: the kernel's tables map the whole slice there, for ever.
    unsafe { OwnMemory::new(base, slice.start, slice.bytes) }
}

/// The frames between the kernel's heap and the bus area.
pub fn frames(layout: &SliceLayout, node: NodeId) -> Frames {
    /// So far apart that also unaligned copies between nodes meet no equal pages.
    const PAGES_BETWEEN_NODES: u32 = 5;
    let map = memory::map().expect("boot maps the slice");
    let first = map.slice.phys(map.free);
    let end = map.slice.start.offset(layout.local_bytes());
    Frames::new(first, end.0 - first.0, u32::from(node.0) * PAGES_BETWEEN_NODES)
}

/// Spaces in all free frames.
pub fn spaces(windows: Windows) -> Spaces<Mc68040> {
    let frames = frames(bus::Memory::layout(&windows), bus::Memory::own(&windows));
    let nothing = no_user_root().expect("boot makes tables for no user");
    // SAFETY: the spaces give it their own roots only.
    let mmu = unsafe { Mc68040::new(nothing) };
    Spaces::new(own_memory(), windows, frames, mmu)
}

/// The kernel on this board.
pub type Kernel = Node<Equus<Doorbell, BoardClock>>;

/// Boots the kernel on this node.
///
/// # Safety
/// The window on the slices is open, and no other bus of this boot is in use.
pub unsafe fn boot(member: Membership, config: Config) -> Kernel {
    let Membership { node: id, layout, epoch } = member;
    // SAFETY: the caller's promise.
    let windows = unsafe { Windows::new(layout, id) };
    let doorbell = Doorbell::new();
    if let Err(absent) = doorbell.state() {
        println!("no doorbell ({absent:?}): this node is alone");
    }
    let bus = SharedBus::start(windows, doorbell, epoch);
    let memory = spaces(windows);
    let processor = Processor::new(BoardClock);
    Node::new(config, bus, memory, processor)
}

/// Runs the kernel on this node.
pub fn run(member: Membership) -> ! {
    // SAFETY: boot has opened the window, since the command line speaks of a pool, and
    // this is the only node.
    let mut node = unsafe { boot(member, Config::default()) };
    let pages = kernel::platform::Memory::free_pages(&*node.memory());
    let usage = heap::usage();
    let (nodes, epoch) = (member.layout.nodes(), member.epoch.get());
    println!("node {} of {nodes}, boot {epoch}, {pages} pages free", member.node.0);
    println!("heap {} of {} KB in use", usage.used_bytes / 1024, usage.size_bytes / 1024);
    Runner::new(node).run()
}
