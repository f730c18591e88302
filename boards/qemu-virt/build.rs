//! Tells ll2c how to link the images of this board.

fn main() {
    link_args::Image::new(link_args::Cpu::M68040)
        .linker_script("../../linker/kernel.ld")
        .sources_in("../m68k/asm")
        .source("asm/entry.S")
        .source("src/bin/tests/programs.S")
        .arg("--cc-arg=-g")
        .arg("--backtrace")
        .emit();
}
