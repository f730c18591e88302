//! All IR files of one program, and which symbol a name means in each of them.

use std::path::PathBuf;

use crate::error::Result;
use crate::module::{Module, Symbol};
use crate::options::Options;
use crate::types::Types;

/// A module, by its place in [`Program::modules`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ModuleId(pub u32);

/// A symbol of a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SymbolId {
    /// its module
    pub module: ModuleId,
    /// its place in that module's symbol table
    pub index: u32,
}

/// The IR files of one program.
#[derive(Debug, Default)]
pub struct Program {
    /// the types of all modules
    pub types: Types,
    /// the files, in the order given, and what ll2c adds to them
    pub modules: Vec<Module>,
}

impl Program {
    /// Loads and indexes the files.
    pub fn load(paths: &[PathBuf]) -> Result<Program> {
        todo!("{paths:?}")
    }

    /// A program of one module in memory, for tests.
    pub fn from_text(text: &str) -> Result<Program> {
        todo!("{text}")
    }

    /// A module.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// An entry of a symbol table.
    pub fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.module(id.module).symbols()[id.index as usize]
    }

    /// What `name` means in the module `from`: a local symbol of that module if
    /// there is one, else the strongest definition anywhere, else a declaration.
    /// Aliases are followed. `available_externally` does not define: the answer
    /// is a definition exactly if [`Program::defines`] says so.
    pub fn resolve(&self, from: ModuleId, name: &str) -> Option<SymbolId> {
        todo!("{from:?} {name}")
    }

    /// The symbol has a body or an initializer that belongs into the program.
    pub fn defines(&self, id: SymbolId) -> bool {
        todo!("{id:?}")
    }

    /// What must be kept, and stay visible to the linker under its own name:
    /// unmangled external definitions outside the standard library, the names in
    /// `@llvm.used`, those that `options` adds, with soft float the arithmetic
    /// routines that GCC calls, and `memcpy` and its like if they are defined.
    pub fn roots(&self, options: &Options) -> Result<Vec<SymbolId>> {
        todo!("{options:?}")
    }
}
