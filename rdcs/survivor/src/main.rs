//! Shows what calls to a node come to when that dies: `equus launch survivor.rdc -- NODE`.
//! Callers begin to make one kind of call each, to victims on that node. When the line "ready"
//! appears, somebody has to kill it. Each caller then prints "outcome", its situation, and what
//! its call has returned.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::event::{self, Event};
use rdc::{CallError, Child, ExitCode, Message, Module, Timeout};
use survivor::Situation;

#[rdc::main]
fn main() {
    let code = match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            rdc::eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    };
    rdc::exit_rdc(code);
}

fn run() -> Result<(), String> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let node = arguments.first().and_then(|word| word.parse().ok());
    let node: u8 = node.ok_or("say which node will die")?;
    let callers = callers(node).map_err(|error| error.to_string())?;
    rdc::println!("ready");
    for (situation, caller) in &callers {
        let ended = event::wait(&mut [Event::dead(&caller.incarnation)], Timeout::Forever)
            .map(|events| events.first().and_then(Event::end))
            .map_err(|error| error.to_string())?;
        rdc::println!("ended {situation:?} {ended:?}");
    }
    Ok(())
}

/// A caller for each situation, all of them ready.
fn callers(node: u8) -> Result<Vec<(Situation, Child)>, CallError> {
    let module = Module::named("caller")?;
    let mut callers = Vec::new();
    for situation in Situation::ALL {
        let caller = module.create(rdc::node(), &[*situation as u8, node])?;
        callers.push((*situation, caller));
    }
    for (_, caller) in &callers {
        caller.stream.invoke(&mut Message::new())?;
    }
    Ok(callers)
}
