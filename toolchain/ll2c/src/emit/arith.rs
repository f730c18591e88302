//! Integer and floating-point arithmetic.

use super::ctype::Container;
use super::expr::{Expr, Operator};
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use super::width::{Width, convert};
use crate::ir::{BinaryOp, Const, FloatOp, Local, Operand, Ty, TypeKind, Value};

impl FunctionEmitter<'_, '_> {
    /// Integer arithmetic and logic.
    pub fn binary(
        &mut self,
        result: Option<Local>,
        op: BinaryOp,
        ty: Ty,
        lhs: &Value,
        rhs: &Value,
    ) -> Outcome<()> {
        let width = self.unit.width(ty, &op.to_string())?;
        let expr = match op {
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor => simple(op, width, self.value(ty, lhs)?, self.value(ty, rhs)?),
            BinaryOp::UDiv | BinaryOp::SDiv | BinaryOp::URem | BinaryOp::SRem => {
                self.divide(op, width, ty, lhs, rhs)?
            }
            BinaryOp::Shl | BinaryOp::LShr | BinaryOp::AShr => {
                self.shift(op, width, ty, lhs, rhs)?
            }
        };
        self.define(result, ty, &expr)
    }

    fn divide(
        &mut self,
        op: BinaryOp,
        width: Width,
        ty: Ty,
        lhs: &Value,
        rhs: &Value,
    ) -> Outcome<Expr> {
        let is_signed = matches!(op, BinaryOp::SDiv | BinaryOp::SRem);
        let (lhs, rhs) = if is_signed {
            (self.signed(width, ty, lhs)?, self.signed(width, ty, rhs)?)
        } else {
            (self.value(ty, lhs)?, self.value(ty, rhs)?)
        };
        let (operator, routine) = match op {
            BinaryOp::UDiv => (Operator::Div, "__udivti3"),
            BinaryOp::URem => (Operator::Rem, "__umodti3"),
            BinaryOp::SDiv => (Operator::Div, "__divti3"),
            _ => (Operator::Rem, "__modti3"),
        };
        match width.container {
            Container::U256 => Failure::unsupported(format!("{op} on {}", self.unit.describe(ty))),
            Container::U128 => Ok(width.mask_same(self.routine(routine, [lhs, rhs])?)),
            _ if is_signed => Ok(width.mask(lhs.op(operator, rhs))),
            _ => Ok(wrap_small(width, lhs.op(operator, rhs))),
        }
    }

    fn shift(
        &mut self,
        op: BinaryOp,
        width: Width,
        ty: Ty,
        lhs: &Value,
        rhs: &Value,
    ) -> Outcome<Expr> {
        let count = match rhs {
            Value::Const(Const::Int(count)) if *count >= u128::from(width.bits) => {
                // The result is poison.
                return Ok(width.literal(0_u8.into()));
            }
            Value::Const(Const::Int(count)) => Count::Constant(count.as_u32()),
            Value::Const(Const::Zero) => Count::Constant(0),
            _ => Count::Variable(convert(self.value(ty, rhs)?, width.container, Container::U32)),
        };
        let lhs = match op {
            BinaryOp::AShr => self.signed(width, ty, lhs)?,
            _ => self.value(ty, lhs)?,
        };
        Ok(shift(op, width, lhs, count))
    }

    /// Floating-point arithmetic.
    pub fn float_binary(
        &mut self,
        result: Option<Local>,
        op: FloatOp,
        ty: Ty,
        lhs: &Value,
        rhs: &Value,
    ) -> Outcome<()> {
        let float = self.float(ty, &op.to_string())?;
        let (lhs, rhs) = (self.value(ty, lhs)?, self.value(ty, rhs)?);
        let operator = match op {
            FloatOp::Add => Operator::Add,
            FloatOp::Sub => Operator::Sub,
            FloatOp::Mul => Operator::Mul,
            FloatOp::Div => Operator::Div,
            FloatOp::Rem => {
                let expr = self.routine(&float.math("fmod"), [lhs, rhs])?;
                return self.define(result, ty, &expr);
            }
        };
        self.define(result, ty, &lhs.op(operator, rhs))
    }

    /// `fneg`: flips the sign, also of a NaN.
    pub fn negate_float(&mut self, result: Option<Local>, value: &Operand) -> Outcome<()> {
        let float = self.float(value.ty, "fneg")?;
        let bits = float.bits(self.operand(value)?);
        let expr = float.of_bits(bits.op(Operator::Xor, float.sign()));
        self.define(result, value.ty, &expr)
    }

