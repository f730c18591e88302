//! The last words of an incarnation that panics or aborts: what, where, and who called whom,
//! reported to the launch program. Then it ends with [`ExitCode::PANIC`] or
//! [`ExitCode::ABORT`].
//!
//! A report uses no heap and takes no lock: a panic may have come from either.

use core::fmt::{self, Write};
use core::panic::Location;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::service::Operation;

use crate::service::{put, request};
use crate::start::{self, ExitCode};

/// Bytes of a report at most: what it has too much is left away.
const REPORT_MAX: usize = 4096;

/// A text in a fixed piece of memory.
struct Report {
    bytes: [u8; REPORT_MAX],
    length: usize,
}

impl Write for Report {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = REPORT_MAX - self.length;
        let fits = text.floor_char_boundary(room);
        self.bytes[self.length..][..fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.length += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Reports an end of this kind with this message.
fn report(kind: &str, message: &dyn fmt::Display, location: Option<&Location<'_>>) {
    let Some(started) = start::if_started() else { return };
    let mut text = Report { bytes: [0; REPORT_MAX], length: 0 };
    // A report that is too long ends where the room ends.
    let _ = compose(&mut text, kind, message, location);
    // There is nobody else to tell.
    let _ = put(&started.launch, &request(Operation::Report), &text.bytes[..text.length]);
}

fn compose(
    out: &mut Report,
    kind: &str,
    message: &dyn fmt::Display,
    location: Option<&Location<'_>>,
) -> fmt::Result {
    let (module, node) = (start::module_name(), crate::node().0);
    let rdc = crate::rdc_id().map_or(0, abi::ids::RdcId::get);
    writeln!(out, "{kind} in module {module} of RDC {rdc}, on node {node}:")?;
    writeln!(out, "  {message}")?;
    if let Some(location) = location {
        writeln!(out, "  at {location}")?;
    }
    #[cfg(target_arch = "m68k")]
    walk::write(out)?;
    Ok(())
}

/// The backtrace of the running code, from the table that ll2c has put into the module.
#[cfg(target_arch = "m68k")]
mod walk {
    #![allow(unsafe_code, reason = "a backtrace reads the stack and a section of the module")]

    use core::fmt::{self, Write};
    use core::slice;

    use abi::space::STACK_TOP;
    use backtrace::{Frame, Pc, Registers, Table};

    // SAFETY: linker/module.ld defines both symbols, of which only the addresses are used; the
    // routine is in asm/here.S, and writes three words.
    unsafe extern "C" {
        static __backtrace_start: u8;
        static __backtrace_end: u8;
        fn rdc_here(into: &mut [u32; 3]);
    }

    /// The section `.backtrace` of the module.
    fn section() -> &'static [u8] {
        let (start, end) = (&raw const __backtrace_start, &raw const __backtrace_end);
        // SAFETY: linker/module.ld puts the section between the two, read-only.
        unsafe { slice::from_raw_parts(start, end.addr() - start.addr()) }
    }

    /// Whether it is a frame that every panic has.
    fn is_of_the_panic(frame: &Frame<'_>) -> bool {
        const NAMES: [&str; 4] =
            ["rdc::report::", "rdc::raw::", "core::panicking::", "__rustc::rust_begin_unwind"];
        let name = frame.symbol.map_or("", |symbol| symbol.name);
        NAMES.iter().any(|of_panic| name.starts_with(of_panic))
    }

    /// Writes a line for each frame, from the one that has panicked.
    #[inline(never)]
    pub(super) fn write(out: &mut impl Write) -> fmt::Result {
        let mut here = [0; 3];
        // SAFETY: the routine writes three words.
        unsafe { rdc_here(&mut here) };
        let [pc, sp, fp] = here;
        let table = match Table::new(section()) {
            Ok(table) => table,
            Err(error) => return writeln!(out, "  no backtrace from {pc:08x}: {error}"),
        };
        let read = |address: u32| -> Option<u32> {
            let in_use = sp..STACK_TOP - 3;
            let is_word = address.is_multiple_of(2) && in_use.contains(&address);
            let word = core::ptr::with_exposed_provenance::<u32>(address as usize);
            // SAFETY: from the stack pointer to the top, the stack is there and readable.
            is_word.then(|| unsafe { word.read_volatile() })
        };
        let mut frames = table.unwind(Registers { pc: Pc::Return(pc), sp, fp }, read);
        for (index, frame) in frames.by_ref().skip_while(is_of_the_panic).enumerate() {
            writeln!(out, "  {index:2}: {frame}")?;
        }
        match frames.end() {
            Some(end) => writeln!(out, "      {end}"),
            None => Ok(()),
        }
    }
}

/// Reports the end of this incarnation, and ends it.
pub(crate) fn end(
    kind: &str,
    message: &dyn fmt::Display,
    location: Option<&Location<'_>>,
    code: ExitCode,
) -> ! {
    static REPORTING: AtomicBool = AtomicBool::new(false);

    // A panic in a report ends it there.
    if !REPORTING.swap(true, Ordering::Relaxed) {
        report(kind, message, location);
        crate::io::flush_rest();
    }
    start::leave(code)
}

#[cfg(target_arch = "m68k")]
#[panic_handler]
fn panic_handler(info: &core::panic::PanicInfo<'_>) -> ! {
    end("panic", &info.message(), info.location(), ExitCode::PANIC)
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;

    use super::*;
    use crate::pretended::{expect, host, start};

    #[test]
    fn a_report_says_what_and_where() {
        start();
        expect(Call::Where, |_| Ok(3));
        expect(Call::RdcId, |_| Ok(7));
        report("panic", &"index out of bounds", Some(Location::caller()));
        let [text] = &host(|host| host.reports.clone())[..] else { panic!("one report") };
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "panic in module  of RDC 7, on node 3:");
        assert_eq!(lines[1], "  index out of bounds");
        assert!(lines[2].starts_with("  at rdc-lib/src/report.rs:"), "{text}");
    }

    #[test]
    fn a_report_that_is_too_long_is_cut_between_letters() {
        start();
        expect(Call::Where, |_| Ok(3));
        expect(Call::RdcId, |_| Ok(7));
        report("panic", &"ü".repeat(REPORT_MAX), None);
        let [text] = &host(|host| host.reports.clone())[..] else { panic!("one report") };
        assert!((REPORT_MAX - 1..=REPORT_MAX).contains(&text.len()));
        assert!(text.ends_with('ü'));
    }
}
