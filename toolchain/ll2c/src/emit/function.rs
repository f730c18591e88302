//! A function: its locals, blocks and statements.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::ctype::CType;
use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::lines::{Statements, line_directive};
use super::slots::{self, Slots};
use super::symbols::Callable;
use super::unit::Unit;
use super::width::Width;
use crate::error::Result;
use crate::ir::{
    Block, BlockId, Body, Const, Function, Inst, Local, MetaId, Op, Operand, Ty, Value,
};
use crate::module::SourceLocation;
use crate::options::Lines;
use crate::program::{ModuleId, SymbolId};

/// Where a local value of the IR lives in C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Home {
    /// Nothing has asked for it yet.
    None,
    /// the parameter `a3`
    Parameter,
    /// the variable `v3`
    Variable,
    /// the address of the stack slot `s3`
    Slot(u32),
}

/// A function in the making.
pub(super) struct FunctionEmitter<'e, 'p> {
    pub unit: &'e mut Unit<'p>,
    pub module: ModuleId,
    pub body: &'e Body,
    /// The block that is being written.
    pub block: BlockId,
    homes: Vec<Home>,
    variables: BTreeMap<CType, Vec<String>>,
    /// Declarations that are not just a type and a name.
    declarations: String,
    statements: Statements,
    temporaries: u32,
}

impl<'e, 'p> FunctionEmitter<'e, 'p> {
    /// Writes the definition of a function to the unit.
    pub fn write(
        unit: &'e mut Unit<'p>,
        id: SymbolId,
        identifier: &str,
        callable: &Callable,
    ) -> Result<()> {
        let module = &unit.program.modules[id.module.0 as usize];
        let Callable { head, .. } = callable;
        let body = module.parse_body(head, &mut unit.program.types)?;
        let location = head.debug.and_then(|debug| module.location(debug));
        let storage = unit.storage(id, true);

        let slots = slots::assign(unit, &body)
            .map_err(|(failure, line)| unit.place(failure, id.module, line, Some(&head.name)))?;
        let mut emitter = FunctionEmitter {
            homes: homes(&body, head, &slots),
            variables: BTreeMap::new(),
            declarations: slots.declarations(),
            statements: Statements::new(unit.options.lines, location.clone()),
            temporaries: 0,
            block: BlockId(0),
            module: id.module,
            body: &body,
            unit,
        };
        for (number, block) in body.blocks.iter().enumerate() {
            emitter.block = BlockId(number as u32);
            emitter.write_block(block, head)?;
        }
        let text = emitter.finish(identifier, storage, callable, location.as_ref());
        unit.functions.push_str(&text);
        Ok(())
    }

    fn write_block(&mut self, block: &Block, head: &Function) -> Result<()> {
        // The entry block cannot be branched to.
        if self.block.0 > 0 {
            self.statements.label(format_args!("L{}", self.block.0));
        }
        for inst in &block.insts {
            self.locate(inst.debug);
            self.instruction(inst).map_err(|failure| {
                self.unit.place(failure, self.module, inst.line, Some(&head.name))
            })?;
        }
        Ok(())
    }

    fn finish(
        self,
        identifier: &str,
        storage: &str,
        callable: &Callable,
        location: Option<&SourceLocation>,
    ) -> String {
        let mut text = String::new();
        if let (Some(location), Lines::Rust) = (location, self.unit.options.lines) {
            line_directive(&mut text, location);
        }
        let params: Vec<String> = callable
            .signature
            .params
            .iter()
            .enumerate()
            .map(|(number, param)| format!("{param} a{number}"))
            .collect();
        let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
        let _ = writeln!(text, "{storage}{} {identifier}({params}) {{", callable.signature.ret);
        for (c_type, names) in &self.variables {
            let _ = writeln!(text, "  {c_type} {};", names.join(", "));
        }
        text.push_str(&self.declarations);
        text.push_str(&self.statements.finish());
        text.push_str("}\n");
        text
    }

    fn locate(&mut self, debug: Option<MetaId>) {
        if self.unit.options.lines == Lines::Rust
            && let Some(debug) = debug
        {
            self.statements.set_location(self.unit.program.module(self.module).location(debug));
        }
    }

