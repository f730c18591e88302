//! Wrong arguments: every call with every kind of them gives exactly the error that its table
//! entry documents for that, and changes nothing.
//!
//! [`table::SUBJECTS`] says of each call what a good call looks like and what its arguments
//! are; from that follows everything that can be wrong with one argument while the others are
//! good. What lies in structures that arguments point to is spoilt by [`structures`].

pub mod structures;
mod table;

use std::collections::BTreeSet;

use abi::calls::{ARGUMENTS_MAX, CALLS, Call};
use abi::constants::RefType;
use abi::error::CallError;

use crate::support::scene::TEXT_ADDRESS;
use crate::support::{Inc, Scene};
use table::{Actor, Argument, SUBJECTS, Subject};

pub use table::ABSENT;

type Args = [u32; ARGUMENTS_MAX];

impl Scene {
    fn actor(&self, actor: Actor) -> Inc {
        match actor {
            Actor::Caller => self.caller.clone(),
            Actor::Launch => self.launch.clone(),
        }
    }

    /// Makes a call that must be refused at once, with this error and without effect.
    fn refused(&mut self, actor: Actor, call: Call, args: Args, error: CallError, what: &str) {
        let before = self.snapshot();
        let actor = self.actor(actor);
        actor.start(&mut self.pool, call, args);
        let result = self.pool.node(actor.node).machine().results.remove(&actor.slot);
        let result = result.unwrap_or_else(|| panic!("{} {args:x?} waits: {what}", call.name()));
        let got = CallError::from_code(result);
        assert_eq!(got, Some(error), "{} {args:x?} returned {result}: {what}", call.name());
        assert!(call.info().errors.contains(&error), "{} does not document {error:?}", call.name());
        let changed = before.difference(&self.snapshot());
        assert_eq!(changed, None, "{} {args:x?} has changed something: {what}", call.name());
    }
}

