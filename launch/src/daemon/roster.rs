//! The nodes of the pool: what they are called, who may have them, and how they do.

use std::time::{Duration, Instant};

use abi::ids::{Epoch, NodeId};

use super::users::Groups;
use crate::descriptors::NodeDescriptor;
use crate::protocol::{NodeState, Placement, Refusal};

/// Losses in a row after which a node is given up.
const LOSSES_MAX: u32 = 5;
/// A node that was up so long was not lost in a row.
const STEADY: Duration = Duration::from_mins(1);

/// A node of the pool.
#[derive(Clone, Debug)]
pub struct NodeEntry {
    /// Its number on the bus.
    pub node: NodeId,
    /// What the pool calls it.
    pub name: String,
    /// The administrator's number, as in the node descriptor file.
    pub number: String,
    /// The groups that it belongs to.
    pub groups: Vec<String>,
    /// How it does.
    pub state: NodeState,
    /// Its present or last boot.
    pub epoch: Option<Epoch>,
    /// When that began.
    pub since: Instant,
    /// Times that it was lost.
    pub losses: u32,
    in_a_row: u32,
    /// The boot whose kernel runs.
    booted: Option<Epoch>,
}

/// What becomes of a node that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Restart,
    GiveUp,
}

/// All nodes but the host, in the order of their numbers from 1 on.
#[derive(Clone, Debug)]
pub struct Roster(Vec<NodeEntry>);

impl Roster {
    /// So many nodes in one group.
    pub fn plain(nodes: usize) -> Self {
        let named = (1..=nodes)
            .map(|node| (format!("node{node}"), node.to_string(), vec!["all".to_owned()]));
        Self::new(named)
    }

    /// Those of a node descriptor file.
    pub fn described(nodes: &[NodeDescriptor]) -> Self {
        let named = nodes
            .iter()
            .map(|node| (node.name.clone(), format!("{:x}", node.number), node.groups.clone()));
        Self::new(named)
    }

    fn new(named: impl Iterator<Item = (String, String, Vec<String>)>) -> Self {
        let entries = named.zip(1..).map(|((name, number, groups), node)| NodeEntry {
            node: NodeId(node),
            name,
            number,
            groups,
            state: NodeState::Starting,
            epoch: None,
            since: Instant::now(),
            losses: 0,
            in_a_row: 0,
            booted: None,
        });
        Self(entries.collect())
    }

    /// All entries.
    pub fn entries(&self) -> &[NodeEntry] {
        &self.0
    }

    fn entry(&mut self, node: NodeId) -> Option<&mut NodeEntry> {
        self.0.get_mut(node.index().checked_sub(1)?)
    }

    /// What the pool calls a node.
    pub fn name(&self, node: NodeId) -> &str {
        let entry = node.index().checked_sub(1).and_then(|index| self.0.get(index));
        entry.map_or("host", |entry| &entry.name)
    }

    /// Nodes that are up, and all.
    pub fn count(&self) -> (usize, usize) {
        (self.0.iter().filter(|entry| entry.state == NodeState::Up).count(), self.0.len())
    }

    /// The names of those that are not up.
    pub fn missing(&self) -> Vec<&str> {
        let missing = self.0.iter().filter(|entry| entry.state != NodeState::Up);
        missing.map(|entry| entry.name.as_str()).collect()
    }

    /// Nodes whose kernels run, but are not up for all, with their boots.
    pub(super) fn booting(&self) -> impl Iterator<Item = (NodeId, Epoch)> {
        let booting = self.0.iter().filter(|entry| entry.state == NodeState::Starting);
        booting.filter_map(|entry| Some((entry.node, entry.booted?)))
    }

    /// Nodes whose kernels run, with their boots.
    pub(super) fn running(&self) -> impl Iterator<Item = (NodeId, Epoch)> {
        self.0.iter().filter_map(|entry| Some((entry.node, entry.booted?)))
    }

    /// The kernel of a node runs.
    pub(super) fn has_booted(&mut self, node: NodeId, epoch: Epoch) {
        if let Some(entry) = self.entry(node) {
            entry.booted = Some(epoch);
            entry.epoch = Some(epoch);
            entry.since = Instant::now();
        }
    }

    /// A node that has booted can be used.
    pub(super) fn is_up(&mut self, node: NodeId) {
        if let Some(entry) = self.entry(node) {
            entry.state = NodeState::Up;
        }
    }

    pub(super) fn is_lost(&mut self, node: NodeId) -> Verdict {
        let Some(entry) = self.entry(node) else { return Verdict::GiveUp };
        if entry.state == NodeState::Up && entry.since.elapsed() >= STEADY {
            entry.in_a_row = 0;
        }
        entry.booted = None;
        entry.losses += 1;
        entry.in_a_row += 1;
        if entry.in_a_row >= LOSSES_MAX {
            entry.state = NodeState::Lost;
            return Verdict::GiveUp;
        }
        entry.state = NodeState::Starting;
        Verdict::Restart
    }

