//! Commands that look at memory, at any address: a fault is an answer.

use super::{Answer, Complaint, Request};
use crate::address::VirtAddr;
use crate::exception::{self, Frame};
use crate::mmu::{Access, Owner};
use core::fmt::{self, Write};

const BYTES_PER_LINE: u32 = 16;

/// A hexadecimal number, with or without 0x and underscores.
fn number(text: &str) -> Result<u32, Complaint> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut value = 0_u32;
    let mut seen = 0;
    for digit in digits.bytes().filter(|&byte| byte != b'_') {
        let digit = char::from(digit).to_digit(16).ok_or(Complaint::Usage)?;
        if value >> 28 != 0 {
            return Err(Complaint::Usage);
        }
        value = value << 4 | digit;
        seen += 1;
    }
    if seen == 0 { Err(Complaint::Usage) } else { Ok(value) }
}

fn read_byte(at: VirtAddr) -> Result<u8, Frame> {
    // SAFETY: a lone read owns nothing; devices may act on it, as its user asks.
    unsafe { exception::guarded(|| at.pointer::<u8>().read_volatile()) }
}

fn read_long(at: VirtAddr) -> Result<u32, Frame> {
    // SAFETY: as above; the processor reads longs at any address.
    unsafe { exception::guarded(|| at.pointer::<u32>().read_volatile()) }
}

fn write_long(at: VirtAddr, value: u32) -> Result<(), Frame> {
    // SAFETY: a lone write owns nothing; what it breaks, its user asked for.
    unsafe { exception::guarded(|| at.pointer::<u32>().write_volatile(value)) }
}

/// `mem ADDR LEN`
pub fn dump(request: &mut Request) -> Answer {
    let &[start, length] = request.arguments else {
        return Err(Complaint::Usage);
    };
    let (start, length) = (VirtAddr(number(start)?), number(length)?);
    for offset in (0..length).step_by(BYTES_PER_LINE as usize) {
        let count = BYTES_PER_LINE.min(length - offset);
        if let Err(frame) = dump_line(request.out, start.offset(offset), count)? {
            writeln!(request.out, "{frame}")?;
            break;
        }
    }
    Ok(())
}

/// One line of a dump; the inner error is the first byte that faulted.
fn dump_line(
    out: &mut dyn Write,
    start: VirtAddr,
    count: u32,
) -> Result<Result<(), Frame>, fmt::Error> {
    let mut bytes = heapless::Vec::<u8, { BYTES_PER_LINE as usize }>::new();
    let read = (0..count).try_for_each(|offset| {
        let byte = read_byte(start.offset(offset))?;
        // There is room for `count` bytes.
        let _ = bytes.push(byte);
        Ok(())
    });
    if bytes.is_empty() {
        return Ok(read);
    }
    write!(out, "{start} ")?;
    for column in 0..BYTES_PER_LINE as usize {
        match bytes.get(column) {
            Some(byte) => write!(out, " {byte:02x}")?,
            None => out.write_str("   ")?,
        }
    }
    out.write_str("  ")?;
    for &byte in &bytes {
        let shown = byte.is_ascii_graphic() || byte == b' ';
        out.write_char(if shown { char::from(byte) } else { '.' })?;
    }
    writeln!(out)?;
    Ok(read)
}

/// `peek ADDR`
pub fn peek(request: &mut Request) -> Answer {
    let &[at] = request.arguments else {
        return Err(Complaint::Usage);
    };
    let at = VirtAddr(number(at)?);
    match read_long(at) {
        Ok(value) => writeln!(request.out, "{at}  {value:08x}")?,
        Err(frame) => writeln!(request.out, "{frame}")?,
    }
    Ok(())
}

/// `poke ADDR VALUE`
pub fn poke(request: &mut Request) -> Answer {
    let &[at, value] = request.arguments else {
        return Err(Complaint::Usage);
    };
    if let Err(frame) = write_long(VirtAddr(number(at)?), number(value)?) {
        writeln!(request.out, "{frame}")?;
    }
    Ok(())
}

/// `map ADDR`
pub fn map(request: &mut Request) -> Answer {
    let &[at] = request.arguments else {
        return Err(Complaint::Usage);
    };
    let at = VirtAddr(number(at)?);
    let walk = request.board.walk(at);
    for step in &walk.steps {
        let (level, index, descriptor) = (step.level, step.index, step.descriptor);
        writeln!(request.out, "  {level:<8}[{index:3}] = {descriptor:08x}")?;
    }
    match walk.target {
        Some((phys, protection)) => {
            let access = match protection.access {
                Access::ReadOnly => "read-only",
                Access::ReadWrite => "read-write",
            };
            let owner = match protection.owner {
                Owner::Supervisor => "supervisor",
                Owner::User => "user",
            };
            writeln!(request.out, "  {at} is {phys}, {access}, {owner}")?;
        }
        None => writeln!(request.out, "  {at} is not mapped by tables")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_hexadecimal() {
        assert_eq!(number("c000_1000").ok(), Some(0xC000_1000));
        assert_eq!(number("0xFF").ok(), Some(0xFF));
        assert_eq!(number("ffffffff").ok(), Some(u32::MAX));
        for wrong in ["", "0x", "_", "100000000", "12g", "-1"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
