//! One IR file: an index of its lines, parsed on demand.
//!
//! With fat LTO the file of a small program has 40 MB, most of it unreachable
//! functions and debug information. So loading only finds where each top-level
//! line stands; functions, variables and metadata are parsed when they are
//! asked for.

use std::collections::HashMap;
use std::path::Path;

use crate::debug::Files;
pub use crate::debug::SourceLocation;
use crate::error::{Error, Place, Result};
use crate::index::{Index, Line};
use crate::ir::{Body, Const, Function, Linkage, MetaId, Name, TypeKind, Variable};
use crate::layout::DATA_LAYOUT;
use crate::lexer::unescape;
use crate::parse::{self, Context, Cursor, NamedTypes};
use crate::source::Source;
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

/// An IR file.
#[derive(Debug)]
pub struct Module {
    source: Source,
    index: Index,
    symbols: Vec<Symbol>,
    names: HashMap<Name, u32>,
    named_types: NamedTypes,
    used: Vec<Name>,
    assembly: Vec<Box<str>>,
    files: Files,
}

impl Module {
    /// Reads and indexes a file.
    pub fn load(path: &Path, types: &mut Types) -> Result<Module> {
        Module::index(Source::read(path)?, types)
    }

    /// Indexes the text of a file that is already in memory; `path` is for messages.
    pub fn from_text(path: &Path, text: String, types: &mut Types) -> Result<Module> {
        Module::index(Source::new(path, text), types)
    }

    fn index(source: Source, types: &mut Types) -> Result<Module> {
        let mut module = Module {
            index: Index::of(source.text()),
            source,
            symbols: Vec::new(),
            names: HashMap::new(),
            named_types: NamedTypes::new(),
            used: Vec::new(),
            assembly: Vec::new(),
            files: Files::default(),
        };
        module.check_data_layout()?;
        module.read_named_types(types)?;
        module.read_symbols(types)?;
        module.read_used(types)?;
        module.assembly =
            module.index.assembly.iter().map(|line| module.assembly_line(line)).collect();
        Ok(module)
    }

    /// IR for another machine would be translated, wrongly. IR by hand may say nothing.
    fn check_data_layout(&self) -> Result<()> {
        let Some(line) = &self.index.data_layout else { return Ok(()) };
        let text = &self.source.text()[line.text.clone()];
        if text.split('"').nth(1) == Some(DATA_LAYOUT) {
            return Ok(());
        }
        let construct = format!("a data layout other than \"{DATA_LAYOUT}\"");
        Err(Error::Unsupported { construct, at: self.place(line.number, None) })
    }

    /// Where it came from.
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// `core`, `alloc` or `compiler_builtins`, by the name of its file.
    pub fn is_standard_library(&self) -> bool {
        let name = self.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let crate_name = name.split_once('-').map_or(name, |(crate_name, _)| crate_name);
        matches!(crate_name, "core" | "alloc" | "compiler_builtins")
    }

    /// rustc was told to emit debug information for it.
    pub fn has_debug_info(&self) -> bool {
        self.index.has_debug_info
    }

    /// Its symbol table, in the order of the text.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The index of a name in the symbol table.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    /// The names in `@llvm.used` and `@llvm.compiler.used`.
    pub fn used(&self) -> &[Name] {
        &self.used
    }

    /// The lines of `module asm`, unescaped, without line ends.
    pub fn assembly(&self) -> &[Box<str>] {
        &self.assembly
    }

    /// Parses the variable with this index, which must be one.
    pub fn variable(&self, index: u32, types: &mut Types) -> Result<Variable> {
        self.cursor(&self.index.globals[index as usize].line, types).variable()
    }

    /// Parses the head of the function with this index, which must be one.
    pub fn function(&self, index: u32, types: &mut Types) -> Result<Function> {
        let global = &self.index.globals[index as usize];
        let groups = |number: &str| {
            let line = self.index.groups.get(number)?;
            Some((&self.source.text()[line.text.clone()], line.number))
        };
        let name = &self.symbols[index as usize].name;
        let context = Context { function: Some(name), ..self.context() };
        let text = &self.source.text()[global.line.text.clone()];
        Cursor::new(context, types, text, global.line.number).function(global.body.clone(), &groups)
    }

