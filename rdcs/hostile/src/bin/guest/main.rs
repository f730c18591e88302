//! A guest: makes random calls with random arguments, most of them nearly right, as many as it
//! was told to. Many do not live to see the end of that.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]
#![allow(unsafe_code, reason = "it makes calls that no type of the library makes")]

extern crate alloc;

mod drafts;
mod notebook;

use hostile::dice::Dice;
use hostile::{COMPLETE, Order};
use rdc::abi::calls::{ARGUMENTS_MAX, CALLS, Call, CallInfo};
use rdc::{CallError, ExitCode, Message, Module, Receive, Received, Timeout};
use zerocopy::FromBytes;

use drafts::Drafts;
use notebook::Notebook;

/// How long to wait for the streams that a guest begins with: whoever else has made it gives
/// none.
const WELCOME: Timeout = Timeout::WithinMs(5000);
/// One call in so many may wait for as long as its arguments say. A guest that waits for ever
/// makes no more calls, and is ended only when the others' patience is.
const LONG_WAITS: u32 = 512;

#[rdc::main]
fn main() -> Result<ExitCode, CallError> {
    // What other guests create has other parameters.
    let Ok(order) = Order::read_from_bytes(rdc::parameters()) else {
        return Ok(ExitCode::FAILURE);
    };
    let mut notebook = Notebook::default();
    for _ in 0..2 {
        let mut message = Message::new();
        let how = Receive { timeout: WELCOME, ..Receive::default() };
        rdc::port().receive_with(&mut message, &how)?;
        let Some(Received::Stream(stream)) = message.take_reference() else {
            return Ok(ExitCode::FAILURE);
        };
        notebook.learn(stream.into_raw().get());
    }
    let mut guest = Guest {
        dice: Dice::new(order.seed.get()),
        notebook,
        drafts: Drafts::new(),
        modules: [Module::named("hostile")?, Module::named("guest")?],
    };
    for _ in 0..order.calls.get() {
        guest.call();
    }
    Ok(ExitCode(COMPLETE))
}

struct Guest {
    dice: Dice,
    notebook: Notebook,
    drafts: Drafts,
    /// The primary module, which a guest must not run, and its own.
    modules: [Module; 2],
}

impl Guest {
    /// Makes one random call.
    fn call(&mut self) {
        let dice = &mut self.dice;
        let info = choose(dice);
        if dice.one_in(2) {
            self.drafts.write(dice, &self.notebook);
        }
        let mut arguments = [0; ARGUMENTS_MAX];
        for (at, value) in arguments.iter_mut().enumerate() {
            *value = match info.arguments.get(at) {
                Some(argument) if !dice.one_in(16) => {
                    let pointer = self.drafts.pointer(dice, argument);
                    pointer.unwrap_or_else(|| self.notebook.plausible(dice, argument.name))
                }
                _ => self.drafts.number(dice, &self.notebook),
            };
        }
        let is_forged = dice.one_in(64);
        let forged = self.drafts.number(dice, &self.notebook);
        let number = if is_forged { forged } else { info.call as u32 };
        if !dice.one_in(LONG_WAITS) {
            cut_short(info, &mut arguments);
        }
        self.keep_to_guests(number, &mut arguments);
        // SAFETY: what it does to this incarnation is the purpose; nothing here depends on
        // memory or references that the library holds, but for the end, which may fail.
        let result = unsafe { rdc::raw::call(number, arguments) };
        self.notebook.learn(result);
        for id in self.drafts.results() {
            self.notebook.learn(id);
        }
    }

    /// Incarnations of other modules would wait for ever, or end the RDC in good order.
    fn keep_to_guests(&self, number: u32, arguments: &mut [u32]) {
        let [primary, guest] = self.modules.map(|module| u32::from(module.id().0));
        let is_near = |blueprint: u32| blueprint.abs_diff(primary) < 8;
        if number == Call::Create as u32 && is_near(arguments[0]) {
            arguments[0] = guest;
        }
    }
}

/// Any call; but what ends everything is rare, and so is what takes the servants' ports from
/// them, or little else would be seen.
fn choose(dice: &mut Dice) -> &'static CallInfo {
    loop {
        let info = &CALLS[dice.below(CALLS.len() as u32) as usize];
        let rarity = match info.call {
            Call::RdcExit => 1000,
            Call::Exit | Call::PortCreate | Call::AttachPort => 100,
            Call::Destroy | Call::Freeze | Call::Pause => 20,
            Call::Close | Call::Create | Call::Fork => 4,
            _ => 1,
        };
        if dice.one_in(rarity) {
            return info;
        }
    }
}

/// Has a call wait for a few milliseconds at most.
fn cut_short(info: &CallInfo, arguments: &mut [u32]) {
    for (argument, value) in info.arguments.iter().zip(arguments) {
        if matches!(argument.name, "timeout" | "nmillisecs") {
            *value %= 4;
        }
    }
}
