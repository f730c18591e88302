//! Buffers and their handles: `inc_copyto`, `inc_copyfrom`.

use rdc::buffer::READ;
use rdc::{Buffer, CallError, Domain, Message};
use selftest::{Command, Task};

use super::Case;
use super::messages::pattern;
use crate::bench::{Outcome, Place, done, equal, refused};

pub const CASES: &[(&str, Case)] =
    &[("buffers.copy", copy), ("buffers.rights", rights), ("buffers.owner_ends", owner_ends)];

fn keep() -> Message<'static> {
    Message::with_head(&Command::new(Task::Keep, 0))
}

fn copy(place: &Place) -> Outcome {
    let partner = place.partner()?;
    for length in [1, 100, 5000, 70_000] {
        let mut expected = pattern(length);
        let buffer = Buffer::from(expected.as_slice());
        done("sending a handle", partner.exchange(&mut keep().reference(&buffer, Domain::Any)))?;
        equal("bytes", &partner.ask(Task::Reverse, 0), &Ok(length as u32))?;
        expected.reverse();
        let mut found = alloc::vec![0; length];
        buffer.read(0, &mut found);
        equal("whether they are turned round", &(found == expected), &true)?;
    }
    Ok(())
}

fn rights(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let buffer = Buffer::new(10);
    let mut message = keep().reference_with_rights(&buffer, Domain::Any, READ);
    done("sending a handle", partner.exchange(&mut message))?;
    refused("writing", partner.ask(Task::Reverse, 0), CallError::NoRight)
}

/// A handle comes from a partner, which had it from here, and outlives that partner.
fn owner_ends(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let buffer = Buffer::from(&b"outlives"[..]);
    done("sending a handle", partner.exchange(&mut keep().reference(&buffer, Domain::Any)))?;
    let Some(rdc::Received::Buffer(handle, length)) = done("its return", partner.returned())?
    else {
        return Err("no buffer handle came back".into());
    };
    equal("its size", &length, &8)?;
    drop(partner);
    let mut found = [0; 8];
    done("inc_copyfrom", handle.copy_from(0, &mut found))?;
    equal("what is there", &&found[..], &&b"outlives"[..])?;
    refused("past its end", handle.copy_to(1, &found), CallError::BadLength)?;
    refused("far past its end", handle.copy_to(u32::MAX, &found), CallError::BadLength)
}
