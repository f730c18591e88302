//! Plain copy loops in assembly: what memcpy is measured against.

mod routine {
    // SAFETY: asm/copy_loops.S has them. So many bytes lie at both addresses, which are even, and
    // do not overlap; `bytes` is a multiple of [`super::ROUND_BYTES`] and not 0.
    unsafe extern "C" {
        pub unsafe fn copy_loop_long(to: *mut u8, from: *const u8, bytes: usize);
        pub unsafe fn copy_loop_movem(to: *mut u8, from: *const u8, bytes: usize);
    }
}

/// Bytes that both loops copy in whole rounds only.
pub const ROUND_BYTES: usize = 32;

/// Which loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loop {
    /// `move.l (%a1)+,(%a0)+` and a branch.
    MoveLong,
    /// MOVEM of 8 registers and a branch.
    Movem,
}

/// Copies all of `from`, whose length is `to`'s and a multiple of
/// [`ROUND_BYTES`].
pub fn run(which: Loop, to: &mut [u8], from: &[u8]) {
    assert_eq!(to.len(), from.len());
    assert!(to.len().is_multiple_of(ROUND_BYTES) && !to.is_empty());
    let routine = match which {
        Loop::MoveLong => routine::copy_loop_long,
        Loop::Movem => routine::copy_loop_movem,
    };
    // SAFETY: both slices are valid for their common length, in whole rounds.
    unsafe { routine(to.as_mut_ptr(), from.as_ptr(), to.len()) }
}
