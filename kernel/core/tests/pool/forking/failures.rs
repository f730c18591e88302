//! Whatever fails while a child is made: its parent is told, and nothing is left of it.

use abi::calls::Call;
use abi::constants::{RefType, inc_rights};
use abi::error::CallError;
use abi::message::Kind;
use kernel::view::Doing;

use super::{HANDLE, STREAMS, fork, members, prepare};
use crate::messages::{Cast, client_and_server};
use crate::support::bus::{Weather, open_grants};
use crate::support::pool::RDC;
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

/// Something that happens during a fork of the client on node 2 to node 1.
struct Accident {
    what: &'static str,
    happens: fn(&mut Pool, &Cast, u32),
    /// What the call may return then; nothing if its caller is gone.
    results: &'static [i32],
}

const LOST: i32 = CallError::PeerLost.code();
const UNKNOWN: i32 = CallError::OutcomeUnknown.code();
const WITHDRAWN: i32 = CallError::NotAllocated.code();

const ACCIDENTS: &[Accident] = &[
    Accident {
        what: "the parent is destroyed",
        happens: |pool, cast, parent| cast.launch.start(pool, Call::Destroy, [parent, 0, 0, 0, 0]),
        results: &[],
    },
    Accident { what: "its node is lost", happens: |pool, _, _| pool.kill(2), results: &[] },
    Accident {
        what: "the child's node is lost",
        happens: |pool, _, _| pool.kill(1),
        results: &[LOST, UNKNOWN, 1],
    },
    Accident {
        what: "the child's node is withdrawn",
        happens: |pool, cast, _| {
            cast.launch.start(pool, Call::NodeWithdraw, [1, RDC, 1, 0, 0]);
        },
        results: &[WITHDRAWN, LOST, 1],
    },
    Accident {
        what: "nothing is fetched any more",
        happens: |pool, _, _| pool.wires.borrow_mut().pulls_left = 0,
        results: &[LOST, 1],
    },
    Accident {
        what: "nothing is heard of the child's node",
        happens: |pool, _, _| pool.wires.borrow_mut().silent = vec![1],
        results: &[LOST, UNKNOWN, 1],
    },
    Accident {
        what: "nothing is heard of the parent's node",
        happens: |pool, _, _| pool.wires.borrow_mut().silent = vec![2],
        results: &[LOST, UNKNOWN, 1],
    },
    Accident {
        what: "its home ends",
        happens: |pool, _, _| {
            let rdc = abi::ids::RdcId::new(RDC).expect("positive");
            pool.node(0).end_rdc(rdc, 0);
        },
        results: &[],
    },
];

/// What must be so when everything has come to rest: nobody is half made, and whoever lives is
/// known to his home.
fn check(pool: &mut Pool, what: &str) {
    let mut alive = 0;
    for node in 0..3 {
        if !pool.is_up(node) {
            continue;
        }
        pool.node(node).integrity().expect("the tables agree");
        for resident in pool.node(node).residents() {
            let is_whole = !matches!(resident.doing, Doing::Loading | Doing::Ended);
            assert!(is_whole, "{what}: {resident:?}");
            alive += 1;
        }
    }
    // The endpoint is no member.
    let rdc = abi::ids::RdcId::new(RDC).expect("positive");
    let known = pool.node(0).launched(rdc).map_or(0, |home| home.members.len());
    assert_eq!(alive - 1, known, "{what}: those who live and those who are known");
    assert_eq!(open_grants(&pool.wires), 0, "{what}: grants are revoked");
}

#[test]
fn accidents_leave_no_half_child() {
    for Accident { what, happens, results } in ACCIDENTS {
        for step in 0.. {
            let (mut pool, mut cast) = client_and_server(2);
            let parent = handle_of_client(&mut pool, &mut cast);
            let args = prepare(&mut pool, &mut cast.client, 1, &[]);
            cast.client.start(&mut pool, Call::Fork, args);
            for turn in 0..step {
                let node = pool.node([0, 1, 2][turn % 3]);
                node.interrupt();
                node.next();
            }
            let is_over = cast.client.returned(&mut pool).is_some();
            happens(&mut pool, &cast, parent);
            pool.pass_ms(8_000);
            pool.wires.borrow_mut().silent.clear();
            pool.pass_ms(60_000);
            if !results.is_empty() {
                let result = cast.client.returned(&mut pool).expect("it has returned");
                assert!(results.contains(&result), "{what} after {step} turns: {result}");
            }
            check(&mut pool, &format!("{what} after {step} turns"));
            if is_over {
                assert!(step >= 10, "there are many steps: {step}");
                break;
            }
        }
    }
}

