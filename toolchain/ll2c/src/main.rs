//! The command `ll2c`.
fn main() {}
