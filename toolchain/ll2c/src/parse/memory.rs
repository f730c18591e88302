//! Instructions that access memory (LLVM Language Reference, "Memory Access and
//! Addressing Operations").

use super::body::BodyParser;
use crate::error::Result;
use crate::ir::{Atomic, Op, Operand, Ordering, RmwOp};
use crate::lexer::Token;

/// What stands before and behind the operands of an access.
struct Access {
    volatile: bool,
    is_atomic: bool,
}

impl BodyParser<'_> {
    pub(super) fn memory(&mut self, word: &str) -> Result<Op> {
        self.cursor.bump();
        match word {
            "load" => self.load(),
            "store" => self.store(),
            "alloca" => self.alloca(),
            "fence" => Ok(Op::Fence(self.atomic()?)),
            "atomicrmw" => self.atomic_rmw(),
            _ => self.compare_exchange(),
        }
    }

    fn load(&mut self) -> Result<Op> {
        let access = self.access();
        let ty = self.cursor.ty()?;
        self.cursor.expect_punct(',')?;
        let ptr = self.pointer()?;
        let atomic = self.atomic_if(&access)?;
        let align = self.align()?;
        Ok(Op::Load { ty, ptr, align, volatile: access.volatile, atomic })
    }

    fn store(&mut self) -> Result<Op> {
        let access = self.access();
        let value = self.operand()?;
        self.cursor.expect_punct(',')?;
        let ptr = self.pointer()?;
        let atomic = self.atomic_if(&access)?;
        let align = self.align()?;
        Ok(Op::Store { value, ptr, align, volatile: access.volatile, atomic })
    }

    fn alloca(&mut self) -> Result<Op> {
        if let Token::Word(word @ ("inalloca" | "swifterror")) = self.cursor.token {
            return Err(self.cursor.unsupported(format!("alloca {word}")));
        }
        let ty = self.cursor.ty()?;
        let (mut count, mut align) = (None, None);
        while self.cursor.accept_comma() {
            match self.cursor.token {
                Token::Word("align") => align = Some(self.cursor.alignment()?),
                Token::Word("addrspace") => return Err(self.cursor.unsupported("addrspace")),
                _ => count = Some(self.operand()?),
            }
        }
        Ok(Op::Alloca { ty, count, align })
    }

    fn atomic_rmw(&mut self) -> Result<Op> {
        self.refuse_volatile("atomicrmw")?;
        let op = match self.cursor.token {
            Token::Word(word) => RmwOp::from_word(word)
                .ok_or_else(|| self.cursor.unsupported(format!("atomicrmw {word}")))?,
            _ => return Err(self.cursor.expected("an operation")),
        };
        self.cursor.bump();
        let ptr = self.pointer()?;
        self.cursor.expect_punct(',')?;
        let value = self.operand()?;
        let atomic = self.atomic()?;
        self.align()?;
        Ok(Op::AtomicRmw { op, ptr, value, atomic })
    }

    fn compare_exchange(&mut self) -> Result<Op> {
        self.cursor.accept_word("weak");
        self.refuse_volatile("cmpxchg")?;
        let ptr = self.pointer()?;
        self.cursor.expect_punct(',')?;
        let expected = self.operand()?;
        self.cursor.expect_punct(',')?;
        let Operand { ty, value: new } = self.operand()?;
        if ty != expected.ty {
            return Err(self.cursor.syntax("the values of a cmpxchg differ in type".into()));
        }
        let success = self.atomic()?;
        let failure = self.ordering()?;
        self.align()?;
        Ok(Op::CmpXchg { ptr, expected, new, success, failure })
    }

    fn refuse_volatile(&mut self, what: &str) -> Result<()> {
        if self.cursor.token == Token::Word("volatile") {
            return Err(self.cursor.unsupported(format!("volatile {what}")));
        }
        Ok(())
    }

    fn access(&mut self) -> Access {
        let is_atomic = self.cursor.accept_word("atomic");
        Access { is_atomic, volatile: self.cursor.accept_word("volatile") }
    }

    fn atomic_if(&mut self, access: &Access) -> Result<Option<Atomic>> {
        access.is_atomic.then(|| self.atomic()).transpose()
    }

    /// `syncscope("singlethread") seq_cst`
    fn atomic(&mut self) -> Result<Atomic> {
        let single_thread = self.cursor.accept_word("syncscope");
        if single_thread {
            self.cursor.expect_punct('(')?;
            let scope = self.cursor.string("a scope")?;
            if &*scope != "singlethread" {
                return Err(self.cursor.unsupported(format!("the synchronization scope {scope}")));
            }
            self.cursor.expect_punct(')')?;
        }
        Ok(Atomic { ordering: self.ordering()?, single_thread })
    }

    fn ordering(&mut self) -> Result<Ordering> {
        let ordering = match self.cursor.token {
            Token::Word("unordered") => Ordering::Unordered,
            Token::Word("monotonic") => Ordering::Monotonic,
            Token::Word("acquire") => Ordering::Acquire,
            Token::Word("release") => Ordering::Release,
            Token::Word("acq_rel") => Ordering::AcqRel,
            Token::Word("seq_cst") => Ordering::SeqCst,
            _ => return Err(self.cursor.expected("a memory ordering")),
        };
        self.cursor.bump();
        Ok(ordering)
    }

    /// `, align 4`
    fn align(&mut self) -> Result<Option<u32>> {
        self.cursor.accept_comma().then(|| self.cursor.alignment()).transpose()
    }
}
