//! Starting a daemon in the background, with progress while its nodes come up.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::daemon::Told;
use crate::cli::{DescriptorArgs, PoolArgs};
use crate::daemon::Progress;
use crate::failure::Failure;
use crate::progress::Step;

/// Whom a daemon serves.
pub enum Serving<'s> {
    /// Everybody who may connect at this socket.
    Socket(&'s Path),
    /// The other end of this connection.
    Private(UnixStream),
}

/// Starts a daemon and waits until its nodes are ready.
pub fn start(
    serving: Serving<'_>,
    pool: &PoolArgs,
    files: &DescriptorArgs,
    step: Step,
) -> Result<(), Failure> {
    let mut child = spawn(serving, pool, files)?;
    let stdout = child.stdout.take().expect("standard output is a pipe");
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(Failure::system("read from the daemon"))?;
        match serde_json::from_str(&line) {
            Ok(Told::Progress(Progress::Up { node, up, of })) => {
                step.note(&format!("{up} of {of}: {node}"));
            }
            Ok(Told::Progress(Progress::Ready)) => {
                step.done();
                return Ok(());
            }
            Ok(Told::Failed(refusal)) => return Err(refusal.into()),
            Err(_) => return Err(Failure::Unexpected),
        }
    }
    let status = child.wait().map_err(Failure::system("wait for the daemon"))?;
    Err(Failure::NotStarted(status))
}

fn spawn(serving: Serving<'_>, pool: &PoolArgs, files: &DescriptorArgs) -> Result<Child, Failure> {
    let executable = env::current_exe().map_err(Failure::system("find this executable"))?;
    let mut command = Command::new(executable);
    command.arg("daemon");
    match serving {
        Serving::Socket(path) => command.arg("--socket").arg(path).stdin(Stdio::null()),
        Serving::Private(stream) => command.arg("--private").stdin(OwnedFd::from(stream)),
    };
    if let Some(nodes) = pool.nodes {
        command.arg("--nodes").arg(nodes.to_string());
    }
    let options =
        [("--image", &pool.image), ("--pool", &files.nodes_file), ("--users", &files.users)];
    for (option, value) in options {
        if let Some(value) = value {
            command.arg(option).arg(value);
        }
    }
    command.stdout(Stdio::piped());
    command.spawn().map_err(Failure::system("start the daemon"))
}
