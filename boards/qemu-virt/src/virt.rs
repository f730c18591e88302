//! The board as the tools of the crate `m68k` see it, and how it starts.

use crate::bootinfo::BootInfo;
use crate::devices::rtc::Rtc;
use crate::devices::{self, control};
use crate::{console, describe, interrupts, memory, timer};
use core::fmt;
use m68k::address::{PhysAddr, VirtAddr};
use m68k::board::{self, Board, Ending, Nanoseconds};
use m68k::mmu::control::open_devices;
use m68k::mmu::{Walk, kernel};
use m68k::stack;
use spin::Once;

/// QEMU's machine `virt`.
#[derive(Debug)]
pub struct Virt;

/// What boot found out.
#[derive(Debug)]
pub struct Facts {
    /// The boot records.
    pub info: BootInfo<'static>,
    /// The clock at the first instruction.
    pub started: Nanoseconds,
    /// From there to the end of boot.
    pub boot_time: Nanoseconds,
}

static FACTS: Once<Facts> = Once::new();

/// Starts the board, from asm/start.S's tables to interrupts that can be let in.
///
/// # Safety
/// Once, as the first code in Rust, with the clock at the first instruction and the
/// address that the image's slice starts at.
pub unsafe fn start(started: Nanoseconds, loaded_at: PhysAddr) -> &'static Virt {
    // SAFETY: nothing but devices lies in the window.
    unsafe { open_devices(devices::WINDOW) };
    board::install(&Virt);
    let info = memory::boot_records();
    devices::check(&info).unwrap_or_else(|error| panic!("boot: {error}"));
    let slice = memory::own_slice(&info, loaded_at);
    // SAFETY: the caller's promise, and the slice is the one of this image.
    unsafe { memory::init(&info, slice) };
    stack::paint();
    interrupts::init();
    let boot_time = Rtc::Timer.now().since(started);
    FACTS.call_once(|| Facts { info, started, boot_time });
    &Virt
}

/// The clock at the first instruction of this boot.
pub fn started() -> Nanoseconds {
    FACTS.get().map_or(Nanoseconds(0), |facts| facts.started)
}

impl Board for Virt {
    fn name(&self) -> &'static str {
        "qemu-virt"
    }

    fn command_line(&self) -> &str {
        FACTS.get().map_or("", |facts| facts.info.command_line)
    }

    fn write(&self, bytes: &[u8]) {
        console::write(bytes);
    }

    fn flush(&self) {
        console::flush();
    }

    fn write_raw(&self, bytes: &[u8]) {
        console::write_raw(bytes);
    }

    fn read(&self) -> Option<u8> {
        console::read()
    }

    fn now(&self) -> Nanoseconds {
        Rtc::Timer.now()
    }

    fn set_deadline(&self, at: Option<Nanoseconds>) {
        timer::set_deadline(at);
    }

    fn describe(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        match FACTS.get() {
            Some(facts) => describe::write(facts, out),
            None => writeln!(out, "the board has not started yet"),
        }
    }

    fn describe_interrupts(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        interrupts::describe(out)
    }

    fn walk(&self, address: VirtAddr) -> Walk {
        kernel::walk(address)
    }

    fn end(&self, ending: Ending) -> ! {
        console::flush();
        control::end(ending)
    }
}
