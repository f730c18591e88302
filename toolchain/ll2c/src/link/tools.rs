//! GCC and binutils for the 680x0.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::thread;

use crate::error::{Error, Result};
use crate::options::Float;

const GCC: &str = "m68k-linux-gnu-gcc";
const LD: &str = "m68k-linux-gnu-ld";
const AR: &str = "m68k-linux-gnu-ar";

/// The C that ll2c writes means what these say it means: integers wrap, any
/// pointer may point to anything, address 0 is an address, and no function is
/// known by its name. Functions and variables get sections of their own, so that
/// the linker can drop them.
const CC_FLAGS: &[&str] = &[
    "-std=gnu11",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-fno-strict-overflow",
    "-fno-delete-null-pointer-checks",
    "-ffreestanding",
    "-fno-builtin",
    "-fno-tree-loop-distribute-patterns",
    "-fno-pic",
    "-fno-pie",
    "-fno-stack-protector",
    "-fomit-frame-pointer",
    "-freg-struct-return",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-asynchronous-unwind-tables",
    "-ffp-contract=off",
    // GCC takes whatever comes after ten or more checks for code that rarely runs, and
    // makes it small rather than fast: the usual case of most functions of Rust.
    "--param=hot-bb-frequency-fraction=1000000000",
    // Variables are packed structs with an alignment of their own.
    "-Wno-address-of-packed-member",
    "-O2",
];

/// The programs, with the options that all runs of them share.
pub struct Tools {
    cc_flags: Vec<OsString>,
}

impl Tools {
    /// `more` are options for GCC, which may override the usual ones.
    pub fn new(float: Float, more: Vec<OsString>) -> Tools {
        let mut cc_flags: Vec<OsString> = CC_FLAGS.iter().map(OsString::from).collect();
        cc_flags.extend((float == Float::Soft).then(|| "-msoft-float".into()));
        cc_flags.extend(more);
        Tools { cc_flags }
    }

    /// Compiles each source into its object, several at a time.
    pub fn compile_all(&self, jobs: &[(PathBuf, PathBuf)]) -> Result<Vec<PathBuf>> {
        let threads = thread::available_parallelism().map_or(1, Into::into).min(jobs.len());
        let queue = Mutex::new(jobs.iter());
        let next = || queue.lock().expect("no thread panics").next();
        let work = || {
            std::iter::from_fn(next).try_for_each(|(source, object)| self.compile(source, object))
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("no thread panics"))
        })?;
        Ok(jobs.iter().map(|(_, object)| object.clone()).collect())
    }

    fn compile(&self, source: &Path, object: &Path) -> Result<()> {
        let mut gcc = Command::new(GCC);
        gcc.args(&self.cc_flags).arg("-c").arg(source).arg("-o").arg(object);
        run(&mut gcc, &|_| None).map(drop)
    }

    /// Makes an archive anew.
    pub fn archive(objects: &[PathBuf], output: &Path) -> Result<()> {
        match std::fs::remove_file(output) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(Error::File { action: "replace", path: output.to_owned(), source });
            }
            _ => (),
        }
        // Deterministic (D): no times and owners in it.
        run(Command::new(AR).arg("rcsD").arg(output).args(objects), &|_| None).map(drop)
    }

    /// Links objects, what `args` says, and libgcc.
    pub fn link(&self, objects: &[PathBuf], args: &[OsString], output: &Path) -> Result<()> {
        let libgcc = self.libgcc()?;
        let mut ld = Command::new(LD);
        // The 680x0 has no permission to execute; ld warns where none is denied.
        ld.args(["--gc-sections", "-z", "noexecstack"])
            .args(objects)
            .args(args)
            .arg(libgcc)
            .arg("-o")
            .arg(output);
        run(&mut ld, &undefined_memory_routine).map(drop)
    }

    /// The libgcc for the processor that the options choose.
    fn libgcc(&self) -> Result<PathBuf> {
        let mut gcc = Command::new(GCC);
        let machine = |flag: &&OsString| flag.as_encoded_bytes().starts_with(b"-m");
        gcc.args(self.cc_flags.iter().filter(machine)).arg("-print-libgcc-file-name");
        let output = run(&mut gcc, &|_| None)?;
        Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
    }
}

/// Help for the one undefined symbol that nearly everybody meets.
fn undefined_memory_routine(messages: &str) -> Option<String> {
    let missing = crate::routines::MEMORY
        .iter()
        .find(|name| messages.contains(&format!("undefined reference to `{name}'")))?;
    Some(format!(
        "{missing} and its like come from compiler_builtins: name its IR too, or a source with them"
    ))
}

/// Runs a program; shows what it says. `help` may know what to do about it when it fails.
fn run(command: &mut Command, help: &dyn Fn(&str) -> Option<String>) -> Result<Output> {
    let output = command.output().map_err(|source| Error::Program {
        program: shown(command),
        status: source.to_string(),
        help: (source.kind() == ErrorKind::NotFound).then(|| {
            "install GCC for the 680x0; on Debian and Ubuntu: \
             apt install gcc-m68k-linux-gnu binutils-m68k-linux-gnu"
                .into()
        }),
    })?;
    // If stderr is closed, there is nobody to tell.
    let _ = std::io::stderr().write_all(&output.stderr);
    if output.status.success() {
        return Ok(output);
    }
    Err(Error::Program {
        program: shown(command),
        status: output.status.to_string(),
        help: help(&String::from_utf8_lossy(&output.stderr)),
    })
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
