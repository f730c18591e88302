//! The console: output by lines, input by interrupt.
//!
//! Input that finds its queue full stays in the device, which holds its own
//! source back; the reader lets it interrupt again once there is room.

use crate::devices::tty::{self, InputInterrupt};
use crate::{memory, timer};
use core::cell::RefCell;
use critical_section::Mutex;
use heapless::{Deque, Vec};
use m68k::address::VirtAddr;

const OUTPUT_BYTES: usize = 256;
const INPUT_BYTES: usize = 256;
/// What one interrupt moves in one go.
const CHUNK_BYTES: usize = 32;

struct Input {
    queue: Deque<u8, INPUT_BYTES>,
    interrupt: InputInterrupt,
}

static OUTPUT: Mutex<RefCell<Vec<u8, OUTPUT_BYTES>>> = Mutex::new(RefCell::new(Vec::new()));
static INPUT: Mutex<RefCell<Input>> =
    Mutex::new(RefCell::new(Input { queue: Deque::new(), interrupt: InputInterrupt::Enabled }));

/// Puts bytes into the buffer; a full line or a full buffer goes out.
pub fn write(bytes: &[u8]) {
    critical_section::with(|section| {
        let mut output = OUTPUT.borrow_ref_mut(section);
        for &byte in bytes {
            if output.push(byte).is_err() {
                put_out(&mut output);
                // The buffer is empty now.
                let _ = output.push(byte);
            }
            if byte == b'\n' {
                put_out(&mut output);
            }
        }
    });
}

/// Puts out what is in the buffer. Does nothing if the buffer is in use by the
/// code that a report interrupted.
pub fn flush() {
    critical_section::with(|section| {
        if let Ok(mut output) = OUTPUT.borrow(section).try_borrow_mut() {
            put_out(&mut output);
        }
    });
}

fn put_out(output: &mut Vec<u8, OUTPUT_BYTES>) {
    if output.is_empty() {
        return;
    }
    match memory::slice() {
        Some(slice) => tty::write(slice.phys(VirtAddr::of(output.as_ptr())), output.len()),
        // Before boot knows where memory lies.
        None => write_raw(output),
    }
    output.clear();
}

/// Puts bytes out one by one, past the buffer.
pub fn write_raw(bytes: &[u8]) {
    bytes.iter().copied().for_each(tty::put);
}

/// The next byte of input.
pub fn read() -> Option<u8> {
    critical_section::with(|section| {
        let mut input = INPUT.borrow_ref_mut(section);
        let byte = input.queue.pop_front();
        if input.interrupt == InputInterrupt::Disabled && input.queue.is_empty() {
            input.interrupt = InputInterrupt::Enabled;
            tty::set_interrupt(InputInterrupt::Enabled);
        }
        byte
    })
}

/// Serves the console's interrupt: moves what there is room for.
pub fn interrupted() {
    critical_section::with(|section| {
        let mut input = INPUT.borrow_ref_mut(section);
        let mut was_full = false;
        loop {
            let ready = tty::bytes_ready();
            was_full |= ready >= tty::CAPACITY;
            let room = INPUT_BYTES - input.queue.len();
            let count = ready.min(room).min(CHUNK_BYTES);
            if count == 0 {
                break;
            }
            for byte in &chunk(count) {
                // There is room for the whole chunk.
                let _ = input.queue.push_back(*byte);
            }
        }
        if tty::bytes_ready() > 0 {
            input.interrupt = InputInterrupt::Disabled;
            tty::set_interrupt(InputInterrupt::Disabled);
        }
        if was_full {
            // QEMU 7.2 does not tell the source that there is room again; the
            // source looks for itself whenever the main loop turns.
            timer::turn_main_loop();
        }
    });
}

/// Takes `count` bytes, at most [`CHUNK_BYTES`], from the device.
fn chunk(count: usize) -> Vec<u8, CHUNK_BYTES> {
    let mut bytes = [0; CHUNK_BYTES];
    if let Some(slice) = memory::slice() {
        let place = slice.phys(VirtAddr::of(bytes.as_mut_ptr()));
        // SAFETY: `bytes` lies in the kernel's own range and has the room.
        unsafe { tty::read(place, count) };
    }
    // The device wrote behind the compiler's back.
    let bytes = core::hint::black_box(bytes);
    bytes[..count].iter().copied().collect()
}
