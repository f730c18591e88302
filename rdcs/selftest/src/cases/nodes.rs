//! Nodes of this RDC: `inc_nodeList`, and, since it is one of the system, `inc_nodeAlloc` and
//! `inc_nodeWithdraw`.

use rdc::{CallError, EndReason, NodeId, RdcId, Residents, allocate_node, withdraw_node};
use selftest::Task;

use super::Case;
use crate::bench::{Failure, Outcome, Place, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("nodes.withdraw", withdraw),
    ("nodes.end", end),
    ("nodes.twice", twice),
    ("nodes.wrong", wrong),
];

fn own() -> Result<RdcId, Failure> {
    rdc::rdc_id().ok_or_else(|| "this RDC has no number".into())
}

fn has(node: NodeId) -> Result<bool, Failure> {
    Ok(done("inc_nodeList", rdc::nodes())?.iter().any(|listed| listed.id == node))
}

/// A withdrawn node has no new incarnations; those that are there stay.
fn withdraw(place: &Place) -> Outcome {
    let partner = place.partner()?;
    equal("whether the node is listed", &has(place.node)?, &true)?;
    done("inc_nodeWithdraw", withdraw_node(place.node, own()?, Residents::Stay))?;
    let listed = has(place.node)?;
    let created = place.module.create(place.node, &[]).map(drop);
    let echo = partner.ask(Task::Echo, 5);
    done("inc_nodeAlloc", allocate_node(place.node, own()?))?;
    equal("whether it was listed", &listed, &false)?;
    refused("inc_create there", created, CallError::NotAllocated)?;
    equal("the echo of who was there", &echo, &Ok(5))?;
    equal("whether it is listed again", &has(place.node)?, &true)?;
    equal("the echo of a new one", &place.partner()?.ask(Task::Echo, 6), &Ok(6))
}

/// Those who are on a node that is withdrawn end, if that is wanted; here it would be this
/// incarnation, too.
fn end(place: &Place) -> Outcome {
    if place.node == rdc::node() {
        return Ok(());
    }
    let partner = place.partner()?;
    equal("its echo", &partner.ask(Task::Echo, 1), &Ok(1))?;
    done("inc_nodeWithdraw", withdraw_node(place.node, own()?, Residents::End))?;
    let reason = partner.end().map(|end| end.0);
    done("inc_nodeAlloc", allocate_node(place.node, own()?))?;
    equal("its end", &reason?, &EndReason::Withdrawn)
}

fn twice(place: &Place) -> Outcome {
    done("inc_nodeAlloc of one that is there", allocate_node(place.node, own()?))?;
    done("inc_nodeWithdraw", withdraw_node(place.node, own()?, Residents::Stay))?;
    let again = withdraw_node(place.node, own()?, Residents::Stay);
    done("inc_nodeAlloc", allocate_node(place.node, own()?))?;
    refused("inc_nodeWithdraw again", again, CallError::NotAllocated)
}

fn wrong(place: &Place) -> Outcome {
    let nobody = RdcId::new(0x7fff_ffff).ok_or("it is a number")?;
    refused("node 255", allocate_node(NodeId(255), own()?), CallError::NoSuchNode)?;
    refused("no RDC", allocate_node(place.node, nobody), CallError::NoSuchRdc)?;
    let withdrawn = withdraw_node(NodeId(255), own()?, Residents::Stay);
    refused("node 255", withdrawn, CallError::NoSuchNode)?;
    refused("no RDC", withdraw_node(place.node, nobody, Residents::End), CallError::NoSuchRdc)
}
