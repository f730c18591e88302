//! Variables, aliases and the heads of functions (LLVM Language Reference,
//! "Global Variables", "Functions", "Aliases").

use std::ops::Range;

use super::Cursor;
use super::attributes::Groups;
use crate::error::Result;
use crate::ir::{BodySource, Function, FunctionAttrs, Linkage, MetaId, Name, Param, Variable};
use crate::lexer::{Lexer, Token};
use crate::module::SymbolKind;

/// What the first words of a global tell.
#[derive(Debug)]
pub struct Head {
    /// function, variable or alias
    pub kind: SymbolKind,
    /// its linkage
    pub linkage: Linkage,
    /// it has a body or an initializer
    pub is_defined: bool,
    /// its name as written, without `@`
    pub raw_name: Box<str>,
}

/// Reads as much of a line as the symbol table needs; `None` if it is no global.
/// The target of an alias is left empty: it takes a [`Cursor`] to find it.
pub fn head(line: &str) -> Option<Head> {
    let mut lexer = Lexer::new(line, 1);
    let mut raw_name = None;
    let mut linkage = Linkage::External;
    let (mut kind, mut is_defined) = match lexer.next() {
        Token::Word("define") => (Some(SymbolKind::Function), true),
        Token::Word("declare") => (Some(SymbolKind::Function), false),
        Token::Global(name) => {
            raw_name = Some(name);
            (None, true)
        }
        _ => return None,
    };
    loop {
        match lexer.next() {
            Token::Word("global" | "constant") if kind.is_none() => {
                kind = Some(SymbolKind::Variable);
            }
            Token::Word("ifunc") if kind.is_none() => return None,
            Token::Word("alias") if kind.is_none() => {
                kind = Some(SymbolKind::Alias(Name::from("")));
            }
            Token::Word("external" | "extern_weak") if kind.is_none() => is_defined = false,
            Token::Word(word) => linkage = linkage_of(word).unwrap_or(linkage),
            Token::Global(name) => raw_name = Some(name),
            Token::End => return None,
            _ => (),
        }
        if let (Some(kind), Some(name)) = (&kind, raw_name) {
            return Some(Head { kind: kind.clone(), linkage, is_defined, raw_name: name.into() });
        }
    }
}

fn linkage_of(word: &str) -> Option<Linkage> {
    Some(match word {
        "private" => Linkage::Private,
        "internal" => Linkage::Internal,
        "external" => Linkage::External,
        "weak" | "weak_odr" => Linkage::Weak,
        "linkonce" | "linkonce_odr" => Linkage::LinkOnce,
        "extern_weak" => Linkage::ExternWeak,
        "available_externally" => Linkage::AvailableExternally,
        "common" => Linkage::Common,
        "appending" => Linkage::Appending,
        _ => return None,
    })
}

/// The words before the type of a global.
#[derive(Default)]
struct Prefix {
    linkage: Option<Linkage>,
    is_thread_local: bool,
}

impl<'a> Cursor<'a> {
    /// Takes linkage, visibility and the like.
    fn prefix(&mut self) -> Result<Prefix> {
        let mut prefix = Prefix::default();
        while let Token::Word(word) = self.token {
            match word {
                "dso_local"
                | "dso_preemptable"
                | "default"
                | "hidden"
                | "protected"
                | "unnamed_addr"
                | "local_unnamed_addr"
                | "externally_initialized" => (),
                "thread_local" => prefix.is_thread_local = true,
                "dllimport" | "dllexport" | "addrspace" | "ifunc" => {
                    return Err(self.unsupported(word));
                }
                _ => match linkage_of(word) {
                    Some(linkage) => prefix.linkage = Some(linkage),
                    None => return Ok(prefix),
                },
            }
            self.bump();
            if word == "thread_local" {
                self.skip_group()?;
            }
        }
        Ok(prefix)
    }

    /// `@name = … global ty init, …`
    pub fn variable(mut self) -> Result<Variable> {
        let line = self.line;
        let name = self.global_name()?;
        self.expect_punct('=')?;
        let prefix = self.prefix()?;
        let is_const = self.accept_word("constant");
        if !is_const {
            self.expect_word("global")?;
        }
        let ty = self.ty()?;
        let init = match self.token {
            Token::Punct(',') | Token::End => None,
            _ => Some(self.constant(ty)?),
        };
        let mut variable = Variable {
            name,
            linkage: prefix.linkage.unwrap_or(Linkage::External),
            is_const,
            is_thread_local: prefix.is_thread_local,
            ty,
            init,
            align: None,
            section: None,
            line,
        };
        self.variable_suffix(&mut variable)?;
        Ok(variable)
    }

    fn variable_suffix(&mut self, variable: &mut Variable) -> Result<()> {
        while self.accept_punct(',') {
            match self.token {
                Token::Word("align") => variable.align = Some(self.alignment()?),
                Token::Word("section") => {
                    self.bump();
                    variable.section = Some(self.string("the name of a section")?);
                }
                Token::Word(word @ ("comdat" | "partition" | "code_model")) => {
                    return Err(self.unsupported(word));
                }
                Token::Word("no_sanitize_address" | "no_sanitize_hwaddress") => {
                    self.bump();
                }
                Token::Meta(_) => {
                    self.bump();
                    self.metadata_id()?;
                }
                _ => return Err(self.expected("an attribute of a variable")),
            }
        }
        if self.token == Token::End { Ok(()) } else { Err(self.expected("`,`")) }
    }

