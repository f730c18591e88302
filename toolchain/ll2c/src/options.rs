//! What a translation may be asked to do.

/// How floating-point arithmetic is done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Float {
    /// By `compiler_builtins`' routines: bit for bit the same as on the host.
    #[default]
    Soft,
    /// By the 6888x or the 68040: faster, but it rounds twice (extended precision).
    Hard,
}

/// Whether the C file refers to the Rust source by `#line`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Lines {
    /// Debuggers show Rust source.
    #[default]
    Rust,
    /// Debuggers show the generated C.
    C,
}

/// The options of a translation.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// how floating-point arithmetic is done
    pub float: Float,
    /// what `#line` says
    pub lines: Lines,
    /// Symbols to keep besides those that are found by themselves: see
    /// [`Program::roots`](crate::program::Program::roots).
    pub roots: Vec<String>,
}
