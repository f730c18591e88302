//! What the modules of `bench` say to each other: the primary incarnation makes calls, an echo,
//! near or far, is there to be called.
#![cfg_attr(target_arch = "m68k", no_std)]

/// The largest data of one message, in bytes.
pub const DATA_MAX: usize = 64 << 10;

/// The word that an echo is created with to end at once.
pub const PASSING: &[u8] = b"passing";
