//! Routines that GCC calls by itself, and where they come from.
//!
//! `compiler_builtins` defines most of them too. Translated, such a routine could
//! call itself: its 64-bit division may hold a division in C, for which GCC calls
//! that very routine. So those of libgcc are used, except that with soft float the
//! arithmetic of `compiler_builtins` replaces libgcc's: it is the same as on the host.

use crate::options::Float;
use crate::routines::SOFT_FLOAT;

/// Integer routines, without the leading `__`.
const INTEGER: &[&str] = &[
    "ashldi3",
    "ashrdi3",
    "clzdi2",
    "clzsi2",
    "cmpdi2",
    "ctzdi2",
    "ctzsi2",
    "divdi3",
    "divmoddi4",
    "divsi3",
    "ffsdi2",
    "lshrdi3",
    "moddi3",
    "modsi3",
    "muldi3",
    "mulsi3",
    "negdi2",
    "paritydi2",
    "paritysi2",
    "popcountdi2",
    "popcountsi2",
    "powidf2",
    "powisf2",
    "ucmpdi2",
    "udivdi3",
    "udivmoddi4",
    "udivsi3",
    "umoddi3",
    "umodsi3",
];

/// libgcc provides the function: a definition in the IR is left out.
pub(super) fn provides(symbol: &str, float: Float) -> bool {
    let is_integer =
        symbol.strip_prefix("__").is_some_and(|name| INTEGER.binary_search(&name).is_ok());
    is_integer || (float == Float::Hard && SOFT_FLOAT.contains(&symbol))
}

#[cfg(test)]
mod tests {
    use super::{Float, INTEGER, provides};

    #[test]
    fn the_table_is_sorted() {
        assert!(INTEGER.is_sorted());
    }

    #[test]
    fn floating_point_comes_from_the_ir_when_it_is_soft() {
        assert!(provides("__udivdi3", Float::Soft));
        assert!(!provides("__adddf3", Float::Soft));
        assert!(provides("__adddf3", Float::Hard));
        assert!(!provides("udivdi3", Float::Hard));
    }
}
