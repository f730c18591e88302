//! Pools and programs of tests. Everything that is started here ends with its value.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;

/// More than anything takes on a busy host.
const LIMIT: Duration = Duration::from_mins(2);

fn variable(name: &str) -> PathBuf {
    let value = std::env::var_os(name);
    value.unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask test`")).into()
}

/// An RDC file.
pub fn rdc(name: &str) -> PathBuf {
    variable("RDC_FOLDER").join(format!("{name}.rdc"))
}

/// The command, with a socket in this folder.
pub fn equus(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_equus"));
    command.env("EQUUS_SOCKET", folder.join("socket/pool.sock"));
    command.env("EQUUS_IMAGE", variable("KERNEL_IMAGE"));
    command.stdin(Stdio::null());
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("it has no exit code: {output:?}"))
}

/// A pool whose daemon is a child of the test.
pub struct Pool {
    folder: TempDir,
    daemon: Child,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.kill_daemon();
    }
}

impl Pool {
    pub fn up(nodes: usize) -> Self {
        Self::up_at(tempfile::tempdir().unwrap(), nodes)
    }

    /// Starts a pool and waits until it is ready.
    pub fn up_at(folder: TempDir, nodes: usize) -> Self {
        let mut command = equus(folder.path());
        command.args(["up", "--foreground", "--nodes", &nodes.to_string()]);
        let daemon = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut pool = Self { folder, daemon };
        let lines = BufReader::new(pool.daemon.stderr.take().unwrap()).lines();
        let mut said = String::new();
        for line in lines.map(Result::unwrap) {
            if line.contains("ready") {
                return pool;
            }
            said = said + &line + "\n";
        }
        panic!("the pool does not start:\n{said}");
    }

    pub fn equus(&self, arguments: &[&str]) -> Command {
        let mut command = equus(self.folder.path());
        command.args(arguments);
        command
    }

    pub fn launch(&self, program: &str, arguments: &[&str]) -> Output {
        self.equus(&["launch"]).arg(rdc(program)).args(arguments).output().unwrap()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.equus(arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    /// Asks until the answer is as wanted.
    pub fn wait_for(&self, arguments: &[&str], is_wanted: impl Fn(&Value) -> bool) {
        let end = Instant::now() + LIMIT;
        loop {
            let answer = self.json(arguments);
            if is_wanted(&answer) {
                return;
            }
            assert!(Instant::now() < end, "{arguments:?} still answers {answer}");
        }
    }

    /// No RDC is known, and no node has an incarnation.
    pub fn wait_until_nothing_runs(&self) {
        self.wait_for(&["ps", "--json"], |rdcs| rdcs.as_array().unwrap().is_empty());
        self.wait_for(&["nodes", "--json"], |nodes| {
            nodes.as_array().unwrap().iter().all(|node| node["incarnations"] == 0)
        });
    }

    /// Starts a program that waits for input, on node 1, and waits until it runs.
    pub fn start_echo(&self) -> Running {
        let mut command = self.equus(&["launch", "--verbose", "--on", "node1"]);
        command.arg(rdc("echo"));
        let command = command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        stderr.read_line(&mut said).unwrap();
        assert!(said.contains("runs on node1"), "{said}");
        Running { child, stderr: Some(stderr) }
    }

    /// The processes of the nodes, in the order of their numbers.
    pub fn nodes(&mut self) -> Vec<Pid> {
        let tasks = format!("/proc/{}/task", self.daemon.id());
        let mut nodes: Vec<(String, Pid)> = Vec::new();
        for task in std::fs::read_dir(tasks).unwrap() {
            let children = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap();
            for child in children.split_whitespace() {
                let arguments = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap();
                let at = arguments.find("node=").unwrap();
                let node = arguments[at..].split(' ').next().unwrap().to_owned();
                nodes.push((node, Pid::from_raw(child.parse().unwrap()).unwrap()));
            }
        }
        nodes.sort_by(|one, other| one.0.cmp(&other.0));
        nodes.into_iter().map(|(_, pid)| pid).collect()
    }

    /// Ends the daemon as a failure of power would.
    pub fn kill_daemon(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }

    pub fn into_folder(mut self) -> TempDir {
        self.kill_daemon();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

/// A launch program that runs.
pub struct Running {
    child: Child,
    stderr: Option<BufReader<ChildStderr>>,
}

impl Running {
    pub fn signal(&mut self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn stderr(&mut self) -> BufReader<ChildStderr> {
        self.stderr.take().expect("it is taken once")
    }

    /// Waits for its end, its input being open all the while.
    pub fn end(&mut self) -> ExitStatus {
        let input = self.child.stdin.take();
        let status = self.child.wait().unwrap();
        drop(input);
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until these processes run no more.
pub fn wait_until_gone(processes: &[Pid]) {
    let end = Instant::now() + LIMIT;
    let runs = |pid: &&Pid| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()));
        // What nobody has waited for is a zombie.
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    while let Some(pid) = processes.iter().find(runs) {
        assert!(Instant::now() < end, "{pid:?} is still there");
        std::thread::yield_now();
    }
}
