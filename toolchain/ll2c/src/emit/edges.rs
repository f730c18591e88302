//! Control flow: branches, and the phi nodes of the blocks that they lead to.
//!
//! A phi is an assignment on each edge into its block. All phis of a block read their
//! values before any of them is written; the copies are ordered so that this holds,
//! with a temporary for each cycle.

use std::collections::HashMap;
use std::fmt::Write as _;

use ethnum::U256;

use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use crate::ir::{BlockId, Local, Operand, Ty, Value};

/// An assignment to a phi's variable.
#[derive(Debug)]
struct Copy {
    to: Local,
    ty: Ty,
    from: Source,
}

#[derive(Debug)]
enum Source {
    Local(Local),
    /// a constant, or the temporary that holds what a local was
    Expr(Expr),
}

impl FunctionEmitter<'_, '_> {
    /// `br label`
    pub fn branch(&mut self, to: BlockId) -> Outcome<()> {
        let edge = self.edge(to)?;
        self.push(format_args!("{edge}"));
        Ok(())
    }

    /// `br i1`
    pub fn branch_if(&mut self, cond: &Value, then: BlockId, other: BlockId) -> Outcome<()> {
        let bit = self.unit.program.types.intern(crate::ir::TypeKind::Int(1));
        let cond = self.value(bit, cond)?;
        let (then, other) = (self.edge(then)?, self.edge(other)?);
        self.push(format_args!("if ({cond}) {{ {then} }} else {{ {other} }}"));
        Ok(())
    }

    /// `switch`
    pub fn switch(
        &mut self,
        value: &Operand,
        default: BlockId,
        cases: &[(U256, BlockId)],
    ) -> Outcome<()> {
        let width = self.unit.width(value.ty, "switch")?;
        let value = self.operand(value)?;
        if !width.container.is_native() {
            for (case, to) in cases {
                let cond = Expr::call(
                    &width.container.function("eq"),
                    [value.clone(), width.literal(*case)],
                );
                let edge = self.edge(*to)?;
                self.push(format_args!("if ({cond}) {{ {edge} }}"));
            }
            return self.branch(default);
        }
        self.push(format_args!("switch ({value}) {{"));
        for (case, to) in cases {
            let (case, edge) = (width.literal(*case), self.edge(*to)?);
            self.push(format_args!("case {case}: {edge}"));
        }
        let edge = self.edge(default)?;
        self.push(format_args!("default: {edge} }}"));
        Ok(())
    }

    /// What going from the current block to another takes, as statements on one line.
    fn edge(&mut self, to: BlockId) -> Outcome<String> {
        let mut text = String::new();
        let copies = self.copies(to)?;
        if !copies.is_empty() {
            self.ordered(copies, &mut text)?;
        }
        let _ = write!(text, "goto L{};", to.0);
        Ok(text)
    }

    fn copies(&mut self, to: BlockId) -> Outcome<Vec<Copy>> {
        let body = self.body;
        let mut copies = Vec::new();
        for phi in &body.blocks[to.0 as usize].phis {
            let Some((value, _)) = phi.incoming.iter().find(|(_, block)| *block == self.block)
            else {
                return Failure::unsupported("a phi without a value for one of its predecessors");
            };
            let from = match value {
                Value::Local(local) if *local == phi.result => continue,
                Value::Local(local) => Source::Local(*local),
                Value::Const(_) => Source::Expr(self.value(phi.ty, value)?),
            };
            copies.push(Copy { to: phi.result, ty: phi.ty, from });
        }
        Ok(copies)
    }

    /// Writes copies in an order in which each local is read before it is overwritten.
    fn ordered(&mut self, mut copies: Vec<Copy>, text: &mut String) -> Outcome<()> {
        let places: HashMap<Local, usize> =
            copies.iter().enumerate().map(|(place, copy)| (copy.to, place)).collect();
        let overwritten = |copy: &Copy| match copy.from {
            Source::Local(local) => places.get(&local).copied(),
            Source::Expr(_) => None,
        };
        // How many copies still have to read what each copy overwrites.
        let mut readers = vec![0_u32; copies.len()];
        for copy in &copies {
            if let Some(place) = overwritten(copy) {
                readers[place] += 1;
            }
        }
        let mut ready: Vec<usize> =
            (0..copies.len()).rev().filter(|&place| readers[place] == 0).collect();
        let mut is_done = vec![false; copies.len()];
        let mut next_cycle = 0;
        loop {
            while let Some(place) = ready.pop() {
                is_done[place] = true;
                self.write_copy(&copies[place], text)?;
                if let Some(read) = overwritten(&copies[place]) {
                    readers[read] -= 1;
                    if readers[read] == 0 {
                        ready.push(read);
                    }
                }
            }
            // What is left are cycles, in which each local has one reader: break the next one.
            while next_cycle < copies.len() && is_done[next_cycle] {
                next_cycle += 1;
            }
            let Some(copy) = copies.get(next_cycle) else { return Ok(()) };
            let (local, ty) = (copy.to, copy.ty);
            let saved = self.save(local, ty, text)?;
            let reader = copies.iter_mut().enumerate().find(|(place, copy)| {
                !is_done[*place] && matches!(copy.from, Source::Local(from) if from == local)
            });
            let (_, reader) = reader.expect("each local in a cycle has a reader");
            reader.from = Source::Expr(saved);
            ready.push(next_cycle);
        }
    }

    fn write_copy(&mut self, copy: &Copy, text: &mut String) -> Outcome<()> {
        let to = self.local(copy.to, copy.ty)?;
        let from = match &copy.from {
            Source::Local(local) => self.local(*local, copy.ty)?,
            Source::Expr(expr) => expr.clone(),
        };
        let _ = write!(text, "{to} = {from}; ");
        Ok(())
    }

    fn save(&mut self, local: Local, ty: Ty, text: &mut String) -> Outcome<Expr> {
        let c_type = self.unit.c_type(ty)?;
        let (temporary, value) = (self.temporary(c_type), self.local(local, ty)?);
        let _ = write!(text, "{temporary} = {value}; ");
        Ok(temporary)
    }
}
