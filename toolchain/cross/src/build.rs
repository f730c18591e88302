//! One run of cargo for the 680x0.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::Message;

use crate::error::{Error, Result};
use crate::toolchain::Toolchain;

/// The specification of the target, which ll2c prints with `--print-target`.
const TARGET: &str = include_str!("../../ll2c/m68k-ll2c-none.json");
/// The name of the target: the stem of the specification's file.
const TARGET_NAME: &str = "m68k-ll2c-none";

/// An executable that cargo has built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// its name: that of the binary
    pub name: String,
    /// the ELF file
    pub path: PathBuf,
}

/// A run of cargo for the 680x0 in one workspace.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    toolchain: &'a Toolchain,
    ll2c: &'a Path,
    workspace: PathBuf,
    target_dir: PathBuf,
    profile: String,
    args: Vec<String>,
    link_args: Vec<String>,
    env: Vec<(String, String)>,
}

impl<'a> Build<'a> {
    /// Builds the workspace (or package) in a folder, with the profile `release`,
    /// into `target_dir`. All builds into one folder share core and alloc.
    pub fn new(
        toolchain: &'a Toolchain,
        ll2c: &'a Path,
        workspace: impl Into<PathBuf>,
        target_dir: impl Into<PathBuf>,
    ) -> Build<'a> {
        Build {
            toolchain,
            ll2c,
            workspace: workspace.into(),
            target_dir: target_dir.into(),
            profile: "release".to_owned(),
            args: Vec::new(),
            link_args: Vec::new(),
            env: Vec::new(),
        }
    }

    /// With a profile of the workspace.
    #[must_use]
    pub fn profile(mut self, profile: &str) -> Self {
        profile.clone_into(&mut self.profile);
        self
    }

    /// With one more argument for cargo, such as `--bin=NAME`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// With arguments for ll2c when it links the one binary that [`Build::arg`] selects: for
    /// packages whose build script does not say them.
    #[must_use]
    pub fn link_args(mut self, args: &[String]) -> Self {
        self.link_args.extend_from_slice(args);
        self
    }

    /// With a variable in cargo's environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Runs cargo and returns the images that it built. Each line that cargo
    /// says on the way goes to `progress`; on failure all of them are in the error.
    pub fn run(&self, mut progress: impl FnMut(&str)) -> Result<Vec<Image>> {
        std::fs::create_dir_all(&self.target_dir)
            .and_then(|()| write_if_changed(&self.specification(), TARGET))
            .map_err(|source| Error::Run {
                program: self.specification().display().to_string(),
                source,
            })?;
        let run_error =
            |source| Error::Run { program: self.toolchain.cargo.display().to_string(), source };
        let mut cargo = self.command().spawn().map_err(run_error)?;
        let stdout = cargo.stdout.take().expect("stdout is a pipe");
        let stderr = cargo.stderr.take().expect("stderr is a pipe");
        let messages = std::thread::spawn(move || images(stdout));
        let mut output = String::new();
        for line in BufReader::new(stderr).lines() {
            let line = line.map_err(run_error)?;
            progress(line.trim());
            output.push_str(&line);
            output.push('\n');
        }
        let images = messages.join().expect("the reader of messages does not panic");
        if cargo.wait().map_err(run_error)?.success() {
            Ok(images)
        } else {
            Err(Error::Cargo { what: self.what(), output })
        }
    }

    fn what(&self) -> String {
        format!("building {} for the 680x0", self.workspace.display())
    }

    fn specification(&self) -> PathBuf {
        self.target_dir.join(format!("{TARGET_NAME}.json"))
    }

    fn command(&self) -> Command {
        let mut cargo = self.toolchain.cargo();
        cargo
            .arg(if self.link_args.is_empty() { "build" } else { "rustc" })
            .arg("--message-format=json-render-diagnostics")
            .args(["-Zjson-target-spec", "-Zbuild-std=core,alloc,compiler_builtins", "--target"])
            .arg(self.specification())
            .args(["--profile", &self.profile])
            .arg("--target-dir")
            .arg(&self.target_dir)
            .args(&self.args)
            .args(self.rustc_args())
            .current_dir(&self.workspace)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", self.rustflags())
            .env("LL2C", self.ll2c)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        cargo
    }

    /// What `cargo rustc` hands on for the one binary.
    fn rustc_args(&self) -> Vec<String> {
        let args = self.link_args.iter().map(|arg| format!("-Clink-arg={arg}"));
        let separator = (!self.link_args.is_empty()).then(|| "--".to_owned());
        separator.into_iter().chain(args).collect()
    }

    /// One object and one IR file for each crate, and ll2c as the linker. They
    /// are the same for all builds: cargo would compile core again for others.
    fn rustflags(&self) -> String {
        format!(
            "-Csymbol-mangling-version=v0 -Ccodegen-units=1 --emit=llvm-ir -Clinker={}",
            self.ll2c.display()
        )
    }
}

/// The executables that cargo's messages name.
fn images(stdout: impl Read) -> Vec<Image> {
    Message::parse_stream(BufReader::new(stdout))
        .filter_map(|message| match message {
            Ok(Message::CompilerArtifact(artifact)) => Some(artifact),
            _ => None,
        })
        .filter_map(|artifact| {
            let path = artifact.executable?.into_std_path_buf();
            Some(Image { name: artifact.target.name, path })
        })
        .collect()
}

/// Cargo takes a newer specification for a changed target.
fn write_if_changed(path: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::read_to_string(path) {
        Ok(old) if old == text => Ok(()),
        _ => std::fs::write(path, text),
    }
}
