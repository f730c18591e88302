//! Prints on the host what the random program prints.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    random_program::run(&mut text).expect("a String takes it all");
    std::io::stdout().write_all(text.as_bytes())
}
