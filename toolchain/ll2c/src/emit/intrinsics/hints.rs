//! Intrinsics that tell the optimizer something, or stop the program.

use super::{Intrinsic, Table};
use crate::emit::expr::{Expr, Operator};
use crate::emit::failure::{Failure, Outcome};
use crate::emit::function::FunctionEmitter;
use crate::ir::TypeKind;

pub(super) const TABLE: Table = &[
    ("assume", nothing),
    ("dbg.assign", nothing),
    ("dbg.declare", nothing),
    ("dbg.label", nothing),
    ("dbg.value", nothing),
    ("donothing", nothing),
    ("experimental.noalias.scope.decl", nothing),
    ("invariant.end", nothing),
    ("lifetime.end", nothing),
    ("lifetime.start", nothing),
    ("prefetch", nothing),
    ("pseudoprobe", nothing),
    ("sideeffect", nothing),
    ("var.annotation", nothing),
    ("arithmetic.fence", same),
    ("expect", same),
    ("expect.with.probability", same),
    ("launder.invariant.group", same),
    ("ssa.copy", same),
    ("strip.invariant.group", same),
    ("threadlocal.address", same),
    ("is.constant", is_constant),
    ("objectsize", object_size),
    ("ptrmask", pointer_mask),
    ("returnaddress", return_address),
    ("trap", trap),
    ("ubsantrap", trap),
    ("debugtrap", debug_trap),
];

/// A hint whose result nobody uses.
fn nothing(_: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    match call.result {
        None => Ok(()),
        Some(_) => Failure::unsupported(format!("the result of llvm.{}", call.name)),
    }
}

/// A hint that gives its first argument back.
fn same(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let value = emitter.arg_value(call, 0)?;
    emitter.define(call.result, call.call.ret, &value)
}

/// Nothing that LLVM left standing is constant.
fn is_constant(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    emitter.define(call.result, call.call.ret, &Expr::number(0))
}

/// Unknown: the greatest size, or 0 if the least one is asked for.
fn object_size(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let width = emitter.unit.width(call.call.ret, "llvm.objectsize")?;
    let size = if call.constant(1)? == 1 { 0_u8.into() } else { width.max() };
    emitter.define(call.result, call.call.ret, &width.literal(size))
}

fn pointer_mask(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    if *emitter.unit.kind(call.arg(1)?.ty) != TypeKind::Int(32) {
        return super::wrong_type(emitter, call, call.arg(1)?.ty);
    }
    let (pointer, mask) = (emitter.arg_value(call, 0)?, emitter.arg_value(call, 1)?);
    let masked = pointer.cast("u32").op(Operator::And, mask).cast("ptr");
    emitter.define(call.result, call.call.ret, &masked)
}

/// Only this function's own: frames cannot be walked without frame pointers.
fn return_address(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    if call.constant(0)? != 0 {
        return Failure::unsupported("llvm.returnaddress of a caller");
    }
    let address = Expr::call("__builtin_return_address", [Expr::number(0)]).cast("ptr");
    emitter.define(call.result, call.call.ret, &address)
}

/// `trap #7`: GCC's choice for the 680x0.
#[expect(clippy::unnecessary_wraps, reason = "all emitters have one type")]
fn trap(emitter: &mut FunctionEmitter<'_, '_>, _: &Intrinsic<'_>) -> Outcome<()> {
    emitter.push(format_args!("__builtin_trap();"));
    Ok(())
}

/// A trap that can be returned from; debuggers use `trap #15` for breakpoints.
#[expect(clippy::unnecessary_wraps, reason = "all emitters have one type")]
fn debug_trap(emitter: &mut FunctionEmitter<'_, '_>, _: &Intrinsic<'_>) -> Outcome<()> {
    emitter.push(format_args!("__asm__ volatile(\"trap #15\" : : : \"memory\");"));
    Ok(())
}
