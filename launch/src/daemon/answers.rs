//! Lists of what the pool is doing.

use abi::ids::{Epoch, NodeId};
use abi::slice::PAGE_BYTES;
use kernel::platform::Bus;
use zerocopy::IntoBytes;

use super::{Crate, Daemon};
use crate::protocol::{Incarnation, LogLine, NodeInfo, NodeState, NodeTrace, RdcInfo, Refusal};

impl<C: Crate> Daemon<C> {
    /// All RDCs that have not ended.
    pub(super) fn rdc_list(&self) -> Vec<RdcInfo> {
        let name = |node: NodeId| self.roster.name(node).to_owned();
        let list = self.rdcs.iter().map(|(id, rdc)| {
            let view = self.station.node().launched(*id);
            let (nodes, members) = view.map(|view| (view.nodes, view.members)).unwrap_or_default();
            RdcInfo {
                rdc: id.get(),
                name: rdc.name.clone(),
                user: rdc.user.clone(),
                age_s: rdc.since.elapsed().as_secs(),
                nodes: nodes.into_iter().map(name).collect(),
                incarnations: members
                    .into_iter()
                    .map(|(id, node)| Incarnation { id: id.to_string(), node: name(node) })
                    .collect(),
            }
        });
        list.collect()
    }

    /// All nodes but the host, with what they have posted last.
    pub(super) fn node_list(&mut self) -> Vec<NodeInfo> {
        let bus = self.station.node_mut().bus();
        let list = self.roster.entries().iter().map(|entry| {
            let is_up = entry.state == NodeState::Up;
            let status = is_up.then(|| bus.status(entry.node)).flatten().unwrap_or_default();
            NodeInfo {
                node: entry.node.0,
                name: entry.name.clone(),
                groups: entry.groups.clone(),
                state: entry.state,
                epoch: entry.epoch.map_or(0, Epoch::get),
                load: status.load,
                free_kb: u64::from(status.free_pages) * u64::from(PAGE_BYTES) / 1024,
                incarnations: status.incarnations,
                uptime_s: if is_up { entry.since.elapsed().as_secs() } else { 0 },
                losses: entry.losses,
            }
        });
        list.collect()
    }

    /// Console lines of a node, or of all.
    pub(super) fn log_lines(&self, node: Option<&str>) -> Result<Vec<LogLine>, Refusal> {
        let name = node.map(|node| self.roster.find(node)).transpose()?;
        Ok(self.logs.of(name.map(|entry| entry.name.as_str())))
    }

    /// The trace rings of a node, or of all and the host, dead or alive.
    pub(super) fn traces(&mut self, node: Option<&str>) -> Result<Vec<NodeTrace>, Refusal> {
        let wanted = match node {
            Some(name) if name == self.roster.name(NodeId::HOST) => Some(NodeId::HOST),
            Some(name) => Some(self.roster.find(name)?.node),
            None => None,
        };
        let bus = self.station.node_mut().bus();
        let began = self.roster.entries().iter().map(|entry| {
            (entry.node, entry.since.saturating_duration_since(self.started).as_micros() as u64)
        });
        let nodes = std::iter::once((NodeId::HOST, 0)).chain(began);
        let nodes = nodes.filter(|(node, _)| wanted.is_none_or(|wanted| wanted == *node));
        let traces = nodes.map(|(node, began_us)| NodeTrace {
            node: self.roster.name(node).to_owned(),
            began_us,
            records: bus::posts::records(bus.shared(), node).as_bytes().to_vec(),
        });
        Ok(traces.collect())
    }
}
