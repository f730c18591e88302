//! What the build script of a 680x0 image tells ll2c, its linker.
//!
//! ```no_run
//! // build.rs
//! link_args::Image::new(link_args::Cpu::M68040)
//!     .linker_script("../../linker/qemu-virt.ld")
//!     .source("start.S")
//!     .emit();
//! ```
//!
//! Paths are relative to the package. On the host, where images are only
//! type-checked, nothing is linked and so nothing is said.

use std::env;
use std::path::{Path, PathBuf};

/// The processor whose instructions GCC may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cpu {
    /// MC68030
    M68030,
    /// MC68040
    M68040,
}

impl Cpu {
    fn flag(self) -> &'static str {
        match self {
            Cpu::M68030 => "-m68030",
            Cpu::M68040 => "-m68040",
        }
    }
}

/// The inputs and options of an image's link.
#[derive(Debug)]
pub struct Image {
    package: PathBuf,
    files: Vec<PathBuf>,
    args: Vec<String>,
}

impl Image {
    /// An image for `cpu`. GCC optimises as the cargo profile asks: `-O1` for
    /// level 1, `-Os` for "s" and "z", else `-O2`.
    #[must_use]
    pub fn new(cpu: Cpu) -> Image {
        let level = match env::var("OPT_LEVEL").as_deref() {
            Ok("1") => "-O1",
            Ok("s" | "z") => "-Os",
            _ => "-O2",
        };
        let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
        Image {
            package: package.into(),
            files: Vec::new(),
            args: vec![cc_arg(cpu.flag()), cc_arg(level)],
        }
    }

    /// The linker script that lays the image out.
    #[must_use]
    pub fn linker_script(mut self, path: impl AsRef<Path>) -> Image {
        let path = self.package.join(path);
        self.args.push(format!("-T{}", path.display()));
        self.files.push(path);
        self
    }

    /// A source in assembly or C that becomes part of the image.
    #[must_use]
    pub fn source(mut self, path: impl AsRef<Path>) -> Image {
        let path = self.package.join(path);
        self.args.push(path.display().to_string());
        self.files.push(path);
        self
    }

    /// All sources in assembly (`*.S`) and C (`*.c`) of a folder, in the order of their names.
    #[must_use]
    pub fn sources_in(mut self, folder: impl AsRef<Path>) -> Image {
        let folder = self.package.join(folder);
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("the folder can be read").path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "S" || ext == "c"))
            .collect();
        paths.sort();
        self.files.push(folder);
        paths.into_iter().fold(self, Image::source)
    }

    /// A folder with headers that these sources include.
    #[must_use]
    pub fn headers_in(mut self, folder: impl AsRef<Path>) -> Image {
        let folder = self.package.join(folder);
        self.args.push(cc_arg(&format!("-I{}", folder.display())));
        self.files.push(folder);
        self
    }

    /// One more option for the linker.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Image {
        self.args.push(arg.to_owned());
        self
    }

    /// Says it all to cargo: the options, and that the image is linked again
    /// when one of its files or ll2c itself has changed.
    pub fn emit(self) {
        if env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("m68k") {
            return;
        }
        for arg in &self.args {
            println!("cargo::rustc-link-arg-bins={arg}");
        }
        println!("cargo::rerun-if-env-changed=LL2C");
        for file in self.files.iter().cloned().chain(env::var_os("LL2C").map(PathBuf::from)) {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
}

fn cc_arg(flag: &str) -> String {
    format!("--cc-arg={flag}")
}
