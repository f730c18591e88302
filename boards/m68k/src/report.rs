//! The last words of a kernel: what happened, where, the registers, the
//! exception frame, and who called whom. Then the image ends with a failure.
//!
//! A report runs in a kernel of unknown state: it takes no lock, uses no heap,
//! and writes past the console's buffers.

use crate::backtrace::{self, Pc};
use crate::board::{self, Ending};
use crate::console::RawConsole;
use crate::cpu::{self, Here, Registers};
use crate::exception::Frame;
use crate::interrupt;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

static REPORTING: AtomicBool = AtomicBool::new(false);

/// Reports an exception that nobody expected, and ends the image. `frame` is
/// what the words mean, if that is known.
pub fn unexpected_exception(registers: &Registers, words: &[u16], frame: Option<&Frame>) -> ! {
    end_with(|out| {
        match frame {
            Some(frame) => writeln!(out, "exception: {frame}")?,
            None => writeln!(out, "exception: frame of unknown format {:04x}", words[3])?,
        }
        let pc = frame.map_or(0, |frame| frame.pc);
        let status = words[0];
        // The processor pushed the frame where the stack pointer was.
        let sp = words.as_ptr_range().end.addr() as u32;
        writeln!(out, "  pc {pc:08x}  sr {status:04x}  sp {sp:08x}")?;
        writeln!(out, "{registers}")?;
        write_words(out, words)?;
        backtrace::write(out, Pc::Interrupted(pc), Here { pc, sp, fp: registers.address[6] })
    })
}

fn write_words(out: &mut dyn Write, words: &[u16]) -> fmt::Result {
    const WORDS_PER_LINE: usize = 12;
    for (index, line) in words.chunks(WORDS_PER_LINE).enumerate() {
        write!(out, "{}", if index == 0 { "  frame" } else { "       " })?;
        line.iter().try_for_each(|word| write!(out, " {word:04x}"))?;
        writeln!(out)?;
    }
    Ok(())
}

/// Reports a panic and ends the image: the body of every image's panic handler.
pub fn panic(info: &PanicInfo<'_>) -> ! {
    let registers = cpu::registers();
    let here = cpu::here();
    end_with(|out| {
        writeln!(out, "panic: {}", info.message())?;
        if let Some(location) = info.location() {
            writeln!(out, "  at {location}")?;
        }
        writeln!(out, "  sr {:04x}  sp {:08x}", cpu::status(), here.sp)?;
        writeln!(out, "{registers}")?;
        backtrace::write(out, Pc::Return(here.pc), here)
    })
}

#[cfg(target_arch = "m68k")]
#[panic_handler]
fn panic_handler(info: &PanicInfo<'_>) -> ! {
    panic(info)
}

/// Writes a report and ends the image; a failure while reporting ends it at once.
fn end_with(report: impl FnOnce(&mut dyn Write) -> fmt::Result) -> ! {
    cpu::mask_interrupts();
    let Some(board) = board::installed() else {
        loop {
            cpu::wait_for_interrupt();
        }
    };
    let out = &mut RawConsole(board);
    // The console never refuses.
    let _ = if REPORTING.swap(true, Ordering::Relaxed) {
        writeln!(out, "\nanother failure while reporting: the report ends here")
    } else {
        board.flush();
        writeln!(out).and_then(|()| report(out)).and_then(|()| write_interrupted(out))
    };
    board.end(Ending::Failure)
}

/// A failure in an interrupt handler may come from what it interrupted.
fn write_interrupted(out: &mut dyn Write) -> fmt::Result {
    match interrupt::interrupted() {
        Some(here) => {
            writeln!(out, "  in an interrupt of")?;
            backtrace::write(out, Pc::Interrupted(here.pc), here)
        }
        None => Ok(()),
    }
}
