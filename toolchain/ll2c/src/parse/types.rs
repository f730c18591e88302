//! Types (LLVM Language Reference, "Type System").

use super::Cursor;
use crate::error::Result;
use crate::ir::{Ty, TypeKind};
use crate::lexer::Token;

/// The widest integer that is translated: products of 128-bit numbers.
const MAX_INT_BITS: u32 = 256;

impl Cursor<'_> {
    /// `%name = type …`: the name as written.
    pub fn type_definition(mut self) -> Result<(Box<str>, Ty)> {
        let Token::Local(name) = self.token else {
            return Err(self.expected("the name of a type"));
        };
        self.bump();
        self.expect_punct('=')?;
        self.expect_word("type")?;
        Ok((name.into(), self.ty()?))
    }

    /// A type other than that of a function.
    pub(super) fn ty(&mut self) -> Result<Ty> {
        let start = self.token_start();
        let kind = match self.token {
            Token::Word(word) => self.word_type(word)?,
            Token::Punct('[') => self.nested(Self::array_type)?,
            Token::Punct('{') => self.nested(|cursor| cursor.struct_type(false))?,
            Token::Punct('<') if self.second() == Token::Punct('{') => {
                self.bump();
                let kind = self.nested(|cursor| cursor.struct_type(true))?;
                self.expect_punct('>')?;
                kind
            }
            Token::Punct('<') => self.nested(|cursor| cursor.vector_type(start))?,
            Token::Local(name) => {
                let named = self.context.named.get(name).copied();
                let ty = named.ok_or_else(|| self.syntax(format!("unknown type %{name}")))?;
                self.bump();
                return Ok(ty);
            }
            _ => return Err(self.expected("a type")),
        };
        Ok(self.types.intern(kind))
    }

    /// The result type of a function, and whether `(…)` behind it says that the
    /// function is variadic.
    pub(super) fn function_type(&mut self) -> Result<(Ty, bool)> {
        let ret = self.ty()?;
        let mut is_vararg = false;
        if self.accept_punct('(') && !self.accept_punct(')') {
            loop {
                if self.accept(Token::Ellipsis) {
                    is_vararg = true;
                } else {
                    self.ty()?;
                }
                if !self.accept_punct(',') {
                    break;
                }
            }
            self.expect_punct(')')?;
        }
        Ok((ret, is_vararg))
    }

    fn token_start(&self) -> usize {
        self.previous_end
    }

    /// What stands between `start` and the token, without blanks around it.
    fn written(&self, start: usize) -> TypeKind {
        TypeKind::Unsupported(self.lexer.slice(start, self.previous_end).trim().into())
    }

    fn word_type(&mut self, word: &str) -> Result<TypeKind> {
        let start = self.token_start();
        let kind = match word {
            "void" => TypeKind::Void,
            "ptr" => TypeKind::Ptr,
            "float" => TypeKind::Float,
            "double" => TypeKind::Double,
            "metadata" => TypeKind::Metadata,
            "half" | "bfloat" | "fp128" | "x86_fp80" | "ppc_fp128" | "token" | "opaque"
            | "label" | "target" => TypeKind::Unsupported(word.into()),
            _ => match word.strip_prefix('i').map(str::parse) {
                Some(Ok(bits @ 1..=MAX_INT_BITS)) => TypeKind::Int(bits),
                Some(Ok(_)) => TypeKind::Unsupported(word.into()),
                _ => return Err(self.expected("a type")),
            },
        };
        self.bump();
        if kind == TypeKind::Ptr && self.accept_word("addrspace") || word == "target" {
            self.skip_group()?;
            return Ok(self.written(start));
        }
        Ok(kind)
    }

    fn array_type(&mut self) -> Result<TypeKind> {
        self.expect_punct('[')?;
        let len = self.number("the length of an array")?;
        self.expect_word("x")?;
        let elem = self.ty()?;
        self.expect_punct(']')?;
        Ok(TypeKind::Array { len, elem })
    }

    fn struct_type(&mut self, packed: bool) -> Result<TypeKind> {
        self.expect_punct('{')?;
        let mut fields = Vec::new();
        if !self.accept_punct('}') {
            fields.push(self.ty()?);
            while self.accept_punct(',') {
                fields.push(self.ty()?);
            }
            self.expect_punct('}')?;
        }
        Ok(TypeKind::Struct { packed, fields: fields.into() })
    }

    fn vector_type(&mut self, start: usize) -> Result<TypeKind> {
        self.expect_punct('<')?;
        if self.accept_word("vscale") {
            self.expect_word("x")?;
        }
        self.number::<u64>("the length of a vector")?;
        self.expect_word("x")?;
        self.ty()?;
        self.expect_punct('>')?;
        Ok(self.written(start))
    }
}
