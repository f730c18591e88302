//! Tells ll2c to make an archive of the crate and of the sources in C.

use std::path::Path;

use link_args::{Cpu, Image};

fn main() {
    // Reports show the library's sources the same wherever it was built.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("it is in a tree");
    Image::new(Cpu::M68030)
        .arg("--archive")
        .arg("--cc-arg=-Wall")
        .arg("--cc-arg=-g")
        .arg(&format!("--cc-arg=-ffile-prefix-map={}=/equus", root.display()))
        .headers_in("include")
        .sources_in("lib")
        .emit();
}
