//! What may be seen of a node from outside: for the simulator's checks, for the host's lists,
//! and for reports after a failure.

use alloc::vec::Vec;

use abi::constants::EndReason;
use abi::ids::{GlobalId, ModuleId, NodeId, RdcId};

use crate::incarnation::{Blocked, Condition, Frozen};
use crate::integrity::Broken;
use crate::node::Node;
use crate::platform::{Platform, Slot};
use crate::trace::Level;

/// What an incarnation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It is being made.
    Loading,
    /// It is complete and not started.
    Inchoate,
    /// It runs or could run.
    Running,
    /// It is frozen.
    Frozen,
    /// It waits in a call.
    Waiting(Wait),
    /// It has faulted.
    Faulting,
    /// It has ended, and those who want to know are being told.
    Ended,
}

/// What an incarnation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A message.
    Message,
    /// The answer to a message or request.
    Answer,
    /// That its stream is unfrozen, or an earlier asynchronous invocation complete.
    Limit,
    /// That its reply is fetched.
    Fetched,
    /// Data.
    Data,
    /// An event.
    Event,
    /// Time.
    Time,
}

/// An incarnation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resident {
    /// Its place.
    pub slot: Slot,
    /// Its identity.
    pub id: GlobalId,
    /// Its RDC.
    pub rdc: RdcId,
    /// What it was made from.
    pub module: ModuleId,
    /// What it is doing.
    pub doing: Doing,
    /// Messages queued for it or being worked on by it.
    pub messages: u16,
}

/// An RDC as it is seen where it was launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchedView {
    /// The nodes allocated to it.
    pub nodes: Vec<NodeId>,
    /// The incarnations of its program that are being made or live, and where.
    pub members: Vec<(GlobalId, NodeId)>,
    /// How its primary incarnation has ended: the reason and its detail.
    pub primary_end: Option<(EndReason, u32)>,
}

impl<P: Platform> Node<P> {
    /// All incarnations here, also those that have ended and are not forgotten.
    pub fn residents(&self) -> Vec<Resident> {
        let state = self.state();
        let residents = state.slots().filter_map(|slot| {
            let incarnation = state.incarnation(slot)?;
            let doing = match (incarnation.condition, incarnation.frozen) {
                (Condition::Loading, _) => Doing::Loading,
                (Condition::Inchoate, _) => Doing::Inchoate,
                (Condition::Faulting(..), _) => Doing::Faulting,
                (Condition::Ended(..), _) => Doing::Ended,
                (Condition::Executing, frozen) => match (waits_for(&incarnation.blocked), frozen) {
                    (Some(wait), _) => Doing::Waiting(wait),
                    (None, Frozen::Yes) => Doing::Frozen,
                    (None, Frozen::No) => Doing::Running,
                },
            };
            Some(Resident {
                slot,
                id: incarnation.id,
                rdc: incarnation.rdc,
                module: incarnation.module,
                doing,
                messages: incarnation.held.messages,
            })
        });
        residents.collect()
    }

    /// What is known here of an RDC that was launched here; `None` for any other.
    pub fn launched(&self, rdc: RdcId) -> Option<LaunchedView> {
        let state = self.state();
        let home = state.rdcs.iter().find(|known| known.id == rdc)?.home.as_ref()?;
        Some(LaunchedView {
            nodes: home.nodes.clone(),
            members: home.program().map(|member| (member.id, member.node)).collect(),
            primary_end: home.primary_end,
        })
    }

    /// Whether the kernel's tables agree with each other.
    pub fn integrity(&self) -> Result<(), Broken> {
        self.state().integrity()
    }

    /// Sets what the trace records from now on.
    pub fn set_trace_level(&mut self, level: Level) {
        self.state_mut().trace.set_level(level);
    }

    /// Messages and blocks of the pool in use.
    pub fn messages_in_use(&self) -> (usize, usize) {
        let state = self.state();
        (state.pool.used(), state.pool.used_blocks())
    }
}

fn waits_for(blocked: &Blocked) -> Option<Wait> {
    Some(match blocked {
        Blocked::No => return None,
        Blocked::Receive(_) => Wait::Message,
        Blocked::Send(_) | Blocked::Forward(_) | Blocked::Operation(_) => Wait::Answer,
        Blocked::Stalled { .. } => Wait::Limit,
        Blocked::Reply(_) => Wait::Fetched,
        Blocked::Pull(_) => Wait::Data,
        Blocked::Events { .. } | Blocked::Pause => Wait::Event,
        Blocked::Sleep => Wait::Time,
    })
}
