//! Counts the words of the files in a folder, with a worker on every node:
//! `equus launch wordcount.rdc --dir TEXTS -- TEXTS [NUMBER]` prints the totals and the most
//! frequent words. What happens meanwhile is told on standard error.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod files;
mod office;
mod staff;

use alloc::string::{String, ToString};

use files::Files;
use office::Office;
use wordcount::tally::Grouped;

/// Words that are shown if nobody says how many.
const TOP_DEFAULT: usize = 20;

/// A sentence for the user.
type Failure = String;

#[rdc::main]
fn main() {
    if let Err(failure) = run() {
        rdc::eprintln!("error: {failure}");
        // Workers that are left would wait for ever.
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
}

fn run() -> Result<(), Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let (folder, top) = options(&arguments)?;
    let files = Files::in_folder(folder)?;
    let office = Office::open(files)?;
    let files = office.run()?;
    print(&files, top);
    Ok(())
}

/// The folder and the number of words to show.
fn options(arguments: &[String]) -> Result<(&str, usize), Failure> {
    let usage = "say which folder to count, and perhaps how many words to show: FOLDER [NUMBER]";
    match arguments {
        [folder] => Ok((folder, TOP_DEFAULT)),
        [folder, top] => Ok((folder, top.parse().map_err(|_| usage.to_string())?)),
        _ => Err(usage.to_string()),
    }
}

fn print(files: &Files, top: usize) {
    let tally = files.tally();
    rdc::println!(
        "{} files, {} bytes, {} words, {} different",
        Grouped(files.number() as u64),
        Grouped(files.bytes()),
        Grouped(tally.words()),
        Grouped(tally.different() as u64),
    );
    for (word, count) in tally.top(top) {
        rdc::println!("{:>9}  {word}", Grouped(count.into()));
    }
}
