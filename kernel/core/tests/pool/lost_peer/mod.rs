//! A peer node that disappears in the middle of a call: each call that needs another node
//! has an outcome within its bound, and everything that it held is given back.
//!
//! A death that the bus can see ends the call within a second, silence after five seconds of
//! retries. Both strike before the peer has heard of the call and after it has served it.

mod calls;
mod launch;
mod pulls;

use abi::calls::Call;
use abi::constants::{EndReason, IncarnationState};
use abi::error::CallError;
use abi::message::Kind;

use crate::messages::{Cast, client_and_server};
use crate::support::bus::open_grants;
use crate::support::user::{EVENTS, RESULTS};
use crate::support::{Inc, Pool};

pub use calls::copy;
use calls::{FAR_CALLS, FarCall};

/// Milliseconds within which a death that the bus sees ends a call.
pub const SEEN_MS: u64 = 1000;
/// Milliseconds within which silence ends a call: 5 s of retries and one step of them.
pub const SILENCE_MS: u64 = 5500;

/// How node 1 is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// It is killed, and the bus sees it.
    Killed,
    /// It is killed and started again before anybody looks.
    Rebooted,
    /// Nothing is heard of it any more.
    Silent,
}

/// How far the call has come when node 1 is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Node 1 has not heard of it.
    Unheard,
    /// Node 1 has done what it could; no answer has arrived.
    Unanswered,
}

impl Stage {
    /// Kinds of packets that are lost from the beginning of the call on.
    fn lost_kinds(self) -> Vec<u8> {
        match self {
            Self::Unheard => Kind::ALL.iter().map(|kind| *kind as u8).collect(),
            Self::Unanswered => (Kind::Reply as u8..=Kind::Done as u8).collect(),
        }
    }
}

/// Loses node 1 while `far` waits, and answers what it returns then.
fn lose(far: &FarCall, loss: Loss, stage: Stage) -> (Pool, Cast, Inc, i32) {
    let (mut pool, mut cast) = client_and_server(2);
    let (caller, args) = (far.prepare)(&mut pool, &mut cast);
    pool.wires.borrow_mut().lost_kinds = stage.lost_kinds();
    caller.start(&mut pool, far.call, args);
    pool.settle();
    assert_eq!(caller.result(&mut pool), None, "{}: waits for node 1", far.call.name());
    match loss {
        Loss::Killed => pool.kill(1),
        Loss::Rebooted => {
            pool.kill(1);
            pool.boot(1);
        }
        Loss::Silent => pool.wires.borrow_mut().lost_kinds = Stage::Unheard.lost_kinds(),
    }
    let bound = if loss == Loss::Silent { SILENCE_MS } else { SEEN_MS };
    pool.pass_ms(bound);
    let result = caller.result(&mut pool);
    let result = result
        .unwrap_or_else(|| panic!("{} {} {loss:?} {stage:?}: waits on", far.call.name(), far.what));
    (pool, cast, caller, result)
}

#[test]
fn a_lost_node_ends_every_call_within_its_bound() {
    for far in FAR_CALLS {
        for loss in [Loss::Killed, Loss::Rebooted, Loss::Silent] {
            for stage in [Stage::Unheard, Stage::Unanswered] {
                let (mut pool, mut cast, caller, result) = lose(far, loss, stage);
                let expected = if loss == Loss::Silent { far.silent } else { far.killed };
                let what = format!("{} {} {loss:?} {stage:?}", far.call.name(), far.what);
                let got = (CallError::from_code(result), result);
                assert_eq!(got, (CallError::from_code(expected), expected), "{what}");
                details(far.call, &mut pool, &caller);
                pool.wires.borrow_mut().lost_kinds.clear();
                recovers(&mut pool, &mut cast, &what);
            }
        }
    }
}

/// What a call that was cut off has written.
fn details(call: Call, pool: &mut Pool, caller: &Inc) {
    match call {
        Call::Status => {
            let state = caller.read_word(pool, RESULTS);
            assert_eq!(state, IncarnationState::Unreachable as u32);
        }
        Call::EventWait => {
            let reason = caller.read_word(pool, EVENTS + 8);
            assert_eq!(reason, EndReason::NodeLost as u32);
        }
        _ => {}
    }
}

/// After the loss nothing is held any more, and the others go on.
fn recovers(pool: &mut Pool, cast: &mut Cast, what: &str) {
    pool.pass_ms(30_000);
    assert_eq!(open_grants(&pool.wires), 0, "{what}: grants are revoked");
    for node in [0, 2] {
        assert_eq!(pool.node(node).messages_in_use(), (0, 0), "{what}: node {node} keeps messages");
    }
    let Cast { launch, client, to_client, .. } = cast;
    let reply = |pool: &mut Pool, client: &mut Inc| {
        let port = client.port;
        let got = client.receive(pool, port, true);
        assert_eq!(client.reply(pool, got.result, b"pong", &got.data), 0, "{what}");
    };
    if launch.result(pool).is_none() {
        // The invocation that the client was to forward, and has again.
        return;
    }
    launch.start_invoke(pool, *to_client, b"ping", &[7; 3000], 3000);
    reply(pool, client);
    assert_eq!(launch.replied(pool).data, [7; 3000], "{what}");
}

/// Each error of each call that the table of far calls leads to.
pub fn covered() -> impl Iterator<Item = (Call, CallError)> {
    FAR_CALLS.iter().flat_map(|far| {
        let errors = [far.killed, far.silent].into_iter().filter_map(CallError::from_code);
        errors.map(|error| (far.call, error))
    })
}
