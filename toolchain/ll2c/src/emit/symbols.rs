//! Functions and variables as C knows them: identifiers, signatures, declarations.

use std::fmt::{self, Write as _};
use std::rc::Rc;

use super::ctype::{CType, Container};
use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::names::Role;
use super::unit::Unit;
use crate::error::Error;
use crate::ir::{Function, Linkage, ParamAttrs, Ty};
use crate::module::SymbolKind;
use crate::program::{ModuleId, SymbolId};
use crate::routines;
use crate::source::demangled;

/// A function or variable that the C file refers to.
#[derive(Debug)]
pub(super) struct Entity {
    /// its C identifier
    pub identifier: String,
    /// `None` for a variable
    pub function: Option<Callable>,
}

impl Entity {
    /// Its address, as `ptr`.
    pub fn address(&self) -> Expr {
        let name = Expr::atom(&*self.identifier);
        if self.function.is_some() { name.cast("ptr") } else { name.address().cast("ptr") }
    }
}

/// What calling a function takes.
#[derive(Debug)]
pub(super) struct Callable {
    pub head: Function,
    pub signature: Signature,
    /// Its body belongs into this file.
    pub is_defined: bool,
}

/// How a small integer is widened to a register or stack slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extension {
    Zero,
    Sign,
}

/// Where a call leads: extensions matter only where code that is not Rust may look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Boundary {
    /// Both sides are in this file.
    Inside,
    /// The other side may be C or assembly.
    Outside,
}

/// A parameter or result, as C passes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Passed {
    pub c_type: CType,
    pub extension: Extension,
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.extension, self.c_type) {
            (Extension::Sign, CType::Int(container)) => f.write_str(container.signed_name()),
            (_, c_type) => c_type.fmt(f),
        }
    }
}

/// The C type of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    pub ret: Passed,
    pub params: Vec<Passed>,
    pub is_variadic: bool,
}

impl Signature {
    /// A call with the signature `call` may name a function of this one directly.
    pub fn accepts(&self, call: &Signature) -> bool {
        self.ret == call.ret
            && self.is_variadic == call.is_variadic
            && call.params.starts_with(&self.params)
            && (self.is_variadic || call.params.len() == self.params.len())
    }

    /// `(u32, ptr)`
    pub fn parameter_list(&self) -> String {
        let mut list: Vec<String> = self.params.iter().map(ToString::to_string).collect();
        if self.is_variadic {
            list.push("...".to_owned());
        } else if list.is_empty() {
            list.push("void".to_owned());
        }
        format!("({})", list.join(", "))
    }
}

