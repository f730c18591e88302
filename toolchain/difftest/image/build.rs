//! Tells ll2c, the linker, how each image is linked. GCC's processor and level
//! come from the environment, so that one run of rustc serves several.

use std::env;

use link_args::{Cpu, Image};

fn main() {
    println!("cargo::rerun-if-env-changed=DIFFTEST_CPU");
    println!("cargo::rerun-if-env-changed=DIFFTEST_GCC_LEVEL");
    let cpu = match env::var("DIFFTEST_CPU").as_deref() {
        Ok("68030") => Cpu::M68030,
        _ => Cpu::M68040,
    };
    let level = env::var("DIFFTEST_GCC_LEVEL").unwrap_or_else(|_| "-O2".to_owned());
    let image = Image::new(cpu)
        .arg(&format!("--cc-arg={level}"))
        .linker_script("../support/image.ld")
        .source("../support/start.S")
        .source("../support/memory.c");
    let own_assembly = std::path::Path::new("asm");
    if own_assembly.is_dir() { image.sources_in(own_assembly) } else { image }.emit();
}
