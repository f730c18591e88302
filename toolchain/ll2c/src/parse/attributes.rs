//! Attributes of parameters and functions (LLVM Language Reference, "Parameter
//! Attributes" and "Function Attributes").
//!
//! Most of them are promises to an optimizer and are skipped. Those that change
//! how a call is made are kept, or refused by name.

use super::Cursor;
use crate::error::Result;
use crate::ir::{FunctionAttrs, ParamAttrs, Ty};
use crate::lexer::Token;

/// Knows the text and the line of an attribute group by its number.
pub type Groups<'g, 'a> = dyn Fn(&str) -> Option<(&'a str, u32)> + 'g;

impl<'a> Cursor<'a> {
    /// Attributes of a parameter, argument or result, up to the first word that is none.
    pub(super) fn param_attrs(&mut self) -> Result<ParamAttrs> {
        let mut attrs = ParamAttrs::default();
        loop {
            match self.token {
                Token::Word(word) => {
                    if !self.param_attr(word, &mut attrs)? {
                        return Ok(attrs);
                    }
                }
                Token::Str(_) => self.skip_string_attr()?,
                _ => return Ok(attrs),
            }
        }
    }

    /// Takes the attribute `word`; false if it is none.
    fn param_attr(&mut self, word: &str, attrs: &mut ParamAttrs) -> Result<bool> {
        match word {
            "inreg" | "inalloca" | "preallocated" | "nest" | "swiftself" | "swifterror"
            | "swiftasync" | "byref" => {
                return Err(self.unsupported(format!("the attribute {word}")));
            }
            "signext" => attrs.signext = true,
            "zeroext" => attrs.zeroext = true,
            "sret" => return self.type_attr(&mut attrs.sret),
            "byval" => return self.type_attr(&mut attrs.byval),
            "elementtype" => return self.type_attr(&mut attrs.elementtype),
            "align" => {
                attrs.align = Some(self.alignment()?);
                return Ok(true);
            }
            "noundef"
            | "nonnull"
            | "readonly"
            | "readnone"
            | "writeonly"
            | "noalias"
            | "nocapture"
            | "captures"
            | "returned"
            | "nofree"
            | "immarg"
            | "noext"
            | "dead_on_unwind"
            | "dead_on_return"
            | "writable"
            | "dereferenceable"
            | "dereferenceable_or_null"
            | "range"
            | "initializes"
            | "nofpclass"
            | "allocalign"
            | "allocptr"
            | "alignstack" => (),
            _ => return Ok(false),
        }
        self.bump();
        self.skip_group()?;
        Ok(true)
    }

    fn type_attr(&mut self, slot: &mut Option<Ty>) -> Result<bool> {
        self.bump();
        self.expect_punct('(')?;
        *slot = Some(self.ty()?);
        self.expect_punct(')')?;
        Ok(true)
    }

    /// `align 4`, `align(4)`; in bytes.
    pub(super) fn alignment(&mut self) -> Result<u32> {
        self.expect_word("align")?;
        let parenthesis = self.accept_punct('(');
        let bytes: u32 = self.number("an alignment")?;
        if parenthesis {
            self.expect_punct(')')?;
        }
        if bytes.is_power_of_two() {
            Ok(bytes)
        } else {
            Err(self.syntax(format!("an alignment is a power of two, not {bytes}")))
        }
    }

    /// The attribute of a function that stands here, if one does: a word, a
    /// string, or a group by its number.
    pub(super) fn function_attr(
        &mut self,
        attrs: &mut FunctionAttrs,
        groups: &Groups<'_, 'a>,
    ) -> Result<bool> {
        match self.token {
            Token::Str(_) => self.skip_string_attr()?,
            Token::Group(number) => {
                let (text, line) = groups(number)
                    .ok_or_else(|| self.syntax(format!("unknown group #{number}")))?;
                let inside = &mut Cursor::new(self.context, self.types, text, line);
                while inside.token != Token::End {
                    if !inside.function_attr(attrs, &|_| None)? {
                        return Err(inside.expected("an attribute"));
                    }
                }
                self.bump();
            }
            Token::Word(word) => {
                self.word_attr(word, attrs)?;
                self.bump();
                if self.accept_punct('=') {
                    self.number::<u32>("a number")?;
                } else {
                    self.skip_group()?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn word_attr(&self, word: &str, attrs: &mut FunctionAttrs) -> Result<()> {
        match word {
            "noreturn" => attrs.noreturn = true,
            "cold" => attrs.cold = true,
            "noinline" => attrs.noinline = true,
            "alwaysinline" => attrs.alwaysinline = true,
            "naked" => attrs.naked = true,
            // These ask for code that GCC would not make from plain C.
            "returns_twice" | "presplitcoroutine" | "strictfp" | "shadowcallstack"
            | "safestack" | "jumptable" => {
                return Err(self.unsupported(format!("the attribute {word}")));
            }
            _ => (),
        }
        Ok(())
    }

    /// `"key"`, `"key"="value"`
    fn skip_string_attr(&mut self) -> Result<()> {
        self.bump();
        if self.accept_punct('=') {
            self.string("the value of an attribute")?;
        }
        Ok(())
    }
}