    fn instruction(&mut self, inst: &Inst) -> Outcome<()> {
        let result = inst.result;
        match &inst.op {
            Op::Binary { op, ty, lhs, rhs } => self.binary(result, *op, *ty, lhs, rhs),
            Op::FloatBinary { op, ty, lhs, rhs } => self.float_binary(result, *op, *ty, lhs, rhs),
            Op::FNeg(value) => self.negate_float(result, value),
            Op::ICmp { pred, ty, lhs, rhs } => self.compare_integers(result, *pred, *ty, lhs, rhs),
            Op::FCmp { pred, ty, lhs, rhs } => self.compare_floats(result, *pred, *ty, lhs, rhs),
            Op::Select { cond, ty, then, other } => self.select(result, cond, *ty, then, other),
            Op::Cast { op, value, to } => self.cast(result, *op, value, *to),
            Op::Freeze(value) => self.copy(result, value),
            Op::Alloca { .. }
            | Op::Load { .. }
            | Op::Store { .. }
            | Op::Gep { .. }
            | Op::Fence(_)
            | Op::AtomicRmw { .. }
            | Op::CmpXchg { .. } => self.memory_instruction(result, &inst.op),
            Op::ExtractValue { value, indices } => self.extract_value(result, value, indices),
            Op::InsertValue { value, elem, indices } => {
                self.insert_value(result, value, elem, indices)
            }
            Op::Call(call) => self.call(result, call),
            Op::Br(to) => self.branch(*to),
            Op::CondBr { cond, then, other } => self.branch_if(cond, *then, *other),
            Op::Switch { value, default, cases } => self.switch(value, *default, cases),
            Op::Ret(value) => self.ret(value.as_ref()),
            Op::Unreachable => {
                self.push(format_args!("__builtin_unreachable();"));
                Ok(())
            }
            Op::Unsupported(mnemonic) => {
                Failure::unsupported(format!("the instruction {mnemonic}"))
            }
        }
    }

    fn memory_instruction(&mut self, result: Option<Local>, op: &Op) -> Outcome<()> {
        match op {
            Op::Alloca { .. } => Ok(()),
            Op::Load { ty, ptr, align, volatile, atomic: None } => {
                self.load(result, *ty, ptr, *align, *volatile)
            }
            Op::Load { ty, ptr, volatile, atomic: Some(atomic), .. } => {
                self.load_atomic(result, *ty, ptr, *volatile, *atomic)
            }
            Op::Store { value, ptr, align, volatile, atomic: None } => {
                self.store(value, ptr, *align, *volatile)
            }
            Op::Store { value, ptr, volatile, atomic: Some(atomic), .. } => {
                self.store_atomic(value, ptr, *volatile, *atomic)
            }
            Op::Gep { source, base, indices } => {
                self.element_pointer(result, *source, base, indices)
            }
            Op::Fence(atomic) => {
                self.fence(*atomic);
                Ok(())
            }
            Op::AtomicRmw { op, ptr, value, atomic } => {
                self.read_modify_write(result, *op, ptr, value, *atomic)
            }
            Op::CmpXchg { ptr, expected, new, success, failure } => {
                self.compare_exchange(result, ptr, expected, new, (*success, *failure))
            }
            _ => unreachable!("only what touches memory comes here"),
        }
    }

    fn copy(&mut self, result: Option<Local>, value: &Operand) -> Outcome<()> {
        let expr = self.operand(value)?;
        self.define(result, value.ty, &expr)
    }

    fn select(
        &mut self,
        result: Option<Local>,
        cond: &Operand,
        ty: Ty,
        then: &Value,
        other: &Value,
    ) -> Outcome<()> {
        self.unit.width(cond.ty, "select")?;
        let cond = self.operand(cond)?;
        let expr = cond.select(self.value(ty, then)?, self.value(ty, other)?);
        self.define(result, ty, &expr)
    }

    fn ret(&mut self, value: Option<&Operand>) -> Outcome<()> {
        match value {
            None => self.push(format_args!("return;")),
            Some(value) => {
                let value = self.operand(value)?;
                self.push(format_args!("return {value};"));
            }
        }
        Ok(())
    }

