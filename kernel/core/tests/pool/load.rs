//! What nodes post of their load, and what is said of the part of each incarnation.

use abi::ids::NodeId;
use kernel::Next;
use kernel::platform::Bus;

use crate::creation::status;
use crate::support::{Inc, Pool};

/// The load of one incarnation.
const ONE: u32 = 256;

/// Lets seconds pass in which the processor of `node` never rests, with what the node asks for.
fn compute(pool: &mut Pool, node: u8, seconds: u64) {
    for _ in 0..seconds * 50 {
        pool.pass_ms(20);
        pool.node(node).machine().busy_us += 20_000;
    }
}

/// Lets seconds pass in which those on `node` who can run have its processor in turns.
fn compute_in_turns(pool: &mut Pool, node: u8, seconds: u64) {
    for _ in 0..seconds * 50 {
        if let Next::Run(slot) = pool.node(node).next() {
            let mut machine = pool.node(node).machine();
            machine.busy_us += 20_000;
            *machine.used_us.entry(slot).or_default() += 20_000;
        }
        pool.pass_ms(20);
    }
}

fn load(pool: &mut Pool, node: u8) -> u32 {
    pool.node(0).bus().status(NodeId(node)).expect("it has posted").load
}

fn alone(pool: &mut Pool, launch: &mut Inc) -> Inc {
    let (inc, ..) = pool.create(launch, 1);
    // What creation leaves to be done is done.
    pool.pass_ms(60_000);
    inc
}

#[test]
fn one_that_computes_alone_is_a_load_of_one_without_ticks() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    alone(&mut pool, &mut launch);
    assert_eq!(load(&mut pool, 1), 0, "its processor has rested");
    let before = pool.node(1).machine().alarms;
    compute(&mut pool, 1, 3);
    let after = pool.node(1).machine().alarms;
    let seen = load(&mut pool, 1);
    assert!((ONE * 9 / 10..=ONE).contains(&seen), "{seen}");
    assert!(after - before <= 4, "{} alarms in 3 s", after - before);
}

#[test]
fn two_that_compute_are_a_load_of_two() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    alone(&mut pool, &mut launch);
    alone(&mut pool, &mut launch);
    compute(&mut pool, 1, 3);
    let seen = load(&mut pool, 1);
    assert!((ONE * 19 / 10..=2 * ONE).contains(&seen), "{seen}");
}

#[test]
fn a_node_that_has_come_to_rest_says_so_and_needs_no_alarm() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let mut inc = alone(&mut pool, &mut launch);
    compute(&mut pool, 1, 2);
    let port = inc.port;
    inc.start_receive(&mut pool, port, true, 0);
    pool.settle();
    pool.pass_ms(5000);
    assert_eq!(load(&mut pool, 1), 0);
    assert_eq!(pool.node(1).machine().alarm, None);
}

#[test]
fn the_load_of_a_node_is_divided_among_those_it_is_due_to() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (mut first, first_handle, _) = pool.create(&mut launch, 1);
    let (_, second_handle, _) = pool.create(&mut launch, 1);
    compute_in_turns(&mut pool, 1, 4);
    let due = |pool: &mut Pool, handle| u32::from(status(pool, &launch, handle).is_load.get());
    for handle in [first_handle, second_handle] {
        let due = due(&mut pool, handle);
        assert!((ONE * 9 / 10..=ONE).contains(&due), "{due}");
    }
    let port = first.port;
    first.start_receive(&mut pool, port, true, 0);
    compute_in_turns(&mut pool, 1, 4);
    assert_eq!(due(&mut pool, first_handle), 0, "it waits for a message");
    let due = due(&mut pool, second_handle);
    assert!((ONE * 9 / 10..=ONE).contains(&due), "{due}");
}
