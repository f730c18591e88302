//! The command line, from the records that QEMU leaves behind the image.
//!
//! A record is a big-endian tag:16, a size:16 in bytes with these four bytes
//! counted, and data. The first one starts at the first even address behind the
//! image (QEMU, `include/standard-headers/asm-m68k/bootinfo.h`).

const LAST: u16 = 0;
const COMMAND_LINE: u16 = 7;
const HEADER_SIZE: usize = 4;

// SAFETY: the linker script defines it; only its address is used.
unsafe extern "C" {
    static end_of_image: u8;
}

/// What QEMU was given with `-append`; empty if it was not, or is not UTF-8.
#[must_use]
pub fn command_line() -> &'static str {
    let start = &raw const end_of_image;
    let mut record = start.wrapping_add(start.addr() & 1);
    loop {
        // SAFETY: QEMU leaves a list of records here that ends with LAST, and
        // nothing writes to memory behind the image.
        let (tag, size) =
            unsafe { (read_word(record), usize::from(read_word(record.wrapping_add(2)))) };
        match tag {
            LAST => return "",
            COMMAND_LINE => {
                let text = record.wrapping_add(HEADER_SIZE);
                // SAFETY: as above; the text fills the record.
                let bytes = unsafe { core::slice::from_raw_parts(text, size - HEADER_SIZE) };
                return text_of(bytes);
            }
            _ => record = record.wrapping_add(size),
        }
    }
}

/// # Safety
/// Two bytes must be readable at `at`.
unsafe fn read_word(at: *const u8) -> u16 {
    // SAFETY: the caller says so; any two bytes are a word.
    u16::from_be_bytes(unsafe { at.cast::<[u8; 2]>().read() })
}

/// The text before the first NUL.
fn text_of(bytes: &[u8]) -> &str {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    core::str::from_utf8(text).unwrap_or_default()
}
