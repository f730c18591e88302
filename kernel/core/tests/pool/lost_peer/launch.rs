//! The launch endpoint's node is lost, or silent, while it is asked.

use abi::calls::Call;
use abi::error::CallError;
use kernel::view::Doing;

use super::{SEEN_MS, SILENCE_MS, Stage};
use crate::messages::{Cast, client_and_server};
use crate::support::pool::RDC;
use crate::support::user::RESULTS;
use crate::support::{Inc, Pool};

/// Calls that the launch endpoint's node serves.
const ASKING_LAUNCH: [Call; 3] = [Call::ModuleId, Call::NodeList, Call::RdcExit];

fn ask_launch(pool: &mut Pool, client: &mut Inc, call: Call) {
    client.write(pool, RESULTS, b"worker\0");
    let args = if call == Call::NodeList { [3, RESULTS, 0, 0, 0] } else { [RESULTS, 0, 0, 0, 0] };
    client.start(pool, call, args);
}

#[test]
fn the_death_of_the_launch_endpoint_ends_those_who_ask_it() {
    for call in ASKING_LAUNCH {
        let (mut pool, Cast { mut client, .. }) = client_and_server(2);
        pool.wires.borrow_mut().lost_kinds = Stage::Unanswered.lost_kinds();
        ask_launch(&mut pool, &mut client, call);
        pool.settle();
        pool.kill(0);
        pool.pass_ms(SEEN_MS);
        pool.wires.borrow_mut().lost_kinds.clear();
        pool.pass_ms(SILENCE_MS);
        for node in [1, 2] {
            assert!(pool.node(node).residents().is_empty(), "{call:?}: node {node}");
        }
    }
}

#[test]
fn the_silence_of_the_launch_endpoint_ends_a_question() {
    for call in ASKING_LAUNCH {
        let (mut pool, Cast { mut client, .. }) = client_and_server(2);
        pool.wires.borrow_mut().lost_kinds = Stage::Unheard.lost_kinds();
        ask_launch(&mut pool, &mut client, call);
        pool.pass_ms(SILENCE_MS);
        let residents = pool.node(2).residents();
        let here = residents.iter().find(|resident| resident.slot == client.slot);
        match call {
            Call::ModuleId => {
                let result = client.result(&mut pool).and_then(CallError::from_code);
                assert_eq!(result, Some(CallError::NoSuchModule));
            }
            Call::NodeList => assert_eq!(client.result(&mut pool), Some(0)),
            _ => assert!(here.is_none_or(|inc| inc.doing == Doing::Ended), "{here:?}"),
        }
    }
}

/// Whatever the silence lasts, the RDC does not wait for one that is gone.
#[test]
fn the_launch_endpoint_hears_of_an_end_after_a_silence() {
    let (mut pool, Cast { client, .. }) = client_and_server(2);
    let rdc = abi::ids::RdcId::new(RDC).expect("positive");
    let members = |pool: &mut Pool| pool.node(0).launched(rdc).expect("it runs").members.len();
    let before = members(&mut pool);
    pool.wires.borrow_mut().lost_kinds = Stage::Unheard.lost_kinds();
    client.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(2 * SILENCE_MS);
    assert_eq!(members(&mut pool), before);
    pool.wires.borrow_mut().lost_kinds.clear();
    pool.pass_ms(SILENCE_MS);
    assert_eq!(members(&mut pool), before - 1);
}