    /// `@name = … alias ty, ptr @target`: the name of the target.
    pub fn alias_target(mut self) -> Result<Name> {
        self.global_name()?;
        self.expect_punct('=')?;
        self.prefix()?;
        self.expect_word("alias")?;
        self.function_type()?;
        self.expect_punct(',')?;
        self.expect_word("ptr")?;
        match self.token {
            Token::Global(_) => self.global_name(),
            _ => Err(self.unsupported("an alias of a constant expression")),
        }
    }

    /// `define …` or `declare …`, without the body, whose place is `text`.
    pub fn function(
        mut self,
        text: Option<Range<usize>>,
        groups: &Groups<'_, 'a>,
    ) -> Result<Function> {
        let line = self.line;
        if !self.accept_word("define") {
            self.expect_word("declare")?;
        }
        let mut debug = self.attachments()?;
        let prefix = self.prefix()?;
        self.calling_convention()?;
        let ret_attrs = self.param_attrs()?;
        let ret = self.ty()?;
        let name = self.global_name()?;
        let (params, names, is_vararg) = self.params()?;
        let mut function = Function {
            name,
            linkage: prefix.linkage.unwrap_or(Linkage::External),
            ret,
            ret_attrs,
            params,
            is_vararg,
            attrs: FunctionAttrs::default(),
            section: None,
            align: None,
            debug: None,
            body: text.map(|text| BodySource { text, first_line: line + 1, params: names }),
            line,
        };
        debug = self.function_suffix(&mut function, groups)?.or(debug);
        Ok(Function { debug, ..function })
    }

    /// Takes a calling convention. All code is made by one GCC, so that those of
    /// LLVM's own are as good as C's.
    pub(super) fn calling_convention(&mut self) -> Result<()> {
        match self.token {
            Token::Word("ccc" | "fastcc" | "coldcc" | "preserve_mostcc" | "preserve_allcc") => {
                self.bump();
                Ok(())
            }
            Token::Word(word) if word.starts_with("cc") || word.ends_with("cc") => {
                Err(self.unsupported(format!("the calling convention {word}")))
            }
            _ => Ok(()),
        }
    }

    fn params(&mut self) -> Result<(Vec<Param>, Box<[Name]>, bool)> {
        let (mut params, mut names, mut is_vararg) = (Vec::new(), Vec::new(), false);
        self.expect_punct('(')?;
        if self.accept_punct(')') {
            return Ok((params, names.into(), false));
        }
        loop {
            if self.accept(Token::Ellipsis) {
                is_vararg = true;
            } else {
                let (ty, attrs) = (self.ty()?, self.param_attrs()?);
                params.push(Param { ty, attrs });
                match self.token {
                    Token::Local(name) => {
                        names.push(name.into());
                        self.bump();
                    }
                    _ => names.push(params.len().saturating_sub(1).to_string().into()),
                }
            }
            if !self.accept_punct(',') {
                self.expect_punct(')')?;
                return Ok((params, names.into(), is_vararg));
            }
        }
    }

    /// What follows the parameters; the answer is `!dbg`.
    fn function_suffix(
        &mut self,
        function: &mut Function,
        groups: &Groups<'_, 'a>,
    ) -> Result<Option<MetaId>> {
        let mut debug = None;
        loop {
            match self.token {
                Token::Punct('{') | Token::End => return Ok(debug),
                Token::Meta(_) => debug = self.attachments()?.or(debug),
                Token::Word("unnamed_addr" | "local_unnamed_addr") => {
                    self.bump();
                }
                Token::Word("section") => {
                    self.bump();
                    function.section = Some(self.string("the name of a section")?);
                }
                Token::Word("align") => function.align = Some(self.alignment()?),
                // Nothing unwinds, so that nobody asks for the personality.
                Token::Word("personality") => {
                    self.bump();
                    self.typed_constant()?;
                }
                Token::Word(
                    word @ ("comdat" | "partition" | "gc" | "prefix" | "prologue" | "addrspace"),
                ) => return Err(self.unsupported(word)),
                _ => {
                    if !self.function_attr(&mut function.attrs, groups)? {
                        return Err(self.expected("an attribute of a function"));
                    }
                }
            }
        }
    }

    /// `!name !12` or `, !name !12`, any number of times; the answer is `!dbg`.
    pub(super) fn attachments(&mut self) -> Result<Option<MetaId>> {
        let mut debug = None;
        loop {
            let comma = self.token == Token::Punct(',');
            if comma && matches!(self.second(), Token::Meta(_)) {
                self.bump();
            }
            let Token::Meta(kind) = self.token else { return Ok(debug) };
            self.bump();
            let id = self.metadata_id()?;
            if kind == "dbg" {
                debug = Some(id);
            }
        }
    }
}
