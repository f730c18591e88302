//! Floating point: signs, classes, rounding, minimum and maximum, saturating conversions.

use ethnum::U256;

use super::{Intrinsic, Table, wrong_type};
use crate::emit::arith::Float;
use crate::emit::cast::Signedness;
use crate::emit::ctype::{CType, Container};
use crate::emit::expr::{Expr, Operator};
use crate::emit::failure::Outcome;
use crate::emit::floats::power_of_two;
use crate::emit::function::FunctionEmitter;

pub(super) const TABLE: Table = &[
    ("fabs", absolute),
    ("copysign", copy_sign),
    ("is.fpclass", class),
    ("canonicalize", canonical),
    ("minnum", pick),
    ("maxnum", pick),
    ("minimumnum", pick),
    ("maximumnum", pick),
    ("minimum", pick),
    ("maximum", pick),
    ("fmuladd", multiply_add),
    ("fptosi.sat", saturating),
    ("fptoui.sat", saturating),
    ("ceil", routine),
    ("cos", routine),
    ("exp", routine),
    ("exp2", routine),
    ("floor", routine),
    ("fma", routine),
    ("log", routine),
    ("log10", routine),
    ("log2", routine),
    ("nearbyint", routine),
    ("pow", routine),
    ("rint", routine),
    ("round", routine),
    ("roundeven", routine),
    ("sin", routine),
    ("sqrt", routine),
    ("tan", routine),
    ("trunc", routine),
];

fn float(emitter: &FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<Float> {
    emitter.float(call.arg(0)?.ty, &format!("llvm.{}", call.name))
}

fn absolute(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let float = float(emitter, call)?;
    let bits = float.bits(emitter.arg_value(call, 0)?);
    let value = float.of_bits(bits.op(Operator::And, float.magnitude()));
    emitter.define(call.result, call.call.ret, &value)
}

fn copy_sign(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let float = float(emitter, call)?;
    let magnitude = float.bits(emitter.arg_value(call, 0)?).op(Operator::And, float.magnitude());
    let sign = float.bits(emitter.arg_value(call, 1)?).op(Operator::And, float.sign());
    let value = float.of_bits(magnitude.op(Operator::Or, sign));
    emitter.define(call.result, call.call.ret, &value)
}

fn class(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let float = float(emitter, call)?;
    let classes = call.constant(1)?;
    let class = float.call("class", [emitter.arg_value(call, 0)?]);
    let wanted = Expr::atom(format!("{classes:#x}"));
    let is_in = class.op(Operator::And, wanted).op(Operator::Ne, Expr::number(0));
    emitter.define(call.result, call.call.ret, &is_in)
}

/// Numbers are canonical; a NaN becomes quiet, as by any arithmetic.
fn canonical(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let float = float(emitter, call)?;
    let c_type = if float == Float::Single { CType::F32 } else { CType::F64 };
    let value = emitter.arg_value(call, 0)?;
    let value = emitter.once(c_type, value);
    let is_nan = float.call("is_nan", [value.clone()]);
    let value = is_nan.select(float.call("quiet", [value.clone()]), value);
    emitter.define(call.result, call.call.ret, &value)
}

/// `minnum` may order zeros and treat signaling NaNs as it likes: as `minimumnum` then.
fn pick(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let float = float(emitter, call)?;
    let operation = match call.name {
        "minnum" | "minimumnum" => "minimumnum",
        "maxnum" | "maximumnum" => "maximumnum",
        other => other,
    };
    let args = [emitter.arg_value(call, 0)?, emitter.arg_value(call, 1)?];
    emitter.define(call.result, call.call.ret, &float.call(operation, args))
}

/// Either rounding is allowed: twice, as the host without a fused instruction does.
fn multiply_add(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    float(emitter, call)?;
    let product = emitter.arg_value(call, 0)?.op(Operator::Mul, emitter.arg_value(call, 1)?);
    let sum = product.op(Operator::Add, emitter.arg_value(call, 2)?);
    emitter.define(call.result, call.call.ret, &sum)
}

/// A function of the C mathematical library, which `compiler_builtins` has.
fn routine(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let float = float(emitter, call)?;
    let name = match call.name {
        // The rounding mode is never changed: to nearest, ties to even.
        "nearbyint" | "roundeven" => "rint",
        name => name,
    };
    let name = float.math(name);
    let value = match call.call.args.len() {
        1 => emitter.arg_value(call, 0).and_then(|x| emitter.routine(&name, [x]))?,
        2 => {
            let args = [emitter.arg_value(call, 0)?, emitter.arg_value(call, 1)?];
            emitter.routine(&name, args)?
        }
        _ => {
            let args = [
                emitter.arg_value(call, 0)?,
                emitter.arg_value(call, 1)?,
                emitter.arg_value(call, 2)?,
            ];
            emitter.routine(&name, args)?
        }
    };
    emitter.define(call.result, call.call.ret, &value)
}

/// Towards zero, at the limits outside the range, 0 for a NaN.
fn saturating(emitter: &mut FunctionEmitter<'_, '_>, call: &Intrinsic<'_>) -> Outcome<()> {
    let from = float(emitter, call)?;
    let to = emitter.unit.width(call.call.ret, &format!("llvm.{}", call.name))?;
    let signedness =
        if call.name == "fptosi.sat" { Signedness::Signed } else { Signedness::Unsigned };
    let c_type = if from == Float::Single { CType::F32 } else { CType::F64 };
    let value = emitter.arg_value(call, 0)?;
    let x = emitter.once(c_type, value);
    let converted = emitter.float_to_integer(signedness, from, to, x.clone())?;
    if to.container == Container::U256 {
        return wrong_type(emitter, call, call.call.ret);
    }
    if to.bits == 128 {
        // Rust's own routines saturate; 2^128 is beyond a `float`.
        return emitter.define(call.result, call.call.ret, &converted);
    }
    let zero = to.literal(U256::ZERO);
    let result = match signedness {
        Signedness::Signed => {
            let limit = power_of_two(to.bits - 1);
            let is_nan = x.clone().op(Operator::Ne, x.clone());
            let is_below = x.clone().op(Operator::Lt, limit.clone().negated());
            let is_above = x.op(Operator::Ge, limit);
            let in_range = is_above.select(to.literal(to.max_signed()), converted);
            is_nan.select(zero, is_below.select(to.literal(to.min_signed()), in_range))
        }
        Signedness::Unsigned => {
            let is_positive = x.clone().op(Operator::Gt, Expr::number(0));
            let is_above = x.op(Operator::Ge, power_of_two(to.bits));
            let in_range = is_above.select(to.literal(to.max()), converted);
            is_positive.not().select(zero, in_range)
        }
    };
    emitter.define(call.result, call.call.ret, &result)
}
