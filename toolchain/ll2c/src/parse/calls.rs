//! Calls and inline assembly (LLVM Language Reference, "'call' Instruction",
//! "Inline Assembler Expressions").

use super::body::BodyParser;
use crate::error::Result;
use crate::ir::{
    Arg, Call, Callee, Const, FunctionAttrs, InlineAsm, Op, ParamAttrs, Ty, TypeKind, Value,
};
use crate::lexer::Token;

impl BodyParser<'_> {
    pub(super) fn call(&mut self) -> Result<Op> {
        let must_tail = self.cursor.accept_word("musttail");
        if !must_tail && !self.cursor.accept_word("tail") {
            self.cursor.accept_word("notail");
        }
        self.cursor.expect_word("call")?;
        self.cursor.skip_flags();
        self.cursor.calling_convention()?;
        let ret_attrs = self.cursor.param_attrs()?;
        if self.cursor.token == Token::Word("addrspace") {
            return Err(self.cursor.unsupported("addrspace"));
        }
        let (ret, is_vararg) = self.cursor.function_type()?;
        let callee = self.callee()?;
        let args = self.args()?;
        self.call_suffix()?;
        Ok(Op::Call(Box::new(Call { ret, ret_attrs, callee, args, is_vararg, must_tail })))
    }

    fn callee(&mut self) -> Result<Callee> {
        match self.cursor.token {
            Token::Global(_) => {
                let name = self.cursor.global_name()?;
                Ok(match name.strip_prefix("llvm.") {
                    Some(intrinsic) => Callee::Intrinsic(intrinsic.into()),
                    None => Callee::Global(name),
                })
            }
            Token::Word("asm") => self.inline_asm().map(Callee::Asm),
            _ => {
                let ptr = self.cursor.types.intern(TypeKind::Ptr);
                self.value(ptr).map(Callee::Indirect)
            }
        }
    }

    fn inline_asm(&mut self) -> Result<InlineAsm> {
        self.cursor.bump();
        let mut sideeffect = false;
        while let Token::Word(word) = self.cursor.token {
            match word {
                "sideeffect" => sideeffect = true,
                // GCC keeps the stack aligned in any case.
                "alignstack" => (),
                _ => return Err(self.cursor.unsupported(format!("asm {word}"))),
            }
            self.cursor.bump();
        }
        let template = self.cursor.string("an assembly template")?;
        self.cursor.expect_punct(',')?;
        let constraints = self.cursor.string("constraints")?;
        Ok(InlineAsm { sideeffect, template, constraints })
    }

    fn args(&mut self) -> Result<Vec<Arg>> {
        let mut args = Vec::new();
        self.cursor.expect_punct('(')?;
        if self.cursor.accept_punct(')') {
            return Ok(args);
        }
        loop {
            args.push(self.arg()?);
            if !self.cursor.accept_punct(',') {
                self.cursor.expect_punct(')')?;
                return Ok(args);
            }
        }
    }

    fn arg(&mut self) -> Result<Arg> {
        let ty = self.cursor.ty()?;
        if *self.cursor.types.kind(ty) == TypeKind::Metadata {
            return self.metadata_arg(ty);
        }
        let attrs = self.cursor.param_attrs()?;
        Ok(Arg { ty, attrs, value: self.value(ty)? })
    }

    /// Skips a metadata operand: it only informs the optimizer or the debugger.
    fn metadata_arg(&mut self, ty: Ty) -> Result<Arg> {
        while !matches!(self.cursor.token, Token::Punct(',' | ')') | Token::End) {
            if self.cursor.token == Token::Punct('(') {
                self.cursor.skip_group()?;
            } else {
                self.cursor.bump();
            }
        }
        Ok(Arg { ty, attrs: ParamAttrs::default(), value: Value::Const(Const::Zero) })
    }

    /// Attributes of the call itself. They repeat what its surroundings show
    /// (`unreachable` behind a `noreturn`), so that nothing of them is kept.
    fn call_suffix(&mut self) -> Result<()> {
        if self.cursor.token == Token::Punct('[') {
            return Err(self.cursor.unsupported("an operand bundle"));
        }
        while let Token::Group(_) | Token::Str(_) = self.cursor.token {
            self.cursor.function_attr(&mut FunctionAttrs::default(), &|_| Some(("", 1)))?;
        }
        Ok(())
    }
}
