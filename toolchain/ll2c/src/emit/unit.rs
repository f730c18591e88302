//! The C file in the making: the queue of what is still to write, and its parts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use super::RUNTIME;
use super::constants::c_string;
use super::ctype::{CType, CTypes};
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use super::names::Names;
use super::symbols::Entity;
use super::width::Width;
use crate::error::{Error, Result};
use crate::ir::{Ty, TypeKind};
use crate::layout::{Layout, Layouts};
use crate::module::SymbolKind;
use crate::options::Options;
use crate::program::{ModuleId, Program, SymbolId};
use crate::source::demangled;

/// The C file in the making.
pub(super) struct Unit<'p> {
    pub program: &'p mut Program,
    pub options: &'p Options,
    pub layouts: Layouts,
    pub c_types: CTypes,
    pub names: Names,
    /// Visible to the linker, if their linkage allows it.
    pub roots: HashSet<SymbolId>,
    /// In `@llvm.used`: neither GCC nor ld may drop them.
    pub used: HashSet<SymbolId>,
    pub entities: HashMap<SymbolId, Rc<Entity>>,
    pub queue: VecDeque<SymbolId>,
    /// aliases that others may see, and what they stand for
    pub aliases: Vec<(SymbolId, SymbolId)>,
    /// what the assembler calls those that are declared
    pub symbols: HashMap<SymbolId, String>,
    pub declarations: String,
    pub variables: String,
    pub functions: String,
    /// The symbol that is being written.
    pub current: Option<SymbolId>,
}

impl<'p> Unit<'p> {
    /// An empty file, with the roots queued.
    pub fn new(program: &'p mut Program, options: &'p Options) -> Result<Self> {
        let roots = program.roots(options)?;
        let used = used_symbols(program);
        let mut unit = Unit {
            program,
            options,
            layouts: Layouts::default(),
            c_types: CTypes::default(),
            names: Names::default(),
            roots: roots.iter().copied().collect(),
            used,
            entities: HashMap::new(),
            queue: VecDeque::new(),
            aliases: Vec::new(),
            symbols: HashMap::new(),
            declarations: String::new(),
            variables: String::new(),
            functions: String::new(),
            current: None,
        };
        for root in roots {
            unit.entity(root).map_err(|failure| unit.place_at_symbol(failure, root))?;
        }
        Ok(unit)
    }

    /// Writes everything that is reachable.
    pub fn translate(mut self) -> Result<String> {
        while let Some(id) = self.queue.pop_front() {
            self.current = Some(id);
            self.write(id)?;
        }
        for (alias, target) in std::mem::take(&mut self.aliases) {
            self.declare_alias(alias, target)
                .map_err(|failure| self.place_at_symbol(failure, alias))?;
        }
        Ok(self.assemble())
    }

    fn write(&mut self, id: SymbolId) -> Result<()> {
        let entity = Rc::clone(&self.entities[&id]);
        match &entity.function {
            None => self
                .write_variable(id, &entity)
                .map_err(|failure| self.place_at_symbol(failure, id)),
            Some(callable) => {
                self.declare_function(id, &entity, callable)
                    .map_err(|failure| self.place_at_symbol(failure, id))?;
                if callable.is_defined {
                    FunctionEmitter::write(self, id, &entity.identifier, callable)?;
                }
                Ok(())
            }
        }
    }

    fn assemble(self) -> String {
        let assembly = self.module_assembly();
        let parts = [
            RUNTIME,
            "\n/* ---- the program ---- */\n",
            &self.c_types.typedefs,
            &self.declarations,
            &assembly,
            &self.variables,
            &self.functions,
        ];
        parts.concat()
    }

    /// `module asm`, outside the standard library, as it is.
    fn module_assembly(&self) -> String {
        let mut text = String::new();
        for module in self.program.modules.iter().filter(|module| !module.is_standard_library()) {
            if module.assembly().is_empty() {
                continue;
            }
            text.push_str("__asm__(");
            for line in module.assembly() {
                text.push_str("\n  ");
                text.push_str(&c_string(format!("{line}\n").as_bytes()));
            }
            text.push_str(");\n");
        }
        text
    }

    /// The C type of values of an IR type.
    pub fn c_type(&mut self, ty: Ty) -> Outcome<CType> {
        self.c_types.of(&self.program.types, ty)
    }

    /// The layout in memory of an IR type.
    pub fn layout(&mut self, ty: Ty) -> Outcome<Layout> {
        Ok(self.layouts.of(&self.program.types, ty)?)
    }

    /// The width of an integer type, or a refusal that names the construct.
    pub fn width(&self, ty: Ty, construct: &str) -> Outcome<Width> {
        if let &TypeKind::Int(bits) = self.kind(ty)
            && let Some(width) = Width::new(bits)
        {
            return Ok(width);
        }
        Failure::unsupported(format!("{construct} on {}", self.describe(ty)))
    }

    /// What a type stands for.
    pub fn kind(&self, ty: Ty) -> &TypeKind {
        self.program.types.kind(ty)
    }

    /// A type as the IR writes it.
    pub fn describe(&self, ty: Ty) -> String {
        self.program.types.describe(ty)
    }

    /// The name of the symbol that is being written, for messages.
    pub fn current_name(&self) -> String {
        let name = self.current.map(|id| self.program.symbol(id).name.to_string());
        demangled(&name.unwrap_or_default())
    }

    /// An error at a line of IR.
    pub fn place(
        &self,
        failure: Failure,
        module: ModuleId,
        line: u32,
        function: Option<&str>,
    ) -> Error {
        match failure {
            Failure::Placed(error) => *error,
            Failure::Unsupported(construct) => Error::Unsupported {
                construct,
                at: self.program.module(module).place(line, function),
            },
        }
    }

    /// An error at the line of IR with which a symbol begins.
    pub fn place_at_symbol(&self, failure: Failure, id: SymbolId) -> Error {
        let symbol = self.program.symbol(id);
        let function = (symbol.kind == SymbolKind::Function).then_some(&*symbol.name);
        self.place(failure, id.module, symbol.line, function)
    }
}

fn used_symbols(program: &Program) -> HashSet<SymbolId> {
    let mut used = HashSet::new();
    for (index, module) in program.modules.iter().enumerate() {
        let id = ModuleId(u32::try_from(index).expect("fewer than 2^32 modules"));
        used.extend(module.used().iter().filter_map(|name| program.resolve(id, name)));
    }
    used
}
