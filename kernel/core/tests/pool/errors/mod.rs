//! Each error that the call table documents is provoked by a test; here are the ways to those
//! that neither a wrong argument ([`crate::arguments`]) nor a lost peer
//! ([`crate::lost_peer`]) leads to.

mod control;
mod interrupts;
mod messaging;
mod reconfigure;

use abi::calls::{CALLS, Call};
use abi::error::CallError;

use crate::arguments::ABSENT;
use crate::support::{Inc, Pool};

/// An error of a call, and a way to it that answers what the call has returned.
struct Way {
    call: Call,
    error: CallError,
    by: fn() -> i32,
}

/// Errors that what is not served yet will bring: multicast channels, interfaces of children,
/// and ports that move.
const LATER: &[(Call, &[CallError])] = &[
    (Call::Create, &[CallError::NoPropagation, CallError::LabelTooLong]),
    (Call::Invoke, &[CallError::NoMemory]),
    (Call::Destroy, &[CallError::Busy]),
    (Call::Freeze, &[CallError::Busy]),
    (Call::Unfreeze, &[CallError::Busy]),
    (Call::MakeDependent, &[CallError::Busy]),
    (Call::AuxStream, &[CallError::Busy]),
];

/// Takes references of `inc` until its table is full.
fn fill_references(pool: &mut Pool, inc: &Inc, stream: u32) {
    while inc.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]) > 0 {}
}

/// The errors of a call that what is not served yet will bring.
pub fn errors_to_come(call: Call) -> &'static [CallError] {
    LATER.iter().find(|later| later.0 == call).map_or(&[], |later| later.1)
}

fn ways() -> impl Iterator<Item = &'static Way> {
    let ways = messaging::WAYS.iter().chain(control::WAYS);
    ways.chain(reconfigure::WAYS).chain(interrupts::WAYS)
}

#[test]
fn each_way_leads_to_its_error() {
    for Way { call, error, by } in ways() {
        let result = by();
        assert_eq!(CallError::from_code(result), Some(*error), "{} returned {result}", call.name());
    }
}

#[test]
fn each_documented_error_has_a_way_to_it() {
    let mut covered = crate::arguments::covered();
    covered.extend(crate::lost_peer::covered());
    covered.extend(ways().map(|way| (way.call, way.error)));
    for info in CALLS.iter().filter(|info| !ABSENT.contains(&info.call)) {
        let later = errors_to_come(info.call);
        for error in info.errors {
            let is_covered = covered.contains(&(info.call, *error));
            let is_later = later.contains(error);
            assert!(is_covered || is_later, "no test leads {} to {error:?}", info.name);
            assert!(!is_covered || !is_later, "{} gives {error:?} already", info.name);
        }
    }
}

#[test]
fn each_way_leads_to_a_documented_error() {
    for Way { call, error, .. } in ways() {
        let info = call.info();
        assert!(info.errors.contains(error), "{} does not name {error:?}", info.name);
    }
}
