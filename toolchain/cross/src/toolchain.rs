//! Which rustc, cargo and GCC build for the 680x0.
//!
//! `-Zbuild-std` compiles core and alloc from source, and rustc accepts only the
//! source of its own version. Debian ships the two together (rustc-web and
//! rust-web-src), rustup as the component rust-src.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use semver::Version;

use crate::error::{Error, Result};

/// Debian's packages that hold all that a build for the 680x0 needs.
pub const DEBIAN_PACKAGES: &[&str] = &[
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "libstd-rust-web-dev",
    "gcc-m68k-linux-gnu",
    "binutils-m68k-linux-gnu",
];

/// The oldest rustc, 1.N, whose target specifications and IR ll2c reads.
const OLDEST_MINOR: u64 = 94;

/// A rustc with its library's source and its cargo, and GCC for the 680x0.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// the compiler
    pub rustc: PathBuf,
    /// the cargo that belongs to it
    pub cargo: PathBuf,
    /// the compiler's version
    pub version: Version,
    /// where it comes from
    pub origin: Origin,
}

/// Where a rustc comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The system's packages, in `/usr/bin`.
    System,
    /// A toolchain of rustup, by name.
    Rustup(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::System => f.write_str("the system's packages"),
            Origin::Rustup(name) => write!(f, "rustup's toolchain {name}"),
        }
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rustc {} from {}, with its library's source", self.version, self.origin)
    }
}

impl Toolchain {
    /// Looks for a rustc with its library's source: first the system's, which
    /// the tests run with, then rustup's toolchains, newest first. Then for GCC.
    pub fn find() -> Result<Toolchain> {
        let toolchain = choose(candidates())?;
        find_gcc()?;
        Ok(toolchain)
    }

    /// Its cargo, to build with its compiler: for the host, unless told otherwise.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(&self.cargo);
        clear_outer_cargo(&mut cargo);
        cargo
            .env("RUSTC", &self.rustc)
            .env("RUSTDOC", self.rustc.with_file_name("rustdoc"))
            .env("CARGO_INCREMENTAL", "0");
        cargo
    }
}

/// The compiler that ll2c runs.
const GCC: &str = "m68k-linux-gnu-gcc";

/// Makes sure that GCC and binutils for the 680x0 are there: all that C needs.
pub fn find_gcc() -> Result<()> {
    for (program, package) in
        [(GCC, "gcc-m68k-linux-gnu"), ("m68k-linux-gnu-ld", "binutils-m68k-linux-gnu")]
    {
        if find_on_path(program).is_none() {
            return Err(Error::NoProgram { program, package });
        }
    }
    Ok(())
}

/// Where GCC has the headers that belong to the compiler, such as `stdarg.h`.
pub fn gcc_headers() -> Result<PathBuf> {
    let output = Command::new(GCC).arg("-print-file-name=include").output();
    let output = output.map_err(|source| Error::Run { program: GCC.to_owned(), source })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Takes away what a cargo that runs this program has set for itself.
fn clear_outer_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let outer = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO") && name != "CARGO_HOME"
                || name.starts_with("RUSTUP_TOOLCHAIN")
                || ["RUSTC", "RUSTDOC", "RUSTDOCFLAGS", "LD_LIBRARY_PATH"].contains(&name)
        });
        if outer {
            command.env_remove(name);
        }
    }
}

/// A folder that may hold a rustc and a cargo.
struct Candidate {
    bin: PathBuf,
    origin: Origin,
}

fn candidates() -> Vec<Candidate> {
    let mut all = vec![Candidate { bin: "/usr/bin".into(), origin: Origin::System }];
    let rustup = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".rustup")));
    let toolchains = rustup.and_then(|home| home.join("toolchains").read_dir().ok());
    for entry in toolchains.into_iter().flatten().flatten() {
        all.push(Candidate {
            bin: entry.path().join("bin"),
            origin: Origin::Rustup(entry.file_name().to_string_lossy().into_owned()),
        });
    }
    all
}

