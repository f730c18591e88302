//! A monitor on the board's console: what to bring a board up with, and to look
//! around in a kernel that runs. Whatever is typed, it answers; only `panic` and
//! `halt` end it.

mod bench;
mod inspect;
mod line;

use crate::board::{self, Board, Ending};
use crate::console::Console;
use crate::{cpu, print, println, stack};
use core::fmt::{self, Write};
use line::{LineEditor, Typed};

/// Why a command was not carried out.
enum Complaint {
    /// The arguments are wrong.
    Usage,
    /// The console refused, which it never does.
    Console(fmt::Error),
}

impl From<fmt::Error> for Complaint {
    fn from(error: fmt::Error) -> Complaint {
        Complaint::Console(error)
    }
}

type Answer = Result<(), Complaint>;

/// What a command works with.
struct Request<'a> {
    board: &'static dyn Board,
    arguments: &'a [&'a str],
    out: &'a mut dyn Write,
}

struct Command {
    name: &'static str,
    arguments: &'static str,
    purpose: &'static str,
    run: fn(&mut Request) -> Answer,
}

const COMMANDS: &[Command] = &[
    Command { name: "help", arguments: "", purpose: "show this list", run: help },
    Command { name: "info", arguments: "", purpose: "describe the board", run: info },
    Command {
        name: "mem",
        arguments: "ADDR LEN",
        purpose: "dump memory, byte by byte",
        run: inspect::dump,
    },
    Command {
        name: "peek",
        arguments: "ADDR",
        purpose: "read a long, in one access",
        run: inspect::peek,
    },
    Command {
        name: "poke",
        arguments: "ADDR VALUE",
        purpose: "write a long, in one access",
        run: inspect::poke,
    },
    Command { name: "map", arguments: "ADDR", purpose: "walk the page tables", run: inspect::map },
    Command { name: "irq", arguments: "", purpose: "show interrupts", run: interrupts },
    Command { name: "bench", arguments: "", purpose: "measure copy speeds", run: benchmark },
    Command { name: "panic", arguments: "", purpose: "panic, to see the report", run: panic },
    Command { name: "halt", arguments: "", purpose: "end the machine", run: halt },
];

/// Arguments of a command line, the command included.
const MAX_WORDS: usize = 4;

/// Describes the board; then answers commands, or, with `batch` on the command
/// line, measures the copy speeds and ends. Backtraces show it.
#[inline(never)]
pub fn run(board: &'static dyn Board) -> ! {
    // The console never refuses.
    let _ = board.describe(&mut Console);
    if board::flag(board.command_line(), "batch") {
        let _ = bench::run(board, &mut Console);
        board.end(Ending::Success)
    }
    println!("Type a command; help lists them.");
    let mut editor = LineEditor::default();
    prompt(board);
    loop {
        match editor.type_byte(next_byte(board), &mut Console) {
            Ok(Typed::Line(line)) => {
                obey(board, &line, &mut Console);
                prompt(board);
            }
            Ok(Typed::Abandoned) => prompt(board),
            Ok(Typed::Unfinished) | Err(fmt::Error) => board.flush(),
        }
    }
}

fn prompt(board: &dyn Board) {
    print!("> ");
    board.flush();
}

/// The next byte typed; the processor stops until there is one.
fn next_byte(board: &dyn Board) -> u8 {
    loop {
        stack::check();
        if let Some(byte) = board.read() {
            return byte;
        }
        cpu::wait_for_interrupt();
    }
}

/// Carries out one line.
fn obey(board: &'static dyn Board, line: &str, out: &mut dyn Write) {
    let mut words = heapless::Vec::<&str, MAX_WORDS>::new();
    let fits = line.split_ascii_whitespace().all(|word| words.push(word).is_ok());
    let Some((&name, arguments)) = words.split_first() else {
        return;
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let _ = writeln!(out, "{name}: no such command; help lists them");
        return;
    };
    let request = &mut Request { board, arguments, out };
    let answer = if fits { (command.run)(request) } else { Err(Complaint::Usage) };
    if let Err(Complaint::Usage) = answer {
        let _ = writeln!(out, "usage: {} {}", command.name, command.arguments);
    }
}

fn help(request: &mut Request) -> Answer {
    for Command { name, arguments, purpose, .. } in COMMANDS {
        writeln!(request.out, "  {name:<6}{arguments:<12}{purpose}")?;
    }
    writeln!(request.out, "Numbers are hexadecimal; LEN counts bytes.")?;
    Ok(())
}

fn info(request: &mut Request) -> Answer {
    Ok(request.board.describe(request.out)?)
}

fn interrupts(request: &mut Request) -> Answer {
    Ok(request.board.describe_interrupts(request.out)?)
}

fn benchmark(request: &mut Request) -> Answer {
    Ok(bench::run(request.board, request.out)?)
}

fn panic(_: &mut Request) -> Answer {
    panic!("asked for at the monitor");
}

fn halt(request: &mut Request) -> Answer {
    request.board.end(Ending::Success)
}
