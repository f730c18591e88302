//! Copy speeds: the library's routines beside plain loops.

use crate::board::{Board, Nanoseconds};
use crate::copy_loops::{self, Loop};
use alloc::vec;
use core::fmt::{self, Write};
use core::hint::black_box;

/// Lengths of the blocks that are copied.
const LENGTHS: [usize; 3] = [64, 4096, 65536];

/// Bytes copied in one measurement.
const BYTES_PER_ROUND: usize = 1 << 20;

/// The best of so many measurements counts: others share the host. The routines
/// take turns, so that none has the warmer caches.
const ROUNDS: usize = 20;

/// The distance of the buffers beyond their length, so that their pages differ
/// in the low bits of their numbers: QEMU's TLB is indexed by these.
const COLOUR_BYTES: usize = 5 * 4096;

/// What is measured.
struct Contestant {
    name: &'static str,
    copy: fn(&mut [u8], &[u8]),
}

const CONTESTANTS: [Contestant; 4] = [
    Contestant { name: "memcpy", copy: |to, from| to.copy_from_slice(from) },
    Contestant { name: "move.l loop", copy: |to, from| copy_loops::run(Loop::MoveLong, to, from) },
    Contestant { name: "movem loop", copy: |to, from| copy_loops::run(Loop::Movem, to, from) },
    Contestant { name: "memset", copy: |to, from| to.fill(from[0]) },
];

/// The best time of each routine for each length.
type Times = [[Nanoseconds; LENGTHS.len()]; CONTESTANTS.len()];

/// Measures all routines and writes a table.
pub fn run(board: &dyn Board, out: &mut dyn Write) -> fmt::Result {
    let times = measure(board);
    write!(out, "{:<14}", "MB/s, bytes:")?;
    LENGTHS.iter().try_for_each(|length| write!(out, "{length:>8}"))?;
    writeln!(out)?;
    for (contestant, times) in CONTESTANTS.iter().zip(times) {
        write!(out, "  {:<12}", contestant.name)?;
        for best in times {
            write!(out, "{:>8}", BYTES_PER_ROUND as u64 * 1000 / best.0.max(1))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn measure(board: &dyn Board) -> Times {
    let longest = LENGTHS[LENGTHS.len() - 1];
    let mut memory = vec![0x55_u8; 2 * longest + COLOUR_BYTES];
    let (from, rest) = memory.split_at_mut(longest);
    let to = &mut rest[COLOUR_BYTES..];
    let mut times = Times::default();
    for (round, contestant, length) in turns() {
        let took = time(board, BYTES_PER_ROUND, || {
            let length = LENGTHS[length];
            (CONTESTANTS[contestant].copy)(
                black_box(&mut to[..length]),
                black_box(&from[..length]),
            );
            length
        });
        let best = &mut times[contestant][length];
        *best = if round == 0 { took } else { took.min(*best) };
    }
    times
}

/// Which routine and which length are measured in which round.
fn turns() -> impl Iterator<Item = (usize, usize, usize)> {
    (0..ROUNDS).flat_map(|round| {
        (0..LENGTHS.len()).flat_map(move |length| {
            (0..CONTESTANTS.len()).map(move |contestant| (round, contestant, length))
        })
    })
}

/// How long it takes to copy so many bytes.
fn time(board: &dyn Board, bytes: usize, mut copy: impl FnMut() -> usize) -> Nanoseconds {
    let start = board.now();
    let mut done = 0;
    while done < bytes {
        done += copy();
    }
    board.now().since(start)
}
