//! What QEMU's `virt` says to the image: records right behind its highest
//! segment, each a u16 tag, a u16 size with these four bytes, and data.
//!
//! Source: QEMU, hw/m68k/bootinfo.h and hw/m68k/virt.c; Linux,
//! Documentation/arch/m68k. Only portable code: tested on the host.

use core::fmt;

/// A range of physical memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// Its first address.
    pub start: u32,
    /// Its length in bytes.
    pub bytes: u32,
}

/// A device, or an array of equal ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Device {
    /// Where its registers start.
    pub base: u32,
    /// Its interrupt, counted over all controllers: [`Device::line`] explains.
    pub irq: u32,
}

impl Device {
    /// The controller, 1 to 6, and the bit of its masks.
    ///
    /// QEMU numbers 8 interrupts of the processor first, then 32 for each
    /// controller.
    pub fn line(self) -> Option<(u8, u8)> {
        let line = self.irq.checked_sub(8)?;
        Some(((line / 32 + 1) as u8, (line % 32) as u8))
    }
}

/// All records that this image reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BootInfo<'a> {
    /// The command line.
    pub command_line: &'a str,
    /// The memory of the machine.
    pub memory: Memory,
    /// The processor, a bit of `1 << (model - 68020) / 10`.
    pub cpu: u32,
    /// The FPU: bit 2 is the 68040's own.
    pub fpu: u32,
    /// The MMU: bit 2 is the 68040's own.
    pub mmu: u32,
    /// QEMU's version: major, minor and micro in the upper three bytes.
    pub qemu_version: u32,
    /// The interrupt controllers.
    pub pic: Device,
    /// The clocks.
    pub rtc: Device,
    /// The console.
    pub tty: Device,
    /// The controller of the machine itself.
    pub control: Device,
    /// The virtio transports.
    pub virtio: Device,
    /// Bytes of all records.
    pub bytes: usize,
}

/// Why records cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BootInfoError {
    /// A record at this offset does not fit into what there is.
    Truncated(usize),
    /// The command line is not text.
    CommandLine,
    /// No record tells of memory.
    NoMemory,
}

impl fmt::Display for BootInfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BootInfoError::Truncated(offset) => {
                write!(f, "the boot record at offset {offset} does not fit")
            }
            BootInfoError::CommandLine => f.write_str("the command line is not UTF-8"),
            BootInfoError::NoMemory => f.write_str("no boot record tells of memory"),
        }
    }
}

mod tag {
    pub const LAST: u16 = 0;
    pub const CPU: u16 = 2;
    pub const FPU: u16 = 3;
    pub const MMU: u16 = 4;
    pub const MEMORY: u16 = 5;
    pub const COMMAND_LINE: u16 = 7;
    pub const QEMU_VERSION: u16 = 0x8000;
    pub const PIC: u16 = 0x8001;
    pub const RTC: u16 = 0x8002;
    pub const TTY: u16 = 0x8003;
    pub const VIRTIO: u16 = 0x8004;
    pub const CONTROL: u16 = 0x8005;
}

const HEADER_BYTES: usize = 4;

/// The data of one record.
struct Record<'a> {
    offset: usize,
    data: &'a [u8],
}

impl<'a> Record<'a> {
    fn long(&self, index: usize) -> Result<u32, BootInfoError> {
        let bytes = self.data.get(4 * index..4 * index + 4);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes).ok_or(BootInfoError::Truncated(self.offset))
    }

    fn device(&self) -> Result<Device, BootInfoError> {
        Ok(Device { base: self.long(0)?, irq: self.long(1)? })
    }

    fn memory(&self) -> Result<Memory, BootInfoError> {
        Ok(Memory { start: self.long(0)?, bytes: self.long(1)? })
    }

    /// Text up to the first NUL; QEMU pads it.
    fn text(&self) -> Result<&'a str, BootInfoError> {
        let end = self.data.iter().position(|&byte| byte == 0).unwrap_or(self.data.len());
        core::str::from_utf8(&self.data[..end]).map_err(|_| BootInfoError::CommandLine)
    }
}

