//! Minimum, maximum, absolute value and three-way comparison of integers.

use ethnum::U256;

use super::{Intrinsic, Table};
use crate::emit::arith;
use crate::emit::ctype::Container;
use crate::emit::expr::{Expr, Operator};
use crate::emit::failure::{Failure, Outcome};
use crate::emit::function::FunctionEmitter;
use crate::ir::{BinaryOp, Const, IntPred, Value};

pub(super) const TABLE: Table = &[
    ("smax", pick),
    ("smin", pick),
    ("umax", pick),
    ("umin", pick),
    ("abs", absolute),
    ("scmp", three_way),
    ("ucmp", three_way),
];

fn pick(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let pred = match call.name {
        "smax" => IntPred::Sgt,
        "smin" => IntPred::Slt,
        "umax" => IntPred::Ugt,
        _ => IntPred::Ult,
    };
    let (lhs, rhs) = (call.arg(0)?, call.arg(1)?);
    let is_first = emitter.comparison(pred, lhs.ty, &lhs.value, &rhs.value)?;
    let (lhs, rhs) = (emitter.arg_value(call, 0)?, emitter.arg_value(call, 1)?);
    emitter.define(call.result, call.call.ret, &is_first.select(lhs, rhs))
}

fn absolute(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let arg = call.arg(0)?;
    let width = emitter.unit.width(arg.ty, "llvm.abs")?;
    let zero = Value::Const(Const::Int(U256::ZERO));
    let is_negative = emitter.comparison(IntPred::Slt, arg.ty, &arg.value, &zero)?;
    let value = emitter.arg_value(call, 0)?;
    let negated = arith::simple(BinaryOp::Sub, width, width.literal(U256::ZERO), value.clone());
    emitter.define(call.result, arg.ty, &is_negative.select(negated, value))
}

/// -1, 0 or 1.
fn three_way(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let width = emitter.unit.width(call.call.ret, "a three-way comparison")?;
    if width.container > Container::U64 || width.bits < 2 {
        return Failure::unsupported(format!(
            "llvm.{} with a result of i{}",
            call.name, width.bits
        ));
    }
    let (greater, less) = if call.name == "scmp" {
        (IntPred::Sgt, IntPred::Slt)
    } else {
        (IntPred::Ugt, IntPred::Ult)
    };
    let (lhs, rhs) = (call.arg(0)?, call.arg(1)?);
    let greater: Expr = emitter.comparison(greater, lhs.ty, &lhs.value, &rhs.value)?;
    let less = emitter.comparison(less, lhs.ty, &lhs.value, &rhs.value)?;
    let result = width.mask(greater.op(Operator::Sub, less));
    emitter.define(call.result, call.call.ret, &result)
}
