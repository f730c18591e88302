//! What an incarnation finds when it starts: the only argument of its first function is the
//! address of a [`StartBlock`] in its own memory, behind it what its creator gave it.

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::structs::IncParams;

/// Who an incarnation is and what it was given: 50 bytes. References that it has not been
/// given are 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct StartBlock {
    /// Its handle to itself.
    pub sb_inc: U32,
    /// Its standard port.
    pub sb_port: U32,
    /// Its auxiliary port, for what its parents want of it beside its work (§7.1).
    pub sb_aux: U32,
    /// A stream to its launch endpoint.
    pub sb_launch: U32,
    /// A stream to the stream space of its RDC.
    pub sb_space: U32,
    /// A stream to the name service.
    pub sb_names: U32,
    /// A stream to the pool manager.
    pub sb_pool: U32,
    /// Its RDC.
    pub sb_rdc: U32,
    /// The node where it was made.
    pub sb_node: U32,
    /// Its creator's parameters; the addresses lead to copies behind this block.
    pub sb_params: IncParams,
}

const _: () = assert!(size_of::<StartBlock>() == 50);
