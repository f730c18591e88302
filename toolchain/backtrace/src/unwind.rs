//! Walking a stack from callee to caller.

use core::fmt;

use crate::format::{Base, CallerFp, Rule};
use crate::table::{Location, Symbol, Table};

/// The frames that a walk yields at most: an endless recursion need not fill
/// the console.
pub const MAX_FRAMES: usize = 64;

/// Bytes of a return address on the stack.
const ADDRESS_BYTES: u32 = 4;

/// An address in code, and how the processor came to leave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pc {
    /// The next instruction when an exception or an interrupt came.
    Interrupted(u32),
    /// Where a call will return to: the call itself stands before it.
    Return(u32),
}

impl Pc {
    /// The address itself.
    pub fn address(self) -> u32 {
        match self {
            Pc::Interrupted(pc) | Pc::Return(pc) => pc,
        }
    }

    /// An address inside the instruction that was executed: a call that does not
    /// return may be the last of its function.
    fn inside(self) -> u32 {
        match self {
            Pc::Interrupted(pc) => pc,
            Pc::Return(pc) => pc.wrapping_sub(1),
        }
    }
}

/// The registers that say where a walk stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registers {
    /// in the function of this frame
    pub pc: Pc,
    /// A7 there: for a return address, its value after the return
    pub sp: u32,
    /// A6 there
    pub fp: u32,
}

/// A function that had not yet returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// where it stands
    pub pc: Pc,
    /// its name, if the table knows it
    pub symbol: Option<Symbol<'a>>,
    /// its source, if the table has lines
    pub location: Option<Location<'a>>,
}

/// `c0001a2c  kernel::start+0x1c  at kernel/src/start.rs:12`
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.pc.address())?;
        match &self.symbol {
            Some(symbol) => write!(f, "  {}+{:#x}", symbol.name, symbol.offset)?,
            None => f.write_str("  unknown code")?,
        }
        match &self.location {
            Some(location) => write!(f, "  at {}:{}", location.file, location.line),
            None => Ok(()),
        }
    }
}

/// Why a walk ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// At the first code that ran on this stack.
    Outermost,
    /// At code of which the table knows nothing.
    UnknownCode,
    /// At a function that has no frame information, such as a routine in
    /// assembly without `.cfi_` directives.
    NoFrameInformation,
    /// At a word of the stack that cannot be read: its address.
    Unreadable(u32),
    /// At a frame that makes no sense: the stack is damaged.
    Damaged,
    /// After [`MAX_FRAMES`].
    TooLong,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Outermost => f.write_str("end of the stack"),
            End::UnknownCode => f.write_str("unknown code: the caller cannot be found"),
            End::NoFrameInformation => {
                f.write_str("no frame information: the caller cannot be found")
            }
            End::Unreadable(address) => write!(f, "the stack cannot be read at {address:08x}"),
            End::Damaged => f.write_str("the stack is damaged"),
            End::TooLong => write!(f, "more than {MAX_FRAMES} frames"),
        }
    }
}

/// A walk over a stack, the innermost frame first: see [`Table::unwind`].
#[derive(Debug)]
pub struct Unwind<'a, R> {
    table: Table<'a>,
    read: R,
    next: Result<Registers, End>,
    yielded: usize,
}

impl<'a> Table<'a> {
    /// Walks the stack from `start`. `read` gives the word at an even address,
    /// or `None` where there is no memory.
    ///
    /// The walk yields the function of `start` first, then its callers, at most
    /// [`MAX_FRAMES`] in all. It ends where it can go no further without a
    /// guess: [`Unwind::end`] says why. An exception frame has no form that the
    /// table describes, so the routines that take exceptions are
    /// [`Rule::Outermost`] or unknown; walk on from the interrupted registers.
    pub fn unwind<R>(&self, start: Registers, read: R) -> Unwind<'a, R>
    where
        R: FnMut(u32) -> Option<u32>,
    {
        Unwind { table: *self, read, next: Ok(start), yielded: 0 }
    }
}

impl<R: FnMut(u32) -> Option<u32>> Unwind<'_, R> {
    /// Why the walk ended; `None` as long as it goes on.
    pub fn end(&self) -> Option<End> {
        self.next.err()
    }

    /// The registers when the function at `callee` will have returned.
    fn caller(&mut self, callee: Registers) -> Result<Registers, End> {
        let pc = callee.pc.inside();
        let function = self.table.function(pc).ok_or(End::UnknownCode)?;
        let (base, distance, fp) = match self.table.rule(&function, pc) {
            Rule::Frame { base, distance, fp } => (base, distance, fp),
            Rule::Outermost => return Err(End::Outermost),
            Rule::Unknown => return Err(End::NoFrameInformation),
        };
        let base = match base {
            Base::Sp => callee.sp,
            Base::Fp => callee.fp,
        };
        let cfa = base.checked_add(distance).ok_or(End::Damaged)?;
        // Each frame lies above the one before, so the walk ends.
        if !cfa.is_multiple_of(2) || cfa < callee.sp.saturating_add(ADDRESS_BYTES) {
            return Err(End::Damaged);
        }
        let pc = self.word(cfa - ADDRESS_BYTES)?;
        let fp = match fp {
            CallerFp::InRegister => callee.fp,
            CallerFp::Saved(depth) => self.word(cfa.checked_sub(depth).ok_or(End::Damaged)?)?,
        };
        match pc {
            // What start code pushes when nobody called it.
            0 => Err(End::Outermost),
            pc if pc % 2 == 1 => Err(End::Damaged),
            pc => Ok(Registers { pc: Pc::Return(pc), sp: cfa, fp }),
        }
    }

    fn word(&mut self, address: u32) -> Result<u32, End> {
        (self.read)(address).ok_or(End::Unreadable(address))
    }
}

impl<'a, R: FnMut(u32) -> Option<u32>> Iterator for Unwind<'a, R> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let registers = self.next.ok()?;
        self.yielded += 1;
        self.next = match self.caller(registers) {
            Ok(_) if self.yielded == MAX_FRAMES => Err(End::TooLong),
            next => next,
        };
        let pc = registers.pc.inside();
        Some(Frame {
            pc: registers.pc,
            // Printed with the address itself, which is one byte further.
            symbol: self.table.lookup(pc).map(|symbol| Symbol {
                offset: symbol.offset + registers.pc.address().wrapping_sub(pc),
                ..symbol
            }),
            location: self.table.location(pc),
        })
    }
}