    /// Adds a statement, with its semicolon.
    pub fn push(&mut self, statement: fmt::Arguments<'_>) {
        self.statements.push(statement);
    }

    /// Assigns to the variable of an instruction's result, if it has one.
    pub fn define(&mut self, result: Option<Local>, ty: Ty, value: &Expr) -> Outcome<()> {
        match result {
            Some(result) => {
                let variable = self.local(result, ty)?;
                self.push(format_args!("{variable} = {value};"));
            }
            None => self.push(format_args!("{value};")),
        }
        Ok(())
    }

    /// A local value; a C variable is declared when it has none yet, which may be before
    /// its definition in the order of the text.
    pub fn local(&mut self, local: Local, ty: Ty) -> Outcome<Expr> {
        let number = local.0;
        match self.homes[number as usize] {
            Home::Parameter => Ok(Expr::atom(format!("a{number}"))),
            Home::Variable => Ok(Expr::atom(format!("v{number}"))),
            Home::Slot(slot) => Ok(Expr::atom(format!("slot{slot}")).cast("ptr")),
            Home::None => {
                let c_type = self.unit.c_type(ty)?;
                let name = format!("v{number}");
                self.homes[number as usize] = Home::Variable;
                self.variables.entry(c_type).or_default().push(name.clone());
                Ok(Expr::atom(name))
            }
        }
    }

    /// A value as C expression.
    pub fn value(&mut self, ty: Ty, value: &Value) -> Outcome<Expr> {
        match value {
            Value::Local(local) => self.local(*local, ty),
            Value::Const(constant) => self.unit.constant(self.module, ty, constant),
        }
    }

    /// A typed value as C expression.
    pub fn operand(&mut self, operand: &Operand) -> Outcome<Expr> {
        self.value(operand.ty, &operand.value)
    }

    /// An integer with its sign: see [`Width::sign_extend`].
    pub fn signed(&mut self, width: Width, ty: Ty, value: &Value) -> Outcome<Expr> {
        match value {
            Value::Const(Const::Int(number)) => Ok(width.signed_literal(*number)),
            _ => Ok(width.sign_extend(self.value(ty, value)?)),
        }
    }

    /// A pointer operand.
    pub fn pointer(&mut self, value: &Value) -> Outcome<Expr> {
        let ptr = self.unit.program.types.intern(crate::ir::TypeKind::Ptr);
        self.value(ptr, value)
    }

    /// A new variable.
    pub fn temporary(&mut self, c_type: CType) -> Expr {
        let name = format!("t{}", self.next_temporary());
        self.variables.entry(c_type).or_default().push(name.clone());
        Expr::atom(name)
    }

    /// The value, in a variable unless it is one or a literal: to be used more than once.
    pub fn once(&mut self, c_type: CType, value: Expr) -> Expr {
        if value.is_simple() {
            return value;
        }
        let temporary = self.temporary(c_type);
        self.push(format_args!("{temporary} = {value};"));
        temporary
    }

    /// Adds a declaration that is not just a type and a name; `make` gets a new number.
    pub fn declare(&mut self, make: impl FnOnce(u32) -> String) {
        let number = self.next_temporary();
        let _ = writeln!(self.declarations, "  {};", make(number));
    }

    /// A number that no temporary has yet.
    pub fn next_temporary(&mut self) -> u32 {
        self.temporaries += 1;
        self.temporaries
    }

    /// A call of a routine that the program must contain, such as those of
    /// `compiler_builtins`.
    pub fn routine<const N: usize>(&mut self, name: &str, args: [Expr; N]) -> Outcome<Expr> {
        let entity = self.unit.named(self.module, name)?;
        Ok(Expr::call(&entity.identifier, args))
    }
}

fn homes(body: &Body, head: &Function, slots: &Slots) -> Vec<Home> {
    let mut homes = vec![Home::None; body.locals as usize];
    homes[..head.params.len()].fill(Home::Parameter);
    for &(local, slot) in &slots.of_locals {
        homes[local.0 as usize] = Home::Slot(slot);
    }
    homes
}
