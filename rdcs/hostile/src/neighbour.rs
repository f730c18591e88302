//! The neighbour: invokes a servant on its own node again and again, and checks each reply.

use alloc::vec::Vec;

use rdc::{Message, Module};
use zerocopy::big_endian::U32;

use crate::{Failure, done};

/// Bytes of data in every other round: those of the others are pulled in several pieces.
const SHORT: usize = 300;
const LONG: usize = 20_000;
/// Rounds between two lines.
const REPORT: u32 = 500;

/// Plays until somebody ends the RDC, or a byte is wrong.
pub fn play() -> Result<(), Failure> {
    let module = done("the servant's module", Module::named("servant"))?;
    let servant = done("a servant", module.create(rdc::node(), &[]))?;
    for round in 0.. {
        let length = if round % 2 == 0 { SHORT } else { LONG };
        let mut data: Vec<u8> = (0..length).map(|at| at as u8 ^ round as u8).collect();
        let expected = data.clone();
        let mut message = Message::with_head(&U32::new(round)).buffer(&mut data, length);
        done("an invocation", servant.stream.invoke(&mut message))?;
        if message.head::<U32>().get() != round || message.extra() != expected {
            return Err(alloc::format!("round {round}: the reply differs from what was sent"));
        }
        if round % REPORT == 0 {
            rdc::println!("rounds {round}");
        }
    }
    Ok(())
}
