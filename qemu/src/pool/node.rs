//! One node as a QEMU process: what it is started with, and what it says.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{ChildStderr, ChildStdout, Stdio};

use abi::ids::{Epoch, NodeId};
use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{PidfdFlags, pidfd_open};

use super::image::Image;
use super::lines::Lines;
use super::memory::CrateMemory;
use crate::process::{self, Exit, Guarded};
use crate::{Cpu, Error, Time, config};

/// The files that QEMU inherits, by their numbers there.
mod inherited {
    pub const MEMORY: i32 = 3;
    pub const KERNEL: i32 = 4;
    pub const DOORBELL: i32 = 5;
}

/// The most that is kept of QEMU's complaints, in bytes.
const ERRORS_MAX: usize = 8192;

/// What all nodes of a pool are made of.
#[derive(Debug)]
pub(super) struct Machines {
    pub(super) image: Image,
    pub(super) memory: CrateMemory,
    pub(super) time: Time,
}

impl Machines {
    /// Starts a boot of a node; `doorbell` is QEMU's end of its socket.
    pub(super) fn start(
        &self,
        node: NodeId,
        epoch: Epoch,
        doorbell: UnixStream,
    ) -> Result<NodeProcess, Error> {
        let duplicate = Error::io("share the memory of the crate");
        let files = [
            (self.memory.file().try_clone_to_owned().map_err(duplicate)?, inherited::MEMORY),
            (self.image.for_node(node)?, inherited::KERNEL),
            (doorbell.into(), inherited::DOORBELL),
        ];
        let mappings = files.map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
        let mut command = self.command(node, epoch);
        command
            .fd_mappings(mappings.into())
            .expect("no file has a number twice")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        NodeProcess::new(node, epoch, process::spawn(&mut command)?)
    }

    fn command(&self, node: NodeId, epoch: Epoch) -> std::process::Command {
        let nodes = self.memory.backplane().layout().nodes();
        let line = format!("node={} nodes={nodes} epoch={}", node.0, epoch.get());
        let kernel = format!("/proc/self/fd/{}", inherited::KERNEL);
        let megabytes = self.memory.megabytes();
        let mut command = config::computer(Cpu::M68040, megabytes, Path::new(&kernel), &line);
        command.args(["-M", "virt,memory-backend=crate", "-object"]).arg(format!(
            "memory-backend-file,id=crate,size={megabytes}M,mem-path=/proc/self/fd/{},share=on",
            inherited::MEMORY
        ));
        command.arg("-chardev").arg(format!("socket,id=bell,fd={}", inherited::DOORBELL));
        command.args(["-device", "vhost-user-rng,chardev=bell,bus=virtio-mmio-bus.0"]);
        if self.time == Time::Instructions {
            // Idle nodes sleep: else they would take the processors from those that work.
            command.args(["-icount", "shift=0,sleep=on"]);
            command.args(config::INSTRUCTION_CLOCK);
        }
        command
    }
}

/// A running boot of a node.
#[derive(Debug)]
pub(super) struct NodeProcess {
    pub(super) node: NodeId,
    pub(super) epoch: Epoch,
    child: Guarded,
    /// Readable once the process has ended.
    ended: OwnedFd,
    output: ChildStdout,
    errors: ChildStderr,
    lines: Lines,
    complaints: Vec<u8>,
}

impl NodeProcess {
    fn new(node: NodeId, epoch: Epoch, mut child: Guarded) -> Result<NodeProcess, Error> {
        let failed = |error: rustix::io::Errno| Error::io("watch QEMU")(error.into());
        let pid = rustix::process::Pid::from_child(&child.0);
        let ended = pidfd_open(pid, PidfdFlags::empty()).map_err(failed)?;
        let output = child.0.stdout.take().expect("standard output is a pipe");
        let errors = child.0.stderr.take().expect("standard error is a pipe");
        rustix::io::ioctl_fionbio(&output, true).map_err(failed)?;
        rustix::io::ioctl_fionbio(&errors, true).map_err(failed)?;
        let (lines, complaints) = (Lines::default(), Vec::new());
        Ok(NodeProcess { node, epoch, child, ended, output, errors, lines, complaints })
    }

    /// The files that tell of the process: its end, its console, its complaints.
    pub(super) fn files(&self) -> [BorrowedFd<'_>; 3] {
        [self.ended.as_fd(), self.output.as_fd(), self.errors.as_fd()]
    }

    /// Takes what the console has said; whole lines go to `tell`.
    pub(super) fn read_console(&mut self, tell: impl FnMut(String)) -> Stream {
        let mut buffer = [0; 4096];
        let length = match self.output.read(&mut buffer) {
            Ok(0) => return Stream::End,
            Ok(length) => length,
            Err(_) => return Stream::Empty,
        };
        self.lines.push(&buffer[..length], tell);
        Stream::More
    }

    /// Takes what QEMU has complained of.
    pub(super) fn read_errors(&mut self) -> Stream {
        let mut buffer = [0; 4096];
        match self.errors.read(&mut buffer) {
            Ok(0) => Stream::End,
            Ok(length) => {
                let room = ERRORS_MAX.saturating_sub(self.complaints.len());
                self.complaints.extend_from_slice(&buffer[..length.min(room)]);
                Stream::More
            }
            Err(_) => Stream::Empty,
        }
    }

    /// Adds to what QEMU has complained of.
    pub(super) fn complain(&mut self, complaint: &str) {
        self.complaints.extend_from_slice(complaint.as_bytes());
        self.complaints.push(b'\n');
    }

    /// Ends the process at once.
    pub(super) fn kill(&mut self) -> Result<(), Error> {
        self.child.0.kill().map_err(Error::io("kill QEMU"))
    }

    /// Takes leave of a process that has ended: the rest of what it said, how it ended
    /// and what it complained of.
    pub(super) fn finish(mut self, mut tell: impl FnMut(String)) -> Result<(Exit, String), Error> {
        // All that was ever written is in the pipes.
        while self.read_console(&mut tell) == Stream::More {}
        while self.read_errors() == Stream::More {}
        self.lines.end(tell);
        let status = self.child.0.wait().map_err(Error::io("wait for QEMU"))?;
        Ok((Exit::of(status), String::from_utf8_lossy(&self.complaints).into_owned()))
    }
}

/// What is left in a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stream {
    /// Something was there, and there may be more.
    More,
    /// Nothing now.
    Empty,
    /// Nothing ever again.
    End,
}
