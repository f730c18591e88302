//! The kernel's one stack: how deep it went, and a panic before it is too deep.
//!
//! Below the stack lies a guard page. A fault there cannot be reported, since
//! its frame has no place to go: the processor halts (QEMU aborts). So a margin
//! above the guard is watched, and [`check`] panics while that still works.

use crate::address::VirtAddr;
use crate::cpu;

/// The margin that must stay untouched, in bytes: room for a panic's report.
pub const MARGIN_BYTES: u32 = 4096;

/// What untouched words hold.
const PAINT: u32 = 0x5AFE_57AC;

// SAFETY: linker/kernel.ld defines them; only their addresses are used.
unsafe extern "C" {
    static __stack_guard: u32;
    static __stack_bottom: u32;
    static __stack_top: u32;
}

/// Where the stack lies.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The start of the guard page.
    pub guard: VirtAddr,
    /// The lowest address of the stack.
    pub bottom: VirtAddr,
    /// The end of the stack, where it starts to grow.
    pub top: VirtAddr,
}

/// The stack of this image.
pub fn extent() -> Extent {
    Extent {
        guard: VirtAddr::of(&raw const __stack_guard),
        bottom: VirtAddr::of(&raw const __stack_bottom),
        top: VirtAddr::of(&raw const __stack_top),
    }
}

/// The word at an even address in the stack.
pub fn word_at(address: u32) -> Option<u32> {
    let Extent { bottom, top, .. } = extent();
    let word = VirtAddr(address);
    // SAFETY: the word lies in the stack, which is always readable.
    (word >= bottom && word.0 <= top.0 - 4 && address.is_multiple_of(2))
        .then(|| unsafe { word.pointer::<u32>().read_volatile() })
}

/// Paints what the stack has not used yet. Once, at boot.
pub fn paint() {
    /// Left alone below the stack pointer: this function's own frames.
    const OWN_BYTES: u32 = 512;
    let end = cpu::here().sp - OWN_BYTES;
    let mut word = extent().bottom;
    while word.0 < end {
        // SAFETY: the word lies between the stack's bottom and its pointer.
        unsafe { word.pointer::<u32>().write_volatile(PAINT) };
        word = word.offset(4);
    }
}

/// The most bytes that were ever in use since [`paint`].
pub fn high_water_bytes() -> u32 {
    let Extent { bottom, top, .. } = extent();
    let mut word = bottom;
    while word < top && is_painted(word) {
        word = word.offset(4);
    }
    top.0 - word.0
}

/// Words at the upper end of the margin that are looked at. One would not do: a
/// frame leaves words unwritten.
const WATCHED_WORDS: u32 = 32;

/// Panics if the stack has grown into its margin. Called at every alarm, which come
/// while anybody waits, and whenever a monitor asks for work.
pub fn check() {
    let Extent { bottom, top, .. } = extent();
    let margin_end = bottom.offset(MARGIN_BYTES);
    let mut watched = (1..=WATCHED_WORDS).map(|back| VirtAddr(margin_end.0 - 4 * back));
    if cpu::here().sp >= margin_end.0 && watched.all(is_painted) {
        return;
    }
    panic!(
        "stack watermark: {} of {} bytes were in use, {MARGIN_BYTES} must stay free",
        high_water_bytes(),
        top.0 - bottom.0,
    );
}

fn is_painted(word: VirtAddr) -> bool {
    // SAFETY: callers stay within the stack, which is always readable.
    unsafe { word.pointer::<u32>().read_volatile() == PAINT }
}