impl Unit<'_> {
    /// What a name means in a module; from now on it is part of the file.
    pub fn named(&mut self, from: ModuleId, name: &str) -> Outcome<Rc<Entity>> {
        match self.program.resolve(from, name) {
            Some(id) => self.entity(id),
            None => Err(Failure::from(Error::Undefined {
                name: demangled(name),
                user: self.current_name(),
            })),
        }
    }

    /// The C side of a symbol; the symbol is queued when this is the first time.
    pub fn entity(&mut self, id: SymbolId) -> Outcome<Rc<Entity>> {
        if let Some(entity) = self.entities.get(&id) {
            return Ok(Rc::clone(entity));
        }
        let symbol = self.program.symbol(id).clone();
        let entity = match symbol.kind {
            SymbolKind::Function => Entity {
                identifier: self.names.identifier(Role::Function, &symbol.name),
                function: Some(
                    self.callable(id).map_err(|failure| self.place_at_symbol(failure, id))?,
                ),
            },
            SymbolKind::Variable => Entity {
                identifier: self.names.identifier(Role::Variable, &symbol.name),
                function: None,
            },
            SymbolKind::Alias(target) => return self.alias(id, &target),
        };
        let entity = Rc::new(entity);
        self.entities.insert(id, Rc::clone(&entity));
        self.queue.push_back(id);
        Ok(entity)
    }

    /// An alias that must be visible: another name for what it stands for.
    fn alias(&mut self, id: SymbolId, target: &str) -> Outcome<Rc<Entity>> {
        let entity = self.named(id.module, target)?;
        match self.program.resolve(id.module, target) {
            Some(target) if self.program.defines(target) => self.aliases.push((id, target)),
            _ => return Failure::unsupported("an alias of what is defined elsewhere"),
        }
        self.entities.insert(id, Rc::clone(&entity));
        Ok(entity)
    }

    /// Declares an alias, after what it stands for: GCC wants the assembler's name of that.
    pub fn declare_alias(&mut self, id: SymbolId, target: SymbolId) -> Outcome<()> {
        let name = self.program.symbol(id).name.clone();
        let identifier = self.names.identifier(Role::Function, &name);
        let symbol = self.symbol_name(id, true)?;
        let mut attributes = vec![format!("alias(\"{}\")", self.symbols[&target])];
        self.add_symbol_attributes(&mut attributes, id, true, None);
        let attributes = attribute_list(&attributes);
        let target = &self.entities[&target].identifier;
        let _ = writeln!(
            self.declarations,
            "extern __typeof__({target}) {identifier} __asm__(\"{symbol}\"){attributes};"
        );
        Ok(())
    }

    fn callable(&mut self, id: SymbolId) -> Outcome<Callable> {
        let module = &self.program.modules[id.module.0 as usize];
        let head = module.function(id.index, &mut self.program.types)?;
        let is_defined =
            self.program.defines(id) && !routines::is_from_libgcc(&head.name, self.options.float);
        let boundary = if is_defined { Boundary::Inside } else { Boundary::Outside };
        let params = head.params.iter().map(|param| (param.ty, &param.attrs));
        let signature =
            self.signature((head.ret, &head.ret_attrs), params, head.is_vararg, boundary)?;
        Ok(Callable { head, signature, is_defined })
    }

    /// The C signature for a function's or a call's types.
    pub fn signature<'a>(
        &mut self,
        (ret, ret_attrs): (Ty, &ParamAttrs),
        params: impl Iterator<Item = (Ty, &'a ParamAttrs)>,
        is_variadic: bool,
        boundary: Boundary,
    ) -> Outcome<Signature> {
        let ret = self.passed(ret, ret_attrs, boundary)?;
        let params = params
            .map(|(ty, attrs)| self.passed(ty, attrs, boundary))
            .collect::<Outcome<Vec<_>>>()?;
        Ok(Signature { ret, params, is_variadic })
    }

    fn passed(&mut self, ty: Ty, attrs: &ParamAttrs, boundary: Boundary) -> Outcome<Passed> {
        let c_type = self.c_type(ty)?;
        let is_small = matches!(c_type, CType::Int(Container::U8 | Container::U16));
        let extension = if is_small && attrs.signext && boundary == Boundary::Outside {
            Extension::Sign
        } else {
            Extension::Zero
        };
        Ok(Passed { c_type, extension })
    }

    /// Writes the declaration of a function.
    pub fn declare_function(
        &mut self,
        id: SymbolId,
        entity: &Entity,
        callable: &Callable,
    ) -> Outcome<()> {
        let Callable { head, signature, is_defined } = callable;
        refuse_attributes(head, *is_defined)?;
        if !is_defined {
            refuse_structs_outside(head, signature)?;
        }
        let storage = self.storage(id, *is_defined);
        let symbol = self.symbol_name(id, *is_defined)?;
        let mut attributes = Vec::new();
        if head.attrs.noreturn {
            attributes.push("noreturn".to_owned());
        }
        if head.attrs.cold {
            attributes.push("cold".to_owned());
        }
        if head.attrs.noinline {
            attributes.push("noinline".to_owned());
        }
        if let Some(align) = head.align.filter(|&align| *is_defined && align > 2) {
            attributes.push(format!("aligned({align})"));
        }
        self.add_symbol_attributes(&mut attributes, id, *is_defined, head.section.as_deref());
        let Entity { identifier, .. } = entity;
        let (ret, params) = (signature.ret, signature.parameter_list());
        let attributes = attribute_list(&attributes);
        let _ = writeln!(
            self.declarations,
            "{storage}{ret} {identifier}{params} __asm__(\"{symbol}\"){attributes};"
        );
        Ok(())
    }

    /// `static ` for what no other file may see.
    pub fn storage(&self, id: SymbolId, is_defined: bool) -> &'static str {
        match (is_defined, self.is_visible(id, is_defined)) {
            (false, _) => "extern ",
            (true, true) => "",
            (true, false) => "static ",
        }
    }

    /// The name that the assembler gets.
    pub fn symbol_name(&mut self, id: SymbolId, is_defined: bool) -> Outcome<String> {
        let name = self.new_symbol_name(id, is_defined)?;
        self.symbols.insert(id, name.clone());
        Ok(name)
    }

    fn new_symbol_name(&mut self, id: SymbolId, is_defined: bool) -> Outcome<String> {
        let symbol = self.program.symbol(id);
        let (name, is_local) = (symbol.name.clone(), symbol.linkage.is_local());
        if self.is_visible(id, is_defined) {
            return self.names.external(&name);
        }
        let modules = &self.program.modules;
        Ok(self.names.local(&name, |name| {
            // Names that other files may know are for those who have them by right.
            is_local
                && modules.iter().any(|module| {
                    let symbol = module.find(name).map(|index| &module.symbols()[index as usize]);
                    symbol.is_some_and(|symbol| !symbol.linkage.is_local())
                })
        }))
    }

    /// Adds what functions and variables have in common.
    pub fn add_symbol_attributes(
        &self,
        attributes: &mut Vec<String>,
        id: SymbolId,
        is_defined: bool,
        section: Option<&str>,
    ) {
        let is_weak = match self.program.symbol(id).linkage {
            Linkage::Weak | Linkage::LinkOnce => is_defined && self.is_visible(id, is_defined),
            // Others are not: ld takes nothing from an archive for a weak reference.
            linkage => linkage == Linkage::ExternWeak,
        };
        if is_weak {
            attributes.push("weak".to_owned());
        }
        if let Some(section) = section {
            attributes.push(format!("section(\"{section}\")"));
        }
        if self.used.contains(&id) {
            attributes.push("used".to_owned());
        }
    }

    fn is_visible(&self, id: SymbolId, is_defined: bool) -> bool {
        !self.program.symbol(id).linkage.is_local() && (!is_defined || self.roots.contains(&id))
    }
}

/// ` __attribute__((a, b))`, or nothing.
pub(super) fn attribute_list(attributes: &[String]) -> String {
    if attributes.is_empty() {
        String::new()
    } else {
        format!(" __attribute__(({}))", attributes.join(", "))
    }
}

fn refuse_attributes(head: &Function, is_defined: bool) -> Outcome<()> {
    if head.attrs.naked {
        return Failure::unsupported("a naked function");
    }
    if head.is_vararg && is_defined {
        return Failure::unsupported("the definition of a function with variable arguments");
    }
    Ok(())
}

/// C passes structs in ways that the IR does not tell: only scalars and pointers cross over.
fn refuse_structs_outside(head: &Function, signature: &Signature) -> Outcome<()> {
    let is_struct = |passed: &Passed| {
        matches!(passed.c_type, CType::Struct(_) | CType::Int(Container::U128 | Container::U256))
    };
    let is_by_address =
        head.params.iter().any(|p| p.attrs.byval.is_some() || p.attrs.sret.is_some());
    if is_by_address || is_struct(&signature.ret) || signature.params.iter().any(is_struct) {
        return Failure::unsupported(
            "a struct or 128-bit integer by value to or from a function that is not Rust",
        );
    }
    Ok(())
}
