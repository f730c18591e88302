//! The command line that rustc writes for a linker of GNU's kind.
//!
//! What is rustc's (objects that are bitcode, libraries of crates) becomes IR;
//! what is ll2c's own (`--cc-arg=…` and its like) is taken; sources are compiled;
//! everything else goes to ld as it stands, in its order. A program may also be all
//! of sources and archives, without rustc.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::inputs::{Inputs, ir_of_library, ir_of_object};
use super::{Job, Product};
use crate::backtrace::Detail;
use crate::error::{Error, Result};
use crate::options::{Float, Lines, Options};

/// Reads a command line, without the program's name and with all `@files` expanded.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Job> {
    let mut reader = Reader::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        if arg == "-o" {
            reader.output = args.next().map(PathBuf::from);
        } else {
            reader.argument(arg)?;
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    output: Option<PathBuf>,
    inputs: Inputs,
    options: Options,
    cc_args: Vec<OsString>,
    ld_args: Vec<OsString>,
    backtrace: Option<Detail>,
    archive: bool,
}

impl Reader {
    fn argument(&mut self, arg: OsString) -> Result<()> {
        let is_option = arg.as_encoded_bytes().starts_with(b"-");
        if is_option { self.option(arg) } else { self.file(arg) }
    }

    fn option(&mut self, arg: OsString) -> Result<()> {
        // ll2c's own options are text; what is not, is a path for ld.
        let Some(text) = arg.to_str() else {
            self.ld_args.push(arg);
            return Ok(());
        };
        if let Some(flag) = text.strip_prefix("--cc-arg=") {
            self.cc_args.push(flag.into());
        } else if let Some(name) = text.strip_prefix("--root=") {
            self.options.roots.push(name.into());
        } else if let Some(detail) = text.strip_prefix("--backtrace=") {
            self.backtrace = Some(detail_from_word(detail)?);
        } else {
            match text {
                "--hard-float" => self.options.float = Float::Hard,
                "--line" => self.options.lines = Lines::Rust,
                "--no-line" => self.options.lines = Lines::C,
                "--backtrace" => self.backtrace = Some(Detail::Lines),
                "--archive" => self.archive = true,
                // There is no unwinding and so no table of it.
                "--eh-frame-hdr" => (),
                _ => self.ld_args.push(arg),
            }
        }
        Ok(())
    }

    fn file(&mut self, arg: OsString) -> Result<()> {
        let path = PathBuf::from(&arg);
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        match path.extension().and_then(OsStr::to_str) {
            Some("rlib") => {
                self.inputs.add_ir(ir_of_library(&path)?);
                self.inputs.rlibs.push(path);
            }
            Some("o") if name.ends_with(".rcgu.o") => self.inputs.add_ir(ir_of_object(&path)?),
            // An object that only names symbols, so that ld looks for them.
            Some("o") if name == "symbols.o" && is_in_rustcs_folder(&path) => (),
            Some("ll") => self.inputs.add_ir(path),
            Some("S" | "s" | "c") => self.inputs.sources.push(path),
            _ => self.ld_args.push(arg),
        }
        Ok(())
    }

    fn finish(self) -> Result<Job> {
        let usage = |message: &str, help: &str| {
            Err(Error::Usage { message: message.into(), help: Some(help.into()) })
        };
        let Some(output) = self.output else {
            return usage("no output file is named", "say `-o FILE`; see `ll2c --help`");
        };
        if self.inputs.ir.is_empty() && self.inputs.sources.is_empty() {
            return usage(
                "there is neither IR nor a source among the inputs",
                "name .ll files, or let rustc call ll2c as its linker (`-Clinker=ll2c`)",
            );
        }
        if self.archive && self.backtrace.is_some() {
            return usage("an archive has no backtraces", "say --backtrace where it is linked");
        }
        Ok(Job {
            // An archive is not linked: what rustc tells ld is for whoever links it.
            product: if self.archive { Product::Archive } else { Product::Image },
            output,
            inputs: self.inputs,
            options: self.options,
            cc_args: self.cc_args,
            ld_args: self.ld_args,
            backtrace: self.backtrace,
        })
    }
}

/// The argument of `--backtrace=`.
pub fn detail_from_word(word: &str) -> Result<Detail> {
    match word {
        "names" => Ok(Detail::Names),
        "lines" => Ok(Detail::Lines),
        _ => Err(Error::Usage {
            message: format!("a backtrace cannot show \"{word}\""),
            help: Some("say --backtrace=names or --backtrace=lines".into()),
        }),
    }
}

