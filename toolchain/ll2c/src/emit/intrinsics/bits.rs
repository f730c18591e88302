//! Counting, reversing and rotating bits.

use super::{Intrinsic, Table};
use crate::emit::arith::{self, Count};
use crate::emit::ctype::{CType, Container};
use crate::emit::expr::{Expr, Operator};
use crate::emit::failure::{Failure, Outcome};
use crate::emit::function::FunctionEmitter;
use crate::emit::width::{Width, convert};
use crate::ir::{BinaryOp, Const, Value};

pub(super) const TABLE: Table = &[
    ("bitreverse", reverse),
    ("bswap", reverse),
    ("ctlz", count),
    ("ctpop", count),
    ("cttz", count),
    ("fshl", funnel),
    ("fshr", funnel),
];

/// The width of the operation, and the container that `runtime.h` has it for.
fn widths(emitter: &FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<(Width, Container)> {
    let width = emitter.unit.width(call.arg(0)?.ty, &format!("llvm.{}", call.name))?;
    if width.container == Container::U256 {
        return Failure::unsupported(format!("llvm.{} on i{}", call.name, width.bits));
    }
    Ok((width, width.container.max(Container::U32)))
}

fn count(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let (width, wide) = widths(emitter, call)?;
    let above = wide.bits() - width.bits;
    let mut value = convert(emitter.arg_value(call, 0)?, width.container, wide);
    let whole = Width::new(wide.bits()).expect("containers have widths");
    if call.name == "cttz" && above > 0 {
        // Of zero, the bits of the width are counted.
        let stop = whole.literal(ethnum::U256::ONE << width.bits);
        value = arith::simple(BinaryOp::Or, whole, value, stop);
    }
    let mut number = Expr::call(&wide.function(call.name), [value]);
    if call.name == "ctlz" && above > 0 {
        number = arith::simple(BinaryOp::Sub, whole, number, whole.literal(above.into()));
    }
    let number = convert(number, wide, width.container);
    emitter.define(call.result, call.call.ret, &number)
}

/// In the container, everything moves to the upper end.
fn reverse(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let (width, wide) = widths(emitter, call)?;
    let value = convert(emitter.arg_value(call, 0)?, width.container, wide);
    let reversed = Expr::call(&wide.function(call.name), [value]);
    let whole = Width::new(wide.bits()).expect("containers have widths");
    let above = wide.bits() - width.bits;
    let reversed = if above > 0 {
        arith::shift(BinaryOp::LShr, whole, reversed, Count::Constant(above))
    } else {
        reversed
    };
    let reversed = convert(reversed, wide, width.container);
    emitter.define(call.result, call.call.ret, &reversed)
}

/// Two numbers side by side, shifted; the same number twice: a rotation.
fn funnel(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let (width, _) = widths(emitter, call)?;
    let (high, low) = (emitter.arg_value(call, 0)?, emitter.arg_value(call, 1)?);
    let is_left = call.name == "fshl";
    let count = call.arg(2)?;
    let expr = match &count.value {
        Value::Const(Const::Int(count)) => {
            let count = (*count % ethnum::U256::from(width.bits)).as_u32();
            funnel_by_constant(width, is_left, high, low, count)
        }
        Value::Const(Const::Zero) => funnel_by_constant(width, is_left, high, low, 0),
        _ => {
            let count = emitter.arg_value(call, 2)?;
            let count = remainder(emitter, width, count)?;
            let is_rotation = call.arg(0)?.value == call.arg(1)?.value;
            if is_rotation && width.is_full() && width.container.is_native() {
                rotate(width, is_left, high, count)
            } else {
                funnel_by_variable(width, is_left, high, low, &count)
            }
        }
    };
    emitter.define(call.result, call.call.ret, &expr)
}

/// The count modulo the width, as a `u32` that can be used twice.
fn remainder(emitter: &mut FunctionEmitter<'_, '_>, width: Width, count: Expr) -> Outcome<Expr> {
    let remainder = if width.bits.is_power_of_two() {
        let low = convert(count, width.container, Container::U32);
        low.op(Operator::And, Expr::number(width.bits - 1))
    } else if width.container.is_native() {
        let bits = width.literal(width.bits.into());
        convert(count.op(Operator::Rem, bits), Container::U64, Container::U32)
    } else {
        return Failure::unsupported(format!("a funnel shift of i{} by a variable", width.bits));
    };
    Ok(emitter.once(CType::Int(Container::U32), remainder))
}

fn funnel_by_constant(width: Width, is_left: bool, high: Expr, low: Expr, count: u32) -> Expr {
    let left = if is_left { count } else { (width.bits - count) % width.bits };
    match (count, is_left) {
        (0, true) => high,
        (0, false) => low,
        _ => join(
            width,
            arith::shift(BinaryOp::Shl, width, high, Count::Constant(left)),
            arith::shift(BinaryOp::LShr, width, low, Count::Constant(width.bits - left)),
        ),
    }
}

/// With the count 0 the other number would be shifted by the whole width, which C does
/// not define: that is a case of its own.
fn funnel_by_variable(width: Width, is_left: bool, high: Expr, low: Expr, count: &Expr) -> Expr {
    let other = Expr::number(width.bits).op(Operator::Sub, count.clone());
    let (unshifted, left, right) = if is_left {
        (high.clone(), count.clone(), other)
    } else {
        (low.clone(), other, count.clone())
    };
    let joined = join(
        width,
        arith::shift(BinaryOp::Shl, width, high, Count::Variable(left)),
        arith::shift(BinaryOp::LShr, width, low, Count::Variable(right)),
    );
    count.clone().select(joined, unshifted)
}

/// In the form in which GCC knows a rotation: no case for 0.
fn rotate(width: Width, is_left: bool, value: Expr, count: Expr) -> Expr {
    let modulus = || Expr::number(width.bits - 1);
    let other = count.clone().negated().op(Operator::And, modulus());
    let (left, right) = if is_left { (count, other) } else { (other, count) };
    let wide = width.container.max(Container::U32);
    let wide_value = convert(value, width.container, wide);
    let joined = wide_value
        .clone()
        .op(Operator::Shl, left)
        .op(Operator::Or, wide_value.op(Operator::Shr, right));
    if width.container < Container::U32 { width.mask(joined) } else { joined }
}

fn join(width: Width, high: Expr, low: Expr) -> Expr {
    arith::simple(BinaryOp::Or, width, high, low)
}
