//! The messages, and their bounds.

use abi::constants::HEADER_BYTES;
use abi::ids::RdcId;
use abi::service::TRANSFER_MAX;
use abi::slice::NODES_MAX;
use serde::{Deserialize, Serialize};

/// The version of the messages: both sides are of one build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Bytes of a name at most.
const NAME_MAX: usize = 255;

/// What a user of the pool says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToDaemon {
    /// The first message of every connection.
    Hello {
        /// The sender's [`VERSION`].
        version: String,
    },
    /// Launches an RDC, for which this connection is the launch program from now on.
    Launch(LaunchRequest),
    /// Answers a [`FromDaemon::Request`].
    Answer {
        /// Its number.
        request: u32,
        /// An `abi::service::Response`.
        head: [u8; HEADER_BYTES],
        /// The bytes of the answer.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
    /// Ends the RDC of this connection everywhere.
    End {
        /// Its exit code.
        code: i32,
    },
    /// Asks for all RDCs.
    Ps,
    /// Asks for all nodes.
    Nodes,
    /// Ends an RDC of the same user.
    Kill {
        /// Which.
        rdc: u32,
    },
    /// Asks for console lines.
    Logs {
        /// Of this node only, by name or number.
        node: Option<String>,
    },
    /// Asks for trace rings.
    Trace {
        /// Of this node only, by name or number.
        node: Option<String>,
    },
    /// Ends the pool.
    Down,
}

/// An RDC to launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchRequest {
    /// What lists call it.
    pub name: String,
    /// The RDC file.
    #[serde(with = "serde_bytes")]
    pub file: Vec<u8>,
    /// Where it may run.
    pub placement: Placement,
    /// What it may do.
    pub standing: Standing,
}

/// Whether an RDC is one of the system (§7.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It has no rights on the system.
    User,
    /// It has those that its user may give it.
    System,
}

/// The nodes that an RDC gets, of those that its user may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// All.
    All,
    /// So many, those with the least load.
    Count(u16),
    /// These, by name or number; the first hosts the primary incarnation.
    Named(Vec<String>),
}

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromDaemon {
    /// What was asked for is done, and there is nothing more to say.
    Done,
    /// What was asked for is not done.
    Refused(Refusal),
    /// The RDC runs.
    Launched {
        /// Its number.
        rdc: u32,
        /// The names of its nodes; the first is that of the primary incarnation.
        nodes: Vec<String>,
    },
    /// An incarnation asks the launch program for something.
    Request {
        /// To be repeated in the answer.
        request: u32,
        /// An `abi::service::Request`.
        head: [u8; HEADER_BYTES],
        /// A path, or bytes to write.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
    /// Something that the user wants to know, such as the loss of a node.
    Notice(String),
    /// The RDC of this connection has ended.
    Ended(Ended),
    /// All RDCs.
    Rdcs(Vec<RdcInfo>),
    /// All nodes.
    Nodes(Vec<NodeInfo>),
    /// Console lines, oldest first.
    Logs(Vec<LogLine>),
    /// The trace rings.
    Traces(Vec<NodeTrace>),
}

/// Why something is not done, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub reason: String,
    /// What to do.
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal that speaks for itself.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: None }
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How an RDC has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// With this exit code.
    Code(i32),
    /// Its primary incarnation has not left by itself: why, in a sentence.
    Failed(String),
}

/// An RDC of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RdcInfo {
    /// Its number.
    pub rdc: u32,
    /// Its name.
    pub name: String,
    /// Who has launched it.
    pub user: String,
    /// Seconds since.
    pub age_s: u64,
    /// The names of its nodes.
    pub nodes: Vec<String>,
    /// Its incarnations.
    pub incarnations: Vec<Incarnation>,
}

/// An incarnation of an RDC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incarnation {
    /// Its identity.
    pub id: String,
    /// The name of its node.
    pub node: String,
}

/// A node of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Its number.
    pub node: u8,
    /// Its name.
    pub name: String,
    /// Its groups.
    pub groups: Vec<String>,
    /// Whether it runs.
    pub state: NodeState,
    /// The number of its present or last boot.
    pub epoch: u16,
    /// Runnable incarnations, time average × 256.
    pub load: u32,
    /// Kilobytes that incarnations can still have.
    pub free_kb: u64,
    /// Incarnations there.
    pub incarnations: u16,
    /// Seconds since its boot.
    pub uptime_s: u64,
    /// Times that it was lost.
    pub losses: u32,
}

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// It was started, and has not greeted yet.
    Starting,
    /// It runs.
    Up,
    /// It is gone, and is not started again.
    Lost,
}

/// A line on a node's console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Milliseconds since the pool was started.
    pub at_ms: u64,
    /// The node's name.
    pub node: String,
    /// What it says.
    pub text: String,
}

/// The trace ring of a node, read without the node's help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTrace {
    /// The node's name.
    pub node: String,
    /// When its clock began, in microseconds since the pool was started: about, since nobody
    /// compares two clocks exactly.
    pub began_us: u64,
    /// Records (`abi::trace::Record`), oldest first.
    #[serde(with = "serde_bytes")]
    pub records: Vec<u8>,
}

impl ToDaemon {
    /// Whether everything in a message is within its bounds.
    pub fn check(&self) -> Result<(), Refusal> {
        let bound = |good, what: &str| {
            if good { Ok(()) } else { Err(Refusal::new(format!("{what} exceeds its bound"))) }
        };
        let is_name = |name: &String| name.len() <= NAME_MAX;
        match self {
            Self::Hello { version } => bound(is_name(version), "the version's length"),
            Self::Launch(request) => {
                bound(is_name(&request.name), "the length of the RDC's name")?;
                let Placement::Named(names) = &request.placement else { return Ok(()) };
                bound(names.len() <= NODES_MAX, "the number of nodes")?;
                bound(names.iter().all(is_name), "the length of a node's name")
            }
            Self::Answer { data, .. } => {
                bound(data.len() <= TRANSFER_MAX as usize, "the data of an answer")
            }
            Self::Kill { rdc } => bound(RdcId::new(*rdc).is_some(), "the RDC's number"),
            Self::Logs { node } | Self::Trace { node } => {
                bound(node.iter().all(is_name), "the length of a node's name")
            }
            Self::End { .. } | Self::Ps | Self::Nodes | Self::Down => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_kept() {
        let answer = |length| ToDaemon::Answer { request: 1, head: [0; 32], data: vec![0; length] };
        assert_eq!(answer(TRANSFER_MAX as usize).check(), Ok(()));
        let refusal = answer(TRANSFER_MAX as usize + 1).check().unwrap_err();
        assert_eq!(refusal.reason, "the data of an answer exceeds its bound");
        let named = |names| {
            let file = Vec::new();
            let placement = Placement::Named(names);
            ToDaemon::Launch(LaunchRequest {
                name: "x".into(),
                file,
                placement,
                standing: Standing::System,
            })
        };
        assert_eq!(named(vec!["a".to_owned(); NODES_MAX]).check(), Ok(()));
        assert!(named(vec!["a".to_owned(); NODES_MAX + 1]).check().is_err());
        assert!(named(vec!["a".repeat(NAME_MAX + 1)]).check().is_err());
        assert!(ToDaemon::Kill { rdc: 0 }.check().is_err());
        assert!(ToDaemon::Logs { node: Some("n".repeat(300)) }.check().is_err());
    }
}
