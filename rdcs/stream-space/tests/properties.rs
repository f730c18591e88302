//! Whatever is asked of stream space in whatever order: nobody has more than there is, nobody
//! waits for what he could have, everybody who came first is served first and once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rdc::abi::structs::Label;
use rdc::{CallError, Domain};
use stream_space::{Claim, Copies, ENTRIES_MAX, Given, Space, WAITERS_MAX};

/// What is asked. Labels are few, so that askers meet.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, Copies),
    Want {
        label: u8,
        has_claim: bool,
        for_ms: Option<u64>,
    },
    /// The one of this number among those who hold a copy, in turns, returns it.
    PutBack(usize),
    /// The port under this label comes back.
    PortBack(u8),
    Delete(u8),
    /// The one of this number among those who have claims, in turns, dies.
    Die(usize),
    Pass(u64),
}

fn copies() -> impl Strategy<Value = Copies> {
    prop_oneof![
        Just(Copies::Unlimited),
        Just(Copies::Uncached),
        (1..4u32).prop_map(Copies::AtMost),
        Just(Copies::Itself),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let label = || 0..4u8;
    prop_oneof![
        2 => (label(), copies()).prop_map(|(label, copies)| Step::Put(label, copies)),
        5 => (label(), any::<bool>(), proptest::option::of(0..100u64))
            .prop_map(|(label, has_claim, for_ms)| Step::Want { label, has_claim, for_ms }),
        2 => any::<usize>().prop_map(Step::PutBack),
        1 => label().prop_map(Step::PortBack),
        1 => label().prop_map(Step::Delete),
        2 => any::<usize>().prop_map(Step::Die),
        1 => (0..50u64).prop_map(Step::Pass),
    ]
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    who: u32,
    label: u8,
    claim: Option<Claim>,
    deadline_ms: Option<u64>,
}

/// Stream space, and what must be so.
#[derive(Default)]
struct World {
    space: Space<u8, u32>,
    now_ms: u64,
    asked: u32,
    claims: Claim,
    /// In the order in which they came.
    waiting: Vec<Waiting>,
    entries: BTreeMap<u8, Copies>,
    /// Copies that were taken out: label and claim.
    held: Vec<(u8, Claim)>,
    /// Labels whose ports were taken out.
    gone: Vec<u8>,
}

fn label(number: u8) -> Label {
    Label::of(&format!("label {number}")).unwrap()
}

impl World {
    fn take(&mut self, step: &Step) {
        match *step {
            Step::Put(number, copies) => {
                let put = self.space.put(label(number), number, copies, Domain::Rdc);
                let is_taken = self.entries.contains_key(&number);
                assert_eq!(put.is_err_and(|(error, _)| error == CallError::LabelTaken), is_taken);
                self.entries.entry(number).or_insert(copies);
            }
            Step::Want { label: number, has_claim, for_ms } => self.want(number, has_claim, for_ms),
            Step::PutBack(which) => {
                if let Some(&(number, claim)) = self.held.get(which % self.held.len().max(1)) {
                    self.space.put_back(&label(number), claim, None).expect("it is held");
                    let again = self.space.put_back(&label(number), claim, None);
                    assert_eq!(again, Err((CallError::NoSuchLabel, None)), "it is back");
                    self.held.retain(|held| held.1 != claim);
                }
            }
            Step::PortBack(number) => {
                let back = self.space.put_back(&label(number), 0, Some(number));
                assert_eq!(back.is_ok(), self.gone.contains(&number));
                self.gone.retain(|gone| *gone != number);
            }
            Step::Delete(number) => {
                let deleted = self.space.delete(&label(number));
                let was_there = self.entries.remove(&number).is_some();
                assert_eq!(deleted.is_ok(), was_there);
                self.held.retain(|held| held.0 != number);
                self.gone.retain(|gone| *gone != number);
            }
            Step::Die(which) => self.die(which),
            Step::Pass(ms) => self.now_ms += ms,
        }
        self.settle();
        self.check();
    }

    fn want(&mut self, number: u8, has_claim: bool, for_ms: Option<u64>) {
        self.asked += 1;
        self.claims += 1;
        let claim = has_claim.then_some(self.claims);
        let deadline_ms = for_ms.map(|ms| self.now_ms + ms);
        assert!(self.space.want(label(number), self.asked, claim, deadline_ms).is_none());
        self.waiting.push(Waiting { who: self.asked, label: number, claim, deadline_ms });
    }

    fn die(&mut self, which: usize) {
        let holding = self.held.iter().map(|held| held.1);
        let claims: Vec<_> =
            holding.chain(self.waiting.iter().filter_map(|waiting| waiting.claim)).collect();
        let Some(&claim) = claims.get(which % claims.len().max(1)) else { return };
        assert!(self.space.died(claim).is_some(), "there was somebody of this claim");
        assert_eq!(self.space.died(claim), None, "he has died already");
        self.held.retain(|held| held.1 != claim);
        self.waiting.retain(|waiting| waiting.claim != Some(claim));
    }

    /// Serves as the module does.
    fn settle(&mut self) {
        for number in 0..4 {
            while let Some((who, claim, given)) = self.space.serve(&label(number)) {
                let is_unclaimed = matches!(given, Given::Unclaimed(_));
                match (given, self.entries[&number]) {
                    (Given::Copy(reference, copies, _), known) => {
                        assert_eq!((*reference, copies), (number, known));
                    }
                    (Given::Held(reference, most, _), Copies::AtMost(known)) => {
                        assert_eq!((*reference, most), (number, known));
                        self.held.push((number, claim.expect("it is his by a claim")));
                    }
                    (Given::Itself(reference, _), Copies::Itself) => {
                        assert_eq!(*reference, number);
                        assert!(!self.gone.contains(&number), "there is one port");
                        self.gone.push(number);
                    }
                    (Given::Unclaimed(most), Copies::AtMost(known)) => {
                        assert_eq!((most, claim), (known, None));
                    }
                    other => panic!("{other:?}"),
                }
                let is_like = |waiting: &&Waiting| {
                    waiting.label == number && (!is_unclaimed || waiting.claim.is_none())
                };
                let first = self.waiting.iter().find(is_like).map(|waiting| waiting.who);
                let limited = matches!(self.entries[&number], Copies::AtMost(_));
                if !limited || is_unclaimed {
                    assert_eq!(first, Some(who), "who came first is served first");
                }
                let before = self.waiting.len();
                self.waiting.retain(|waiting| waiting.who != who);
                assert_eq!(self.waiting.len() + 1, before, "he waits once");
            }
        }
        while let Some((who, _)) = self.space.overdue(self.now_ms) {
            let at = self.waiting.iter().position(|waiting| waiting.who == who);
            let waiting = self.waiting.remove(at.expect("he waits"));
            assert!(waiting.deadline_ms.is_some_and(|end| end <= self.now_ms));
        }
    }

    fn check(&self) {
        for (number, copies) in &self.entries {
            let held = self.held.iter().filter(|held| held.0 == *number).count();
            let most = if let Copies::AtMost(most) = copies { *most } else { 0 };
            assert!(held <= most as usize, "{held} of {most} copies of {number}");
        }
        for waiting in &self.waiting {
            let held = self.held.iter().filter(|held| held.0 == waiting.label).count();
            let in_vain = match self.entries.get(&waiting.label) {
                None => true,
                Some(Copies::Unlimited | Copies::Uncached) => false,
                Some(Copies::Itself) => self.gone.contains(&waiting.label),
                Some(Copies::AtMost(most)) => waiting.claim.is_some() && held == *most as usize,
            };
            assert!(in_vain, "{waiting:?} could have what he waits for");
            assert!(waiting.deadline_ms.is_none_or(|end| end > self.now_ms), "{waiting:?}");
        }
        let first = self.waiting.iter().filter_map(|waiting| waiting.deadline_ms).min();
        assert_eq!(self.space.deadline_ms(), first);
    }
}

proptest! {
    #[test]
    fn nobody_has_too_much_or_waits_in_vain(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World::default();
        for step in &steps {
            world.take(step);
        }
    }
}

#[test]
fn one_who_waits_too_much_displaces_the_oldest() {
    let mut space: Space<u8, usize> = Space::default();
    for who in 0..WAITERS_MAX {
        let label = label((who % 3) as u8);
        assert!(space.want(label, who, None, None).is_none(), "{who}");
    }
    assert_eq!(space.want(label(9), WAITERS_MAX, Some(7), None), Some((0, None)));
    assert_eq!(space.want(label(9), WAITERS_MAX + 1, None, None), Some((1, None)));
    assert_eq!(space.put(label(9), 9, Copies::Unlimited, Domain::Rdc), Ok(()));
    let given = Given::Copy(&9, Copies::Unlimited, Domain::Rdc);
    assert_eq!(space.serve(&label(9)), Some((WAITERS_MAX, Some(7), given)));
}

#[test]
fn one_reference_too_many_comes_back() {
    let mut space: Space<usize, u8> = Space::default();
    let label = |number: usize| Label::of(&format!("label {number}")).unwrap();
    for number in 0..ENTRIES_MAX {
        assert_eq!(space.put(label(number), number, Copies::Unlimited, Domain::Rdc), Ok(()));
    }
    let refused = space.put(label(ENTRIES_MAX), ENTRIES_MAX, Copies::Unlimited, Domain::Rdc);
    assert_eq!(refused, Err((CallError::TableFull, ENTRIES_MAX)));
    assert_eq!(space.delete(&label(5)), Ok((5, vec![])));
    assert_eq!(space.put(label(ENTRIES_MAX), 0, Copies::Unlimited, Domain::Rdc), Ok(()));
}

#[test]
fn a_port_that_comes_back_by_itself_is_given_to_the_next() {
    let mut space: Space<u8, &str> = Space::default();
    assert_eq!(space.put(label(1), 1, Copies::Itself, Domain::Rdc), Ok(()));
    assert!(space.want(label(1), "first", None, None).is_none());
    assert!(space.serve(&label(1)).is_some());
    assert!(space.want(label(1), "second", None, None).is_none());
    assert!(space.awaits_ports() && space.serve(&label(1)).is_none());
    assert_eq!(space.recover(|_| false), []);
    assert_eq!(space.recover(|_| true), [label(1)]);
    let given = Given::Itself(&1, Domain::Rdc);
    assert_eq!(space.serve(&label(1)), Some(("second", None, given)));
}

#[test]
fn lines_say_what_is_there_and_what_is_waited_for() {
    let mut space: Space<u8, u8> = Space::default();
    for (number, copies) in [Copies::Unlimited, Copies::Uncached, Copies::AtMost(2), Copies::Itself]
        .into_iter()
        .enumerate()
    {
        assert_eq!(space.put(label(number as u8), 0, copies, Domain::Rdc), Ok(()));
    }
    assert!(space.want(label(2), 0, Some(1), None).is_none());
    assert!(space.serve(&label(2)).is_some());
    for _ in 0..2 {
        assert!(space.want(label(7), 0, None, None).is_none());
    }
    let lines: String = space.lines(Label::EMPTY, |_| "stream").map(|(_, line)| line).collect();
    expect_test::expect![[r"
        label 0              stream, any number of copies
        label 1              stream, any number of copies, not cached
        label 2              stream, 1 of 2 copies taken
        label 3              stream, once
        label 7              not there; 2 wait
    "]]
    .assert_eq(&lines);
    let after: Vec<_> = space.lines(label(3), |_| "stream").map(|(label, _)| label).collect();
    assert_eq!(after, [label(7)]);
}
