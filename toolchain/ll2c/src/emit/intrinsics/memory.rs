//! Copying and filling memory.
//!
//! Short copies of constant length are GCC's business; all others call the program's
//! `memcpy`, `memmove` and `memset`.

use super::{Intrinsic, Table};
use crate::emit::ctype::Container;
use crate::emit::expr::Expr;
use crate::emit::failure::Outcome;
use crate::emit::function::FunctionEmitter;
use crate::emit::width::convert;
use crate::ir::{Arg, Const, Value};

pub(super) const TABLE: Table = &[
    ("memcpy", transfer),
    ("memcpy.inline", transfer),
    ("memmove", transfer),
    ("memset", transfer),
    ("memset.inline", transfer),
];

fn transfer(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let function = call.name.trim_end_matches(".inline");
    let (to, source) = (emitter.arg_value(call, 0)?, emitter.arg_value(call, 1)?);
    let (length, is_constant) = match &call.arg(2)?.value {
        Value::Const(Const::Int(length)) if *length == 0 => return Ok(()),
        Value::Const(Const::Zero) => return Ok(()),
        Value::Const(Const::Int(length)) => (Expr::number(length.as_u32()), true),
        _ => (length(emitter, call)?, false),
    };
    let is_volatile = call.constant(3)? == 1;
    let expr = match function {
        "memset" if is_volatile => Expr::call("volatile_fill", [to, source, length]),
        _ if is_volatile => Expr::call("volatile_copy", [to, source, length]),
        _ if !is_constant => Expr::call(function, [to, source, length]),
        "memcpy" if both_even(call)? => {
            // GCC moves words and long words, rather than bytes, if it knows.
            Expr::call("__builtin_memcpy", [assume_even(to), assume_even(source), length])
        }
        _ => Expr::call(&format!("__builtin_{function}"), [to, source, length]),
    };
    emitter.push(format_args!("{expr};"));
    Ok(())
}

/// Lengths have 32 or 64 bits; there is no more than 2^32 to copy.
fn length(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<Expr> {
    let width = emitter.unit.width(call.arg(2)?.ty, "the length of a copy")?;
    Ok(convert(emitter.arg_value(call, 2)?, width.container, Container::U32))
}

fn both_even(call: &Intrinsic<'_>) -> Outcome<bool> {
    let is_even = |arg: &Arg| arg.attrs.align.is_some_and(|align| align >= 2);
    Ok(is_even(call.arg(0)?) && is_even(call.arg(1)?))
}

fn assume_even(pointer: Expr) -> Expr {
    Expr::call("__builtin_assume_aligned", [pointer, Expr::number(2)])
}
