//! Random interleavings of everything that nodes do with the bus, with ends in the
//! middle of any store, against a model: nothing stale, nothing twice, order kept,
//! nothing lost between two boots that live, nobody left asleep.
#![allow(unsafe_code, reason = "boards of tests implement an interface with unsafe functions")]

mod sending;
mod world;

use bus::Bell;
use proptest::prelude::*;
use world::World;

#[derive(Clone, Copy, Debug)]
enum Action {
    Send { node: usize, to: usize, length: usize, times: usize },
    Post { node: usize, to: usize, length: usize, bell: Bell },
    Flush { node: usize },
    Take { node: usize, times: usize },
    Poll { node: usize, times: usize },
    Sleep { node: usize },
    Run { node: usize },
    Kill { node: usize, stores: u32 },
    Boot { node: usize, stores: Option<u32> },
    Close { node: usize, peer: usize },
    Bury { node: usize },
    Settle,
}

const NODES: usize = 3;

fn action() -> impl Strategy<Value = Action> {
    let node = 0..NODES;
    prop_oneof![
        8 => (node.clone(), node.clone(), 0usize..40, 1usize..6)
            .prop_map(|(node, to, length, times)| Action::Send { node, to, length, times }),
        8 => (node.clone(), node.clone(), 0usize..40, prop_oneof![Just(Bell::Soon), Just(Bell::Late)])
            .prop_map(|(node, to, length, bell)| Action::Post { node, to, length, bell }),
        6 => node.clone().prop_map(|node| Action::Flush { node }),
        6 => (node.clone(), 1usize..8).prop_map(|(node, times)| Action::Take { node, times }),
        6 => (node.clone(), 1usize..8).prop_map(|(node, times)| Action::Poll { node, times }),
        4 => node.clone().prop_map(|node| Action::Sleep { node }),
        4 => node.clone().prop_map(|node| Action::Run { node }),
        1 => (node.clone(), 0u32..12).prop_map(|(node, stores)| Action::Kill { node, stores }),
        2 => (node.clone(), prop::option::weighted(0.3, 1u32..40))
            .prop_map(|(node, stores)| Action::Boot { node, stores }),
        1 => (node.clone(), node.clone()).prop_map(|(node, peer)| Action::Close { node, peer }),
        2 => node.prop_map(|node| Action::Bury { node }),
        1 => Just(Action::Settle),
    ]
}

fn run(world: &mut World, action: Action) {
    match action {
        Action::Send { node, to, length, times } => {
            for _ in 0..times {
                world.send(node, to, length);
            }
        }
        Action::Post { node, to, length, bell } => world.post(node, to, length, bell),
        Action::Flush { node } => world.flush(node),
        Action::Take { node, times } => world.take(node, times),
        Action::Poll { node, times } => world.poll(node, times),
        Action::Sleep { node } => world.sleep(node),
        Action::Run { node } => world.run(node),
        Action::Kill { node, stores } => world.kill(node, stores),
        Action::Boot { node, stores } => world.boot(node, stores.unwrap_or(u32::MAX)),
        Action::Close { node, peer } => world.close(node, peer),
        Action::Bury { node } => world.bury(node),
        Action::Settle => world.settle(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_interleaving_keeps_the_guarantees(
        actions in prop::collection::vec(action(), 1..200),
    ) {
        let mut world = World::new(NODES);
        for node in 0..NODES {
            world.boot(node, u32::MAX);
        }
        for action in actions {
            run(&mut world, action);
        }
        world.settle();
    }
}

/// Every store of a boot, a greeting and an exchange is once the last one.
#[test]
fn a_restart_at_every_store_is_survived() {
    for victim in 0..2 {
        for stores in 1..60 {
            let mut world = World::new(2);
            world.boot(1 - victim, u32::MAX);
            world.boot(victim, stores);
            exchange(&mut world);
            world.boot(victim, u32::MAX);
            exchange(&mut world);
            world.settle();
            world.send(victim, 1 - victim, 5);
            world.settle();
            assert!(world.taken(1 - victim, victim) > 0, "end after {stores} stores");
        }
    }
}

/// Whatever was the last store of a node, the others learn of its end when it is
/// buried, and meet its next boot.
#[test]
fn a_death_at_every_store_is_told() {
    for stores in 1..60 {
        let mut world = World::new(3);
        world.boot(0, u32::MAX);
        world.boot(2, u32::MAX);
        world.boot(1, stores);
        exchange(&mut world);
        world.kill(1, 0);
        world.bury(1);
        world.settle();
        world.boot(1, u32::MAX);
        world.settle();
        world.send(1, 0, 5);
        world.settle();
        assert!(world.taken(0, 1) > 0, "end after {stores} stores");
    }
}

fn exchange(world: &mut World) {
    for _ in 0..4 {
        for node in 0..2 {
            world.poll(node, 3);
            for _ in 0..3 {
                world.send(node, 1 - node, 7);
            }
            world.flush(node);
        }
    }
}

/// Indices wrap at 16 bits; rings go on, full and empty.
#[test]
fn indices_wrap() {
    let mut world = World::new(2);
    world.boot(0, u32::MAX);
    world.boot(1, u32::MAX);
    world.settle();
    let mut sent = 0;
    while sent < 70_000 {
        let batch = 1 + sent % (world::SLOTS + 2);
        for _ in 0..batch {
            world.send(0, 1, 3);
        }
        sent += batch;
        world.flush(0);
        if sent % 2 == 0 {
            world.poll(1, batch as usize);
        } else {
            world.take(1, batch as usize);
        }
        world.flush(1);
        world.poll(0, 1);
    }
    world.settle();
    assert_eq!(world.taken(1, 0), sent);
}
