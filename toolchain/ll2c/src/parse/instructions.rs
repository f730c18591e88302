//! Instructions other than those of `memory` and `calls` (LLVM Language
//! Reference, "Instruction Reference").

use super::Cursor;
use super::body::BodyParser;
use crate::error::Result;
use crate::ir::{
    BinaryOp, BlockId, CastOp, Const, FloatOp, FloatPred, IntPred, Op, Operand, TypeKind, U256,
};
use crate::lexer::Token;

impl Cursor<'_> {
    /// Takes the flags of arithmetic. They promise that no overflow, no lost bit
    /// or no NaN occurs: using none of it is right.
    pub(super) fn skip_flags(&mut self) {
        while let Token::Word(
            "nuw" | "nsw" | "exact" | "disjoint" | "nneg" | "samesign" | "nnan" | "ninf" | "nsz"
            | "arcp" | "contract" | "afn" | "reassoc" | "fast",
        ) = self.token
        {
            self.bump();
        }
    }
}

impl BodyParser<'_> {
    /// An instruction, without the `%x =` before and the `!dbg` behind it.
    pub(super) fn operation(&mut self) -> Result<Op> {
        let Token::Word(word) = self.cursor.token else {
            return Err(self.cursor.expected("an instruction"));
        };
        if let Some(op) = BinaryOp::from_word(word) {
            return self.binary(op);
        }
        if let Some(op) = CastOp::from_word(word) {
            return self.cast(op);
        }
        if let Some(op) = FloatOp::from_word(word) {
            return self.float_binary(op);
        }
        match word {
            "br" => self.branch(),
            "icmp" => self.int_compare(),
            "fcmp" => self.float_compare(),
            "select" => self.select(),
            "switch" => self.switch(),
            "ret" => self.ret(),
            "freeze" => self.unary(Op::Freeze),
            "fneg" => self.unary(Op::FNeg),
            "getelementptr" => self.address(),
            "extractvalue" => self.extract_value(),
            "insertvalue" => self.insert_value(),
            "unreachable" => {
                self.cursor.bump();
                Ok(Op::Unreachable)
            }
            "call" | "tail" | "musttail" | "notail" => self.call(),
            "load" | "store" | "alloca" | "fence" | "atomicrmw" | "cmpxchg" => self.memory(word),
            _ => self.unknown(word),
        }
    }

    /// Those that LLVM has and ll2c has not are left to the emitter to refuse.
    fn unknown(&mut self, word: &str) -> Result<Op> {
        match word {
            "invoke" | "callbr" | "resume" | "indirectbr" | "cleanupret" | "catchret"
            | "catchswitch" | "landingpad" | "cleanuppad" | "catchpad" | "va_arg"
            | "extractelement" | "insertelement" | "shufflevector" => {
                self.cursor.lexer.skip_instruction();
                self.cursor.bump();
                Ok(Op::Unsupported(word.into()))
            }
            _ => Err(self.cursor.expected("an instruction")),
        }
    }

    fn binary(&mut self, op: BinaryOp) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        let Operand { ty, value: lhs } = self.operand()?;
        self.cursor.expect_punct(',')?;
        Ok(Op::Binary { op, ty, lhs, rhs: self.value(ty)? })
    }

    fn float_binary(&mut self, op: FloatOp) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        let Operand { ty, value: lhs } = self.operand()?;
        self.cursor.expect_punct(',')?;
        Ok(Op::FloatBinary { op, ty, lhs, rhs: self.value(ty)? })
    }

    fn unary(&mut self, op: impl FnOnce(Operand) -> Op) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        self.operand().map(op)
    }

    fn cast(&mut self, op: CastOp) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        let value = self.operand()?;
        self.cursor.expect_word("to")?;
        Ok(Op::Cast { op, value, to: self.cursor.ty()? })
    }

    fn int_compare(&mut self) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        let pred = self.predicate(IntPred::from_word)?;
        let Operand { ty, value: lhs } = self.operand()?;
        self.cursor.expect_punct(',')?;
        Ok(Op::ICmp { pred, ty, lhs, rhs: self.value(ty)? })
    }

    fn float_compare(&mut self) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        let pred = self.predicate(FloatPred::from_word)?;
        let Operand { ty, value: lhs } = self.operand()?;
        self.cursor.expect_punct(',')?;
        Ok(Op::FCmp { pred, ty, lhs, rhs: self.value(ty)? })
    }

    fn predicate<P>(&mut self, from_word: impl FnOnce(&str) -> Option<P>) -> Result<P> {
        let found = match self.cursor.token {
            Token::Word(word) => from_word(word),
            _ => None,
        };
        let pred = found.ok_or_else(|| self.cursor.expected("a comparison"))?;
        self.cursor.bump();
        Ok(pred)
    }

    fn select(&mut self) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_flags();
        let cond = self.operand()?;
        self.cursor.expect_punct(',')?;
        let Operand { ty, value: then } = self.operand()?;
        self.cursor.expect_punct(',')?;
        let other = self.operand()?;
        if other.ty != ty {
            return Err(self.cursor.syntax("the values of a select differ in type".into()));
        }
        Ok(Op::Select { cond, ty, then, other: other.value })
    }

    fn address(&mut self) -> Result<Op> {
        self.cursor.bump();
        self.cursor.skip_address_flags()?;
        let source = self.cursor.ty()?;
        self.cursor.expect_punct(',')?;
        let base = self.operand()?;
        let mut indices = Vec::new();
        while self.cursor.accept_comma() {
            indices.push(self.operand()?);
        }
        Ok(Op::Gep { source, base, indices })
    }

    fn extract_value(&mut self) -> Result<Op> {
        self.cursor.bump();
        let value = self.operand()?;
        Ok(Op::ExtractValue { value, indices: self.path()? })
    }

    fn insert_value(&mut self) -> Result<Op> {
        self.cursor.bump();
        let value = self.operand()?;
        self.cursor.expect_punct(',')?;
        let elem = self.operand()?;
        Ok(Op::InsertValue { value, elem, indices: self.path()? })
    }

    /// `, 0, 1`: at least one index.
    fn path(&mut self) -> Result<Vec<u32>> {
        let mut indices = Vec::new();
        while self.cursor.accept_comma() {
            indices.push(self.cursor.number("an index")?);
        }
        if indices.is_empty() { Err(self.cursor.expected("`,`")) } else { Ok(indices) }
    }

    fn branch(&mut self) -> Result<Op> {
        self.cursor.bump();
        if self.cursor.token == Token::Word("label") {
            return Ok(Op::Br(self.label()?));
        }
        let cond = self.operand()?.value;
        self.cursor.expect_punct(',')?;
        let then = self.label()?;
        self.cursor.expect_punct(',')?;
        Ok(Op::CondBr { cond, then, other: self.label()? })
    }

    fn switch(&mut self) -> Result<Op> {
        self.cursor.bump();
        let value = self.operand()?;
        self.cursor.expect_punct(',')?;
        let default = self.label()?;
        self.cursor.expect_punct('[')?;
        let mut cases = Vec::new();
        while !self.cursor.accept_punct(']') {
            cases.push(self.case()?);
        }
        Ok(Op::Switch { value, default, cases })
    }

    fn case(&mut self) -> Result<(U256, BlockId)> {
        let (_, constant) = self.cursor.typed_constant()?;
        let Const::Int(number) = constant else {
            return Err(self.cursor.syntax("a case is not a number".into()));
        };
        self.cursor.expect_punct(',')?;
        Ok((number, self.label()?))
    }

    fn ret(&mut self) -> Result<Op> {
        self.cursor.bump();
        let ty = self.cursor.ty()?;
        if *self.cursor.types.kind(ty) == TypeKind::Void {
            return Ok(Op::Ret(None));
        }
        Ok(Op::Ret(Some(Operand { ty, value: self.value(ty)? })))
    }
}
