//! `cargo xtask`: builds, runs and tests Equus.

mod bench;
mod ci;
mod command;
mod difftest;
mod fmt;
mod lanes;
mod monitor;
mod pool;
mod progress;
mod run;
mod setup;
mod system;
mod test;
mod workspace;

use clap::{Parser, Subcommand};
use miette::Result;

use crate::workspace::Profile;

/// Builds, runs and tests Equus. Each job first looks for the programs that it
/// needs; on Debian, as root, it installs what is missing.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    job: Job,
}

#[derive(Subcommand)]
enum Job {
    /// Find the toolchain, QEMU and gdb; install or name what is missing
    Setup,
    /// Build the command equus, the kernel's image and the programs, into target/equus
    Build {
        /// How the image is built
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
    },
    /// Start a pool of nodes in QEMU and print texts on it, while programs are reconfigured
    Run {
        /// How many nodes
        #[arg(long, default_value_t = 4)]
        nodes: u8,
        /// How the image is built
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
    },
    /// Boot one machine in QEMU: a self-description, then the kernel's monitor.
    ///
    /// Without a terminal on its input the kernel measures how fast it copies
    /// instead, and ends.
    Monitor {
        /// How the image is built
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
        /// Stop before the first instruction and wait for gdb-multiarch
        #[arg(long)]
        gdb: bool,
    },
    /// Run the tests: on the host, of the compiler, and of the kernel in QEMU
    Test(test::Selection),
    /// Measure what calls cost, beside aims, 1990 and Linux; writes target/bench
    Bench(bench::Bench),
    /// Check everything that must hold before a change is taken
    Ci,
    /// Format all sources
    Fmt,
    /// Compare random programs on the host and on the 680x0
    FuzzLl2c(difftest::Fuzz),
}

fn main() -> Result<()> {
    match Arguments::parse().job {
        Job::Setup => setup::setup(&[setup::QEMU, setup::GDB]).map(drop),
        Job::Build { profile } => run::build(profile),
        Job::Run { nodes, profile } => run::run(nodes, profile),
        Job::Monitor { profile, gdb } => {
            let debugger = if gdb { monitor::Debugger::Gdb } else { monitor::Debugger::None };
            monitor::monitor(profile, debugger)
        }
        Job::Test(selection) => {
            let toolchain = setup::setup(&[setup::QEMU])?;
            test::test(&toolchain, selection)
        }
        Job::Bench(bench) => bench::bench(&bench),
        Job::Ci => ci::ci(),
        Job::Fmt => fmt::fmt(fmt::Mode::Write),
        Job::FuzzLl2c(fuzz) => {
            let toolchain = setup::setup(&[setup::QEMU])?;
            difftest::fuzz(&toolchain, &workspace::ll2c()?, &fuzz)
        }
    }
}
