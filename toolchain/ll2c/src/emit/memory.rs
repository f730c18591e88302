//! Loads, stores and address arithmetic.

use super::constants::plus_offset;
use super::ctype::{CType, Container};
use super::expr::{Expr, Operator};
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use super::width::{Width, convert};
use crate::ir::{Const, Local, Operand, Ty, TypeKind, Value};

/// What is known of an access to memory.
#[derive(Clone, Copy, Debug)]
struct Access {
    /// in bytes, a power of two
    align: u32,
    is_volatile: bool,
}

impl Access {
    /// For a part of what is accessed, `offset` bytes behind its start.
    fn at(self, offset: u64) -> Self {
        let of_offset = if offset == 0 { u32::MAX } else { 1 << offset.trailing_zeros().min(16) };
        Access { align: self.align.min(of_offset), ..self }
    }
}

/// How a type is read and written.
enum Form {
    /// by one C expression of this type, which may be wider than the value
    Direct(&'static str),
    /// an integer, byte by byte: the number of bytes
    Bytes(Width, u64),
    /// field by field: types and offsets
    Fields(Vec<(Ty, u64)>),
}

impl FunctionEmitter<'_, '_> {
    /// `load`
    pub fn load(
        &mut self,
        result: Option<Local>,
        ty: Ty,
        ptr: &Value,
        align: Option<u32>,
        is_volatile: bool,
    ) -> Outcome<()> {
        let access = self.access(ty, align, is_volatile)?;
        let ptr = self.pointer(ptr)?;
        let expr = self.read(ty, ptr, access)?;
        self.define(result, ty, &expr)
    }

    /// `store`
    pub fn store(
        &mut self,
        value: &Operand,
        ptr: &Value,
        align: Option<u32>,
        is_volatile: bool,
    ) -> Outcome<()> {
        let access = self.access(value.ty, align, is_volatile)?;
        let ptr = self.pointer(ptr)?;
        let is_aggregate =
            matches!(self.unit.kind(value.ty), TypeKind::Struct { .. } | TypeKind::Array { .. });
        match value.value {
            // What was there before is as undefined as anything else.
            Value::Const(Const::Undef) if !is_volatile => return Ok(()),
            Value::Const(Const::Zero) if is_aggregate && !is_volatile => {
                let size = self.unit.layout(value.ty)?.size;
                self.push(format_args!("__builtin_memset({ptr}, 0, {size});"));
                return Ok(());
            }
            _ => {}
        }
        let expr = self.operand(value)?;
        let expr = if is_aggregate {
            let c_type = self.unit.c_type(value.ty)?;
            self.once(c_type, expr)
        } else {
            expr
        };
        self.write_to(value.ty, ptr, &expr, access)
    }

    /// `getelementptr`
    pub fn element_pointer(
        &mut self,
        result: Option<Local>,
        source: Ty,
        base: &Operand,
        indices: &[Operand],
    ) -> Outcome<()> {
        if *self.unit.kind(base.ty) != TypeKind::Ptr {
            return Failure::unsupported(format!(
                "getelementptr on {}",
                self.unit.describe(base.ty)
            ));
        }
        let known: Vec<Option<i64>> = indices
            .iter()
            .map(|index| match &index.value {
                Value::Const(constant) => self.unit.constant_index(index.ty, constant),
                Value::Local(_) => None,
            })
            .collect();
        let path = self.unit.gep_path(source, &known)?;
        let mut expr = self.operand(base)?;
        for (place, size) in path.steps {
            if size > 0 {
                let step = self.step(&indices[place], size)?;
                expr = expr.op(Operator::Add, step);
            }
        }
        let expr = plus_offset(expr, path.offset);
        self.define(result, base.ty, &expr)
    }

    /// How far an index leads, in bytes with a sign.
    fn step(&mut self, index: &Operand, size: u64) -> Outcome<Expr> {
        let width = self.unit.width(index.ty, "an index")?;
        let number = if width.bits < 32 {
            self.signed(width, index.ty, &index.value)?.cast("u32")
        } else {
            convert(self.operand(index)?, width.container, Container::U32)
        };
        let bytes = if size == 1 {
            number
        } else {
            // Addresses have 32 bits, and so has every distance.
            number.op(Operator::Mul, Expr::atom(format!("{}u", size as u32)))
        };
        Ok(bytes.cast("s32"))
    }

    fn access(&mut self, ty: Ty, align: Option<u32>, is_volatile: bool) -> Outcome<Access> {
        let natural = self.unit.layout(ty)?.align;
        Ok(Access { align: align.unwrap_or(natural), is_volatile })
    }