/// The system's toolchain if it will do, else the newest that does.
fn choose(candidates: Vec<Candidate>) -> Result<Toolchain> {
    let mut looked_at = Vec::new();
    let mut usable = Vec::new();
    for candidate in candidates {
        let name = candidate.origin.to_string();
        match examine(candidate) {
            Ok(toolchain) => usable.push(toolchain),
            Err(reason) => looked_at.push(format!("{name}: {reason}")),
        }
    }
    usable
        .into_iter()
        .max_by_key(|toolchain| (toolchain.origin == Origin::System, toolchain.version.clone()))
        .ok_or_else(|| Error::NoRustc {
            looked_at: looked_at.join("; "),
            debian: DEBIAN_PACKAGES.join(" "),
            oldest: OLDEST_MINOR,
        })
}

/// The toolchain in a folder, or why it will not do.
fn examine(candidate: Candidate) -> std::result::Result<Toolchain, String> {
    let rustc = candidate.bin.join("rustc");
    let cargo = candidate.bin.join("cargo");
    if !rustc.exists() || !cargo.exists() {
        return Err("no rustc and cargo".to_owned());
    }
    let version = version_of(&rustc)?;
    if version.major == 1 && version.minor < OLDEST_MINOR {
        return Err(format!("rustc {version} is too old"));
    }
    let sysroot = ask(&rustc, &["--print", "sysroot"])?;
    let library = Path::new(&sysroot).join("lib/rustlib/src/rust/library/core/src/lib.rs");
    if !library.exists() {
        return Err(format!("rustc {version} without its library's source"));
    }
    Ok(Toolchain { rustc, cargo, version, origin: candidate.origin })
}

/// The version in `rustc 1.96.0 (ac68faa20 2026-05-25)`.
fn version_of(rustc: &Path) -> std::result::Result<Version, String> {
    let words = ask(rustc, &["--version"])?;
    let word = words.split_whitespace().nth(1).unwrap_or_default();
    Version::parse(word).map_err(|error| format!("{words:?} has no version: {error}"))
}

fn ask(program: &Path, args: &[&str]) -> std::result::Result<String, String> {
    let output = Command::new(program).args(args).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{} {}: {}", program.display(), args.join(" "), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first file of that name in the folders of `PATH`.
fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A folder with a pretended rustc of a version, with or without its source.
    fn pretend(root: &Path, name: &str, version: &str, with_source: bool) -> Candidate {
        let home = root.join(name);
        let bin = home.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let script = format!(
            "#!/bin/sh\ncase $1 in --version) echo 'rustc {version} (x)';; *) echo {};; esac\n",
            home.display()
        );
        for program in ["rustc", "cargo"] {
            fs::write(bin.join(program), &script).unwrap();
            fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        if with_source {
            let core = home.join("lib/rustlib/src/rust/library/core/src");
            fs::create_dir_all(&core).unwrap();
            fs::write(core.join("lib.rs"), "").unwrap();
        }
        let origin = match name {
            "system" => Origin::System,
            _ => Origin::Rustup(name.to_owned()),
        };
        Candidate { bin, origin }
    }

    #[test]
    fn the_system_comes_first_and_then_the_newest() {
        let root = tempfile::tempdir().unwrap();
        let old = || pretend(root.path(), "old", "1.95.0", true);
        let new = || pretend(root.path(), "new", "1.99.0-nightly", true);
        let system = pretend(root.path(), "system", "1.96.0", true);
        assert_eq!(choose(vec![old(), new()]).unwrap().version.to_string(), "1.99.0-nightly");
        assert_eq!(choose(vec![old(), system, new()]).unwrap().origin, Origin::System);
    }

    #[test]
    fn says_why_nothing_will_do() {
        let root = tempfile::tempdir().unwrap();
        let ancient = pretend(root.path(), "ancient", "1.60.0", true);
        let bare = pretend(root.path(), "bare", "1.96.0", false);
        let error = choose(vec![ancient, bare]).unwrap_err().to_string();
        assert!(error.contains("rustc 1.60.0 is too old"), "{error}");
        assert!(error.contains("rustc 1.96.0 without its library's source"), "{error}");
    }
}
