//! Whole runs: they pass, and a seed decides everything about them.

use sim::fault::{Fault, FaultSet};
use sim::oracle::Interrupts;
use sim::pool::{Pool, Report, Shape};

fn run(shape: Shape) -> Report {
    let replay = shape.replay_command();
    Pool::new(shape).run().unwrap_or_else(|failure| panic!("{failure}\n{replay}"))
}

#[test]
fn pools_keep_their_promises_under_all_faults() {
    for seed in 0..40 {
        run(Shape::of_seed(seed));
    }
}

#[test]
fn pools_keep_their_promises_without_faults() {
    for seed in 0..10 {
        run(Shape { faults: FaultSet::NONE, ..Shape::of_seed(seed) });
    }
}

#[test]
fn two_runs_of_a_seed_are_the_same() {
    let shape = Shape::of_seed(3);
    assert_eq!(run(shape.clone()), run(shape));
}

#[test]
fn two_seeds_differ() {
    assert_ne!(run(Shape::of_seed(1)).hash, run(Shape::of_seed(2)).hash);
}

#[test]
fn handlers_run_and_interrupt_each_other() {
    let all = (0..40).map(|seed| run(Shape::of_seed(seed)).interrupts);
    let Interrupts { handled, nested } = all.fold(Interrupts::default(), |sum, run| Interrupts {
        handled: sum.handled + run.handled,
        nested: sum.nested + run.nested,
    });
    assert!(handled > 500 && nested > 20, "{handled}, {nested} of them nested");
}

#[test]
fn every_fault_meets_every_kind_of_message_that_waits() {
    use abi::message::Kind;
    let mut coverage = sim::coverage::Coverage::default();
    for seed in 0..40 {
        coverage.add(&run(Shape::of_seed(seed)).coverage);
    }
    for kind in [Kind::Invoke, Kind::Send, Kind::Reply, Kind::Accepted] {
        for fault in Fault::ALL {
            assert!(coverage.hits(fault, kind) > 0, "{} never met {kind:?}", fault.name());
        }
    }
}
