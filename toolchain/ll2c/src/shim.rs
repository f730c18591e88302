//! The allocator shim.
//!
//! `alloc` calls a few functions of the made-up crate `__rustc`. Most of them are
//! what `#[global_allocator]` and `#[alloc_error_handler]` define; the rest is in a
//! small module that rustc itself generates. With fat LTO that is part of the
//! program's IR. Otherwise it is there only as bitcode, without a `.ll` file, and
//! so it is made again here, as IR.

use std::fmt::Write;

/// A symbol of `__rustc` (mangling v0): `_RNv…7___rustc12___rust_alloc`.
struct Internal<'a> {
    prefix: &'a str,
    ident: &'a str,
}

impl<'a> Internal<'a> {
    fn parse(symbol: &'a str) -> Option<Internal<'a>> {
        const CRATE: &str = "7___rustc";
        let end = symbol.strip_prefix("_RNv")?.find(CRATE)? + "_RNv".len() + CRATE.len();
        let (prefix, name) = symbol.split_at(end);
        // An identifier that begins with an underscore gets another one before it.
        let ident = name.trim_start_matches(|digit: char| digit.is_ascii_digit());
        Some(Internal { prefix, ident: ident.strip_prefix('_')? })
    }

    fn sibling(&self, ident: &str) -> String {
        format!("{}{}_{ident}", self.prefix, ident.len())
    }
}

/// The IR of the shim for the undefined symbols of a program. `is_defined` knows
/// the symbols that are defined.
pub fn text<'a>(
    undefined: impl Iterator<Item = &'a str>,
    is_defined: impl Fn(&str) -> bool,
) -> String {
    let mut text = String::new();
    for symbol in undefined {
        let Some(internal) = Internal::parse(symbol) else { continue };
        // A function that is only there so that linking fails without an allocator.
        if internal.ident.starts_with("__rust_no_alloc_shim_is_unstable") {
            write!(text, "define void @{symbol}() {{\nstart:\n  ret void\n}}\n").expect(INFALLIBLE);
        }
        let default_handler = internal.sibling("__rdl_alloc_error_handler");
        if internal.ident == "__rust_alloc_error_handler" && is_defined(&default_handler) {
            writeln!(text, "@{symbol} = alias i8, ptr @{default_handler}").expect(INFALLIBLE);
        }
    }
    text
}

const INFALLIBLE: &str = "a String can always be written to";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shim_leads_to_what_is_defined() {
        let undefined = [
            "_RNvCsX_7___rustc26___rust_alloc_error_handler",
            "_RNvCsX_7___rustc35___rust_no_alloc_shim_is_unstable_v2",
            "_RNvCsX_7___rustc12___rust_alloc",
            "_RNvCsX_4core5slice",
            "memcpy",
        ];
        let text = text(undefined.into_iter(), |name| {
            name == "_RNvCsX_7___rustc25___rdl_alloc_error_handler"
        });
        assert_eq!(
            text,
            "@_RNvCsX_7___rustc26___rust_alloc_error_handler = alias i8, \
             ptr @_RNvCsX_7___rustc25___rdl_alloc_error_handler\n\
             define void @_RNvCsX_7___rustc35___rust_no_alloc_shim_is_unstable_v2() {\n\
             start:\n  ret void\n}\n"
        );
    }
}
