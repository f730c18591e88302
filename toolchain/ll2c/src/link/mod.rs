//! From IR files to a finished file: what ll2c does in the linker's place, and by hand.
//!
//! [`command`] reads the command line that rustc writes for a linker, `inputs`
//! finds the IR behind its objects, `tools` runs GCC and binutils. This file
//! puts them in order.

pub mod command;
mod float;
mod inputs;
mod response;
mod tools;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

pub use inputs::Inputs;
pub use response::expand as expand_response_files;

use crate::backtrace;
use crate::error::{Error, Result};
use crate::options::{Float, Lines, Options};
use crate::{Translation, translate};
use tools::Tools;

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// the C file alone
    C,
    /// an object file
    Object,
    /// an archive, for C programs to link
    Archive,
    /// an ELF file, linked
    Image,
}

/// A job: all that a command line says.
#[derive(Clone, Debug)]
pub struct Job {
    /// what comes out
    pub product: Product,
    /// where
    pub output: PathBuf,
    /// what goes in
    pub inputs: Inputs,
    /// how IR becomes C
    pub options: Options,
    /// more options for GCC
    pub cc_args: Vec<OsString>,
    /// more options for the linker, objects and libraries that are not rustc's
    /// among them, in their order
    pub ld_args: Vec<OsString>,
    /// the section that lets the image print its own backtraces
    pub backtrace: Option<backtrace::Detail>,
}

impl Job {
    /// Does it. Intermediate files are left in the folder `OUTPUT.ll2c`, for those
    /// who want to see them.
    pub fn run(self) -> Result<()> {
        if self.product == Product::C {
            return write(&self.output, &translate(&self.inputs.ir, &self.options)?.c);
        }
        let folder = Folder::beside(&self.output)?;
        let program = self.program(&folder)?;

        let has_debug_info = program.as_ref().is_some_and(|program| program.has_debug_info);
        let debug = has_debug_info && self.options.lines == Lines::Rust;
        let mut flags: Vec<OsString> = Vec::new();
        // In this order: a later -g1 would take away what -g adds.
        flags.extend(self.backtrace.map(|_| backtrace::CC_FLAG.into()));
        flags.extend(debug.then(|| "-g".into()));
        flags.extend(self.cc_args.iter().cloned());
        let tools = Tools::new(self.options.float, flags);

        let has_program = program.is_some();
        let program = program.map(|program| program.path);
        let sources: Vec<_> = program.into_iter().chain(self.inputs.sources.clone()).collect();
        let compiled = if self.product == Product::Object {
            return self.compile_object(&tools, &sources);
        } else {
            let jobs = sources.iter().zip(0..).map(|(source, number)| {
                let stem = source.file_stem().unwrap_or_default().to_string_lossy();
                (source.clone(), folder.path(&format!("{number}-{stem}.o")))
            });
            tools.compile_all(&jobs.collect::<Vec<_>>())?
        };
        if has_program && self.options.float == Float::Soft {
            float::check(&compiled[0])?;
        }
        let bundled = inputs::bundled_objects(&self.inputs.rlibs, &folder.0)?;
        let objects: Vec<PathBuf> = compiled.into_iter().chain(bundled).collect();
        match self.product {
            Product::Archive => Tools::archive(&objects, &self.output),
            _ => self.link(&tools, &objects),
        }
    }

    /// Writes the C of the IR, unless there is none: a program may be all of sources.
    fn program(&self, folder: &Folder) -> Result<Option<Program>> {
        if self.inputs.ir.is_empty() {
            return Ok(None);
        }
        let Translation { c, has_debug_info } = translate(&self.inputs.ir, &self.options)?;
        let path = folder.path("program.c");
        write(&path, &c)?;
        Ok(Some(Program { path, has_debug_info }))
    }

    fn compile_object(&self, tools: &Tools, sources: &[PathBuf]) -> Result<()> {
        let [program] = sources else {
            return Err(Error::Usage {
                message: "one object file cannot hold several sources".into(),
                help: Some("make an archive: -o NAME.a".into()),
            });
        };
        tools.compile_all(&[(program.clone(), self.output.clone())]).map(drop)
    }

    fn link(&self, tools: &Tools, objects: &[PathBuf]) -> Result<()> {
        let Some(detail) = self.backtrace else {
            return tools.link(objects, &self.ld_args, &self.output);
        };
        backtrace::link(&self.output, detail, |table| match table {
            // The table is made of debug information, so that nothing is stripped yet.
            None => {
                let args: Vec<_> =
                    self.ld_args.iter().filter(|arg| !strips(arg)).cloned().collect();
                tools.link(objects, &args, &self.output)
            }
            Some(table) => {
                let objects = [objects, &[table.to_owned()]].concat();
                tools.link(&objects, &self.ld_args, &self.output)
            }
        })
    }
}

/// The C that came of IR.
struct Program {
    path: PathBuf,
    has_debug_info: bool,
}

/// The folder of intermediate files.
struct Folder(PathBuf);

impl Folder {
    fn beside(output: &Path) -> Result<Folder> {
        let path = output.with_added_extension("ll2c");
        std::fs::create_dir_all(&path).map_err(|source| Error::File {
            action: "create",
            path: path.clone(),
            source,
        })?;
        Ok(Folder(path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// The option lets ld drop symbols or debug information.
fn strips(arg: &OsStr) -> bool {
    ["-s", "-S", "--strip-all", "--strip-debug"].iter().any(|option| arg == *option)
}

fn write(path: &Path, contents: &str) -> Result<()> {
    std::fs::write(path, contents).map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}
