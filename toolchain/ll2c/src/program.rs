//! All IR files of one program, and which symbol a name means in each of them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::ir::{Linkage, Name};
use crate::module::{Module, Symbol, SymbolKind};
use crate::options::{Float, Options};
use crate::source::demangled;
use crate::types::Types;
use crate::{routines, shim};

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
    /// the strongest symbol of each name that is visible between modules
    globals: HashMap<Name, SymbolId>,
}

/// A chain of aliases that is longer is a circle.
const MAX_ALIASES: usize = 64;

impl Program {
    /// Loads and indexes the files.
    pub fn load(paths: &[PathBuf]) -> Result<Program> {
        let mut program = Program::default();
        for path in paths {
            let module = Module::load(path, &mut program.types)?;
            program.add(module)?;
        }
        program.add_shim()?;
        Ok(program)
    }

    /// A program of one module in memory, for tests.
    pub fn from_text(text: &str) -> Result<Program> {
        let mut program = Program::default();
        let path = Path::new("test.ll");
        let module = Module::from_text(path, text.to_owned(), &mut program.types)?;
        program.add(module)?;
        Ok(program)
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
        let mut id = self.lookup(from, name)?;
        for _ in 0..MAX_ALIASES {
            match &self.symbol(id).kind {
                SymbolKind::Alias(target) => id = self.lookup(id.module, target)?,
                SymbolKind::Variable | SymbolKind::Function => return Some(id),
            }
        }
        None
    }

    /// The symbol has a body or an initializer that belongs into the program.
    pub fn defines(&self, id: SymbolId) -> bool {
        strength(self.symbol(id)).is_some()
    }

    /// What must be kept, and stay visible to the linker under its own name:
    /// unmangled external definitions outside the standard library, the names in
    /// `@llvm.used`, those that `options` adds, with soft float the arithmetic
    /// routines that GCC calls, and `memcpy` and its like if they are defined.
    pub fn roots(&self, options: &Options) -> Result<Vec<SymbolId>> {
        let mut roots = self.exported();
        for (module, id) in self.modules.iter().zip((0..).map(ModuleId)) {
            for name in module.used() {
                roots.push(self.resolve(id, name).ok_or_else(|| undefined(name, "@llvm.used"))?);
            }
        }
        for name in &options.roots {
            let root = self.definition(name).ok_or_else(|| undefined(name, "the command line"))?;
            roots.push(root);
        }
        if options.float == Float::Soft {
            roots.extend(routines::FLOAT.iter().filter_map(|name| self.definition(name)));
        }
        roots.extend(routines::MEMORY.iter().filter_map(|name| self.definition(name)));
        let mut seen = HashSet::new();
        roots.retain(|&root| seen.insert(root));
        Ok(roots)
    }

    fn exported(&self) -> Vec<SymbolId> {
        let mut exported = Vec::new();
        for (module, number) in self.modules.iter().zip((0..).map(ModuleId)) {
            if module.is_standard_library() {
                continue;
            }
            for (symbol, index) in module.symbols().iter().zip(0..) {
                let id = SymbolId { module: number, index };
                if self.globals.get(&symbol.name) != Some(&id) || !is_exported(symbol) {
                    continue;
                }
                exported.push(id);
            }
        }
        exported
    }

    fn lookup(&self, from: ModuleId, name: &str) -> Option<SymbolId> {
        let own = self.module(from).find(name).map(|index| SymbolId { module: from, index });
        match own {
            Some(id) if self.symbol(id).linkage.is_local() => own,
            _ => self.globals.get(name).copied().or(own),
        }
    }

    /// The definition of a name that is visible between modules.
    fn definition(&self, name: &str) -> Option<SymbolId> {
        self.globals.get(name).copied().filter(|&id| self.defines(id))
    }

    fn add(&mut self, module: Module) -> Result<()> {
        let number = ModuleId(self.modules.len() as u32);
        self.modules.push(module);
        let module = &self.modules[number.0 as usize];
        for (symbol, index) in module.symbols().iter().zip(0..) {
            if symbol.linkage.is_local() || symbol.linkage == Linkage::Appending {
                continue;
            }
            let known = self.globals.entry(symbol.name.clone());
            let id = SymbolId { module: number, index };
            let best = *known.or_insert(id);
            let other = &self.modules[best.module.0 as usize].symbols()[best.index as usize];
            match (strength(symbol), strength(other)) {
                (Some(Strength::Strong), Some(Strength::Strong)) if best != id => {
                    let name = demangled(&symbol.name);
                    return Err(Error::Duplicate { name, at: module.place(symbol.line, None) });
                }
                (new, old) if new > old => {
                    self.globals.insert(symbol.name.clone(), id);
                }
                _ => (),
            }
        }
        Ok(())
    }

    fn add_shim(&mut self) -> Result<()> {
        let mut undefined: Vec<&str> = self
            .globals
            .iter()
            .filter(|&(_, &id)| !self.defines(id))
            .map(|(name, _)| &**name)
            .collect();
        undefined.sort_unstable();
        let text = shim::text(undefined.into_iter(), |name| self.definition(name).is_some());
        let module = Module::from_text(Path::new("allocator shim"), text, &mut self.types)?;
        self.add(module)
    }
}

/// How much a definition weighs against another one of the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    LinkOnce,
    Weak,
    Common,
    Strong,
}

/// `None` for what defines nothing.
fn strength(symbol: &Symbol) -> Option<Strength> {
    let strength = match symbol.linkage {
        Linkage::AvailableExternally | Linkage::ExternWeak => return None,
        Linkage::LinkOnce => Strength::LinkOnce,
        Linkage::Weak => Strength::Weak,
        Linkage::Common => Strength::Common,
        Linkage::External | Linkage::Private | Linkage::Internal | Linkage::Appending => {
            Strength::Strong
        }
    };
    symbol.is_defined.then_some(strength)
}

/// The name is one that assembly, C or the linker script can know.
fn is_exported(symbol: &Symbol) -> bool {
    let is_mangled = symbol.name.starts_with("_R") || symbol.name.starts_with("_ZN");
    strength(symbol).is_some() && !is_mangled && !symbol.name.starts_with("llvm.")
}

fn undefined(name: &str, user: &str) -> Error {
    Error::Undefined { name: demangled(name), user: user.to_owned() }
}