    /// The node of this name, administrator's number, or number on the bus.
    pub fn find(&self, name: &str) -> Result<&NodeEntry, Refusal> {
        let by_name = self.0.iter().find(|entry| entry.name == name);
        let by_number = || self.0.iter().find(|entry| entry.number == name);
        let by_bus = || self.0.iter().find(|entry| entry.node.0.to_string() == name);
        by_name.or_else(by_number).or_else(by_bus).ok_or_else(|| {
            Refusal::new(format!("the pool has no node `{name}`"))
                .help("`equus nodes` lists the nodes of the pool")
        })
    }

    /// The nodes that an RDC gets whose user may have `groups`. `load` says how busy one is.
    pub(super) fn choose(
        &self,
        placement: &Placement,
        groups: &Groups,
        mut load: impl FnMut(NodeId) -> u32,
    ) -> Result<Vec<NodeId>, Refusal> {
        let usable =
            |entry: &&NodeEntry| entry.state == NodeState::Up && groups.include(&entry.groups);
        let mut nodes: Vec<_> = self.0.iter().filter(usable).map(|entry| entry.node).collect();
        match placement {
            Placement::All => {}
            Placement::Count(count) => {
                let count = usize::from(*count).max(1);
                if count > nodes.len() {
                    return Err(Refusal::new(format!(
                        "{count} nodes are wanted, and {} can be had",
                        nodes.len()
                    ))
                    .help("`equus nodes` lists the nodes with their groups"));
                }
                nodes.sort_by_key(|node| load(*node));
                nodes.truncate(count);
            }
            Placement::Named(names) => nodes = self.named(names, groups)?,
        }
        if nodes.is_empty() {
            return Err(Refusal::new("no node is up that this user may have"));
        }
        Ok(nodes)
    }

    fn named(&self, names: &[String], groups: &Groups) -> Result<Vec<NodeId>, Refusal> {
        let mut nodes = Vec::new();
        for name in names {
            let entry = self.find(name)?;
            if !groups.include(&entry.groups) {
                let of = entry.groups.join(", ");
                let refusal = Refusal::new(format!("this user may not have {name}, of {of}"));
                return Err(refusal.help("the pool users file says who may have which groups"));
            }
            if entry.state != NodeState::Up {
                return Err(Refusal::new(format!("{name} is not up")));
            }
            if !nodes.contains(&entry.node) {
                nodes.push(entry.node);
            }
        }
        Ok(nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptors::parse_nodes;

    fn roster() -> Roster {
        let text = "201:a:systems,all:t:m\n202:b:systems:t:m\n20a:c:timeshared,all:t:m";
        let mut roster = Roster::described(&parse_nodes(text).unwrap());
        for node in 1..=3 {
            roster.has_booted(NodeId(node), Epoch::new(7).unwrap());
            roster.is_up(NodeId(node));
        }
        roster
    }

    fn ids(nodes: &[u8]) -> Vec<NodeId> {
        nodes.iter().map(|node| NodeId(*node)).collect()
    }

    #[test]
    fn who_may_have_which_nodes() {
        let roster = roster();
        let all = Groups::Named(vec!["all".to_owned()]);
        let load = |node: NodeId| [0, 9, 5, 1][node.index()];
        let choose =
            |placement: &Placement, groups: &Groups| roster.choose(placement, groups, load);
        assert_eq!(choose(&Placement::All, &Groups::All).unwrap(), ids(&[1, 2, 3]));
        assert_eq!(choose(&Placement::All, &all).unwrap(), ids(&[1, 3]));
        assert_eq!(choose(&Placement::Count(2), &Groups::All).unwrap(), ids(&[3, 2]));
        assert!(choose(&Placement::Count(3), &all).unwrap_err().reason.contains("2 can be had"));
        let named = |names: &[&str]| {
            Placement::Named(names.iter().map(|name| (*name).to_owned()).collect())
        };
        assert_eq!(choose(&named(&["20a", "a", "1", "c"]), &all).unwrap(), ids(&[3, 1]));
        assert!(choose(&named(&["b"]), &all).unwrap_err().reason.contains("may not have b"));
        assert!(choose(&named(&["x"]), &all).unwrap_err().reason.contains("no node `x`"));
        assert!(choose(&Placement::All, &Groups::Named(Vec::new())).is_err());
    }

    #[test]
    fn a_node_that_is_lost_again_and_again_is_given_up() {
        let mut roster = roster();
        for _ in 1..LOSSES_MAX {
            assert_eq!(roster.is_lost(NodeId(2)), Verdict::Restart);
            assert_eq!(roster.missing(), ["b"]);
            roster.is_up(NodeId(2));
        }
        assert_eq!(roster.is_lost(NodeId(2)), Verdict::GiveUp);
        let named = Placement::Named(vec!["b".to_owned()]);
        let refusal = roster.choose(&named, &Groups::All, |_| 0).unwrap_err();
        assert_eq!(refusal.reason, "b is not up");
    }
}
