//! `cargo xtask build`, and `cargo xtask run`: programs on a pool, from nothing.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use console::style;
use miette::{IntoDiagnostic, Result, WrapErr, bail, miette};
use tempfile::TempDir;

use crate::progress::{Step, say};
use crate::system::System;
use crate::workspace::{self, Profile, root};

/// The programs that are built for users.
const PROGRAMS: &[&str] = &[
    "hello",
    "echo",
    "echo-c",
    "wordcount",
    "text-processing",
    "printer-server",
    "printer-client",
];
/// What the demonstration runs.
const DEMONSTRATION: &[&str] = &["text-processing", "printer-server", "printer-client"];
/// Clients of the printer server, in the order in which they come: each prints every text of so
/// many from this one on. The last one goes on when the others have gone.
const CLIENTS: [(usize, usize); 3] = [(1, 4), (3, 4), (2, 2)];
/// What it prints: enough for every change of the configuration to be seen at work.
const TEXTS: samples::Plan = samples::Plan { seed: 1990, files: 48, file_bytes: 12 << 10 };

/// Builds what a user runs, and says where it is.
pub fn build(profile: Profile) -> Result<()> {
    let system = System::build(profile, PROGRAMS)?;
    let equus = system.path("equus");
    let equus = equus.strip_prefix(root()).unwrap_or(&equus);
    say(&format!(
        "Try:\n  {0} up --nodes 4\n  {0} launch {1}\n  {0} down",
        equus.display(),
        equus.with_file_name("hello.rdc").display()
    ));
    Ok(())
}

/// Prints texts on a pool of `nodes` nodes while its programs are reconfigured, and looks
/// whether everything is on paper.
pub fn run(nodes: u8, profile: Profile) -> Result<()> {
    let system = System::build(profile, DEMONSTRATION)?;
    let (texts, papers) = (workspace::target().join("samples"), workspace::target().join("papers"));
    let step = Step::start("texts to print");
    samples::grow(TEXTS, &texts).into_diagnostic()?;
    step.done(&shown(&texts));
    let pool = Pool::up(&system, nodes)?;
    pool.process_texts(&texts, &papers)?;
    pool.serve_clients(&texts, &papers)
}

/// A pool at a place of its own. Dropped, it ends.
struct Pool<'s> {
    system: &'s System,
    folder: TempDir,
}

impl<'s> Pool<'s> {
    fn up(system: &'s System, nodes: u8) -> Result<Self> {
        let pool = Self { system, folder: tempfile::tempdir().into_diagnostic()? };
        pool.equus(&["up", "--nodes", &nodes.to_string()])?;
        Ok(pool)
    }

    /// The command, for this pool.
    fn command(&self) -> Command {
        let mut command = Command::new(self.system.path("equus"));
        command.env("EQUUS_SOCKET", self.folder.path().join("pool.sock")).stdin(Stdio::null());
        command
    }

    fn equus(&self, arguments: &[&str]) -> Result<()> {
        end_well(self.command().args(arguments))
    }

    /// The command that launches a program, which finds these folders under these names.
    fn launch(&self, program: &str, folders: &[(&Path, &str)], arguments: &[&str]) -> Command {
        let mut command = self.command();
        command.arg("launch");
        for (folder, name) in folders {
            command.arg("--dir").arg(format!("{}:{name}", folder.display()));
        }
        if console::colors_enabled() {
            command.arg("--env=CLICOLOR_FORCE=1");
        }
        command.arg(self.system.path(&format!("{program}.rdc"))).arg("--").args(arguments);
        command
    }

    /// The RDC that formats and prints, and is reconfigured meanwhile.
    fn process_texts(&self, texts: &Path, papers: &Path) -> Result<()> {
        make_empty(papers)?;
        let folders = [(texts, "/texts:ro"), (papers, "/papers")];
        end_well(&mut self.launch("text-processing", &folders, &["/texts", "/papers"]))?;
        check(texts, papers)
    }

    /// The RDC that prints for others, which find it by its name.
    fn serve_clients(&self, texts: &Path, papers: &Path) -> Result<()> {
        make_empty(papers)?;
        let arguments = ["/papers", &CLIENTS.len().to_string()];
        let mut server = self.launch("printer-server", &[(papers, "/papers")], &arguments);
        let mut server = Running::start_watched(&mut server)?;
        server.wait_for("found by the name")?;
        let mut clients = Vec::new();
        for (share, of) in CLIENTS {
            let arguments = ["/texts", &share.to_string(), &of.to_string()];
            let mut client = self.launch("printer-client", &[(texts, "/texts:ro")], &arguments);
            clients.push(Running::start(&mut client)?);
            server.wait_for("comes to printer")?;
        }
        for running in clients.into_iter().chain([server]) {
            running.end_well()?;
        }
        check(texts, papers)
    }
}

/// A command that runs. Dropped, it is killed.
struct Running {
    child: Child,
    /// Shows what it says, and tells it.
    watching: Option<(JoinHandle<()>, Receiver<String>)>,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.spawn().into_diagnostic().wrap_err("cannot start equus")?;
        Ok(Self { child, watching: None })
    }

    /// Starts a command whose lines can be waited for. They are shown all the same.
    fn start_watched(command: &mut Command) -> Result<Self> {
        let mut running = Self::start(command.stdout(Stdio::piped()))?;
        let output = running.child.stdout.take().ok_or_else(|| miette!("its output is no pipe"))?;
        let (sender, lines) = channel();
        let shows = thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                println!("{line}");
                // Nobody may wait any more.
                let _ = sender.send(line);
            }
        });
        running.watching = Some((shows, lines));
        Ok(running)
    }

    /// Waits for the next line with this in it.
    fn wait_for(&mut self, awaited: &str) -> Result<()> {
        let mut lines = self.watching.iter().flat_map(|(_, lines)| lines);
        let found = lines.any(|line| line.contains(awaited));
        if found { Ok(()) } else { bail!("equus has ended too early") }
    }

    fn end_well(mut self) -> Result<()> {
        let status = self.child.wait().into_diagnostic()?;
        if let Some((shows, _)) = self.watching.take() {
            shows.join().map_err(|_| miette!("its output cannot be shown"))?;
        }
        succeed(status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Pool<'_> {
    fn drop(&mut self) {
        // What is wrong with it was said already.
        let _ = self.command().arg("down").stderr(Stdio::null()).status();
    }
}

/// Runs a command, which says itself what is wrong.
fn end_well(command: &mut Command) -> Result<()> {
    succeed(command.status().into_diagnostic().wrap_err("cannot start equus")?)
}

fn succeed(status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("equus ended with {status}");
    }
    Ok(())
}

/// Compares what is on paper with the texts.
fn check(texts: &Path, papers: &Path) -> Result<()> {
    let prints = samples::prints(texts, papers).map_err(|error| miette!("{error}"))?;
    let tick = style("✓").green().for_stderr();
    say(&format!("{tick}  this host finds every word of them in {}: {prints}", shown(papers)));
    Ok(())
}

fn make_empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).into_diagnostic()?;
    }
    std::fs::create_dir_all(folder).into_diagnostic()
}

/// A path as it is shown.
fn shown(path: &Path) -> String {
    let path: PathBuf = path.strip_prefix(root()).unwrap_or(path).into();
    path.display().to_string()
}
