//! The smallest RDC: says where it runs, and what it was given.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

#[rdc::main]
fn main() {
    let node = rdc::node().0;
    rdc::println!("Hello from node {node}.");
    for argument in rdc::args() {
        rdc::println!("I was given {argument:?}.");
    }
}
