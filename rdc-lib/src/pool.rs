//! Who and where this incarnation is, and what it was given (B.2, B.8).

use alloc::vec::Vec;

use abi::error::CallError;
use abi::ids::{NodeId, RdcId};
use abi::structs::NodeEntry;
use zerocopy::{FromZeros, IntoBytes};

use crate::reference::{Incarnation, Port, Stream};
use crate::start::start;
use crate::trap::Calls;
use crate::window::lent_mut;

/// Nodes that a pool can have.
const NODES_MAX: usize = 256;

/// A node that is allocated to this RDC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    /// Which.
    pub id: NodeId,
    /// Incarnations there that can run, an average over time, × 256.
    pub load: u32,
}

/// The node where this incarnation is (`inc_where`).
pub fn node() -> NodeId {
    NodeId(Calls::inc_where().unwrap_or_default() as u8)
}

/// The nodes that are allocated to this RDC (`inc_nodeList`).
pub fn nodes() -> Result<Vec<Node>, CallError> {
    let mut entries = alloc::vec![NodeEntry::new_zeroed(); NODES_MAX];
    let list = lent_mut(entries.as_mut_bytes());
    let count = Calls::inc_nodeList(NODES_MAX as u32, list)? as usize;
    let node = |entry: &NodeEntry| Node {
        id: NodeId(entry.ne_node.get() as u8),
        load: entry.ne_load.get(),
    };
    Ok(entries.iter().take(count).map(node).collect())
}

/// This RDC (`inc_rdcId`).
pub fn rdc_id() -> Option<RdcId> {
    Calls::inc_rdcId().ok().and_then(RdcId::new)
}

/// This incarnation, with all rights.
pub fn myself() -> &'static Incarnation {
    &start().myself
}

/// Its standard port, where streams of its creator lead.
pub fn port() -> &'static Port {
    &start().port
}

/// Its auxiliary port (§7.1), where the streams of [`Incarnation::auxiliary_stream`] lead: for
/// what its parents want of it beside its work.
pub fn auxiliary_port() -> &'static Port {
    &start().auxiliary
}

/// The stream to the launch endpoint of this RDC. Files, arguments and printing go there by
/// the functions of this library.
pub fn launch() -> &'static Stream {
    &start().launch
}

/// What the creator of this incarnation gave it: the bytes of
/// [`Module::create`](crate::Module::create).
pub fn parameters() -> &'static [u8] {
    start().parameters
}
