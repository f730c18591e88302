//! The two faces of the command `ll2c`: by hand, and as rustc's linker.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;

use crate::backtrace::Detail;
use crate::error::{Error, Result};
use crate::link::{Inputs, Job, Product, command, expand_response_files};
use crate::options::{Float, Lines, Options};

/// The target for rustc, as `--print-target` prints it.
pub const TARGET: &str = include_str!("../m68k-ll2c-none.json");

const EXAMPLES: &str = "\
As rustc's linker, ll2c needs no command line of yours:

  RUSTC_BOOTSTRAP=1 RUSTFLAGS=\"-Clinker=ll2c --emit=llvm-ir -Ccodegen-units=1 \\
    -Csymbol-mangling-version=v0\" cargo build --release -Zjson-target-spec \\
    -Zbuild-std=core,alloc,compiler_builtins --target m68k-ll2c-none.json

By hand:

  ll2c --print-target > m68k-ll2c-none.json   the target for rustc
  ll2c a.ll b.ll -o out.c                     to C, and no further
  ll2c a.ll b.ll -o libout.a                  an archive for C programs
  ll2c a.ll start.S -T link.ld -o out         an ELF file

The kind of the output follows from its suffix. Intermediate files stay in OUTPUT.ll2c/.";

/// Rust for the 680x0 that compiles right: LLVM IR to C to GCC, in the linker's place.
#[derive(Parser, Debug)]
#[command(name = "ll2c", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct ByHand {
    /// IR (.ll), sources in assembly or C (.S .s .c), objects and archives (.o .a)
    #[arg(required_unless_present = "print_target")]
    inputs: Vec<PathBuf>,
    /// File to write: .c, .o, .a, or an ELF file of any other name
    #[arg(short, long, value_name = "FILE", required_unless_present = "print_target")]
    output: Option<PathBuf>,
    /// Linker script of an ELF file
    #[arg(short = 'T', long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Keep this symbol, too, and leave it visible (may be repeated)
    #[arg(long, value_name = "SYMBOL")]
    root: Vec<String>,
    /// Option for GCC, such as --cc-arg=-m68040 (may be repeated)
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    cc_arg: Vec<OsString>,
    /// Option for ld, such as --ld-arg=-Map=out.map (may be repeated)
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    ld_arg: Vec<OsString>,
    /// Use the 6888x or the 68040 for floating point: faster, but rounded twice
    #[arg(long)]
    hard_float: bool,
    /// Let debuggers show the generated C instead of the Rust source
    #[arg(long)]
    no_line: bool,
    /// Add the table that lets an ELF file print its own backtraces: names or lines
    #[arg(long, value_name = "DETAIL", num_args = 0..=1, require_equals = true,
          default_missing_value = "lines")]
    backtrace: Option<String>,
    /// Print the target specification for rustc, and do nothing else
    #[arg(long)]
    print_target: bool,
}

/// Does what the command line says; the first of `args` is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Result<()> {
    let args = expand_response_files(args)?;
    if !is_by_hand(&args[1..]) {
        return command::parse(args.into_iter().skip(1))?.run();
    }
    let by_hand = ByHand::parse_from(args);
    if by_hand.print_target {
        print!("{TARGET}");
        return Ok(());
    }
    by_hand.job()?.run()
}

/// People name IR files or ask something; rustc does neither.
fn is_by_hand(args: &[OsString]) -> bool {
    let questions = ["-h", "--help", "-V", "--version", "--print-target"];
    args.is_empty()
        || args.iter().any(|arg| {
            questions.iter().any(|question| arg == question)
                || Path::new(arg).extension().is_some_and(|extension| extension == "ll")
        })
}

impl ByHand {
    fn job(self) -> Result<Job> {
        let output = self.output.expect("clap requires an output");
        let mut inputs = Inputs::default();
        let mut ld_args: Vec<OsString> = Vec::new();
        for path in self.inputs {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("ll") => inputs.add_ir(path),
                Some("S" | "s" | "c") => inputs.sources.push(path),
                Some("o" | "a") => ld_args.push(path.into()),
                _ => return Err(unknown_input(&path)),
            }
        }
        if let Some(script) = self.script {
            ld_args.extend(["-T".into(), script.into()]);
        }
        ld_args.extend(self.ld_arg);
        let product = match output.extension().and_then(|extension| extension.to_str()) {
            Some("c") => Product::C,
            Some("o") => Product::Object,
            Some("a") => Product::Archive,
            _ => Product::Image,
        };
        let backtrace = self.backtrace.as_deref().map(command::detail_from_word).transpose()?;
        refuse_unused(product, &ld_args, backtrace)?;
        let options = Options {
            float: if self.hard_float { Float::Hard } else { Float::Soft },
            lines: if self.no_line { Lines::C } else { Lines::Rust },
            roots: self.root,
        };
        Ok(Job { product, output, inputs, options, cc_args: self.cc_arg, ld_args, backtrace })
    }
}

fn unknown_input(path: &Path) -> Error {
    Error::Usage {
        message: format!("{} is no kind of input", path.display()),
        help: Some("inputs end in .ll, .S, .s, .c, .o or .a".into()),
    }
}

/// What only a link can use must not be dropped silently.
fn refuse_unused(product: Product, ld_args: &[OsString], backtrace: Option<Detail>) -> Result<()> {
    if product == Product::Image || (ld_args.is_empty() && backtrace.is_none()) {
        return Ok(());
    }
    Err(Error::Usage {
        message: "objects, linker options and backtraces need a link, but none is asked for".into(),
        help: Some("name an output without suffix to get a linked ELF file".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(line: &str) -> Result<Job> {
        ByHand::try_parse_from(line.split(' ')).expect("it is well-formed").job()
    }

    #[test]
    fn the_suffix_decides_what_comes_out() {
        let product = |output: &str| job(&format!("ll2c a.ll -o {output}")).unwrap().product;
        assert_eq!(product("out.c"), Product::C);
        assert_eq!(product("out.o"), Product::Object);
        assert_eq!(product("libout.a"), Product::Archive);
        assert_eq!(product("out"), Product::Image);
    }

    #[test]
    fn options_arrive() {
        let line = "ll2c a.ll start.S x.o -T l.ld --cc-arg=-m68030 --ld-arg=-Map=m --hard-float \
                    --no-line --root f --backtrace -o out";
        let job = job(line).unwrap();
        assert_eq!(job.inputs.ir, [PathBuf::from("a.ll")]);
        assert_eq!(job.inputs.sources, [PathBuf::from("start.S")]);
        assert_eq!(job.cc_args, ["-m68030"]);
        assert_eq!(job.ld_args, ["x.o", "-T", "l.ld", "-Map=m"]);
        assert_eq!((job.options.float, job.options.lines), (Float::Hard, Lines::C));
        assert_eq!(job.options.roots, ["f"]);
        assert_eq!(job.backtrace, Some(Detail::Lines));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for line in ["ll2c a.ll x.txt -o o", "ll2c a.ll x.o -o o.c", "ll2c a.ll --backtrace -o o.a"]
        {
            assert!(matches!(job(line), Err(Error::Usage { .. })), "{line}");
        }
    }

    #[test]
    fn faces_are_told_apart() {
        let is_by_hand =
            |line: &str| is_by_hand(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(is_by_hand("a.ll -o x"));
        assert!(is_by_hand("--help"));
        assert!(!is_by_hand("x-1.x.2-cgu.0.rcgu.o --as-needed libcore-3.rlib -o x --gc-sections"));
    }
}
