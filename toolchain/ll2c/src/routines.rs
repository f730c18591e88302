//! The routines that GCC calls by itself, and where they come from.
//!
//! libgcc has them, and `compiler_builtins` defines most of them too. Translated,
//! such a routine could call itself: its 64-bit division may hold a division in C,
//! for which GCC calls that very routine. So libgcc's are used, except that with
//! soft float the arithmetic of `compiler_builtins` replaces libgcc's: it is the
//! same as on the host. (libgcc's would not even do: it is compiled to return
//! results in the FPU's registers.)

use crate::options::Float;

/// Integer routines.
#[rustfmt::skip] // a line for each would be a page
const INTEGER: &[&str] = &[
    "__ashldi3", "__ashrdi3", "__clzdi2", "__clzsi2", "__cmpdi2", "__ctzdi2", "__ctzsi2",
    "__divdi3", "__divmoddi4", "__divsi3", "__ffsdi2", "__lshrdi3", "__moddi3", "__modsi3",
    "__muldi3", "__mulsi3", "__negdi2", "__paritydi2", "__paritysi2", "__popcountdi2",
    "__popcountsi2", "__ucmpdi2", "__udivdi3", "__udivmoddi4",
    "__udivsi3", "__umoddi3", "__umodsi3",
];

/// What GCC calls for the arithmetic of `-msoft-float`.
#[rustfmt::skip]
pub const FLOAT: &[&str] = &[
    "__adddf3", "__addsf3", "__divdf3", "__divsf3", "__eqdf2", "__eqsf2", "__extendsfdf2",
    "__fixdfdi", "__fixdfsi", "__fixsfdi", "__fixsfsi", "__fixunsdfdi", "__fixunsdfsi",
    "__fixunssfdi", "__fixunssfsi", "__floatdidf", "__floatdisf", "__floatsidf", "__floatsisf",
    "__floatundidf", "__floatundisf", "__floatunsidf", "__floatunsisf", "__gedf2", "__gesf2",
    "__gtdf2", "__gtsf2", "__ledf2", "__lesf2", "__ltdf2", "__ltsf2", "__muldf3", "__mulsf3",
    "__nedf2", "__nesf2", "__powidf2", "__powisf2", "__subdf3", "__subsf3",
    "__truncdfsf2", "__unorddf2", "__unordsf2",
];

/// What GCC calls for blocks of memory. Those of `compiler_builtins` are weak.
pub const MEMORY: &[&str] = &["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"];

/// libgcc provides the function: a definition in the IR is left out.
pub fn is_from_libgcc(symbol: &str, float: Float) -> bool {
    let in_table = |table: &[&str]| table.binary_search(&symbol).is_ok();
    in_table(INTEGER) || float == Float::Hard && in_table(FLOAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(INTEGER.is_sorted());
        assert!(FLOAT.is_sorted());
    }

    #[test]
    fn floating_point_comes_from_the_ir_when_it_is_soft() {
        assert!(is_from_libgcc("__udivdi3", Float::Soft));
        assert!(!is_from_libgcc("__adddf3", Float::Soft));
        assert!(!is_from_libgcc("__powidf2", Float::Soft), "libgcc's uses the FPU");
        assert!(is_from_libgcc("__adddf3", Float::Hard));
        assert!(!is_from_libgcc("udivdi3", Float::Hard));
    }
}
