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
    /// how everything ends
    pub farewell: Farewell,
    /// a defect planted on purpose
    pub plant: Option<Plant>,
}

/// How everything ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Farewell {
    /// the roots call `inc_rdcExit` once all is at rest
    RdcExit,
    /// the roots, which are launch endpoints, just end
    RootExit,
    /// some worker calls `inc_rdcExit`
    WorkerExit,
    /// the host loses power in the middle of everything
    HostDies,
}

impl Farewell {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Farewell::RdcExit => "rdc-exit",
            Farewell::RootExit => "root-exit",
            Farewell::WorkerExit => "worker-exit",
            Farewell::HostDies => "host-dies",
        }
    }
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
            farewell: match dice >> 24 & 15 {
                0..8 => Farewell::RdcExit,
                8..11 => Farewell::RootExit,
                11..14 => Farewell::WorkerExit,
                _ => Farewell::HostDies,
            },
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
            stream_space_references: 64,
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
        let farewell = self.farewell.name();
        let plant = self.plant.map_or(String::new(), |plant| format!(" --plant {}", plant.name()));
        format!(
            "cargo run --release -p sim -- --seed {seed} --nodes {nodes} --workers {workers} \
             --events {events} --faults {faults} --tables {tables} --farewell {farewell}{plant}"
        )
    }
}
