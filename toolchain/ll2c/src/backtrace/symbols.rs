//! Which function lies where, by the symbol table.

use std::cmp::Reverse;

use object::{File, Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};
use rustc_demangle::demangle;

/// A function of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Function {
    /// address of its first byte
    pub(super) start: u32,
    /// address behind its last byte
    pub(super) end: u32,
    /// demangled
    pub(super) name: String,
}

/// A symbol that may be a function's.
struct Candidate<'a> {
    start: u32,
    /// 0 if the assembly source does not say
    size: u32,
    /// the end of its section
    limit: u32,
    is_global: bool,
    name: &'a str,
}

/// The functions of an image, by ascending addresses; they do not overlap.
///
/// Where symbols say their size, they are functions. The rest of the code, in
/// assembly without `.size`, belongs to the label before it.
pub(super) fn functions(file: &File<'_>) -> Vec<Function> {
    let (mut functions, labels): (Vec<_>, Vec<_>) =
        candidates(file).into_iter().partition(|candidate| candidate.size > 0);
    functions.sort_by_key(|function| (function.start, Reverse(function.is_global), function.name));
    functions.dedup_by_key(|function| function.start);
    let labels: Vec<_> = labels.into_iter().filter(|label| !is_inside(label, &functions)).collect();
    functions.extend(labels);
    functions.sort_by_key(|function| (function.start, Reverse(function.is_global), function.name));
    functions.dedup_by_key(|function| function.start);
    let next_starts: Vec<u32> = functions.iter().skip(1).map(|function| function.start).collect();
    functions
        .iter()
        .zip(next_starts.into_iter().chain([u32::MAX]))
        .map(|(function, next)| Function {
            start: function.start,
            end: end(function).min(next),
            name: source_name(function.name),
        })
        .collect()
}

/// Whether there is code at an address.
pub(super) fn is_code(file: &File<'_>, address: u64) -> bool {
    file.sections()
        .filter(|section| section.kind() == SectionKind::Text)
        .any(|section| (section.address()..section.address() + section.size()).contains(&address))
}

fn candidates<'a>(file: &'a File<'_>) -> Vec<Candidate<'a>> {
    let candidate = |symbol: object::Symbol<'a, '_>| {
        let section = file.section_by_index(symbol.section_index()?).ok()?;
        let limit = (section.address() + section.size()) as u32;
        let start = symbol.address() as u32;
        let is_code = section.kind() == SectionKind::Text
            && matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Unknown);
        let name = symbol.name().ok()?;
        (is_code && start < limit && !name.is_empty()).then_some(Candidate {
            start,
            size: symbol.size() as u32,
            limit,
            is_global: symbol.is_global(),
            name,
        })
    };
    file.symbols().filter_map(candidate).collect()
}

/// What GCC and LLVM append to the name of a copy or a part of a function.
const CLONE_SUFFIXES: [&str; 6] =
    [".cold", ".constprop.", ".isra.", ".llvm.", ".lto_priv.", ".part."];

/// The name of a symbol's function in its source.
fn source_name(symbol: &str) -> String {
    let suffix = CLONE_SUFFIXES.iter().filter_map(|suffix| symbol.find(suffix)).min();
    format!("{:#}", demangle(&symbol[..suffix.unwrap_or(symbol.len())]))
}

/// Whether a label stands in one of these functions, sorted by their starts.
fn is_inside(label: &Candidate<'_>, functions: &[Candidate<'_>]) -> bool {
    let behind = functions.partition_point(|function| function.start <= label.start);
    behind > 0 && label.start < end(&functions[behind - 1])
}

fn end(function: &Candidate<'_>) -> u32 {
    match function.size {
        0 => function.limit,
        size => function.start + size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_source() {
        let name = "_RNvCs1Qptli4zuWP_4tlib5t_i32";
        assert_eq!(source_name(name), "tlib::t_i32");
        assert_eq!(source_name(&format!("{name}.isra.0.constprop.12")), "tlib::t_i32");
        assert_eq!(source_name(&format!("{name}.part.0.cold")), "tlib::t_i32");
        assert_eq!(source_name("entry.fast"), "entry.fast");
    }
}
