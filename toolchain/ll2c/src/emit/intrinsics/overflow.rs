//! Arithmetic that tells when the result does not fit, or stays at the limit.

use ethnum::U256;

use super::{Intrinsic, Table};
use crate::emit::ctype::{CType, Container};
use crate::emit::expr::{Expr, Operator};
use crate::emit::failure::{Failure, Outcome};
use crate::emit::function::FunctionEmitter;
use crate::emit::width::Width;
use crate::ir::{Const, IntPred, Value};

pub(super) const TABLE: Table = &[
    ("sadd.with.overflow", with_overflow),
    ("ssub.with.overflow", with_overflow),
    ("smul.with.overflow", with_overflow),
    ("uadd.with.overflow", with_overflow),
    ("usub.with.overflow", with_overflow),
    ("umul.with.overflow", with_overflow),
    ("sadd.sat", saturating),
    ("ssub.sat", saturating),
    ("uadd.sat", saturating),
    ("usub.sat", saturating),
];

/// A wrapped result in a variable, and the expression that is true if it is wrong.
struct Checked {
    width: Width,
    wrapped: Expr,
    overflow: Expr,
}

/// `{ ty, i1 }`: the wrapped result, and whether it is wrong.
fn with_overflow(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let Some(result) = call.result else { return Ok(()) };
    let checked = check(emitter, call)?;
    let pair = emitter.local(result, call.call.ret)?;
    let Checked { wrapped, overflow, .. } = checked;
    emitter.push(format_args!("{pair}.f1 = {overflow};"));
    emitter.push(format_args!("{pair}.f0 = {wrapped};"));
    Ok(())
}

/// The limit that the result would have crossed.
fn saturating(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let Checked { width, wrapped, overflow } = check(emitter, call)?;
    let c_type = CType::Int(Container::U32);
    let overflow = emitter.once(c_type, overflow);
    let limit = match call.name {
        "uadd.sat" => width.literal(width.max()),
        "usub.sat" => width.literal(U256::ZERO),
        _ => {
            // The sum or difference leaves on the side on which the left operand is.
            let lhs = call.arg(0)?;
            let zero = Value::Const(Const::Int(U256::ZERO));
            let is_negative = emitter.comparison(IntPred::Slt, lhs.ty, &lhs.value, &zero)?;
            is_negative.select(width.literal(width.min_signed()), width.literal(width.max_signed()))
        }
    };
    emitter.define(call.result, call.call.ret, &overflow.select(limit, wrapped))
}

/// Computes in the whole container, where GCC or `runtime.h` tell of an overflow; a
/// narrower result is also wrong if it changes when cut to its width.
fn check(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<Checked> {
    let (lhs, rhs) = (call.arg(0)?, call.arg(1)?);
    let width = emitter.unit.width(lhs.ty, &format!("llvm.{}", call.name))?;
    if width.container == Container::U256 {
        return Failure::unsupported(format!("llvm.{} on i{}", call.name, width.bits));
    }
    let is_signed = call.name.starts_with('s');
    let operation = &call.name[1..4];
    let operands = if is_signed {
        [emitter.signed(width, lhs.ty, &lhs.value)?, emitter.signed(width, rhs.ty, &rhs.value)?]
    } else {
        [emitter.value(lhs.ty, &lhs.value)?, emitter.value(rhs.ty, &rhs.value)?]
    };
    let whole = emitter.temporary(CType::Int(width.container));
    let overflow = if width.container.is_native() {
        native_overflow(operation, width, is_signed, operands, &whole)
    } else {
        let [lhs, rhs] = operands;
        let sign = if is_signed { 's' } else { 'u' };
        let function = width.container.function(&format!("{sign}{operation}_overflow"));
        Expr::call(&function, [lhs, rhs, whole.clone().address()])
    };
    let flag = emitter.temporary(CType::Int(Container::U32));
    emitter.push(format_args!("{flag} = {overflow};"));
    if width.is_full() {
        return Ok(Checked { width, wrapped: whole, overflow: flag });
    }
    let wrapped = emitter.once(CType::Int(width.container), width.mask(whole.clone()));
    let changed = changed(width, is_signed, &wrapped, &whole);
    Ok(Checked { width, wrapped, overflow: flag.op(Operator::Or, changed) })
}

/// GCC's builtins take the type of the third argument for the width and the sign.
fn native_overflow(
    operation: &str,
    width: Width,
    is_signed: bool,
    operands: [Expr; 2],
    whole: &Expr,
) -> Expr {
    let [lhs, rhs] = operands;
    let address = whole.clone().address();
    let address = if is_signed {
        address.cast(format_args!("{} *", width.container.signed_name()))
    } else {
        address
    };
    Expr::call(&format!("__builtin_{operation}_overflow"), [lhs, rhs, address])
}

/// The whole result is another number than the one cut to its width.
fn changed(width: Width, is_signed: bool, wrapped: &Expr, whole: &Expr) -> Expr {
    let container = width.container;
    let wrapped = if is_signed { width.sign_extend(wrapped.clone()) } else { wrapped.clone() };
    if container.is_native() {
        let whole =
            if is_signed { whole.clone().cast(container.signed_name()) } else { whole.clone() };
        wrapped.op(Operator::Ne, whole)
    } else {
        Expr::call(&container.function("eq"), [wrapped, whole.clone()]).not()
    }
}
