//! Building a module in C: ll2c compiles and links it, without cargo and rustc.
//!
//! The C library is a folder: `include/` with its headers, `asm/` with the routines in assembly
//! and `module.c`, which are compiled with each module, and `libequus.a`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{LINKER_SCRIPT, LL2C_ARGS, routines};
use crate::c_sources::SOURCES;
use crate::error::{Error, Result};

/// The archive of the library.
const ARCHIVE: &str = "libequus.a";

/// How ll2c begins to say which program has failed, after that program's own words: they
/// suffice.
const FAILED_PROGRAM: &str = "ll2c::program";

/// A module to be built.
pub(crate) struct Job<'j> {
    pub ll2c: &'j Path,
    /// the folder of the C library
    pub library: &'j Path,
    /// the folder of the package
    pub package: &'j Path,
    /// the module's name
    pub module: &'j str,
    pub sources: &'j [PathBuf],
    /// the folder that it is built into
    pub into: &'j Path,
}

/// A module that was built.
pub(crate) struct Built {
    pub elf: PathBuf,
    /// what GCC has said nevertheless
    pub warnings: String,
}

impl Job<'_> {
    pub(crate) fn run(&self) -> Result<Built> {
        let archive = self.library.join(ARCHIVE);
        if !archive.exists() {
            return Err(Error::NoCLibrary { archive });
        }
        fs::create_dir_all(self.into).map_err(Error::write(self.into))?;
        let script = self.into.join("module.ld");
        fs::write(&script, LINKER_SCRIPT).map_err(Error::write(&script))?;
        let elf = self.into.join(self.module);
        // As the compiler shows them: it runs in the package's folder.
        let shown = |source: &PathBuf| source.strip_prefix(self.package).unwrap_or(source).into();
        let sources: Vec<PathBuf> = self.sources.iter().map(shown).collect();
        let mut ll2c = Command::new(self.ll2c);
        ll2c.current_dir(self.package)
            .arg("-o")
            .arg(&elf)
            .args(LL2C_ARGS)
            .args(self.cc_args()?.map(|arg| format!("--cc-arg={arg}")))
            .arg(format!("-T{}", script.display()))
            .args(sources)
            .args(routines(&self.library.join("asm"))?)
            .arg(self.library.join("module.c"))
            .arg(archive);
        let output = ll2c.output().map_err(Error::read(self.ll2c))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(Built { elf, warnings: said });
        }
        let said = said.split(FAILED_PROGRAM).next().unwrap_or_default();
        Err(Error::Compile { module: self.module.to_owned(), output: said.to_owned() })
    }

    /// What GCC is told beside what all modules are: the module's name, and which headers there
    /// are: the package's, the library's, and the compiler's own, but none of the host.
    fn cc_args(&self) -> Result<impl Iterator<Item = String>> {
        let headers = self.package.join(SOURCES);
        let library = self.library.join("include");
        let compiler = cross::gcc_headers()?;
        let args = [
            "-Wall".to_owned(),
            format!("-D__MODULE_NAME__=\"{}\"", self.module),
            format!("-I{}", headers.display()),
            "-nostdinc".to_owned(),
            format!("-isystem{}", library.display()),
            format!("-isystem{}", compiler.display()),
        ];
        Ok(args.into_iter())
    }
}
