//! Whatever is asked of the name service: a name is found by all while it is registered, belongs
//! to one RDC, and is free again when that withdraws it or ends.

use std::collections::BTreeMap;

use name_service::{NAMES_EACH_MAX, NAMES_MAX, Registry};
use proptest::prelude::*;
use rdc::abi::structs::Label;
use rdc::{CallError, Domain};

/// What is asked, by the RDC of the first number.
#[derive(Clone, Debug)]
enum Step {
    Register(u32, u8),
    Withdraw(u32, u8),
    End(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let (rdc, name) = (|| 1..5u32, || 0..6u8);
    prop_oneof![
        4 => (rdc(), name()).prop_map(|(rdc, name)| Step::Register(rdc, name)),
        2 => (rdc(), name()).prop_map(|(rdc, name)| Step::Withdraw(rdc, name)),
        1 => rdc().prop_map(Step::End),
    ]
}

fn label(name: u8) -> Label {
    Label::of(&format!("name {name}")).unwrap()
}

proptest! {
    #[test]
    fn a_name_has_one_owner(steps in proptest::collection::vec(step(), 1..80)) {
        let mut registry = Registry::default();
        let mut owners = BTreeMap::new();
        for step in &steps {
            match *step {
                Step::Register(rdc, name) => {
                    let result = registry.register(rdc, label(name), rdc, Domain::Any);
                    let expected =
                        if owners.contains_key(&name) { Err(CallError::LabelTaken) } else { Ok(()) };
                    assert_eq!(result, expected);
                    owners.entry(name).or_insert(rdc);
                }
                Step::Withdraw(rdc, name) => {
                    let expected = match owners.get(&name) {
                        None => Err(CallError::NoSuchLabel),
                        Some(owner) if *owner != rdc => Err(CallError::NoRight),
                        Some(_) => Ok(()),
                    };
                    assert_eq!(registry.withdraw(rdc, &label(name)), expected);
                    owners.retain(|known, owner| *known != name || *owner != rdc);
                }
                Step::End(rdc) => {
                    registry.end_of(rdc);
                    owners.retain(|_, owner| *owner != rdc);
                }
            }
            for name in 0..6 {
                let expected = owners.get(&name).ok_or(CallError::NoSuchLabel);
                let found = registry.look_up(&label(name)).map(|(service, _)| service);
                assert_eq!(found, expected);
            }
        }
    }
}

#[test]
fn names_have_bounds_for_each_and_for_all() {
    let mut registry = Registry::default();
    let name = |number: usize| Label::of(&format!("name {number}")).unwrap();
    for number in 0..NAMES_MAX {
        let rdc = (number / NAMES_EACH_MAX) as u32;
        assert_eq!(registry.register(rdc, name(number), (), Domain::Any), Ok(()), "{number}");
        if (number + 1).is_multiple_of(NAMES_EACH_MAX) {
            let more = registry.register(rdc, name(NAMES_MAX), (), Domain::Any);
            assert_eq!(more, Err(CallError::TableFull), "one more of RDC {rdc}");
        }
    }
    let more = registry.register(99, name(NAMES_MAX), (), Domain::Any);
    assert_eq!(more, Err(CallError::TableFull));
    registry.end_of(0);
    assert_eq!(registry.register(99, name(NAMES_MAX), (), Domain::Any), Ok(()));
    let empty = registry.register(99, Label::EMPTY, (), Domain::Any);
    assert_eq!(empty, Err(CallError::BadArgument));
}
