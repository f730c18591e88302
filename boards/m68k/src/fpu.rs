//! The FPU's registers, kept while others have it. The kernel itself computes without.
//!
//! The 68040 cannot say whether a program uses its FPU, so its registers change hands
//! with the processor.

use abi::interrupt::FPU_LONGS;

mod routine {
    use super::FpuState;

    // SAFETY: asm/cpu.S has it: it writes one state and reads the other, as long as they are here.
    unsafe extern "C" {
        pub safe fn fpu_exchange(save: &mut FpuState, load: &FpuState);
        pub safe fn fpu_save(save: &mut FpuState);
        pub safe fn fpu_load(load: &FpuState);
    }
}

/// The values of the registers: all zero at first.
#[repr(C)]
#[derive(Clone, Default, Debug)]
pub struct FpuState(pub [u32; FPU_LONGS]);

impl FpuState {
    /// Takes what the FPU holds, and puts what `next` has kept into it.
    #[inline]
    pub fn exchange(&mut self, next: &FpuState) {
        routine::fpu_exchange(self, next);
    }

    /// What the FPU holds.
    pub fn of_fpu() -> FpuState {
        let mut state = FpuState::default();
        routine::fpu_save(&mut state);
        state
    }

    /// Puts these into the FPU.
    pub fn load(&self) {
        routine::fpu_load(self);
    }
}
