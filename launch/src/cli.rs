//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::files::Folder;

/// Starts pools of nodes, launches programs on them, and shows what they do.
///
/// A pool is a number of MC68040 computers (QEMU) that share memory, with one kernel on each.
/// A program (RDC) is made of modules, from which incarnations are created on the nodes.
#[derive(Debug, Parser)]
#[command(name = "equus", version, arg_required_else_help = true, after_long_help = AFTER_HELP)]
pub struct Cli {
    /// Where the pool is found [default: `equus/pool.sock` in `$XDG_RUNTIME_DIR`]
    #[arg(long, global = true, env = "EQUUS_SOCKET", value_name = "PATH",
        value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0-255  of launch: the exit code of the program, its lowest 8 bits
  2      the command line makes no sense
  125    equus has failed: there is no pool, no such file, no such node
  126    the program's first incarnation has not left by itself: a fault, a lost node
  130    the program was ended by ^C (143: by SIGTERM; 137: by `equus kill`)
  141    nobody reads the program's output any more";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a pool and wait until all its nodes are ready
    Up(UpArgs),
    /// Run a program on the pool, or on a pool of its own if none is up
    Launch(LaunchArgs),
    /// List the programs that run, with their incarnations
    Ps(ListArgs),
    /// List the nodes: load, memory, incarnations, boot, uptime
    Nodes(ListArgs),
    /// End a program everywhere
    Kill {
        /// Its number, as `equus ps` shows it
        rdc: u32,
    },
    /// Show the last console lines of the nodes
    Logs {
        /// Of this node only, by name or number
        node: Option<String>,
        /// How to show them
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show what the kernels did last, also those of nodes that have died
    ///
    /// Times are seconds since the pool was started. Clocks of two nodes agree only roughly.
    Trace {
        /// Of this node only, by name or number; `host` is the daemon
        node: Option<String>,
        /// How to show them
        #[command(flatten)]
        list: ListArgs,
    },
    /// Make an RDC file of modules that were built
    Pack(PackArgs),
    /// Build a package of modules and make an RDC file of it
    ///
    /// A package is one of cargo's; each of its binaries is a module: src/main.rs, and
    /// src/bin/NAME.rs. Modules in C lie at the same places: src/main.c, src/bin/NAME.c or
    /// src/bin/NAME/*.c; what they share is src/*.c. A package all of C needs no Cargo.toml, and
    /// a single source is a package, too.
    Build(BuildArgs),
    /// End the pool and all that runs on it
    Down,
    /// Print the completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Be a pool's daemon
    #[command(hide = true)]
    Daemon(DaemonArgs),
}

/// What a pool is made of.
#[derive(Clone, Debug, Args)]
pub struct PoolArgs {
    /// Nodes besides the host [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=249))]
    pub nodes: Option<u16>,
    /// The kernel image [default: qemu-virt beside this executable]
    #[arg(long, env = "EQUUS_IMAGE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub image: Option<PathBuf>,
}

/// How to start a pool.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// The pool
    #[command(flatten)]
    pub pool: PoolArgs,
    /// Who is in it
    #[command(flatten)]
    pub files: DescriptorArgs,
    /// Stay until ^C ends the pool
    #[arg(long)]
    pub foreground: bool,
}

/// The files that describe a pool.
#[derive(Clone, Debug, Default, Args)]
pub struct DescriptorArgs {
    /// The node descriptor file: a line `number:name:groups:type:characteristics` for each node
    #[arg(long = "pool", value_name = "FILE", conflicts_with = "nodes",
        value_hint = ValueHint::FilePath)]
    pub nodes_file: Option<PathBuf>,
    /// The pool users file: a line `user:groups` or `user:groups:rights` for each user
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub users: Option<PathBuf>,
}

/// How to be a daemon.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    /// The pool
    #[command(flatten)]
    pub pool: PoolArgs,
    /// Who is in it
    #[command(flatten)]
    pub files: DescriptorArgs,
    /// Serve the connection that is standard input, and nobody else
    #[arg(long)]
    pub private: bool,
}

/// How to run a program.
#[derive(Debug, Args)]
pub struct LaunchArgs {
    /// The RDC file
    #[arg(value_name = "PROG.rdc", value_hint = ValueHint::FilePath)]
    pub program: PathBuf,
    /// The pool
    #[command(flatten)]
    pub pool: PoolArgs,
    /// Run on these nodes, by name or number; the first one begins
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', conflicts_with = "nodes")]
    pub on: Vec<String>,
    /// Give the program a folder, under the name GUEST, to read only with `:ro`
    #[arg(long = "dir", value_name = "HOST[:GUEST][:ro]", value_hint = ValueHint::DirPath)]
    pub folders: Vec<Folder>,
    /// Give the program a variable of the environment, with this value or its own
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub variables: Vec<String>,
    /// Launch a system RDC, which may do what its user's rights allow
    #[arg(long)]
    pub system: bool,
    /// Say where the program runs
    #[arg(short, long)]
    pub verbose: bool,
    /// The program's arguments
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

/// How to show a list.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListArgs {
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// How to pack.
#[derive(Debug, Args)]
pub struct PackArgs {
    /// The RDC file to write
    #[arg(short, long, value_name = "FILE.rdc", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// The modules, as ELF files; the first is the primary one. A module is called after its
    /// file
    #[arg(required = true, value_name = "MODULE", value_hint = ValueHint::FilePath)]
    pub modules: Vec<PathBuf>,
    /// Bytes that the stack of each may grow to
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 10)]
    pub stack: u32,
    /// Bytes that the heap of each may grow to
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub heap: u32,
}

/// How to build.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The package's folder, or a source in C that is the only module
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub package: PathBuf,
    /// The compiler's back end [default: ll2c beside this executable]
    #[arg(long, env = "EQUUS_LL2C", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ll2c: Option<PathBuf>,
    /// The folder of the C library [default: c beside this executable]
    #[arg(long, env = "EQUUS_C_LIBRARY", value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub c_library: Option<PathBuf>,
}
