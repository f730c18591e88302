//! The processor's own registers and states.
//!
//! Kernel code runs with interrupts masked. They come in at two named points
//! only: [`wait_for_interrupt`] and [`admit_interrupts`].

use core::fmt;

/// What the processor looked like: the part of a report that every exception
/// shares. The layout is that of asm/vectors.S and asm/cpu.S.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Registers {
    /// The user stack pointer.
    pub usp: u32,
    /// D0 to D7.
    pub data: [u32; 8],
    /// A0 to A6.
    pub address: [u32; 7],
}

impl fmt::Display for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |f: &mut fmt::Formatter<'_>, name, registers: &[u32]| {
            write!(f, "{name}")?;
            registers.iter().try_for_each(|word| write!(f, " {word:08x}"))
        };
        words(f, "  d0-d7", &self.data)?;
        words(f, "\n  a0-a6", &self.address)?;
        write!(f, "  usp {:08x}", self.usp)
    }
}

/// Where the processor is, for a walk over the stack.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Here {
    /// The address behind the call of [`here`].
    pub pc: u32,
    /// The stack pointer.
    pub sp: u32,
    /// A6, which some functions use as frame pointer.
    pub fp: u32,
}

mod routine {
    use super::{Here, Registers};

    // SAFETY: asm/cpu.S has these routines. Those that are safe touch nothing but registers of the
    // processor and what they are lent, and leave the status register in supervisor mode;
    // `cpu_divide` raises an exception if the divisor is 0. For `cpu_set_status`, the
    // status is as [`super::set_status`] asks.
    unsafe extern "C" {
        pub safe fn cpu_status() -> u32;
        pub safe fn cpu_mask_interrupts() -> u32;
        pub unsafe fn cpu_set_status(status: u32);
        pub safe fn cpu_wait_for_interrupt();
        pub safe fn cpu_admit_interrupts();
        pub safe fn cpu_here(into: &mut Here);
        pub safe fn cpu_vector_base() -> u32;
        pub safe fn cpu_cache_control() -> u32;
        pub safe fn cpu_divide(high: u32, low: u32, divisor: u32) -> u64;
        pub safe fn cpu_capture(into: &mut Registers);
    }
}

/// The status register (SR).
pub fn status() -> u16 {
    routine::cpu_status() as u16
}

/// Masks all interrupts and returns the status register from before.
pub fn mask_interrupts() -> u16 {
    routine::cpu_mask_interrupts() as u16
}

/// Sets the status register.
///
/// # Safety
/// The value must be in supervisor mode and must come from [`status`] or
/// [`mask_interrupts`]; lowering the mask lets interrupts into the caller.
pub unsafe fn set_status(status: u16) {
    // SAFETY: the caller's promise.
    unsafe { routine::cpu_set_status(u32::from(status)) }
}

/// Stops until at least one interrupt has been served; a named point. What the
/// caller checked with interrupts masked still holds when the processor stops.
pub fn wait_for_interrupt() {
    routine::cpu_wait_for_interrupt();
}

/// Serves the interrupts that are pending and no others; a named point.
pub fn admit_interrupts() {
    routine::cpu_admit_interrupts();
}

/// Where the caller is.
#[expect(clippy::inline_always, reason = "a frame of its own would be what it captures")]
#[inline(always)]
pub fn here() -> Here {
    let mut here = Here::default();
    routine::cpu_here(&mut here);
    here
}

/// The vector base register (VBR).
pub fn vector_base() -> u32 {
    routine::cpu_vector_base()
}

/// A quotient that the compiler would call a library for, in two instructions.
///
/// # Panics
/// If the divisor is 0.
pub fn divide(dividend: u64, divisor: u32) -> u64 {
    assert!(divisor != 0, "a division by zero");
    if cfg!(target_arch = "m68k") {
        routine::cpu_divide((dividend >> 32) as u32, dividend as u32, divisor)
    } else {
        dividend / u64::from(divisor)
    }
}

/// The cache control register (CACR).
pub fn cache_control() -> u32 {
    routine::cpu_cache_control()
}

/// The registers as they are here.
#[expect(clippy::inline_always, reason = "a frame of its own would be what it captures")]
#[inline(always)]
pub fn registers() -> Registers {
    let mut registers = Registers::default();
    routine::cpu_capture(&mut registers);
    registers
}
