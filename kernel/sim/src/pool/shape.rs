//! What a run is to be: all that is not left to the dice.

use abi::ids::NodeId;
use kernel::Config;

use crate::fault::FaultSet;
use crate::plant::Plant;
use crate::random::mix;

/// What a run is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// decides everything that the rest leaves open
    pub seed: u64,
    /// nodes, the host included; at least 2
    pub nodes: u8,
    /// workers that the pool keeps running
    pub workers: usize,
    /// events with faults and new work, before everything must come to rest
    pub events: u64,
    /// what may go wrong
    pub faults: FaultSet,
    /// how large the tables of the kernels are
    pub tables: Tables,
    /// a defect planted on purpose
    pub plant: Option<Plant>,
}

/// How large the tables of the kernels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Tables {
    /// as on a real node
    Usual,
    /// so small that they are often full
    Tight,
}

/// Workers of one RDC at most: its root has a handle and a stream for each.
pub const WORKERS_OF_ROOT: usize = 100;

impl Shape {
    /// The usual run of `seed`: small pools, a third of them with tight tables.
    pub fn of_seed(seed: u64) -> Shape {
        let dice = mix(seed, 0x5348_4150);
        Shape {
            seed,
            nodes: 3 + (dice % 6) as u8,
            workers: 4 + (dice >> 8) as usize % 20,
            events: 5_000,
            faults: FaultSet::all(),
            tables: if (dice >> 16).is_multiple_of(3) { Tables::Tight } else { Tables::Usual },
            plant: None,
        }
    }

    /// The sizes of the tables of the kernel of `node`. The host has the roots, which
    /// know many; a node has as much as its workers need, or less.
    pub fn config(&self, node: NodeId) -> Config {
        let usual = Config::default();
        if node == NodeId::HOST {
            return usual;
        }
        let node = Config {
            incarnations: 32,
            references: 64,
            kernel_ports: 256,
            messages: 128,
            sources: 256,
            ..usual
        };
        match self.tables {
            Tables::Usual => node,
            Tables::Tight => Config {
                messages: 12,
                blocks: 3,
                messages_each: 4,
                sources: 64,
                outstanding: 2,
                ..node
            },
        }
    }

    /// RDCs that the workers belong to.
    pub fn roots(&self) -> usize {
        self.workers.div_ceil(WORKERS_OF_ROOT)
    }

    /// The command that runs this again.
    pub fn replay_command(&self) -> String {
        let Shape { seed, nodes, workers, events, faults, .. } = self;
        let tables = match self.tables {
            Tables::Usual => "usual",
            Tables::Tight => "tight",
        };
        let plant = self.plant.map_or(String::new(), |plant| format!(" --plant {}", plant.name()));
        format!(
            "cargo run --release -p sim -- --seed {seed} --nodes {nodes} --workers {workers} \
             --events {events} --faults {faults} --tables {tables}{plant}"
        )
    }
}
