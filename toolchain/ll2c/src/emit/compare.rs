//! Comparisons.

use super::expr::{Expr, Operator};
use super::failure::Outcome;
use super::function::FunctionEmitter;
use super::width::Width;
use crate::ir::{FloatPred, IntPred, Local, Ty, TypeKind, Value};

impl FunctionEmitter<'_, '_> {
    /// `icmp`
    pub fn compare_integers(
        &mut self,
        result: Option<Local>,
        pred: IntPred,
        ty: Ty,
        lhs: &Value,
        rhs: &Value,
    ) -> Outcome<()> {
        let expr = self.comparison(pred, ty, lhs, rhs)?;
        let bit = self.bit_type();
        self.define(result, bit, &expr)
    }

    /// A comparison of integers or pointers: 0 or 1.
    pub fn comparison(&mut self, pred: IntPred, ty: Ty, lhs: &Value, rhs: &Value) -> Outcome<Expr> {
        let is_signed = matches!(pred, IntPred::Sgt | IntPred::Sge | IntPred::Slt | IntPred::Sle);
        if *self.unit.kind(ty) == TypeKind::Ptr {
            let as_number = if is_signed { "s32" } else { "u32" };
            let lhs = self.value(ty, lhs)?.cast(as_number);
            return Ok(lhs.op(operator(pred), self.value(ty, rhs)?.cast(as_number)));
        }
        let width = self.unit.width(ty, "icmp")?;
        let (lhs, rhs) = if is_signed {
            (self.signed(width, ty, lhs)?, self.signed(width, ty, rhs)?)
        } else {
            (self.value(ty, lhs)?, self.value(ty, rhs)?)
        };
        if width.container.is_native() {
            Ok(lhs.op(operator(pred), rhs))
        } else {
            Ok(wide_comparison(width, pred, lhs, rhs))
        }
    }

    /// `fcmp`
    pub fn compare_floats(
        &mut self,
        result: Option<Local>,
        pred: FloatPred,
        ty: Ty,
        lhs: &Value,
        rhs: &Value,
    ) -> Outcome<()> {
        self.float(ty, "fcmp")?;
        let (lhs, rhs) = (self.value(ty, lhs)?, self.value(ty, rhs)?);
        let bit = self.bit_type();
        self.define(result, bit, &float_comparison(pred, lhs, rhs))
    }

    /// `i1`
    pub fn bit_type(&mut self) -> Ty {
        self.unit.program.types.intern(TypeKind::Int(1))
    }
}

fn operator(pred: IntPred) -> Operator {
    match pred {
        IntPred::Eq => Operator::Eq,
        IntPred::Ne => Operator::Ne,
        IntPred::Ugt | IntPred::Sgt => Operator::Gt,
        IntPred::Uge | IntPred::Sge => Operator::Ge,
        IntPred::Ult | IntPred::Slt => Operator::Lt,
        IntPred::Ule | IntPred::Sle => Operator::Le,
    }
}

/// By the functions `eq`, `ult` and `slt`.
fn wide_comparison(width: Width, pred: IntPred, lhs: Expr, rhs: Expr) -> Expr {
    let call = |name: &str, lhs, rhs| Expr::call(&width.container.function(name), [lhs, rhs]);
    match pred {
        IntPred::Eq => call("eq", lhs, rhs),
        IntPred::Ne => call("eq", lhs, rhs).not(),
        IntPred::Ult => call("ult", lhs, rhs),
        IntPred::Ugt => call("ult", rhs, lhs),
        IntPred::Uge => call("ult", lhs, rhs).not(),
        IntPred::Ule => call("ult", rhs, lhs).not(),
        IntPred::Slt => call("slt", lhs, rhs),
        IntPred::Sgt => call("slt", rhs, lhs),
        IntPred::Sge => call("slt", lhs, rhs).not(),
        IntPred::Sle => call("slt", rhs, lhs).not(),
    }
}

/// C's comparisons are ordered, except `!=`: the unordered ones are negations.
fn float_comparison(pred: FloatPred, lhs: Expr, rhs: Expr) -> Expr {
    let different = |lhs: Expr, rhs: Expr| {
        let below = lhs.clone().op(Operator::Lt, rhs.clone());
        below.op(Operator::LogicalOr, lhs.op(Operator::Gt, rhs))
    };
    let unordered = |lhs, rhs| Expr::call("__builtin_isunordered", [lhs, rhs]);
    match pred {
        FloatPred::False => Expr::number(0),
        FloatPred::True => Expr::number(1),
        FloatPred::Oeq => lhs.op(Operator::Eq, rhs),
        FloatPred::Ogt => lhs.op(Operator::Gt, rhs),
        FloatPred::Oge => lhs.op(Operator::Ge, rhs),
        FloatPred::Olt => lhs.op(Operator::Lt, rhs),
        FloatPred::Ole => lhs.op(Operator::Le, rhs),
        FloatPred::One => different(lhs, rhs),
        FloatPred::Ord => unordered(lhs, rhs).not(),
        FloatPred::Uno => unordered(lhs, rhs),
        FloatPred::Ueq => different(lhs, rhs).not(),
        FloatPred::Ugt => lhs.op(Operator::Le, rhs).not(),
        FloatPred::Uge => lhs.op(Operator::Lt, rhs).not(),
        FloatPred::Ult => lhs.op(Operator::Ge, rhs).not(),
        FloatPred::Ule => lhs.op(Operator::Gt, rhs).not(),
        FloatPred::Une => lhs.op(Operator::Ne, rhs),
    }
}
