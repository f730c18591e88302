//! A pool of QEMU nodes.

use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Running, equus, rdc, wait_until};

/// Console lines of each node that a test that fails shows.
const TAIL: usize = 15;

/// A pool, whose daemon is a child of the test.
#[derive(Debug)]
pub struct Pool {
    folder: TempDir,
    daemon: Running,
}

impl Pool {
    /// Starts a pool and waits until it is ready.
    pub fn up(nodes: usize) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut command = equus(folder.path());
        command.args(["up", "--foreground", "--nodes", &nodes.to_string()]);
        let mut daemon = Running::start(&mut command);
        daemon.wait_for_line("the pool", |line| line.contains("ready"));
        Self { folder, daemon }
    }

    /// The command, for this pool.
    pub fn equus(&self, arguments: &[&str]) -> Command {
        let mut command = equus(self.folder.path());
        command.args(arguments);
        command
    }

    /// Launches a program of this tree.
    pub fn launch(&self, program: &str, arguments: &[&str]) -> Running {
        self.launch_file(&rdc(program), arguments)
    }

    /// Launches a program.
    pub fn launch_file(&self, program: &Path, arguments: &[&str]) -> Running {
        Running::start(self.equus(&["launch"]).arg(program).args(arguments))
    }

    /// What a command answers.
    ///
    /// # Panics
    /// If that is no JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.equus(arguments).output().expect("the command can be started");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    /// Waits until no RDC is known, and no node has an incarnation. The system's own RDCs stay
    /// once they were needed.
    pub fn wait_until_nothing_runs(&self) {
        wait_until("the end of all programs", || {
            let (rdcs, nodes) = (self.json(&["ps", "--json"]), self.json(&["nodes", "--json"]));
            let is_systems = |rdc: &&Value| rdc["user"] == "system";
            let rest = list(&rdcs).iter().filter(is_systems).map(|rdc| list(&rdc["incarnations"]));
            let rest: usize = rest.map(<[Value]>::len).sum();
            let incarnations = list(&nodes).iter().filter_map(|node| node["incarnations"].as_u64());
            let are_gone = list(&rdcs).iter().all(|rdc| is_systems(&rdc));
            if are_gone && incarnations.sum::<u64>() == rest as u64 {
                Ok(())
            } else {
                Err(format!("{rdcs} {nodes}"))
            }
        });
    }

    /// The node of the pool's name service, which runs.
    ///
    /// # Panics
    /// If it does not.
    pub fn node_of_names(&self) -> usize {
        let rdcs = self.json(&["ps", "--json"]);
        let is_it = |rdc: &&Value| rdc["name"] == "name-service";
        let service = rdcs.as_array().and_then(|rdcs| rdcs.iter().find(is_it));
        let name = service.and_then(|service| service["nodes"][0].as_str());
        let number = name.and_then(|name| name.strip_prefix("node")?.parse().ok());
        number.unwrap_or_else(|| panic!("no name service in {rdcs}"))
    }

    /// Waits until a node runs in this boot.
    pub fn wait_for_boot(&self, node: usize, epoch: u64) {
        wait_until("a node to come back", || {
            let nodes = self.json(&["nodes", "--json"]);
            let entry = &nodes[node - 1];
            let is_back = entry["state"] == "up" && entry["epoch"] == epoch;
            if is_back { Ok(()) } else { Err(nodes.to_string()) }
        });
    }

    /// Kills the process of a node, which the daemon notices like a failure of power.
    pub fn kill_node(&self, node: usize) {
        let pid = self.node(node);
        kill_process(pid, Signal::KILL).expect("the node runs");
    }

    /// The process of a node: a child of the daemon that was given this number.
    fn node(&self, number: usize) -> Pid {
        let tasks = format!("/proc/{}/task", self.daemon.pid().as_raw_pid());
        let wanted = format!("node={number} ");
        let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
        let tasks = std::fs::read_dir(tasks).expect("the daemon runs");
        let children =
            tasks.flatten().map(|task| read(format!("{}/children", task.path().display())));
        let children: Vec<String> = children.collect();
        let mut pids = children.iter().flat_map(|list| list.split_whitespace());
        let is_node = |pid: &&str| read(format!("/proc/{pid}/cmdline")).contains(&wanted);
        let pid = pids.find(is_node).and_then(|pid| Pid::from_raw(pid.parse().ok()?));
        pid.unwrap_or_else(|| panic!("node {number} does not run"))
    }

    /// The last console lines of all nodes.
    fn tail(&self) -> String {
        let logs = self.json(&["logs", "--json"]);
        let lines = list(&logs);
        let text = |line: &Value| format!("{}: {}", line["node"], line["text"]);
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        tail.iter().map(text).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the nodes said last:\n{}", self.tail());
        }
    }
}

/// The elements of a list; none of anything else.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
