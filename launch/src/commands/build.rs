//! `equus pack` and `equus build`: RDC files.

use std::env;
use std::fs;

use cross::Toolchain;
use rdc_build::{Builder, ModuleFile, Package, Sizes};

use crate::cli::{BuildArgs, PackArgs};
use crate::failure::Failure;
use crate::place;
use crate::progress::Step;

/// Makes an RDC file of modules that were built.
pub fn pack(args: &PackArgs) -> Result<(), Failure> {
    let modules: Vec<_> = args
        .modules
        .iter()
        .map(|elf| ModuleFile {
            name: elf.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            elf: elf.clone(),
            sizes: Sizes { stack: args.stack, heap: args.heap },
        })
        .collect();
    let bytes = rdc_build::pack(&modules)?;
    fs::write(&args.output, bytes).map_err(Failure::file("write", &args.output))
}

/// Builds a package of modules, and says where its RDC file is.
pub fn build(args: &BuildArgs) -> Result<(), Failure> {
    let ll2c = place::ll2c(args.ll2c.as_deref())?;
    let c_library = place::c_library(args.c_library.as_deref())?;
    if Package::is_c(&args.package) {
        cross::find_gcc()?;
        let package = Package::read_c(&args.package)?;
        return run(&Builder::new(&ll2c, &package.target_dir).c(&c_library), &package);
    }
    let toolchain = Toolchain::find()?;
    let package = Package::read(&toolchain.cargo, &args.package)?;
    let builder = Builder::new(&ll2c, &package.target_dir);
    run(&builder.rust(&toolchain).c(&c_library), &package)
}

fn run(builder: &Builder<'_>, package: &Package) -> Result<(), Failure> {
    let step = Step::start(package.name.clone());
    let rdc = match builder.build(package, |line| step.note(line)) {
        Ok(rdc) => rdc,
        Err(error) => {
            drop(step);
            eprint!("{}", error.output());
            return Err(error.into());
        }
    };
    step.done();
    eprint!("{}", rdc.warnings);
    let here = env::current_dir().unwrap_or_default();
    println!("{}", rdc.path.strip_prefix(&here).unwrap_or(&rdc.path).display());
    Ok(())
}
