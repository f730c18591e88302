//! Constants as C expressions, and addresses that are known when linking.

use std::fmt::Write as _;
use std::rc::Rc;

use ethnum::U256;

use super::cast::convert_integer;
use super::expr::{Expr, Operator};
use super::failure::{Failure, Outcome};
use super::symbols::Entity;
use super::unit::Unit;
use super::width::Width;
use super::{arith, floats};
use crate::ir::{BinaryOp, CastOp, Const, ConstExpr, Ty, TypeKind};
use crate::program::ModuleId;

/// An address or a number that the linker fills in: symbol plus offset.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub base: Option<Rc<Entity>>,
    /// in bytes
    pub offset: i64,
}

impl Address {
    /// As `ptr`.
    pub fn expr(&self) -> Expr {
        match &self.base {
            // Addresses have 32 bits; offsets wrap around.
            None if self.offset as u32 == 0 => Expr::number(0).cast("ptr"),
            None => Expr::atom(format!("{:#x}u", self.offset as u32)).cast("ptr"),
            Some(entity) => plus_offset(entity.address(), self.offset),
        }
    }
}

/// `base + offset` in bytes.
pub(super) fn plus_offset(base: Expr, offset: i64) -> Expr {
    // Addresses have 32 bits: the offset with its sign says the same and reads better.
    let offset = offset as i32;
    match offset {
        0 => base,
        1.. => base.op(Operator::Add, Expr::number(offset.unsigned_abs())),
        _ => base.op(Operator::Sub, Expr::atom(format!("{}u", offset.unsigned_abs()))),
    }
}

/// What a list of `getelementptr` indices adds to an address.
#[derive(Debug, Default)]
pub(super) struct GepPath {
    /// what is known, in bytes
    pub offset: i64,
    /// indices that are not: their place in the list, and the bytes that one step is
    pub steps: Vec<(usize, u64)>,
}

