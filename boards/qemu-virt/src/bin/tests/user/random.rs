//! Whatever instructions user code consists of, and whatever its registers hold, the
//! kernel comes back from it.

use super::{Bench, Program, SMALL};
use kernel::platform::Memory;
use m68k::board::{self, Nanoseconds};
use m68k::context::Leave;
use m68k::{interrupt, test};
use qemu_virt::timer;

const PROGRAMS: u32 = 300;
const WORDS: usize = 128;
/// Instructions that a program gets at a time.
const SLICE_NS: u64 = 5_000;
/// How often it is left before the next one has its turn.
const LEAVES: usize = 8;

/// A sequence of numbers that is the same in every run.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 ^ self.0 >> 15
    }

    /// A word of a program. Not of line F: QEMU 7.2 itself crashes on some of its
    /// instructions, such as an `FBcc` without a valid condition.
    fn word(&mut self) -> u16 {
        match (self.next() >> 8) as u16 {
            line_f @ 0xF000.. => line_f ^ 0x8000,
            word => word,
        }
    }
}

/// How a program ended.
#[derive(PartialEq, Eq)]
enum End {
    /// By an exception.
    Faulted,
    /// Not at all.
    Stopped,
}

/// Runs a program of random words with random registers.
fn run(numbers: &mut Numbers) -> End {
    let words: [u16; WORDS] = core::array::from_fn(|_| numbers.word());
    let mut bench = Bench::new();
    let slot = bench.load(Program::words(&words), SMALL);
    let registers = bench.context(slot).registers_mut();
    registers.data.fill_with(|| numbers.next());
    registers.address.fill_with(|| numbers.next());
    registers.usp = numbers.next();
    let mut end = End::Stopped;
    for _ in 0..LEAVES {
        timer::set_alarm(Nanoseconds(board::current().now().0 + SLICE_NS));
        match bench.run(slot) {
            Leave::Call => {}
            Leave::Interrupt(level) => interrupt::serve(level),
            Leave::Exception => {
                end = End::Faulted;
                break;
            }
        }
    }
    timer::clear_alarm();
    bench.spaces.destroy(slot);
    end
}

fn random_programs_end_as_users() {
    let mut numbers = Numbers(1990);
    let faults = (0..PROGRAMS).filter(|_| run(&mut numbers) == End::Faulted).count();
    assert!(faults > PROGRAMS as usize / 2, "{faults} of {PROGRAMS} have faulted");
}
test!(random_programs_end_as_users);
