//! How the image is linked.

fn main() {
    link_args::Image::new(link_args::Cpu::M68040)
        .linker_script("deep.ld")
        .source("start.S")
        .arg("--backtrace=lines")
        .emit();
}
