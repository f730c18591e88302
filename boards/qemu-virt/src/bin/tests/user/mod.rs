//! User code in spaces of its own: the bench that the tests of this folder run it on.

mod faults;
mod memory;
mod random;
mod running;

use abi::ids::NodeId;
use abi::slice::SliceLayout;
use alloc::boxed::Box;
use alloc::vec::Vec;
use kernel::platform::{Memory, Side, Slot, SpaceMap, SpaceSpec, TextState};
use kernel::shared_bus::SharedMemory;
use m68k::address::PAGE_BYTES;
use m68k::address::{KERNEL_BASE, VirtAddr};
use m68k::context::{Context, Leave};
use m68k::exception::{self, Detail, Frame};
use m68k::mmu;
use m68k::mmu::user::Mc68040;
use m68k::space::Spaces;
use m68k::windows::Windows;
use qemu_virt::memory::SLICE_BYTES;
use qemu_virt::pool;

/// Where data begins behind a text of one page.
pub const DATA: VirtAddr = VirtAddr(0x0001_1000);

/// Machine code for user mode.
#[derive(Clone, Copy)]
pub struct Program {
    start: *const u8,
    bytes: u32,
}

/// The program between two labels of programs.S.
macro_rules! program {
    ($start:ident, $end:ident) => {{
        // SAFETY: programs.S has both labels; only their addresses are used here.
        unsafe extern "C" {
            static $start: u8;
            static $end: u8;
        }
        $crate::user::Program::between(&raw const $start, &raw const $end)
    }};
}
pub(crate) use program;

impl Program {
    pub fn between(start: *const u8, end: *const u8) -> Program {
        Program { start, bytes: (end.addr() - start.addr()) as u32 }
    }

    /// The instructions.
    pub fn bytes(self) -> &'static [u8] {
        // SAFETY: `between` and `words` name constants of the image.
        unsafe { core::slice::from_raw_parts(self.start, self.bytes as usize) }
    }

    /// Instructions as words.
    pub fn words(words: &[u16]) -> Program {
        Program { start: words.as_ptr().cast(), bytes: size_of_val(words) as u32 }
    }
}

/// A slot with a space and a context.
pub struct Bench {
    pub spaces: Spaces<Mc68040>,
    #[expect(clippy::vec_box, reason = "a context must not move")]
    contexts: Vec<Box<Context>>,
}

/// The shape of most spaces here: a page of text, a page of data, four of heap, and a
/// stack of two pages.
pub const SMALL: SpaceSpec = SpaceSpec {
    text_id: 0,
    text: 0,
    data: 16,
    bss: 0,
    heap_max: 4 * PAGE_BYTES,
    stack_max: 2 * PAGE_BYTES,
    parameters: 64,
};

impl Bench {
    pub fn new() -> Bench {
        let layout = SliceLayout::new(1, SLICE_BYTES).expect("a pool of one node");
        // SAFETY: these tests read nothing through the window; there is no bus.
        let windows = unsafe { Windows::new(layout, NodeId(0)) };
        Bench { spaces: pool::spaces(windows), contexts: Vec::new() }
    }

    /// Makes a space that holds a program, and a context at its first instruction.
    pub fn load(&mut self, program: Program, spec: SpaceSpec) -> Slot {
        let slot = Slot(self.contexts.len() as u16);
        self.contexts.push(Box::new(Context::new()));
        self.load_again(slot, program, spec);
        slot
    }

    /// Makes a space in a slot whose space has ended.
    pub fn load_again(&mut self, slot: Slot, program: Program, spec: SpaceSpec) {
        let text_id = spec.text_id + u64::from(VirtAddr::of(program.start).0);
        let spec = SpaceSpec { text: program.bytes, text_id, ..spec };
        let map = self.spaces.create(slot, &spec).expect("there is memory");
        self.fetch(slot, program, &map);
        self.context(slot).start(map.text.base.0, map.stack.0);
    }

    fn fetch(&mut self, slot: Slot, program: Program, map: &SpaceMap) {
        if map.text_state == TextState::Missing {
            let offset = VirtAddr::of(program.start).0 - KERNEL_BASE.0;
            let written = self.spaces.write_from(slot, map.text, Side::Loader, NodeId(0), offset);
            written.expect("a loader may write a text that is missing");
        }
        self.spaces.loaded(slot);
    }

    pub fn context(&mut self, slot: Slot) -> &mut Context {
        &mut self.contexts[slot.index()]
    }

    /// Runs `slot` until something but a page that it may have ends it.
    pub fn run(&mut self, slot: Slot) -> Leave {
        loop {
            self.spaces.activate(slot);
            // SAFETY: the space is active and the context was started by `load`.
            let left = unsafe { self.contexts[slot.index()].run() };
            match self.fault(slot) {
                Some(fault) if left == Leave::Exception => {
                    let access = match fault.access {
                        exception::Access::Write => mmu::Access::ReadWrite,
                        _ => mmu::Access::ReadOnly,
                    };
                    if self.spaces.fault(slot, fault.address, access).is_err() {
                        return left;
                    }
                }
                _ => return left,
            }
        }
    }

    pub fn fault(&mut self, slot: Slot) -> Option<exception::Fault> {
        match self.context(slot).frame()?.detail {
            Detail::Access(fault) => Some(fault),
            _ => None,
        }
    }

    /// Runs `slot` to its next call and returns the number that it calls with.
    pub fn call(&mut self, slot: Slot) -> u32 {
        assert_eq!(self.run(slot), Leave::Call, "{:?}", self.context(slot).frame());
        self.context(slot).registers().data[0]
    }

    /// Runs `slot` to an exception that it may not have.
    pub fn exception(&mut self, slot: Slot) -> Frame {
        assert_eq!(self.run(slot), Leave::Exception);
        let frame = self.context(slot).frame().expect("a frame of the 68040");
        assert!(!frame.from_supervisor(), "{frame}");
        frame
    }
}
