//! One IR file: an index of its lines, parsed on demand.
//!
//! With fat LTO the file of a small program has 40 MB, most of it unreachable
//! functions and debug information. So loading only finds where each top-level
//! line stands; functions, variables and metadata are parsed when they are
//! asked for.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Place, Result};
use crate::ir::{Body, Function, Linkage, MetaId, Name, Variable};
use crate::types::Types;

/// What a global name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// a global variable or constant
    Variable,
    /// a function
    Function,
    /// another name for this symbol of the same module
    Alias(Name),
}

/// An entry of a module's symbol table.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// its name
    pub name: Name,
    /// what it stands for
    pub kind: SymbolKind,
    /// its linkage
    pub linkage: Linkage,
    /// it has a body or an initializer here (also when it is `available_externally`)
    pub is_defined: bool,
    /// line of the IR file, from 1
    pub line: u32,
}

/// A place in the source that rustc compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLocation {
    /// as rustc was told, with the directory if it is relative
    pub file: Arc<str>,
    /// from 1
    pub line: u32,
}

/// An IR file.
#[derive(Debug)]
pub struct Module {}

impl Module {
    /// Reads and indexes a file.
    pub fn load(path: &Path, types: &mut Types) -> Result<Module> {
        unimplemented!("{path:?} {types:?}")
    }

    /// Indexes the text of a file that is already in memory; `path` is for messages.
    pub fn from_text(path: &Path, text: String, types: &mut Types) -> Result<Module> {
        unimplemented!("{path:?} {text} {types:?}")
    }

    /// Where it came from.
    pub fn path(&self) -> &Path {
        unimplemented!()
    }

    /// `core`, `alloc` or `compiler_builtins`, by the name of its file.
    pub fn is_standard_library(&self) -> bool {
        unimplemented!()
    }

    /// Its symbol table, in the order of the text.
    pub fn symbols(&self) -> &[Symbol] {
        unimplemented!()
    }

    /// The index of a name in the symbol table.
    pub fn find(&self, name: &str) -> Option<u32> {
        unimplemented!("{name}")
    }

    /// The names in `@llvm.used` and `@llvm.compiler.used`.
    pub fn used(&self) -> &[Name] {
        unimplemented!()
    }

    /// The lines of `module asm`, unescaped, without line ends.
    pub fn assembly(&self) -> &[Box<str>] {
        unimplemented!()
    }

    /// Parses the variable with this index, which must be one.
    pub fn variable(&self, index: u32, types: &mut Types) -> Result<Variable> {
        unimplemented!("{index} {types:?}")
    }

    /// Parses the head of the function with this index, which must be one.
    pub fn function(&self, index: u32, types: &mut Types) -> Result<Function> {
        unimplemented!("{index} {types:?}")
    }

    /// Parses the body of a function of this module that has one.
    pub fn parse_body(&self, function: &Function, types: &mut Types) -> Result<Body> {
        unimplemented!("{function:?} {types:?}")
    }

    /// The source of a `DILocation`, or of the head of a `DISubprogram`.
    pub fn location(&self, id: MetaId) -> Option<SourceLocation> {
        unimplemented!("{id:?}")
    }

    /// A place for an error message: a line of this file, in a function (its raw name).
    pub fn place(&self, line: u32, function: Option<&str>) -> Place {
        unimplemented!("{line} {function:?}")
    }
}
