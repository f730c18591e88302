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

/// Allocates a node to an RDC (`inc_nodeAlloc`, §7.2.2). This RDC must have been launched as one
/// of the system, with the right to manage nodes: else [`CallError::NoRight`].
pub fn allocate_node(node: NodeId, rdc: RdcId) -> Result<(), CallError> {
    Calls::inc_nodeAlloc(node.0.into(), rdc.get())
}

/// What becomes of the incarnations on a node that is withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Residents {
    /// They may stay.
    Stay,
    /// They are destroyed, unless they are moving away.
    End,
}

/// Withdraws a node from an RDC (`inc_nodeWithdraw`, §7.2.2), which gets no new incarnations
/// there. This needs the same right as [`allocate_node`].
pub fn withdraw_node(node: NodeId, rdc: RdcId, residents: Residents) -> Result<(), CallError> {
    let kill = i32::from(residents == Residents::End);
    Calls::inc_nodeWithdraw(node.0.into(), rdc.get(), kill)
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

#[cfg(test)]
mod tests {
    use abi::calls::Call;

    use super::*;
    use crate::pretended::expect;

    #[test]
    fn nodes_are_given_and_taken() {
        let rdc = RdcId::new(7).unwrap();
        expect(Call::NodeAlloc, |arguments| {
            assert_eq!(arguments[..2], [3, 7]);
            Ok(0)
        });
        assert_eq!(allocate_node(NodeId(3), rdc), Ok(()));
        for (residents, kill) in [(Residents::Stay, 0), (Residents::End, 1)] {
            expect(Call::NodeWithdraw, move |arguments| {
                assert_eq!(arguments[..3], [3, 7, kill]);
                Err(CallError::NoRight)
            });
            assert_eq!(withdraw_node(NodeId(3), rdc, residents), Err(CallError::NoRight));
        }
    }
}
