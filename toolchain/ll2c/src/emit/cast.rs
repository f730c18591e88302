//! Conversions.

use super::arith::Float;
use super::ctype::Container;
use super::expr::{Expr, Operator};
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use super::width::{Width, convert, convert_signed};
use crate::ir::{CastOp, Local, Operand, Ty, TypeKind};

/// Pointers have 32 bits.
const POINTER: Width = Width { bits: 32, container: Container::U32 };

impl FunctionEmitter<'_, '_> {
    /// A conversion instruction.
    pub fn cast(
        &mut self,
        result: Option<Local>,
        op: CastOp,
        value: &Operand,
        to: Ty,
    ) -> Outcome<()> {
        let construct = op.to_string();
        let expr = match op {
            CastOp::Trunc | CastOp::ZExt => {
                let from = self.unit.width(value.ty, &construct)?;
                let to = self.unit.width(to, &construct)?;
                convert_integer(self.operand(value)?, from, to)
            }
            CastOp::SExt => {
                let from = self.unit.width(value.ty, &construct)?;
                let to = self.unit.width(to, &construct)?;
                sign_extend(self.operand(value)?, from, to)
            }
            CastOp::PtrToInt | CastOp::PtrToAddr => {
                let to = self.unit.width(to, &construct)?;
                convert_integer(self.operand(value)?.cast("u32"), POINTER, to)
            }
            CastOp::IntToPtr => {
                let from = self.unit.width(value.ty, &construct)?;
                convert_integer(self.operand(value)?, from, POINTER).cast("ptr")
            }
            CastOp::FpTrunc | CastOp::FpExt => {
                self.float(value.ty, &construct)?;
                let to = self.float(to, &construct)?;
                self.operand(value)?.cast(to.c_name())
            }
            CastOp::SiToFp | CastOp::UiToFp => self.integer_to_float(op, value, to)?,
            CastOp::FpToSi | CastOp::FpToUi => {
                let from = self.float(value.ty, &construct)?;
                let to = self.unit.width(to, &construct)?;
                let value = self.operand(value)?;
                self.float_to_integer(signedness(op), from, to, value)?
            }
            CastOp::Bitcast => self.bitcast(value, to)?,
            CastOp::AddrSpaceCast => return Failure::unsupported("addrspacecast"),
        };
        self.define(result, to, &expr)
    }

    fn bitcast(&mut self, value: &Operand, to: Ty) -> Outcome<Expr> {
        let expr = self.operand(value)?;
        match (self.unit.kind(value.ty), self.unit.kind(to)) {
            (from, to) if from == to => Ok(expr),
            (TypeKind::Float, TypeKind::Int(32)) => Ok(Float::Single.bits(expr)),
            (TypeKind::Int(32), TypeKind::Float) => Ok(Float::Single.of_bits(expr)),
            (TypeKind::Double, TypeKind::Int(64)) => Ok(Float::Double.bits(expr)),
            (TypeKind::Int(64), TypeKind::Double) => Ok(Float::Double.of_bits(expr)),
            _ => {
                let (from, to) = (self.unit.describe(value.ty), self.unit.describe(to));
                Failure::unsupported(format!("bitcast of {from} to {to}"))
            }
        }
    }

    fn integer_to_float(&mut self, op: CastOp, value: &Operand, to: Ty) -> Outcome<Expr> {
        let from = self.unit.width(value.ty, &op.to_string())?;
        let to = self.float(to, &op.to_string())?;
        let routine = match (op, to) {
            (CastOp::SiToFp, Float::Single) => "__floattisf",
            (CastOp::SiToFp, Float::Double) => "__floattidf",
            (_, Float::Single) => "__floatuntisf",
            (_, Float::Double) => "__floatuntidf",
        };
        let expr = match signedness(op) {
            Signedness::Signed => self.signed(from, value.ty, &value.value)?,
            Signedness::Unsigned => self.operand(value)?,
        };
        match from.container {
            Container::U256 => Failure::unsupported(format!("{op} from i{}", from.bits)),
            Container::U128 => self.routine(routine, [expr]),
            _ => Ok(expr.cast(to.c_name())),
        }
    }

    /// A number in range, towards zero, as integer.
    pub fn float_to_integer(
        &mut self,
        signedness: Signedness,
        from: Float,
        to: Width,
        value: Expr,
    ) -> Outcome<Expr> {
        let routine = match (signedness, from) {
            (Signedness::Signed, Float::Single) => "__fixsfti",
            (Signedness::Signed, Float::Double) => "__fixdfti",
            (Signedness::Unsigned, Float::Single) => "__fixunssfti",
            (Signedness::Unsigned, Float::Double) => "__fixunsdfti",
        };
        match to.container {
            Container::U256 => {
                Failure::unsupported(format!("a conversion of floating point to i{}", to.bits))
            }
            Container::U128 => Ok(to.mask_same(self.routine(routine, [value])?)),
            container => {
                let wide = container.max(Container::U32);
                Ok(match signedness {
                    Signedness::Signed => to.mask(value.cast(wide.signed_name())),
                    Signedness::Unsigned if wide == container => to.mask_same(value.cast(wide)),
                    Signedness::Unsigned => to.mask(value.cast(wide)),
                })
            }
        }
    }
}

/// How the bits of an integer are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signedness {
    Signed,
    Unsigned,
}

fn signedness(op: CastOp) -> Signedness {
    match op {
        CastOp::SiToFp | CastOp::FpToSi | CastOp::SExt => Signedness::Signed,
        _ => Signedness::Unsigned,
    }
}

/// `zext` or `trunc`, whichever leads there.
pub(super) fn convert_integer(value: Expr, from: Width, to: Width) -> Expr {
    let converted = convert(value, from.container, to.container);
    if to.bits >= from.bits {
        converted
    } else if to.container == from.container {
        to.mask(converted)
    } else {
        to.mask_same(converted)
    }
}

fn sign_extend(value: Expr, from: Width, to: Width) -> Expr {
    if from.bits == 1 && to.container.is_native() {
        // 0 or all ones, which C computes in at least 32 bits.
        let zero = Expr::atom(if to.container == Container::U64 { "0ull" } else { "0u" });
        return to.mask(zero.op(Operator::Sub, value));
    }
    let extended = convert_signed(from.sign_extend(value), from.container, to.container);
    to.mask_same(extended)
}
