//! The digits of floating-point numbers, which Rust knows exactly.

#![allow(unsafe_code, reason = "C hands over a buffer by its address")]

use core::fmt::{self, Write};
use core::slice;

/// A text in C's buffer: what does not fit is left away.
struct Text<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl Text<'_> {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Takes away all of a byte at the end.
    fn drop_last(&mut self, byte: u8) {
        let last = self.bytes().iter().rposition(|other| *other != byte);
        self.length = last.map_or(0, |last| last + 1);
    }

    /// Takes away the zeros behind the point, and a point that would be the last.
    fn trim(&mut self) {
        if self.bytes().contains(&b'.') {
            self.drop_last(b'0');
            self.drop_last(b'.');
        }
    }

    /// With the exponent of C: a sign and two digits at least.
    fn exponent(&mut self, exponent: i32) -> fmt::Result {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(self, "e{sign}{:02}", exponent.unsigned_abs())
    }
}

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.push(byte));
        Ok(())
    }
}

/// `%e`: one digit, the point, so many digits, the exponent. Answers the exponent.
fn scientific(text: &mut Text<'_>, value: f64, precision: usize) -> Result<i32, fmt::Error> {
    let start = text.length;
    write!(text, "{value:.precision$e}")?;
    let mark = text.bytes()[start..].iter().position(|byte| *byte == b'e').ok_or(fmt::Error)?;
    let digits = core::str::from_utf8(&text.bytes()[start + mark + 1..]).map_err(|_| fmt::Error)?;
    let exponent = digits.parse().map_err(|_| fmt::Error)?;
    text.length = start + mark;
    Ok(exponent)
}

/// `%g`: so many digits in all, in the form that is shorter.
fn general(text: &mut Text<'_>, value: f64, precision: usize, keeps_zeros: bool) -> fmt::Result {
    let digits = precision.max(1);
    let exponent = scientific(text, value, digits - 1)?;
    let is_fixed = exponent >= -4 && i64::from(exponent) < digits as i64;
    if is_fixed {
        text.length = 0;
        let behind = (digits as i32 - 1 - exponent) as usize;
        write!(text, "{value:.behind$}")?;
    }
    if !keeps_zeros {
        text.trim();
    }
    if is_fixed { Ok(()) } else { text.exponent(exponent) }
}

/// Writes a number that is finite and not negative as the conversion `style` of `printf` says:
/// `e`, `f` or `g`, or `G` for a `g` that keeps its zeros. Answers the length of the text.
///
/// # Safety
/// The buffer has so many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn __digits(
    buffer: *mut u8,
    room: usize,
    value: f64,
    precision: usize,
    style: u32,
) -> usize {
    // SAFETY: the caller's word.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer, room) };
    let text = &mut Text { buffer, length: 0 };
    let written = match style as u8 {
        b'e' => scientific(text, value, precision).and_then(|exponent| text.exponent(exponent)),
        b'f' => write!(text, "{value:.precision$}"),
        style => general(text, value, precision, style == b'G'),
    };
    // A text takes everything, and what does not fit is not missed.
    written.map_or(0, |()| text.length)
}
