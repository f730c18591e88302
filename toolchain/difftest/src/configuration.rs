//! The settings of rustc and GCC under which programs are compared.

use std::fmt;

/// How rustc optimises: a profile of the workspace `image/`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rustc {
    /// not at all, with overflow checks: as in development
    Level0,
    /// for speed, the whole program at once (fat LTO): as in a release
    Level2,
    /// for size
    LevelS,
    /// for size even where that costs much speed
    LevelZ,
}

impl Rustc {
    /// The profile's name.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Rustc::Level2 => "release",
            _ => self.name(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Rustc::Level0 => "o0",
            Rustc::Level2 => "o2",
            Rustc::LevelS => "os",
            Rustc::LevelZ => "oz",
        }
    }
}

/// How GCC optimises, and for which processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gcc {
    /// `-O2 -m68040`
    Fast68040,
    /// `-Os -m68030`
    Small68030,
}

impl Gcc {
    /// The processor's name in GCC's options.
    pub(crate) fn cpu(self) -> &'static str {
        match self {
            Gcc::Fast68040 => "68040",
            Gcc::Small68030 => "68030",
        }
    }

    /// The processor in QEMU.
    pub(crate) fn qemu(self) -> qemu::Cpu {
        match self {
            Gcc::Fast68040 => qemu::Cpu::M68040,
            Gcc::Small68030 => qemu::Cpu::M68030,
        }
    }

    /// GCC's option.
    pub(crate) fn level(self) -> &'static str {
        match self {
            Gcc::Fast68040 => "-O2",
            Gcc::Small68030 => "-Os",
        }
    }
}

/// One way to build a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Configuration {
    /// rustc's part
    pub rustc: Rustc,
    /// GCC's part
    pub gcc: Gcc,
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rustc {}, gcc {} -m{}", self.rustc.name(), self.gcc.level(), self.gcc.cpu())
    }
}

/// How many configurations the cases, which take GCC a minute each, are built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// What releases are built with: level 2 of rustc, `-O2 -m68040` of GCC
    Sample,
    /// All
    Whole,
}

/// The configurations of a program. Those with the same level of rustc share a
/// folder of build products, so they are built one after the other.
pub(crate) struct Matrix(Vec<(Rustc, &'static [Gcc])>);

const FAST: &[Gcc] = &[Gcc::Fast68040];
const SMALL: &[Gcc] = &[Gcc::Small68030];
const BOTH: &[Gcc] = &[Gcc::Fast68040, Gcc::Small68030];

impl Matrix {
    /// The configurations of an extent. What takes longest to build comes first.
    pub(crate) fn of(extent: Extent) -> Matrix {
        Matrix(match extent {
            Extent::Sample => vec![(Rustc::Level2, FAST)],
            Extent::Whole => vec![
                (Rustc::Level0, BOTH),
                (Rustc::Level2, BOTH),
                (Rustc::LevelS, BOTH),
                (Rustc::LevelZ, BOTH),
            ],
        })
    }

    /// A single configuration.
    pub(crate) fn only(Configuration { rustc, gcc }: Configuration) -> Matrix {
        let setting = match gcc {
            Gcc::Fast68040 => FAST,
            Gcc::Small68030 => SMALL,
        };
        Matrix(vec![(rustc, setting)])
    }

    /// The levels of rustc, each with its settings of GCC.
    pub(crate) fn levels(&self) -> &[(Rustc, &'static [Gcc])] {
        &self.0
    }
}
