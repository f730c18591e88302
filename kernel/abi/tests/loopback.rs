//! Every stub reaches its own handler with its arguments in their places, and
//! every result and error comes back: the user's side of the table coupled to the
//! kernel's side.

use std::cell::RefCell;

use abi::calls::args::{AnyRef, Bytes, Handler, Ptr, Ref, Register, Text, Timeout};
use abi::calls::dispatch::{Answer, Calls, Completion, dispatch};
use abi::calls::stubs::{Stubs, Trap};
use abi::error::CallError;
use abi::structs::{EvDesc, IncCreateParams, IncState, Msg, NodeEntry, SelectMessages, TimeBuf};

/// What the kernel side is to answer.
#[derive(Clone, Copy)]
enum Script {
    Succeed,
    Fail(CallError),
}

struct Recorder {
    script: Script,
    seen: Vec<(&'static str, Vec<u32>)>,
}

thread_local! {
    static KERNEL: RefCell<Recorder> =
        const { RefCell::new(Recorder { script: Script::Succeed, seen: Vec::new() }) };
}

/// What registers hold that are no arguments: a value that no test passes.
const JUNK: u32 = 0xdead_beef;

fn trap(number: u32, registers: [u32; 5]) -> u32 {
    KERNEL.with_borrow_mut(|kernel| match dispatch(kernel, number, registers) {
        Ok(Completion::Done(value)) => value,
        Ok(Completion::Waits) => panic!("the recorder never waits"),
        Err(error) => error.code() as u32,
    })
}

struct Loopback;

impl Trap for Loopback {
    fn trap0(number: u32) -> u32 {
        trap(number, [JUNK; 5])
    }

    fn trap1(number: u32, first: u32) -> u32 {
        trap(number, [first, JUNK, JUNK, JUNK, JUNK])
    }

    fn trap2(number: u32, first: u32, second: u32) -> u32 {
        trap(number, [first, second, JUNK, JUNK, JUNK])
    }

    fn trap3(number: u32, first: u32, second: u32, third: u32) -> u32 {
        trap(number, [first, second, third, JUNK, JUNK])
    }

    fn trap4(number: u32, first: u32, second: u32, third: u32, fourth: u32) -> u32 {
        trap(number, [first, second, third, fourth, JUNK])
    }

    fn trap5(number: u32, first: u32, second: u32, third: u32, fourth: u32, fifth: u32) -> u32 {
        trap(number, [first, second, third, fourth, fifth])
    }
}

macro_rules! define_recorder {
    ($($(#[doc = $doc:literal])+ $number:literal $call:ident $name:ident
        ($($argument:ident: $type:ty),*) -> $result:ty, fails [$($error:ident)*];)+) => {
        #[allow(non_snake_case)]
        impl Calls for Recorder {
            $(fn $name(&mut self, $($argument: $type),*) -> Answer<$result> {
                self.seen.push((stringify!($name), vec![$($argument.to_register()),*]));
                match self.script {
                    Script::Succeed => Ok(Completion::Done(Register::from_register(7))),
                    Script::Fail(error) => Err(error),
                }
            })+
        }

        /// Makes every call once; returns name, arguments, and the result in a register.
        fn call_all() -> Vec<(&'static str, Vec<u32>, Result<u32, CallError>)> {
            let mut made = Vec::new();
            let mut next = 100;
            $({
                let mut arguments: Vec<u32> = Vec::new();
                let mut fresh = |_argument: &str| { next += 1; arguments.push(next); next };
                let result = Stubs::<Loopback>::$name(
                    $(Register::from_register(fresh(stringify!($argument)))),*
                );
                let _ = &mut fresh;
                made.push((stringify!($name), arguments, result.map(|value| value.to_register())));
            })+
            made
        }
    };
}
abi::equus_calls!(define_recorder);

#[test]
fn stubs_and_handlers_agree() {
    // Another test may have run on this thread.
    KERNEL.replace(Recorder { script: Script::Succeed, seen: Vec::new() });
    let made = call_all();
    let seen = KERNEL.with_borrow(|kernel| kernel.seen.clone());
    assert_eq!(made.len(), abi::calls::CALLS.len());
    for ((made_name, made_arguments, result), (name, arguments)) in made.iter().zip(&seen) {
        assert_eq!((made_name, made_arguments), (name, arguments));
        let info = abi::calls::CALLS.iter().find(|info| info.name == *name).unwrap();
        let expected = if info.result == "void " { 0 } else { 7 };
        assert_eq!(*result, Ok(expected), "{name}");
    }
}

#[test]
fn errors_come_back_as_errors() {
    KERNEL.with_borrow_mut(|kernel| kernel.script = Script::Fail(CallError::PeerLost));
    for (name, _, result) in call_all() {
        assert_eq!(result, Err(CallError::PeerLost), "{name}");
    }
}

#[test]
fn a_number_without_a_call_is_refused() {
    assert_eq!(trap(9999, [0; 5]) as i32, CallError::NoSuchCall.code());
}
