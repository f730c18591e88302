//! The commands, one file for each that is more than a question.

mod build;
mod daemon;
mod launch;
mod lists;
mod start;
mod trace;
mod up;

use std::path::Path;

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::place;
use crate::protocol::{FromDaemon, ToDaemon};

/// Does what the command line says; answers the exit code.
pub fn run(cli: Cli) -> Result<u8, Failure> {
    let socket = place::socket(cli.socket.as_deref());
    match cli.command {
        Command::Up(args) => up::up(&socket, &args)?,
        Command::Launch(args) => return launch::launch(&socket, &args),
        Command::Ps(list) => lists::ps(&socket, list)?,
        Command::Nodes(list) => lists::nodes(&socket, list)?,
        Command::Kill { rdc } => order(&socket, &ToDaemon::Kill { rdc })?,
        Command::Logs { node, list } => lists::logs(&socket, node, list)?,
        Command::Trace { node, list } => trace::trace(&socket, node, list)?,
        Command::Pack(args) => build::pack(&args)?,
        Command::Build(args) => build::build(&args)?,
        Command::Down => down(&socket)?,
        Command::Completion { shell } => {
            let command = &mut Cli::command();
            clap_complete::generate(shell, command, "equus", &mut std::io::stdout());
        }
        Command::Daemon(args) => daemon::daemon(&socket, &args)?,
    }
    Ok(0)
}

/// Ends the pool, and waits until it is gone.
fn down(socket: &Path) -> Result<(), Failure> {
    let mut connection = Connection::open(socket)?;
    connection.say(&ToDaemon::Down)?;
    loop {
        match connection.hear() {
            Ok(FromDaemon::Done) => {}
            Err(Failure::GoneDown) => return Ok(()),
            Err(failure) => return Err(failure),
            Ok(_) => return Err(Failure::Unexpected),
        }
    }
}

/// Has the daemon do something.
fn order(socket: &Path, order: &ToDaemon) -> Result<(), Failure> {
    match Connection::open(socket)?.ask(order)? {
        FromDaemon::Done => Ok(()),
        _ => Err(Failure::Unexpected),
    }
}
