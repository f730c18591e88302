//! `cargo xtask build`, and `cargo xtask run`: a program on a pool, from nothing.

use std::process::{Command, Stdio};

use console::style;
use miette::{IntoDiagnostic, Result, WrapErr, bail};

use crate::progress::{Step, say};
use crate::system::System;
use crate::workspace::{self, Profile, root};

/// The programs that are built for users.
const PROGRAMS: &[&str] = &["hello", "echo", "echo-c", "wordcount"];
/// Words that the demonstration shows.
const TOP: usize = 10;

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

/// Counts the words of about a megabyte of texts on a pool of `nodes` nodes, and compares the
/// result with the host's own count.
pub fn run(nodes: u8, profile: Profile) -> Result<()> {
    let system = System::build(profile, &["wordcount"])?;
    let texts = workspace::target().join("samples");
    let step = Step::start("texts to count");
    samples::grow(samples::Plan::default(), &texts).into_diagnostic()?;
    let expected = samples::count(&texts, TOP).into_diagnostic()?.to_string();
    step.done(&texts.strip_prefix(root()).unwrap_or(&texts).display().to_string());

    // At a place of its own there is no pool yet: equus starts one for this program.
    let folder = tempfile::tempdir().into_diagnostic()?;
    let counted = Command::new(system.path("equus"))
        .env("EQUUS_SOCKET", folder.path().join("pool.sock"))
        .args(["launch", "--nodes", &nodes.to_string(), "--verbose"])
        .arg("--dir")
        .arg(format!("{}:/texts:ro", texts.display()))
        .arg(system.path("wordcount.rdc"))
        .args(["--", "/texts", &TOP.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .into_diagnostic()
        .wrap_err("cannot start equus")?;
    let printed = String::from_utf8_lossy(&counted.stdout);
    print!("{printed}");
    if !counted.status.success() {
        bail!("the program on the pool ended with {}", counted.status);
    }
    if printed != expected {
        bail!("the pool has counted otherwise than this host, which counts:\n{expected}");
    }
    say(&format!("{} this host counts the same", style("✓").green().for_stderr()));
    Ok(())
}
