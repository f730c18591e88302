//! Names: of C identifiers, for readers, and of symbols, for the assembler.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::failure::{Failure, Outcome};
use crate::source::demangled;

/// The readable part of a C identifier is cut to this, from the left: the end says most.
const READABLE_LENGTH: usize = 32;

/// Hands out names so that no two things share one.
#[derive(Debug, Default)]
pub(super) struct Names {
    symbols: HashSet<String>,
    identifiers: u32,
}

/// What a C identifier stands for: its first letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Function,
    Variable,
}

impl Names {
    /// A new C identifier that reminds of the symbol's name: `f12_Formatter_write_str`.
    pub fn identifier(&mut self, role: Role, symbol: &str) -> String {
        self.identifiers += 1;
        let letter = match role {
            Role::Function => 'f',
            Role::Variable => 'g',
        };
        let mut name = format!("{letter}{}_", self.identifiers);
        name.push_str(&readable(symbol));
        name
    }

    /// The assembler's name of a symbol that other files see: its own, or a refusal.
    pub fn external(&mut self, symbol: &str) -> Outcome<String> {
        if !is_plain(symbol) || ends_like_a_size(symbol) {
            return Failure::unsupported(format!(
                "the symbol name {symbol:?}, which the assembler cannot take,"
            ));
        }
        self.symbols.insert(symbol.to_owned());
        Ok(symbol.to_owned())
    }

    /// The assembler's name of a symbol that no other file sees: like its own, but unique in
    /// this translation. `is_taken` tells names that other symbols may claim later.
    pub fn local(&mut self, symbol: &str, is_taken: impl Fn(&str) -> bool) -> String {
        let mut name: String = symbol
            .chars()
            .map(|c| match c {
                // The assembler takes a name's end such as `.l` for the size of an operand.
                '.' => '$',
                c if c.is_ascii_alphanumeric() || c == '_' || c == '$' => c,
                _ => '_',
            })
            .collect();
        let length = name.len();
        let mut copy = 0;
        while is_taken(&name) || self.symbols.contains(&name) {
            copy += 1;
            name.truncate(length);
            let _ = write!(name, "${copy}");
        }
        self.symbols.insert(name.clone());
        name
    }
}

/// The assembler takes it as a symbol.
fn is_plain(symbol: &str) -> bool {
    let is_symbol_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte);
    !symbol.is_empty()
        && !symbol.as_bytes()[0].is_ascii_digit()
        && symbol.bytes().all(is_symbol_byte)
}

/// gas for the 680x0 would take the end for the size of an operand.
fn ends_like_a_size(symbol: &str) -> bool {
    matches!(symbol.as_bytes(), [.., b'.', size] if b"bwlsxdp".contains(&size.to_ascii_lowercase()))
}

/// The end of the demangled name, made of letters, digits and single underscores.
fn readable(symbol: &str) -> String {
    let demangled = demangled(symbol);
    let mut name = String::with_capacity(demangled.len());
    for c in demangled.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    if name.len() <= READABLE_LENGTH {
        return name.to_owned();
    }
    let tail = &name[name.len() - READABLE_LENGTH..];
    // Start with a whole word, if there is one.
    tail.split_once('_').map_or(tail, |(_, words)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Names, Role};

    #[test]
    fn identifiers_are_unique_and_readable() {
        let mut names = Names::default();
        let mangled = "_RNvMs_NtCs1234_4core3fmtNtB4_9Formatter9write_str";
        assert_eq!(names.identifier(Role::Function, mangled), "f1_core_fmt_Formatter_write_str");
        assert_eq!(names.identifier(Role::Function, mangled), "f2_core_fmt_Formatter_write_str");
        assert_eq!(names.identifier(Role::Variable, ".Lanon.1"), "g3_Lanon_1");
    }

    #[test]
    fn local_symbols_never_end_like_a_size_and_never_collide() {
        let mut names = Names::default();
        assert_eq!(names.local("table.l", |_| false), "table$l");
        assert_eq!(names.local("table.l", |_| false), "table$l$1");
        assert_eq!(names.local("memcpy", |name| name == "memcpy"), "memcpy$1");
        assert_eq!(names.local("<a b>", |_| false), "_a_b_");
    }

    #[test]
    fn external_symbols_keep_their_name_or_are_refused() {
        let mut names = Names::default();
        assert_eq!(names.external("x.llvm.1").expect("a fine name"), "x.llvm.1");
        for bad in ["vector.l", "a b", "", "1st"] {
            assert!(names.external(bad).is_err(), "{bad:?}");
        }
    }
}