/// The launch endpoint's handle to the client.
fn handle_of_client(pool: &mut Pool, cast: &mut Cast) -> u32 {
    let Cast { launch, client, .. } = cast;
    let given = copy_of(RefType::Incarnation, client.myself, inc_rights::ALL);
    let to_launch = client.launch;
    assert_eq!(client.give(pool, to_launch, given), 0);
    let port = launch.port;
    launch.start_receive(pool, port, false, 0);
    let result = launch.finish(pool);
    launch.got(pool, 3, result).reference.rd_obj.id.get()
}

#[test]
fn in_bad_weather_there_is_one_child() {
    for one_in in [2, 3, 4] {
        let (mut pool, Cast { mut client, .. }) = client_and_server(2);
        pool.weather(Weather::Lossy(one_in));
        for count in 3..6 {
            fork(&mut pool, &mut client, 1, &[]).expect("forked");
            pool.pass_ms(1_000);
            assert_eq!(members(&mut pool), count);
        }
        pool.weather(Weather::Fair);
        pool.pass_ms(30_000);
        check(&mut pool, "bad weather");
    }
}

/// A fork that is refused has changed nothing in the parent, and can be made later.
fn refused_once(prepare: fn(&mut Pool), undo: fn(&mut Pool), error: CallError) {
    for node in [1, 2] {
        let (mut pool, Cast { mut client, .. }) = client_and_server(2);
        let (_, port) = client.channel(&mut pool);
        client.write(&mut pool, HANDLE, b"same");
        prepare(&mut pool);
        let refused = fork(&mut pool, &mut client, node, &[(port, 7)]);
        assert_eq!(refused.err(), Some(error));
        undo(&mut pool);
        pool.pass_ms(30_000);
        assert_eq!(client.read(&mut pool, HANDLE, 4), b"same");
        assert_eq!(client.read_word(&mut pool, STREAMS), 7);
        check(&mut pool, &format!("{error:?}"));
        fork(&mut pool, &mut client, node, &[(port, 7)]).expect("later");
    }
}

#[test]
fn what_is_used_up_is_said_and_later_it_works() {
    refused_once(
        |pool| [1, 2].iter().for_each(|node| pool.node(*node).memory().pages = 3),
        |pool| [1, 2].iter().for_each(|node| pool.node(*node).memory().pages = 9_000),
        CallError::NoMemory,
    );
    refused_once(
        |pool| pool.wires.borrow_mut().grants_max = 0,
        |pool| pool.wires.borrow_mut().grants_max = usize::MAX,
        CallError::Busy,
    );
    refused_once(
        |pool| pool.wires.borrow_mut().pulls_left = 2,
        |pool| pool.wires.borrow_mut().pulls_left = usize::MAX,
        CallError::PeerLost,
    );
}

#[test]
fn few_grants_are_enough() {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    pool.wires.borrow_mut().grants_max = 1;
    let image = pool.node(2).memory().image(client.slot);
    let child = fork(&mut pool, &mut client, 1, &[]).expect("forked").child;
    let copy = pool.node(1).memory().image(child.slot);
    let same = image.iter().zip(&copy).filter(|(one, other)| one == other).count();
    assert!(image.len() - same <= 100, "but for lists and the number of the node");
}

#[test]
fn the_parent_can_be_frozen_meanwhile() {
    let (mut pool, mut cast) = client_and_server(2);
    let parent = handle_of_client(&mut pool, &mut cast);
    let args = prepare(&mut pool, &mut cast.client, 1, &[]);
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    cast.client.start(&mut pool, Call::Fork, args);
    pool.pass_ms(300);
    cast.launch.start(&mut pool, Call::Freeze, [parent, 0, 0, 0, 0]);
    pool.pass_ms(300);
    pool.wires.borrow_mut().lost_kinds.clear();
    assert_eq!(cast.launch.finish(&mut pool), 0);
    assert_eq!(cast.client.finish(&mut pool), 1);
    let child: Inc = pool.newest(1);
    assert_eq!(child.returned(&mut pool), Some(0));
    let states: Vec<Doing> = pool.node(2).residents().iter().map(|it| it.doing).collect();
    assert!(states.contains(&Doing::Frozen), "{states:?}");
}
