//! `cargo xtask`: builds, runs and tests Equus.

mod ci;
mod command;
mod difftest;
mod fmt;
mod progress;
mod run;
mod setup;
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
    /// Build the kernel images
    Build {
        /// How they are built
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
    },
    /// Boot the kernel in QEMU: a self-description, then the monitor.
    ///
    /// Without a terminal on its input the kernel measures how fast it copies
    /// instead, and ends.
    Run {
        /// How it is built
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
        /// Stop before the first instruction and wait for gdb-multiarch
        #[arg(long)]
        gdb: bool,
    },
    /// Run the tests: on the host, of the compiler, and of the kernel in QEMU
    Test(test::Selection),
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
        Job::Build { profile } => run::build(profile, &[]).map(drop),
        Job::Run { profile, gdb } => {
            run::run(profile, if gdb { run::Debugger::Gdb } else { run::Debugger::None })
        }
        Job::Test(selection) => {
            let toolchain = setup::setup(&[setup::QEMU])?;
            let ll2c = workspace::ll2c()?;
            test::test(&toolchain, &ll2c, selection)
        }
        Job::Ci => ci::ci(),
        Job::Fmt => fmt::fmt(fmt::Mode::Write),
        Job::FuzzLl2c(fuzz) => {
            let toolchain = setup::setup(&[setup::QEMU])?;
            difftest::fuzz(&toolchain, &workspace::ll2c()?, &fuzz)
        }
    }
}
