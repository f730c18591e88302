//! The routines that GCC calls by itself and that `compiler_builtins` shall provide.

/// What GCC calls for the arithmetic of `-msoft-float`. `compiler_builtins`'
/// routines are those that Rust has on every host without hardware for it.
pub const SOFT_FLOAT: &[&str] = &[
    "__addsf3",
    "__subsf3",
    "__mulsf3",
    "__divsf3",
    "__adddf3",
    "__subdf3",
    "__muldf3",
    "__divdf3",
    "__eqsf2",
    "__nesf2",
    "__ltsf2",
    "__lesf2",
    "__gtsf2",
    "__gesf2",
    "__unordsf2",
    "__eqdf2",
    "__nedf2",
    "__ltdf2",
    "__ledf2",
    "__gtdf2",
    "__gedf2",
    "__unorddf2",
    "__extendsfdf2",
    "__truncdfsf2",
    "__floatsisf",
    "__floatsidf",
    "__floatunsisf",
    "__floatunsidf",
    "__floatdisf",
    "__floatdidf",
    "__floatundisf",
    "__floatundidf",
    "__fixsfsi",
    "__fixdfsi",
    "__fixunssfsi",
    "__fixunsdfsi",
    "__fixsfdi",
    "__fixdfdi",
    "__fixunssfdi",
    "__fixunsdfdi",
];

/// What GCC calls for blocks of memory. `compiler_builtins` has them, weakly, if
/// it was built with its feature `mem`.
pub const MEMORY: &[&str] = &["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"];
