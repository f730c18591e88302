//! Hands the library its source: the file that `DIFFTEST_RANDOM_SOURCE` names,
//! or a program without functions, so that the crate can always be checked.

use std::path::PathBuf;
use std::{env, fs};

const VARIABLE: &str = "DIFFTEST_RANDOM_SOURCE";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let source = env::var_os(VARIABLE).map_or_else(|| "src/empty.rs".into(), PathBuf::from);
    println!("cargo::rerun-if-changed={}", source.display());
    let program = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy(&source, program.join("program.rs"))
        .unwrap_or_else(|error| panic!("cannot copy {}: {error}", source.display()));
}
