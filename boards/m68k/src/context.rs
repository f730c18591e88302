//! Contexts: what user code has in the processor, kept while it does not run.
//!
//! [`Context::run`] goes to user mode and comes back when a call, an exception or
//! an interrupt ends it. While it runs, the supervisor's stack pointer is the end
//! of the context, so that the processor itself saves its frame there, and the
//! entry needs no free register to save the others (asm/user.S).

use crate::cpu::Registers;
use crate::exception::{Frame, format_of, length_words};
use crate::interrupt::Level;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use kernel::Made;

/// Longs for the largest frame of a 68040, all registers, and two frames of
/// interrupts that come in before the entry has masked them.
const AREA_LONGS: usize = 15 + 16 + 8;

/// A user's status register: user mode, nothing masked, no trace.
const USER_STATUS: u16 = 0;

/// The registers of user code, and behind them the frame that it left by.
#[repr(C, align(4))]
#[derive(Debug)]
pub struct Context {
    /// The address of the saved registers, in `area`; of [`NOBODYS`] before [`Context::start`].
    saved: u32,
    area: [u32; AREA_LONGS],
}

/// A call in the context of who has made it. It holds until he goes on.
#[derive(Clone, Copy, Debug)]
pub struct MadeHere(NonNull<Registers>);

impl Made for MadeHere {
    #[inline]
    fn number(self) -> u32 {
        // SAFETY: contexts that are run never move or go (`crate::processor`), and nobody
        // else refers to one now.
        unsafe { self.0.as_ref() }.data[0]
    }

    #[inline]
    fn argument(self, index: usize) -> u32 {
        // SAFETY: as in `number`.
        let Registers { data, address, .. } = unsafe { self.0.as_ref() };
        match index {
            0 => data[1],
            1 => address[0],
            2 => address[1],
            _ => data[index - 1],
        }
    }
}

/// Why user code was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// It made a system call: TRAP #0.
    Call,
    /// Any other exception: [`Context::frame`].
    Exception,
    /// An interrupt, which is still to be served.
    Interrupt(Level),
}

/// As in asm/user.h.
const LEFT_BY_CALL: u32 = 0;
const LEFT_BY_INTERRUPT: u32 = 8;

// SAFETY: asm/user.S has it. While user code runs the processor's frame is saved at the end of
// the context, which stays where it is; [`Context::run`] has the other conditions.
unsafe extern "C" {
    unsafe fn user_run(context: *mut Context) -> u32;
}

/// A frame of format 0.
#[repr(C, packed(2))]
struct ShortFrame {
    status: u16,
    pc: u32,
    format: u16,
}

/// Registers of nobody, for contexts that have not been started.
#[repr(C)]
struct Nobodys(UnsafeCell<MaybeUninit<Registers>>);

// SAFETY: whatever anybody writes there is as good as anything else.
unsafe impl Sync for Nobodys {}

static NOBODYS: Nobodys = Nobodys(UnsafeCell::new(MaybeUninit::zeroed()));

impl Context {
    /// A context that has nothing to run.
    pub fn new() -> Context {
        let saved = NOBODYS.0.get().expose_provenance() as u32;
        Context { saved, area: [0; AREA_LONGS] }
    }

    /// Makes it begin at `pc` with the stack pointer `sp`, all other registers 0.
    /// The context must not be moved from then on.
    pub fn start(&mut self, pc: u32, sp: u32) {
        const FRAME_LONGS: usize = size_of::<ShortFrame>() / 4;
        const REGISTER_LONGS: usize = size_of::<Registers>() / 4;
        self.area = [0; AREA_LONGS];
        let at = AREA_LONGS - FRAME_LONGS - REGISTER_LONGS;
        let frame = ShortFrame { status: USER_STATUS, pc, format: 0 };
        // SAFETY: registers and frame fill the area from `at` to its end; both
        // are plain numbers at even addresses.
        unsafe {
            let registers: *mut Registers = self.area.as_mut_ptr().add(at).cast();
            (*registers).usp = sp;
            registers.add(1).cast::<ShortFrame>().write(frame);
            self.saved = registers.expose_provenance() as u32;
        }
    }

    #[inline]
    fn saved(&self) -> *mut Registers {
        ptr::with_exposed_provenance_mut(self.saved as usize)
    }

    /// The call that user code was left by.
    #[inline]
    pub fn made(&self) -> MadeHere {
        MadeHere(NonNull::from(self.registers()))
    }

    /// Sets what that call will return.
    #[inline]
    pub fn set_result(&mut self, result: u32) {
        self.registers_mut().data[0] = result;
    }

    /// The registers as they were left.
    #[inline]
    pub fn registers(&self) -> &Registers {
        // SAFETY: `saved` points into the area, where the entry has put them, or to nobody's.
        unsafe { &*self.saved() }
    }

    /// The registers as they will be.
    #[inline]
    pub fn registers_mut(&mut self) -> &mut Registers {
        // SAFETY: as in `registers`.
        unsafe { &mut *self.saved() }
    }

    /// Where user code goes on, and with which condition codes. None if it was left in the middle
    /// of an instruction: then its frame has more to go on with.
    pub fn resumes_at(&self) -> Option<(u32, u8)> {
        let frame = self.frame().filter(|frame| frame.format == 0)?;
        Some((frame.pc, frame.status as u8))
    }

    /// Has it go on elsewhere, in user mode.
    ///
    /// # Panics
    /// If it was left in the middle of an instruction.
    pub fn resume_at(&mut self, pc: u32, ccr: u8) {
        const CONDITIONS: u16 = 0x1f;
        assert!(self.resumes_at().is_some(), "an instruction that has begun goes on");
        let status = USER_STATUS | u16::from(ccr) & CONDITIONS;
        // SAFETY: a frame of format 0 lies behind the registers, up to the end of the area.
        unsafe {
            let frame = self.saved().add(1).cast::<ShortFrame>();
            (*frame).status = status;
            (*frame).pc = pc;
        }
    }

    /// The frame by which user code was left; none if its format is unknown.
    pub fn frame(&self) -> Option<Frame> {
        Frame::decode(self.frame_words())
    }

    /// The words of that frame.
    pub fn frame_words(&self) -> &[u16] {
        // SAFETY: the frame lies behind the registers, in the area up to its end.
        unsafe {
            let words = self.saved().add(1).cast::<u16>();
            let format_word = words.add(Frame::HEAD_WORDS - 1).read();
            let length = length_words(format_of(format_word)).unwrap_or(Frame::HEAD_WORDS);
            core::slice::from_raw_parts(words, length)
        }
    }

    /// Runs user code until something ends it. Interrupts are masked before and
    /// after.
    ///
    /// # Safety
    /// 1. The user's address space is active and gives it nothing of the kernel's.
    /// 2. The context was started.
    /// 3. The vector base register points to asm/vectors.S's table.
    #[inline]
    pub unsafe fn run(&mut self) -> Leave {
        // SAFETY: the caller's promise; the routine keeps to the area.
        match unsafe { user_run(self) } {
            LEFT_BY_CALL => Leave::Call,
            why if why > LEFT_BY_INTERRUPT => {
                Leave::Interrupt(Level((why - LEFT_BY_INTERRUPT) as u8))
            }
            _ => Leave::Exception,
        }
    }
}

impl Default for Context {
    fn default() -> Context {
        Context::new()
    }
}
