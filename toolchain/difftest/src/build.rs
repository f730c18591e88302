//! Builds programs for both sides and runs the host's.

use std::iter::zip;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::thread;

use cross::Build;

use crate::configuration::{Configuration, Gcc, Matrix, Rustc};
use crate::error::{Error, Result};
use crate::{Bench, machine};

/// The workspace of all programs.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/image");
/// The variable that tells the build script of a random program its source.
const RANDOM_SOURCE: &str = "DIFFTEST_RANDOM_SOURCE";

/// A binary of the workspace `image/`.
pub(crate) struct Program<'a> {
    package: &'static str,
    binary: &'static str,
    /// what a random program consists of
    source: Option<&'a Path>,
}

/// The cases on the host.
pub(crate) const EXPECTED_CASES: Program =
    Program { package: "expected", binary: "expected", source: None };
/// The cases on a 680x0.
pub(crate) const CASES: Program =
    Program { package: "run-cases", binary: "run-cases", source: None };
/// What only a 680x0 can do.
pub(crate) const MACHINE: Program =
    Program { package: "run-machine", binary: "run-machine", source: None };

impl Program<'_> {
    /// A random program on the host.
    pub(crate) fn expected_random(source: &Path) -> Program<'_> {
        Program { package: "random-program", binary: "expected-random", source: Some(source) }
    }

    /// A random program on a 680x0.
    pub(crate) fn random(source: &Path) -> Program<'_> {
        Program { package: "run-random", binary: "run-random", source: Some(source) }
    }
}

impl Bench<'_> {
    /// Builds a program for the host, runs it and returns what it prints.
    pub(crate) fn on_host(&self, program: &Program, argument: &str) -> Result<String> {
        (self.progress)(&format!("building {} for the host", program.binary));
        let target_dir = self.work.join("host");
        let mut cargo = self.toolchain.cargo();
        cargo
            .args(["build", "--profile=host", "--package", program.package])
            .args(["--bin", program.binary, "--target-dir"])
            .arg(&target_dir)
            .current_dir(WORKSPACE);
        if let Some(source) = program.source {
            cargo.env(RANDOM_SOURCE, source);
        }
        succeed(&mut cargo, || format!("building {}", program.binary))?;
        let mut run = Command::new(target_dir.join("host").join(program.binary));
        let output = succeed(run.arg(argument), || format!("running {}", program.binary))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Builds a program for the 680x0.
    pub(crate) fn image(&self, program: &Program, configuration: Configuration) -> Result<PathBuf> {
        let Configuration { rustc, gcc } = configuration;
        let what = format!("{} with {configuration}", program.binary);
        (self.progress)(&format!("building {what}"));
        let target_dir = match rustc {
            Rustc::Level2 => self.kernels.to_owned(),
            _ => self.work.join(rustc.profile()),
        };
        let mut build = Build::new(self.toolchain, self.ll2c, WORKSPACE, target_dir)
            .profile(rustc.profile())
            .arg(format!("--package={}", program.package))
            .env("DIFFTEST_CPU", gcc.cpu())
            .env("DIFFTEST_GCC_LEVEL", gcc.level());
        if let Some(source) = program.source {
            build = build.env(RANDOM_SOURCE, source.display().to_string());
        }
        let images = build.run(|line| (self.progress)(&format!("{what}: {line}")))?;
        let image = images.into_iter().find(|image| image.name == program.binary);
        image
            .map(|image| image.path)
            .ok_or(Error::NoImage { program: program.binary, workspace: WORKSPACE.into() })
    }

    /// Does something in every configuration, with as many levels of rustc at
    /// once as there are processors. The results come in the matrix's order.
    pub(crate) fn in_all(
        &self,
        matrix: &Matrix,
        run: impl Fn(&Bench, Configuration) -> Result<machine::Run> + Sync,
    ) -> Result<Vec<(Configuration, machine::Run)>> {
        let levels = matrix.levels();
        let next = Mutex::new(levels.iter().enumerate());
        let results = Mutex::new(Vec::new());
        let worker = || {
            loop {
                let Some((index, level)) = next.lock().expect("no worker panics").next() else {
                    break;
                };
                let outcome = self.at_level(*level, &run);
                if outcome.is_err() {
                    // What the other workers have begun is enough.
                    next.lock().expect("no worker panics").by_ref().for_each(drop);
                }
                results.lock().expect("no worker panics").push((index, outcome));
            }
        };
        thread::scope(|scope| {
            let workers = thread::available_parallelism().map_or(1, NonZero::get);
            for _ in 0..workers.min(levels.len()) {
                scope.spawn(worker);
            }
        });
        let mut results = results.into_inner().expect("no worker panics");
        results.sort_by_key(|(index, _)| *index);
        let mut all = Vec::new();
        for (_, outcome) in results {
            all.extend(outcome?);
        }
        Ok(all)
    }

    fn at_level(
        &self,
        (rustc, settings): (Rustc, &[Gcc]),
        run: impl Fn(&Bench, Configuration) -> Result<machine::Run>,
    ) -> Result<Vec<(Configuration, machine::Run)>> {
        let configurations = settings.iter().map(|&gcc| Configuration { rustc, gcc });
        let runs: Result<Vec<_>> = configurations.clone().map(|each| run(self, each)).collect();
        Ok(zip(configurations, runs?).collect())
    }
}

/// Runs a command that must succeed.
fn succeed(command: &mut Command, what: impl FnOnce() -> String) -> Result<Output> {
    let output = command.output().map_err(Error::run(command.get_program().as_ref()))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(Error::Host {
        what: what(),
        status: output.status,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
