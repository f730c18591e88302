//! Says each line of standard input again, with its number; how many there were is its exit
//! code.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

use rdc::ExitCode;
use rdc::fs::Error;

#[rdc::main]
fn main() -> Result<ExitCode, Error> {
    let mut lines = 0;
    loop {
        let line = rdc::io::stdin().read_line()?;
        if line.is_empty() {
            return Ok(ExitCode(lines));
        }
        lines += 1;
        rdc::println!("{lines}: {}", line.trim_end());
    }
}
