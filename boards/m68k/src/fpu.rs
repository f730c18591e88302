//! The FPU's registers, kept while others have it. The kernel itself computes without.
//!
//! The 68040 cannot say whether a program uses its FPU, so its registers change hands
//! with the processor.

mod routine {
    use super::FpuState;

    unsafe extern "C" {
        pub safe fn fpu_exchange(save: &mut FpuState, load: &FpuState);
    }
}

/// Longs of FP0 to FP7 in extended precision, and of FPCR, FPSR and FPIAR.
const LONGS: usize = 8 * 3 + 3;

/// The values of the registers: all zero at first.
#[repr(C)]
#[derive(Clone, Default, Debug)]
pub struct FpuState([u32; LONGS]);

impl FpuState {
    /// Takes what the FPU holds, and puts what `next` has kept into it.
    #[inline]
    pub fn exchange(&mut self, next: &FpuState) {
        routine::fpu_exchange(self, next);
    }
}