    /// Parses the body of a function of this module that has one.
    pub fn parse_body(&self, function: &Function, types: &mut Types) -> Result<Body> {
        let context = Context { function: Some(&function.name), ..self.context() };
        let body = function.body.as_ref().expect("only functions with a body are parsed");
        parse::body(context, types, body)
    }

    /// The source of a `DILocation`, or of the head of a `DISubprogram`.
    pub fn location(&self, id: MetaId) -> Option<SourceLocation> {
        let nodes = |MetaId(id): MetaId| {
            let start = *self.index.metadata.get(id as usize)?;
            self.source.text().get(start..)
        };
        self.files.location(id, &nodes)
    }

    /// A place for an error message: a line of this file, in a function (its raw name).
    pub fn place(&self, line: u32, function: Option<&str>) -> Place {
        self.source.place(line, function)
    }

    fn context(&self) -> Context<'_> {
        Context { source: &self.source, named: &self.named_types, function: None }
    }

    fn cursor<'a>(&'a self, line: &Line, types: &'a mut Types) -> Cursor<'a> {
        let text = &self.source.text()[line.text.clone()];
        Cursor::new(self.context(), types, text, line.number)
    }

    /// A type may stand before those that it consists of, so that this goes over
    /// the list until nothing new is found.
    fn read_named_types(&mut self, types: &mut Types) -> Result<()> {
        let mut waiting: Vec<Line> = self.index.named_types.clone();
        while !waiting.is_empty() {
            let mut failed = Vec::new();
            let mut first_error = None;
            for line in &waiting {
                match self.cursor(line, types).type_definition() {
                    Ok((name, ty)) => {
                        self.named_types.insert(name, ty);
                    }
                    Err(error) => {
                        first_error.get_or_insert(error);
                        failed.push(line.clone());
                    }
                }
            }
            match first_error {
                Some(error) if failed.len() == waiting.len() => return Err(error),
                _ => waiting = failed,
            }
        }
        Ok(())
    }

    fn read_symbols(&mut self, types: &mut Types) -> Result<()> {
        for (index, global) in (0..).zip(&self.index.globals) {
            let line = &global.line;
            let head = parse::head(&self.source.text()[line.text.clone()]).ok_or_else(|| {
                let message = "this is neither a function nor a variable nor an alias".into();
                Error::Syntax { message, at: self.place(line.number, None) }
            })?;
            let kind = match head.kind {
                SymbolKind::Alias(_) => SymbolKind::Alias(self.cursor(line, types).alias_target()?),
                kind => kind,
            };
            let name: Name = self.name(&head.raw_name, line)?;
            self.names.insert(name.clone(), index);
            self.symbols.push(Symbol {
                name,
                kind,
                linkage: head.linkage,
                is_defined: head.is_defined,
                line: line.number,
            });
        }
        Ok(())
    }

    fn name(&self, raw: &str, line: &Line) -> Result<Name> {
        match std::str::from_utf8(&unescape(raw)) {
            // A leading \01 tells LLVM to add no prefix; there are none on ELF.
            Ok(name) => Ok(name.strip_prefix('\u{1}').unwrap_or(name).into()),
            Err(_) => Err(Error::Syntax {
                message: format!("the name \"{raw}\" is not UTF-8"),
                at: self.place(line.number, None),
            }),
        }
    }

    fn read_used(&mut self, types: &mut Types) -> Result<()> {
        for list in ["llvm.used", "llvm.compiler.used"] {
            let Some(index) = self.find(list) else { continue };
            let variable = self.variable(index, types)?;
            let Some(Const::Aggregate(elements)) = variable.init else { continue };
            for (ty, element) in elements {
                let (TypeKind::Ptr, Const::Global(name)) = (types.kind(ty), element) else {
                    let at = self.place(variable.line, None);
                    let construct = format!("an element of @{list} that is no plain symbol");
                    return Err(Error::Unsupported { construct, at });
                };
                self.used.push(name);
            }
        }
        Ok(())
    }

    /// The text between the quotes of `module asm "…"`.
    fn assembly_line(&self, line: &Line) -> Box<str> {
        let text = &self.source.text()[line.text.clone()];
        let quoted = text.split('"').nth(1).unwrap_or_default();
        String::from_utf8_lossy(&unescape(quoted)).into()
    }
}