    /// The format of a floating-point type, or a refusal that names the construct.
    pub fn float(&self, ty: Ty, construct: &str) -> Outcome<Float> {
        match self.unit.kind(ty) {
            TypeKind::Float => Ok(Float::Single),
            TypeKind::Double => Ok(Float::Double),
            _ => Failure::unsupported(format!("{construct} on {}", self.unit.describe(ty))),
        }
    }
}

/// A floating-point type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Float {
    Single,
    Double,
}

impl Float {
    /// Its C type, which is also the prefix of its functions in `runtime.h`.
    pub fn c_name(self) -> &'static str {
        match self {
            Float::Single => "f32",
            Float::Double => "f64",
        }
    }

    /// The name of a function of the C mathematical library.
    pub fn math(self, name: &str) -> String {
        match self {
            Float::Single => format!("{name}f"),
            Float::Double => name.to_owned(),
        }
    }

    /// A call of a function of `runtime.h`.
    pub fn call<const N: usize>(self, operation: &str, args: [Expr; N]) -> Expr {
        Expr::call(&format!("{}_{operation}", self.c_name()), args)
    }

    /// The bits of a value, as an integer.
    pub fn bits(self, value: Expr) -> Expr {
        self.call("bits", [value])
    }

    /// The value of these bits.
    pub fn of_bits(self, bits: Expr) -> Expr {
        self.call("from_bits", [bits])
    }

    /// The sign bit.
    pub fn sign(self) -> Expr {
        Expr::atom(match self {
            Float::Single => "0x80000000u",
            Float::Double => "0x8000000000000000ull",
        })
    }

    /// All other bits.
    pub fn magnitude(self) -> Expr {
        Expr::atom(match self {
            Float::Single => "0x7fffffffu",
            Float::Double => "0x7fffffffffffffffull",
        })
    }
}

/// How far to shift.
#[derive(Clone, Debug)]
pub(super) enum Count {
    /// below the width
    Constant(u32),
    /// a `u32`; beyond the width anything may come out, but nothing bad happens
    Variable(Expr),
}

/// A shift; for `ashr` of a value with its sign.
pub(super) fn shift(op: BinaryOp, width: Width, lhs: Expr, count: Count) -> Expr {
    let container = width.container;
    if !container.is_native() {
        let (suffix, count) = match count {
            Count::Constant(count) => ("_const", Expr::number(count)),
            Count::Variable(count) => ("", count),
        };
        let shifted = Expr::call(&container.function(&format!("{op}{suffix}")), [lhs, count]);
        return if op == BinaryOp::LShr { shifted } else { width.mask_same(shifted) };
    }
    // C shifts at least 32 bits; a count beyond is undefined there.
    let wide = container.max(Container::U32);
    let count = match count {
        Count::Constant(count) => Expr::number(count),
        Count::Variable(count) => count.op(Operator::And, Expr::number(wide.bits() - 1)),
    };
    match op {
        BinaryOp::Shl => wrap(width, convert(lhs, container, wide).op(Operator::Shl, count)),
        BinaryOp::LShr => wrap_small(width, lhs.op(Operator::Shr, count)),
        _ => width.mask(lhs.op(Operator::Shr, count)),
    }
}

/// Operations of which the low bits of the result depend on the low bits of the operands only.
pub(super) fn simple(op: BinaryOp, width: Width, lhs: Expr, rhs: Expr) -> Expr {
    let container = width.container;
    let is_logic = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
    if !container.is_native() {
        let expr = Expr::call(&container.function(&op.to_string()), [lhs, rhs]);
        return if is_logic { expr } else { width.mask_same(expr) };
    }
    let operator = match op {
        BinaryOp::Add => Operator::Add,
        BinaryOp::Sub => Operator::Sub,
        BinaryOp::Mul => Operator::Mul,
        BinaryOp::And => Operator::And,
        BinaryOp::Or => Operator::Or,
        BinaryOp::Xor => Operator::Xor,
        _ => unreachable!("{op} looks at more than the low bits"),
    };
    if is_logic {
        return wrap_small(width, lhs.op(operator, rhs));
    }
    // Small operands would be multiplied as `int`, which can overflow.
    let is_small = container < Container::U32;
    let lhs = if is_small && op == BinaryOp::Mul { lhs.cast(Container::U32) } else { lhs };
    wrap(width, lhs.op(operator, rhs))
}

/// Clears the bits above of what C computed from values of a native container.
fn wrap(width: Width, value: Expr) -> Expr {
    if width.is_full() && width.container >= Container::U32 { value } else { width.mask(value) }
}

/// The same, for operations that leave the bits above alone: C has only widened the type.
fn wrap_small(width: Width, value: Expr) -> Expr {
    if width.container >= Container::U32 { value } else { value.cast(width.container) }
}