/// A wrong value of an argument, what is said of it, and what is wrong with it.
type Wrong = (u32, CallError, &'static str);

impl Argument {
    /// Everything wrong that can stand in the place of this argument; memory is of `bytes`.
    fn wrong(&self, scene: &Scene, bytes: u32) -> Vec<Wrong> {
        match self {
            Self::Free => Vec::new(),
            Self::Values(values) => {
                values.iter().map(|(value, error)| (*value, *error, "out of range")).collect()
            }
            Self::NoneOr(types) => wrong_references(scene, types),
            Self::Reference(types) => [wrong_references(scene, types), no_references()].concat(),
            Self::Handle(types, powerless) => {
                let lacks = lacks_right(powerless(scene));
                [wrong_references(scene, types), no_references(), lacks].concat()
            }
            Self::NoneOrHandle(types, powerless) => {
                [wrong_references(scene, types), lacks_right(powerless(scene))].concat()
            }
            Self::Text => {
                let said = |address| (address, CallError::BadAddress, "not the caller's memory");
                scene.bad_addresses().into_iter().map(said).collect()
            }
            Self::Code => {
                let odd = (TEXT_ADDRESS + 1, CallError::BadAddress, "no instruction");
                let mut wrong = self.wrong_memory(scene, bytes);
                // 0 is no handler.
                wrong.retain(|(address, ..)| *address != 0);
                [wrong, vec![odd]].concat()
            }
            Self::Read | Self::Write | Self::ReadRange | Self::WriteRange => {
                self.wrong_memory(scene, bytes)
            }
        }
    }

    fn wrong_memory(&self, scene: &Scene, bytes: u32) -> Vec<Wrong> {
        let is_range = matches!(self, Self::ReadRange | Self::WriteRange);
        let foreign = scene.bad_addresses().into_iter().map(|address| {
            let wraps = is_range && address.checked_add(bytes).is_none();
            let error = if wraps { CallError::BadLength } else { CallError::BadAddress };
            (address, error, "not the caller's memory")
        });
        let ends = [scene.hole, scene.end].map(|end| {
            (end - (bytes - 1), CallError::BadAddress, "the last byte is not the caller's")
        });
        let mut wrong: Vec<Wrong> = foreign.chain(ends).collect();
        if self.is_written() {
            wrong.push((TEXT_ADDRESS, CallError::BadAddress, "cannot be written"));
        }
        wrong
    }
}

/// What is no reference of the caller, and references of other types.
fn wrong_references(scene: &Scene, types: &[RefType]) -> Vec<Wrong> {
    let unknown = scene.unknown_ids().into_iter();
    let unknown = unknown.map(|id| (id, CallError::NoSuchReference, "stale, foreign or forged"));
    let held = scene.by_type().into_iter().filter(|held| !types.contains(&held.0));
    let others = held.map(|(_, id)| (id, CallError::WrongReferenceType, "of another type"));
    unknown.chain(others).collect()
}

/// A handle that does not give the right that a call needs.
fn lacks_right(powerless: u32) -> Vec<Wrong> {
    vec![(powerless, CallError::NoRight, "a handle without rights")]
}

/// What cannot be an identifier.
fn no_references() -> Vec<Wrong> {
    [0, 0xffff].map(|id| (id, CallError::NoSuchReference, "below all identifiers")).to_vec()
}

/// Makes each of these calls with everything wrong that can be, one thing at a time.
fn run(subjects: &[Subject]) {
    for subject in subjects {
        let mut scene = Scene::new();
        let good = (subject.good)(&mut scene);
        for (at, argument) in subject.arguments.iter().enumerate() {
            for (value, error, what) in argument.wrong(&scene, subject.bytes[at]) {
                let mut args = good;
                args[at] = value;
                let what = format!("argument {at}: {what}");
                scene.refused(subject.actor, subject.call, args, error, &what);
            }
        }
    }
}

#[test]
fn one_wrong_argument_is_refused_in_messaging() {
    run(&SUBJECTS[..SUBJECTS.len() / 2]);
}

#[test]
fn one_wrong_argument_is_refused_in_control() {
    run(&SUBJECTS[SUBJECTS.len() / 2..]);
}

#[test]
fn good_arguments_are_not_refused() {
    for subject in SUBJECTS {
        let mut scene = Scene::new();
        let args = (subject.good)(&mut scene);
        let actor = scene.actor(subject.actor);
        actor.start(&mut scene.pool, subject.call, args);
        let result = scene.pool.node(actor.node).machine().results.get(&actor.slot).copied();
        let error = result.and_then(CallError::from_code);
        assert_eq!(error, None, "{} {args:x?}", subject.call.name());
    }
}

/// A 680x0 reads and writes words at odd addresses, and so does the kernel for its users.
#[test]
fn an_odd_address_is_as_good_as_an_even_one() {
    for subject in SUBJECTS {
        for (at, argument) in subject.arguments.iter().enumerate() {
            if !argument.is_memory() || matches!(argument, Argument::Code) {
                continue;
            }
            let mut scene = Scene::new();
            let mut args = (subject.good)(&mut scene);
            let mut actor = scene.actor(subject.actor);
            let bytes = actor.read(&mut scene.pool, args[at], 256);
            args[at] += 0x801;
            actor.write(&mut scene.pool, args[at], &bytes);
            actor.start(&mut scene.pool, subject.call, args);
            let result = scene.pool.node(actor.node).machine().results.get(&actor.slot).copied();
            let error = result.and_then(CallError::from_code);
            assert_eq!(error, None, "{} {args:x?}", subject.call.name());
        }
    }
}

#[test]
fn every_call_is_in_the_table_with_all_its_arguments() {
    for info in CALLS.iter().filter(|info| !ABSENT.contains(&info.call)) {
        let mut of_call = SUBJECTS.iter().filter(|subject| subject.call == info.call);
        let subject = of_call.next().unwrap_or_else(|| panic!("{} is missing", info.name));
        assert!(of_call.next().is_none(), "{} stands there twice", info.name);
        assert_eq!(subject.arguments.len(), info.arguments.len(), "{}", info.name);
        for (argument, named) in subject.arguments.iter().zip(info.arguments) {
            // The end of the heap is an address at which nothing is read or written.
            let takes_memory = named.c_before.contains('*') && info.call != Call::Brk;
            assert_eq!(argument.is_memory(), takes_memory, "{}: {}", info.name, named.name);
        }
        let takes_reference = |subject: &Subject| {
            subject.arguments.iter().any(|argument| {
                !argument.wrong(&Scene::new(), 1).iter().all(|w| w.1 != CallError::NoSuchReference)
            })
        };
        let says = info.errors.contains(&CallError::NoSuchReference);
        // Others have them in a list.
        let has_list = [Call::EventWait, Call::Fork].contains(&info.call);
        assert!(!says || has_list || takes_reference(subject), "{}", info.name);
    }
}

#[test]
fn calls_of_later_extensions_say_so() {
    let mut scene = Scene::new();
    for call in ABSENT {
        for value in [0, 1, scene.stream, scene.child, u32::MAX] {
            let before = scene.snapshot();
            let result = scene.caller.quick(&mut scene.pool, *call, [value; ARGUMENTS_MAX]);
            let error = CallError::from_code(result);
            assert_eq!(error, Some(CallError::NotSupported), "{}", call.name());
            assert_eq!(before.difference(&scene.snapshot()), None, "{}", call.name());
        }
    }
}

#[test]
fn a_number_of_no_call_is_refused() {
    let mut scene = Scene::new();
    for number in [0, 6, 9, 84, 9999, 0x8000_0000, u32::MAX] {
        let before = scene.snapshot();
        let slot = scene.caller.slot;
        scene.pool.node(1).machine().results.remove(&slot);
        scene.pool.node(1).call(slot, number, [scene.stream; ARGUMENTS_MAX]);
        let result = scene.pool.node(1).machine().results[&slot];
        assert_eq!(CallError::from_code(result), Some(CallError::NoSuchCall), "{number}");
        assert_eq!(before.difference(&scene.snapshot()), None, "{number}");
    }
}

#[test]
fn a_question_after_a_reference_never_fails() {
    let mut scene = Scene::new();
    for id in scene.unknown_ids() {
        let found = scene.caller.quick(&mut scene.pool, Call::TestReference, [id, 0, 0, 0, 0]);
        assert_eq!(found, RefType::None as i32, "{id:#x}");
    }
    for (ref_type, id) in scene.by_type() {
        let found = scene.caller.quick(&mut scene.pool, Call::TestReference, [id, 0, 0, 0, 0]);
        assert_eq!(found & 0xff, ref_type as i32, "{id:#x}");
    }
}

/// Each error of each call that the tables of this folder lead to.
pub fn covered() -> BTreeSet<(Call, CallError)> {
    let scene = Scene::new();
    let in_structures = structures::all(&scene).into_iter().map(|case| (case.call, case.error));
    let in_arguments = SUBJECTS.iter().flat_map(|subject| {
        let wrong = subject.arguments.iter().flat_map(|argument| argument.wrong(&scene, 4));
        wrong.map(|(_, error, _)| (subject.call, error))
    });
    in_structures.chain(in_arguments).collect()
}