/// Reads the records at the start of `bytes`.
pub fn parse(bytes: &[u8]) -> Result<BootInfo<'_>, BootInfoError> {
    let mut info = BootInfo::default();
    let mut offset = 0;
    loop {
        let header = bytes.get(offset..offset + HEADER_BYTES);
        let Some(&[tag_high, tag_low, size_high, size_low]) = header else {
            return Err(BootInfoError::Truncated(offset));
        };
        let tag = u16::from_be_bytes([tag_high, tag_low]);
        if tag == tag::LAST {
            info.bytes = offset + HEADER_BYTES;
            break;
        }
        let size = usize::from(u16::from_be_bytes([size_high, size_low]));
        let data = bytes.get(offset + HEADER_BYTES..offset + size);
        let data = data.ok_or(BootInfoError::Truncated(offset))?;
        take_record(&mut info, tag, &Record { offset, data })?;
        offset += size;
    }
    if info.memory.bytes == 0 { Err(BootInfoError::NoMemory) } else { Ok(info) }
}

fn take_record<'a>(
    info: &mut BootInfo<'a>,
    tag: u16,
    record: &Record<'a>,
) -> Result<(), BootInfoError> {
    match tag {
        tag::CPU => info.cpu = record.long(0)?,
        tag::FPU => info.fpu = record.long(0)?,
        tag::MMU => info.mmu = record.long(0)?,
        tag::MEMORY => info.memory = record.memory()?,
        tag::COMMAND_LINE => info.command_line = record.text()?,
        tag::QEMU_VERSION => info.qemu_version = record.long(0)?,
        tag::PIC => info.pic = record.device()?,
        tag::RTC => info.rtc = record.device()?,
        tag::TTY => info.tty = record.device()?,
        tag::VIRTIO => info.virtio = record.device()?,
        tag::CONTROL => info.control = record.device()?,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(tag: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = tag.to_be_bytes().to_vec();
        bytes.extend((data.len() as u16 + 4).to_be_bytes());
        bytes.extend(data);
        bytes
    }

    fn longs(values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_be_bytes()).collect()
    }

    fn sample() -> Vec<u8> {
        [
            record(tag::CPU, &longs(&[4])),
            record(tag::MEMORY, &longs(&[0, 128 << 20])),
            record(8, &[1, 2, 3, 4]),
            record(tag::TTY, &longs(&[0xFF00_8000, 39])),
            record(tag::COMMAND_LINE, b"node=2 batch\0\0"),
            record(tag::LAST, &[]),
        ]
        .concat()
    }

    #[test]
    fn records_are_found() {
        let mut bytes = sample();
        let length = bytes.len();
        bytes.extend([0xAA; 100]);
        let info = parse(&bytes).unwrap();
        assert_eq!(info.cpu, 4);
        assert_eq!(info.memory, Memory { start: 0, bytes: 128 << 20 });
        assert_eq!(info.command_line, "node=2 batch");
        assert_eq!(info.tty.line(), Some((1, 31)));
        assert_eq!(info.bytes, length);
    }

    #[test]
    fn lines_of_devices() {
        assert_eq!(Device { base: 0, irq: 168 }.line(), Some((6, 0)));
        assert_eq!(Device { base: 0, irq: 8 }.line(), Some((1, 0)));
        assert_eq!(Device { base: 0, irq: 7 }.line(), None);
    }

    #[test]
    fn cut_records_are_refused_at_every_byte() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert!(
                matches!(parse(&bytes[..length]), Err(BootInfoError::Truncated(_))),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn records_that_make_no_sense_are_refused() {
        let last = record(tag::LAST, &[]);
        assert_eq!(parse(&last), Err(BootInfoError::NoMemory));
        assert_eq!(parse(&[0, 5, 0, 2, 0, 0]), Err(BootInfoError::Truncated(0)));
        let short = [record(tag::MEMORY, &[0; 4]), last.clone()].concat();
        assert_eq!(parse(&short), Err(BootInfoError::Truncated(0)));
        let text = [record(tag::COMMAND_LINE, &[0xFF, 0]), last].concat();
        assert_eq!(parse(&text), Err(BootInfoError::CommandLine));
    }
}