    fn form(&mut self, ty: Ty) -> Outcome<Form> {
        Ok(match self.unit.kind(ty).clone() {
            TypeKind::Int(1..=8) => Form::Direct("u8"),
            TypeKind::Int(16) => Form::Direct("u16"),
            TypeKind::Int(32) => Form::Direct("u32"),
            TypeKind::Int(64) => Form::Direct("u64"),
            TypeKind::Int(_) => {
                let bytes = self.unit.layout(ty)?.store_size;
                Form::Bytes(self.unit.width(ty, "memory access")?, bytes)
            }
            TypeKind::Ptr => Form::Direct("ptr"),
            TypeKind::Float => Form::Direct("f32"),
            TypeKind::Double => Form::Direct("f64"),
            TypeKind::Struct { packed, fields } => {
                let (offsets, _) =
                    self.unit.layouts.field_offsets(&self.unit.program.types, packed, &fields)?;
                Form::Fields(fields.iter().copied().zip(offsets).collect())
            }
            TypeKind::Array { len, elem } => {
                // Refuses arrays that are too long to be values.
                self.unit.c_type(ty)?;
                let size = self.unit.layout(elem)?.size;
                Form::Fields((0..len).map(|index| (elem, index * size)).collect())
            }
            _ => {
                return Failure::unsupported(format!(
                    "memory access to {}",
                    self.unit.describe(ty)
                ));
            }
        })
    }

    fn read(&mut self, ty: Ty, ptr: Expr, access: Access) -> Outcome<Expr> {
        match self.form(ty)? {
            Form::Direct(name) => {
                let value = in_memory(name, ptr, access);
                match self.unit.kind(ty) {
                    TypeKind::Int(bits @ 1..8) => {
                        let mask = Expr::number((1 << bits) - 1);
                        Ok(value.op(Operator::And, mask))
                    }
                    _ => Ok(value),
                }
            }
            Form::Bytes(width, bytes) => {
                self.refuse_volatile(ty, access)?;
                Ok(if width.bits == 128 {
                    Expr::call("u128_load", [ptr])
                } else {
                    let bytes = Expr::number(bytes as u32);
                    width.mask_same(Expr::call(&by_bytes(width, "load_bytes"), [ptr, bytes]))
                })
            }
            Form::Fields(fields) => {
                self.refuse_volatile(ty, access)?;
                let c_type = self.unit.c_type(ty)?;
                let ptr = self.once(CType::Ptr, ptr);
                let mut values = Vec::with_capacity(fields.len());
                for (field, offset) in fields {
                    let ptr = plus_offset(ptr.clone(), offset as i64);
                    values.push(self.read(field, ptr, access.at(offset))?);
                }
                Ok(Expr::compound(c_type, &values))
            }
        }
    }

    fn write_to(&mut self, ty: Ty, ptr: Expr, value: &Expr, access: Access) -> Outcome<()> {
        match self.form(ty)? {
            Form::Direct(name) => {
                let place = in_memory(name, ptr, access);
                self.push(format_args!("{place} = {value};"));
            }
            Form::Bytes(width, bytes) => {
                self.refuse_volatile(ty, access)?;
                if width.bits == 128 {
                    self.push(format_args!("u128_store({ptr}, {value});"));
                } else {
                    let store = by_bytes(width, "store_bytes");
                    self.push(format_args!("{store}({ptr}, {value}, {bytes});"));
                }
            }
            Form::Fields(fields) => {
                self.refuse_volatile(ty, access)?;
                let ptr = self.once(CType::Ptr, ptr);
                for (index, (field, offset)) in fields.into_iter().enumerate() {
                    let ptr = plus_offset(ptr.clone(), offset as i64);
                    let value = value.clone().field(format_args!("f{index}"));
                    self.write_to(field, ptr, &value, access.at(offset))?;
                }
            }
        }
        Ok(())
    }

    fn refuse_volatile(&self, ty: Ty, access: Access) -> Outcome<()> {
        if access.is_volatile {
            return Failure::unsupported(format!(
                "a volatile access to {}",
                self.unit.describe(ty)
            ));
        }
        Ok(())
    }
}

/// The function of `runtime.h` that goes byte by byte.
fn by_bytes(width: Width, operation: &str) -> String {
    width.container.max(Container::U64).function(operation)
}

/// The C lvalue for a scalar in memory.
fn in_memory(name: &str, pointer: Expr, access: Access) -> Expr {
    let volatile = if access.is_volatile { "volatile " } else { "" };
    // GCC aligns nothing to more than two bytes on the 680x0.
    let unaligned = if access.align < 2 && name != "u8" { "_unaligned" } else { "" };
    pointer.dereferenced(format_args!("{volatile}{name}{unaligned}"))
}