/// rustc's temporary folder: `deps/rustcKqaUih`
fn is_in_rustcs_folder(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name.as_encoded_bytes().starts_with(b"rustc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with empty files of these names.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn parse_in(folder: &tempfile::TempDir, args: &[&str]) -> Result<Job> {
        let place = folder.path().display().to_string();
        parse(args.iter().map(|arg| arg.replace("DEPS", &place).into()))
    }

    #[test]
    fn rustcs_command_line_is_taken_apart() {
        let deps = folder(&["app-1.ll", "dep-2.ll", "app-1.app.3-cgu.0.rcgu.o", "libdep-2.rlib"]);
        let job = parse_in(
            &deps,
            &[
                "DEPS/rustcAbc/symbols.o",
                "DEPS/app-1.app.3-cgu.0.rcgu.o",
                "DEPS/app-1.4ujq.rcgu.o",
                "--as-needed",
                "-Bstatic",
                "DEPS/libdep-2.rlib",
                "-L",
                "DEPS/rustcAbc/raw-dylibs",
                "--eh-frame-hdr",
                "-z",
                "noexecstack",
                "-o",
                "DEPS/app-1",
                "--gc-sections",
                "--cc-arg=-m68040",
                "--hard-float",
                "--no-line",
                "--backtrace=names",
                "--root=keep",
                "-Tlink.ld",
                "start.S",
                "native.o",
            ],
        )
        .unwrap();
        let at = |name: &str| deps.path().join(name);
        assert_eq!(job.product, Product::Image);
        assert_eq!(job.output, at("app-1"));
        assert_eq!(job.inputs.ir, [at("app-1.ll"), at("dep-2.ll")]);
        assert_eq!(job.inputs.rlibs, [at("libdep-2.rlib")]);
        assert_eq!(job.inputs.sources, [PathBuf::from("start.S")]);
        assert_eq!(job.options.float, Float::Hard);
        assert_eq!(job.options.lines, Lines::C);
        assert_eq!(job.options.roots, ["keep"]);
        assert_eq!(job.backtrace, Some(Detail::Names));
        assert_eq!(job.cc_args, ["-m68040"]);
        let raw_dylibs = at("rustcAbc/raw-dylibs").display().to_string();
        let rest = ["--as-needed", "-Bstatic", "-L", &raw_dylibs, "-z", "noexecstack"];
        assert_eq!(job.ld_args, [&rest[..], &["--gc-sections", "-Tlink.ld", "native.o"]].concat());
    }

    #[test]
    fn a_program_may_be_all_c() {
        let job = parse_in(&folder(&[]), &["main.c", "libx.a", "-Tlink.ld", "-o", "x"]).unwrap();
        assert_eq!(job.inputs.sources, [PathBuf::from("main.c")]);
        assert_eq!(job.ld_args, ["libx.a", "-Tlink.ld"]);
    }

    #[test]
    fn rustc_may_make_an_archive() {
        let deps = folder(&["a.ll"]);
        let args = ["DEPS/a.ll", "--as-needed", "--archive", "-o", "x"];
        assert_eq!(parse_in(&deps, &args).unwrap().product, Product::Archive);
        let args = [&args[..], &["--backtrace"]].concat();
        assert!(matches!(parse_in(&deps, &args), Err(Error::Usage { .. })));
    }

    #[test]
    fn an_object_may_have_ir_of_its_own() {
        let deps = folder(&["app-1.app.3-cgu.0.rcgu.ll"]);
        let job = parse_in(&deps, &["DEPS/app-1.app.3-cgu.0.rcgu.o", "-o", "app"]).unwrap();
        assert_eq!(job.inputs.ir, [deps.path().join("app-1.app.3-cgu.0.rcgu.ll")]);
    }

    #[test]
    fn missing_ir_is_explained() {
        let deps = folder(&[]);
        for args in [["DEPS/libx-1.rlib", "-o", "x"], ["DEPS/x-1.x.2-cgu.0.rcgu.o", "-o", "x"]] {
            let error = parse_in(&deps, &args).unwrap_err();
            let help = miette::Diagnostic::help(&error).expect("it helps").to_string();
            assert!(help.contains("--emit=llvm-ir"), "{help}");
            assert!(help.contains("codegen-units"), "{help}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let deps = folder(&["a.ll"]);
        for args in [&["DEPS/a.ll"][..], &["-o", "x"], &["DEPS/a.ll", "-o", "x", "--backtrace=all"]]
        {
            assert!(matches!(parse_in(&deps, args), Err(Error::Usage { .. })), "{args:?}");
        }
    }
}
