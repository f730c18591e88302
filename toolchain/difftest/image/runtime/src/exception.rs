//! Exceptions of the processor, which end what was running with a panic.

/// The part of an exception's stack frame that all formats have
/// (MC68040 User's Manual, section 8.2).
#[repr(C, packed(2))]
struct Frame {
    status: u16,
    pc: u32,
    /// format:4 | vector offset:12
    format_and_offset: u16,
}

/// Called by `start.S` for every exception that has no other handler.
// SAFETY: no other function has this name, and `start.S` hands over the frame of the exception.
#[unsafe(no_mangle)]
extern "C" fn image_exception(frame: &Frame) -> ! {
    let Frame { status, pc, format_and_offset } = *frame;
    let (format, vector) = (format_and_offset >> 12, (format_and_offset & 0xfff) / 4);
    panic!("exception {vector} at {pc:#010x} (format {format}, status {status:#06x})");
}