impl Unit<'_> {
    /// A constant in a function.
    pub fn constant(&mut self, module: ModuleId, ty: Ty, constant: &Const) -> Outcome<Expr> {
        match self.kind(ty).clone() {
            TypeKind::Int(_) => self.integer(module, ty, constant),
            TypeKind::Ptr => match self.address(module, ty, constant)? {
                Some(address) => Ok(address.expr()),
                None => self.untranslated(ty),
            },
            TypeKind::Float => match constant {
                Const::Float(bits) => Ok(floats::single(*bits as u32)),
                Const::Zero | Const::Undef => Ok(floats::single(0)),
                _ => self.untranslated(ty),
            },
            TypeKind::Double => match constant {
                Const::Float(bits) => Ok(floats::double(*bits)),
                Const::Zero | Const::Undef => Ok(floats::double(0)),
                _ => self.untranslated(ty),
            },
            TypeKind::Array { .. } | TypeKind::Struct { .. } => {
                self.aggregate(module, ty, constant)
            }
            TypeKind::Void | TypeKind::Metadata | TypeKind::Unsupported(_) => self.untranslated(ty),
        }
    }

    fn integer(&mut self, module: ModuleId, ty: Ty, constant: &Const) -> Outcome<Expr> {
        let width = self.width(ty, "a constant")?;
        match constant {
            Const::Int(value) => Ok(width.literal(*value)),
            Const::Zero | Const::Undef => Ok(width.literal(U256::ZERO)),
            Const::Expr(expr) => match &**expr {
                ConstExpr::Binary { op, lhs, rhs, .. } => {
                    let lhs = self.integer(module, ty, lhs)?;
                    let rhs = self.integer(module, ty, rhs)?;
                    constant_binary(*op, width, lhs, rhs)
                }
                ConstExpr::Cast { op, from, value, .. } => {
                    let (value, from_width) = match op {
                        CastOp::PtrToInt | CastOp::PtrToAddr => {
                            let address = self.constant(module, *from, value)?;
                            (address.cast("u32"), Width::new(32).expect("32 bits exist"))
                        }
                        CastOp::Trunc | CastOp::Bitcast => (
                            self.constant(module, *from, value)?,
                            self.width(*from, "a constant conversion")?,
                        ),
                        _ => return self.untranslated(ty),
                    };
                    Ok(convert_integer(value, from_width, width))
                }
                ConstExpr::Gep { .. } => self.untranslated(ty),
            },
            _ => self.untranslated(ty),
        }
    }

    fn aggregate(&mut self, module: ModuleId, ty: Ty, constant: &Const) -> Outcome<Expr> {
        let c_type = self.c_type(ty)?;
        let fields = match constant {
            Const::Zero | Const::Undef => vec![Expr::number(0)],
            Const::Bytes(bytes) => {
                bytes.iter().map(|&byte| Expr::number(u32::from(byte))).collect()
            }
            Const::Aggregate(fields) if fields.is_empty() => vec![Expr::number(0)],
            Const::Aggregate(fields) => fields
                .iter()
                .map(|(ty, field)| self.constant(module, *ty, field))
                .collect::<Outcome<Vec<_>>>()?,
            _ => return self.untranslated(ty),
        };
        Ok(Expr::compound(c_type, &fields))
    }

    /// The constant as symbol plus offset, `None` if it is something else. `ty` is a
    /// pointer or an integer of 32 bits.
    pub fn address(
        &mut self,
        module: ModuleId,
        ty: Ty,
        constant: &Const,
    ) -> Outcome<Option<Address>> {
        let absolute = |offset| Ok(Some(Address { base: None, offset }));
        if !matches!(self.kind(ty), TypeKind::Ptr | TypeKind::Int(32)) {
            return Ok(None);
        }
        match constant {
            Const::Zero | Const::Undef => absolute(0),
            Const::Int(value) => absolute(value.as_u32().into()),
            Const::Global(name) => {
                let base = Some(self.named(module, name)?);
                Ok(Some(Address { base, offset: 0 }))
            }
            Const::Expr(expr) => self.address_expr(module, expr),
            _ => Ok(None),
        }
    }

    fn address_expr(&mut self, module: ModuleId, expr: &ConstExpr) -> Outcome<Option<Address>> {
        match expr {
            ConstExpr::Gep { source, base, indices } => {
                let ptr = self.program.types.intern(TypeKind::Ptr);
                let indices: Vec<_> =
                    indices.iter().map(|(ty, index)| self.constant_index(*ty, index)).collect();
                let path = self.gep_path(*source, &indices)?;
                if !path.steps.is_empty() {
                    return Failure::unsupported(
                        "a constant address with an index that is no number",
                    );
                }
                let base = self.address(module, ptr, base)?;
                Ok(base.map(|base| Address { offset: base.offset + path.offset, ..base }))
            }
            ConstExpr::Cast { op, from, value, to } => {
                let is_same_size = matches!(self.kind(*to), TypeKind::Ptr | TypeKind::Int(32));
                let keeps_bits = matches!(
                    op,
                    CastOp::PtrToInt | CastOp::PtrToAddr | CastOp::IntToPtr | CastOp::Bitcast
                );
                if is_same_size && keeps_bits {
                    self.address(module, *from, value)
                } else {
                    Ok(None)
                }
            }
            ConstExpr::Binary { op, ty, lhs, rhs } => {
                let lhs = self.address(module, *ty, lhs)?;
                let rhs = self.address(module, *ty, rhs)?;
                Ok(lhs.zip(rhs).and_then(|(lhs, rhs)| match (op, rhs.base) {
                    (BinaryOp::Add, None) => {
                        Some(Address { offset: lhs.offset + rhs.offset, ..lhs })
                    }
                    (BinaryOp::Sub, None) => {
                        Some(Address { offset: lhs.offset - rhs.offset, ..lhs })
                    }
                    _ => None,
                }))
            }
        }
    }

    /// An index of `getelementptr`, if it is a number.
    pub fn constant_index(&self, ty: Ty, index: &Const) -> Option<i64> {
        match (index, self.kind(ty)) {
            (Const::Zero | Const::Undef, _) => Some(0),
            (Const::Int(value), &TypeKind::Int(bits)) if (1..=64).contains(&bits) => {
                let above = 64 - bits;
                Some((value.as_u64() << above) as i64 >> above)
            }
            _ => None,
        }
    }

    /// Walks the indices of a `getelementptr`; `None` stands for one that is no number.
    pub fn gep_path(&mut self, source: Ty, indices: &[Option<i64>]) -> Outcome<GepPath> {
        let mut path = GepPath::default();
        let mut ty = source;
        for (place, index) in indices.iter().enumerate() {
            if place > 0
                && let TypeKind::Struct { packed, fields } = self.kind(ty).clone()
            {
                let (offsets, _) =
                    self.layouts.field_offsets(&self.program.types, packed, &fields)?;
                let field = index.and_then(|index| usize::try_from(index).ok());
                let Some(field) = field.filter(|&field| field < fields.len()) else {
                    return Failure::unsupported("a field number that is no field");
                };
                path.offset += offsets[field] as i64;
                ty = fields[field];
                continue;
            }
            if place > 0 {
                let &TypeKind::Array { elem, .. } = self.kind(ty) else {
                    let ty = self.describe(ty);
                    return Failure::unsupported(format!("getelementptr into {ty}"));
                };
                ty = elem;
            }
            let size = self.layout(ty)?.size;
            match index {
                Some(index) => {
                    path.offset = path.offset.wrapping_add(index.wrapping_mul(size as i64));
                }
                None => path.steps.push((place, size)),
            }
        }
        Ok(path)
    }

    fn untranslated<T>(&self, ty: Ty) -> Outcome<T> {
        Failure::unsupported(format!("a constant of type {} of this form", self.describe(ty)))
    }
}

fn constant_binary(op: BinaryOp, width: Width, lhs: Expr, rhs: Expr) -> Outcome<Expr> {
    match op {
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor => Ok(arith::simple(op, width, lhs, rhs)),
        _ => Failure::unsupported(format!("a constant expression with {op}")),
    }
}

/// A C string literal of exactly these bytes (and the zero that C adds).
pub(super) fn c_string(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for (place, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            // Two of them could begin a trigraph.
            b'?' => text.push_str("\\?"),
            b'\n' => text.push_str("\\n"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                // Three digits where a digit follows: it would be taken for one of them.
                let is_before_digit = bytes.get(place + 1).is_some_and(u8::is_ascii_digit);
                let width = if is_before_digit { 3 } else { 1 };
                let _ = write!(text, "\\{byte:0width$o}");
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::c_string;

    #[test]
    fn strings_keep_every_byte() {
        assert_eq!(c_string(b"a\"b\\c\n"), r#""a\"b\\c\n""#);
        assert_eq!(c_string(b"\0\x019\xff??="), r#""\0\0019\377\?\?=""#);
    }
}
