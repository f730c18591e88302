//! The beginning and the end of a module: from the kernel's start block to `main`, and from
//! what that returns to the exit status.

use core::fmt;

use abi::start::StartBlock;
use abi::structs::IncInterface;
use spin::Once;

use crate::interface;
use crate::reference::{Incarnation, Port, Stream};
use crate::trap::Calls;

/// What this incarnation was started with.
pub(crate) struct Start {
    /// What the kernel has handed over.
    pub block: &'static StartBlock,
    /// The creator's data arguments.
    pub parameters: &'static [u8],
    /// The interfaces that it has declared.
    pub declared: &'static [IncInterface],
    pub port: Port,
    pub auxiliary: Port,
    pub launch: Stream,
    pub space: Stream,
    pub names: Stream,
    pub myself: Incarnation,
}

static START: Once<Start> = Once::new();
static MODULE: Once<&'static str> = Once::new();

/// What this incarnation was started with.
///
/// # Panics
/// If it was not started by a kernel of Equus.
pub(crate) fn start() -> &'static Start {
    START.get().expect("this program runs as a module of an RDC only: `equus launch` starts it")
}

/// The same, in code that must not panic.
pub(crate) fn if_started() -> Option<&'static Start> {
    START.get()
}

/// The name of the module that this incarnation runs.
pub fn module_name() -> &'static str {
    MODULE.get().copied().unwrap_or_default()
}

#[cfg(any(target_arch = "m68k", test))]
impl Start {
    /// None if the kernel has not given all of the references.
    pub(crate) fn new(
        block: &'static StartBlock,
        parameters: &'static [u8],
        declared: &'static [IncInterface],
    ) -> Option<Start> {
        let open = abi::ids::RefId::from_raw;
        Some(Start {
            block,
            parameters,
            declared,
            port: Port::from_raw(open(block.sb_port.get())?),
            auxiliary: Port::from_raw(open(block.sb_aux.get())?),
            launch: Stream::from_raw(open(block.sb_launch.get())?),
            space: Stream::from_raw(open(block.sb_space.get())?),
            names: Stream::from_raw(open(block.sb_names.get())?),
            myself: Incarnation::from_raw(open(block.sb_inc.get())?),
        })
    }

    /// Makes it what this incarnation was started with.
    pub(crate) fn install(self) -> &'static Start {
        START.call_once(|| self)
    }
}

/// A status with which an incarnation ends: 0 for success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitCode(pub i32);

impl ExitCode {
    /// All went well.
    pub const SUCCESS: ExitCode = ExitCode(0);
    /// Something failed.
    pub const FAILURE: ExitCode = ExitCode(1);
    /// It panicked, as with Rust's programs elsewhere.
    pub const PANIC: ExitCode = ExitCode(101);
    /// It was ended by `abort` of C, as a shell says of C's programs elsewhere.
    pub const ABORT: ExitCode = ExitCode(134);
}

/// What `main` may return.
pub trait Termination {
    /// The exit status, once what there is to say has been said.
    fn report(self) -> ExitCode;
}

impl Termination for () {
    fn report(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl Termination for ExitCode {
    fn report(self) -> ExitCode {
        self
    }
}

impl<T: Termination, E: fmt::Display> Termination for Result<T, E> {
    fn report(self) -> ExitCode {
        match self {
            Ok(value) => value.report(),
            Err(error) => {
                crate::eprintln!("error: {}: {error}", module_name());
                ExitCode::FAILURE
            }
        }
    }
}

/// Runs the `main` of the module `name`, once the incarnation has what was declared for it;
/// what `#[rdc::main]` calls, and the C library.
#[doc(hidden)]
pub fn run<T: Termination>(name: &'static str, main: fn() -> T) -> i32 {
    MODULE.call_once(|| name);
    if let Err(missing) = interface::realise(start().declared) {
        crate::eprintln!("error: {name}: {missing}");
        return ExitCode::FAILURE.0;
    }
    main().report().0
}

/// Ends this incarnation (`inc_exit`). What was printed is written out first. The primary
/// incarnation's code is that of the RDC.
pub fn exit(code: ExitCode) -> ! {
    crate::io::flush_rest();
    leave(code)
}

/// Ends all incarnations of this RDC with an exit code (`inc_rdcExit`).
pub fn exit_rdc(code: ExitCode) -> ! {
    crate::io::flush_rest();
    let _ = Calls::inc_rdcExit(code.0);
    leave(code)
}

/// Ends this incarnation at once.
pub(crate) fn leave(code: ExitCode) -> ! {
    let _ = Calls::inc_exit(code.0);
    unreachable!("inc_exit does not return");
}

#[cfg(target_arch = "m68k")]
mod entry {
    #![allow(unsafe_code, reason = "the kernel calls C, and hands over an address")]

    use core::slice;

    use abi::start::StartBlock;

    use super::{ExitCode, Start, exit};

    // SAFETY: the attribute `main`, or the C library, defines it so, in every module.
    unsafe extern "C" {
        safe fn rdc_main() -> i32;
    }

    /// The first function of every module: the kernel enters it, by `asm/start.S`, with the
    /// address of the start block as its only argument and 0 as its return address.
    ///
    /// # Safety
    /// For the kernel only.
    // SAFETY: no other function of a module has this name, which linker/module.ld enters.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn rdc_start(block: *const StartBlock) -> ! {
        // SAFETY: the kernel has put the block there, and nothing else lies in its pages.
        let block = unsafe { &*block };
        let address = block.sb_params.ip_dataargs.get() as usize;
        let parameters = match block.sb_params.ip_datasize.get() {
            // SAFETY: so many bytes lie there, in the same pages, for as long as this runs.
            size @ 1.. => unsafe {
                slice::from_raw_parts(core::ptr::with_exposed_provenance(address), size as usize)
            },
            _ => &[],
        };
        let address = block.sb_params.ip_ifaces.get() as usize;
        let declared = match block.sb_params.ip_nifaces {
            0 => &[][..],
            // SAFETY: so many interfaces, which are bytes, lie there, as above.
            count => unsafe {
                slice::from_raw_parts(core::ptr::with_exposed_provenance(address), count.into())
            },
        };
        if let Some(start) = Start::new(block, parameters, declared) {
            start.install();
        }
        exit(ExitCode(rdc_main()))
    }
}
