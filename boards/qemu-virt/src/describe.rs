//! What the board says about itself.

use crate::bootinfo::BootInfo;
use crate::devices::{self, pic, rtc::Rtc};
use crate::memory;
use crate::virt::Facts;
use core::fmt::{self, Write};
use m68k::address::KERNEL_BASE;
use m68k::calendar::Utc;
use m68k::mmu::control;
use m68k::mmu::kernel;
use m68k::{cpu, stack};

/// One line for each subject.
pub fn write(facts: &Facts, out: &mut dyn Write) -> fmt::Result {
    let info = &facts.info;
    let [major, minor, micro, _] = info.qemu_version.to_be_bytes();
    writeln!(out, "Equus on qemu-virt (QEMU {major}.{minor}.{micro})")?;
    processor(info, out)?;
    memory_map(out)?;
    writeln!(
        out,
        "  devices  {} interrupt controllers, 2 clocks, console, machine control at {:08x}",
        pic::COUNT,
        devices::PIC.base,
    )?;
    writeln!(out, "  time     {}", Utc::from_nanoseconds(Rtc::Timer.now().0))?;
    writeln!(out, "  boot     {} from entry to here", facts.boot_time)
}

/// The member of a family that a mask of the boot records names.
fn model(mask: u32, names: [&'static str; 4]) -> &'static str {
    match mask {
        1 => names[0],
        2 => names[1],
        4 => names[2],
        8 => names[3],
        _ => "unknown",
    }
}

fn processor(info: &BootInfo, out: &mut dyn Write) -> fmt::Result {
    let cpu = model(info.cpu, ["MC68020", "MC68030", "MC68040", "MC68060"]);
    let fpu = model(info.fpu, ["MC68881", "MC68882", "MC68040", "MC68060"]);
    let mmu = model(info.mmu, ["MC68851", "MC68030", "MC68040", "MC68060"]);
    let state = if control::enabled() { "on" } else { "off" };
    let (vectors, caches) = (cpu::vector_base(), cpu::cache_control());
    writeln!(out, "  cpu      {cpu}, vectors at {vectors:08x}, CACR {caches:08x}")?;
    writeln!(out, "  fpu      {fpu}")?;
    writeln!(out, "  mmu      {mmu}, {state}, 4 KB pages, kernel at {KERNEL_BASE}")
}

fn memory_map(out: &mut dyn Write) -> fmt::Result {
    let Some(map) = memory::map() else {
        return writeln!(out, "  memory   not mapped yet");
    };
    let (slice, stack) = (map.slice, stack::extent());
    let kilobytes = |from: u32, to: u32| (to - from) / 1024;
    writeln!(out, "  memory   {} KB at {}", slice.bytes / 1024, slice.start)?;
    writeln!(
        out,
        "           image {} KB with a stack of {} KB, tables {} KB, heap {} KB, free {} KB",
        kilobytes(KERNEL_BASE.0, kernel::image_end().0),
        kilobytes(stack.bottom.0, stack.top.0),
        kilobytes(map.tables.0, map.heap.0),
        kilobytes(map.heap.0, map.free.0),
        kilobytes(map.free.0, map.end().0),
    )
}
