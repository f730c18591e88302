//! The numbers that reader and writer of a table agree on: see the crate's
//! documentation for the layout, byte by byte.

/// The first bytes of a table.
pub(crate) const MAGIC: [u8; 4] = *b"eqbt";

/// The version of the layout that this crate reads and writes.
pub(crate) const VERSION: u32 = 1;

/// Bytes of the header: magic, version, functions, locations, files, pool.
pub(crate) const HEADER_BYTES: usize = 24;

/// Bytes of an entry of the function table.
pub(crate) const FUNCTION_BYTES: usize = 20;

/// Bytes of an entry of the location table.
pub(crate) const LOCATION_BYTES: usize = 4;

/// Bytes of an entry of the file table.
pub(crate) const FILE_BYTES: usize = 4;

/// Instructions lie on even addresses and the stack pointer stays even, so
/// distances are counted in words of two bytes.
pub(crate) const WORD_BYTES: u32 = 2;

/// The low bits of a location that hold its line; the others hold its file.
pub(crate) const LINE_BITS: u32 = 20;

/// The largest line that a location can name.
pub(crate) const MAX_LINE: u32 = (1 << LINE_BITS) - 1;

/// Bits of a row's rule word: what kind of rule it is.
pub(crate) const KIND_MASK: u32 = 0b11;
/// The CFA is counted from SP.
pub(crate) const KIND_SP: u32 = 0;
/// The CFA is counted from FP (A6).
pub(crate) const KIND_FP: u32 = 1;
/// There is no caller.
pub(crate) const KIND_OUTERMOST: u32 = 2;
/// Where the caller's frame is cannot be said.
pub(crate) const KIND_UNKNOWN: u32 = 3;
/// Bit of a rule word: another word follows, where the caller's FP now lies.
pub(crate) const FP_MOVES: u32 = 0b100;
/// The CFA's distance stands above this many bits of the rule word.
pub(crate) const DISTANCE_SHIFT: u32 = 3;

/// How to find the caller's frame from a place in a function.
///
/// The canonical frame address (CFA, a term of DWARF) is the value that SP had
/// before the call, before the return address was pushed: so the return address
/// lies at CFA - 4, and the caller's SP is the CFA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// The caller's frame lies at a known distance from a register.
    Frame {
        /// the register
        base: Base,
        /// bytes from that register up to the CFA, even
        distance: u32,
        /// where the caller's FP lies
        fp: CallerFp,
    },
    /// Nobody called this: the first code that ran on this stack.
    Outermost,
    /// The frame has no such form.
    Unknown,
}

impl Rule {
    /// At the first instruction of a function only the return address is on the
    /// stack.
    pub const ENTRY: Rule = Rule::Frame { base: Base::Sp, distance: 4, fp: CallerFp::InRegister };
}

/// The register that a CFA is counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// A7
    Sp,
    /// A6
    Fp,
}

/// Where a caller's A6 is while its callee runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerFp {
    /// still in A6
    InRegister,
    /// saved this many bytes below the CFA, even
    Saved(u32),
}
