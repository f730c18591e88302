//! First-class structs and arrays.

use std::fmt::Write as _;

use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use crate::ir::{Local, Operand, Ty, TypeKind};
use crate::types::Types;

impl FunctionEmitter<'_, '_> {
    /// `extractvalue`
    pub fn extract_value(
        &mut self,
        result: Option<Local>,
        value: &Operand,
        indices: &[u32],
    ) -> Outcome<()> {
        let mut expr = self.operand(value)?;
        let mut ty = value.ty;
        for &index in indices {
            expr = expr.field(format_args!("f{index}"));
            ty = field_type(&self.unit.program.types, ty, index)?;
        }
        self.define(result, ty, &expr)
    }

    /// `insertvalue`
    pub fn insert_value(
        &mut self,
        result: Option<Local>,
        value: &Operand,
        elem: &Operand,
        indices: &[u32],
    ) -> Outcome<()> {
        let Some(result) = result else { return Ok(()) };
        let (aggregate, elem) = (self.operand(value)?, self.operand(elem)?);
        let variable = self.local(result, value.ty)?;
        let mut path = String::new();
        for index in indices {
            let _ = write!(path, ".f{index}");
        }
        self.push(format_args!("{variable} = {aggregate};"));
        self.push(format_args!("{variable}{path} = {elem};"));
        Ok(())
    }
}

/// The type of a field of a struct or of an element of an array.
fn field_type(types: &Types, ty: Ty, index: u32) -> Outcome<Ty> {
    let field = match types.kind(ty) {
        TypeKind::Struct { fields, .. } => fields.get(index as usize).copied(),
        &TypeKind::Array { elem, .. } => Some(elem),
        _ => None,
    };
    match field {
        Some(field) => Ok(field),
        None => Failure::unsupported(format!("field {index} of {}", types.describe(ty))),
    }
}
