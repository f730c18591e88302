//! LLVM's intrinsic functions: tables from names to emitters, by subject.

mod bits;
mod floats;
mod hints;
mod integers;
mod memory;
mod overflow;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use crate::ir::{Arg, Call, Const, Local, Ty, Value};

/// A call of an intrinsic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intrinsic<'c> {
    /// the name without `llvm.` and without types: `umul.with.overflow`
    pub name: &'c str,
    pub result: Option<Local>,
    pub call: &'c Call,
}

impl<'c> Intrinsic<'c> {
    /// An argument, or a refusal when there are fewer.
    pub fn arg(&self, index: usize) -> Outcome<&'c Arg> {
        match self.call.args.get(index) {
            Some(arg) => Ok(arg),
            None => Failure::unsupported(format!("llvm.{} with {index} arguments", self.name)),
        }
    }

    /// An argument that must be a number known when compiling.
    pub fn constant(&self, index: usize) -> Outcome<u64> {
        match &self.arg(index)?.value {
            Value::Const(Const::Int(value)) => Ok(value.as_u64()),
            Value::Const(Const::Zero) => Ok(0),
            _ => {
                Failure::unsupported(format!("llvm.{} with a variable argument {index}", self.name))
            }
        }
    }
}

/// Writes the statements for a call of an intrinsic.
type Emitter = fn(&mut FunctionEmitter<'_, '_>, &Intrinsic<'_>) -> Outcome<()>;

/// A table of one subject.
type Table = &'static [(&'static str, Emitter)];

const TABLES: [Table; 6] =
    [bits::TABLE, floats::TABLE, hints::TABLE, integers::TABLE, memory::TABLE, overflow::TABLE];

impl FunctionEmitter<'_, '_> {
    /// A call of `llvm.` and `name`.
    pub fn intrinsic(&mut self, result: Option<Local>, name: &str, call: &Call) -> Outcome<()> {
        let base = without_types(name);
        let Some(emit) = emitter(base) else {
            return Failure::unsupported(format!("the intrinsic llvm.{name}"));
        };
        emit(self, &Intrinsic { name: base, result, call })
    }

    /// An argument as C expression.
    fn arg_value(&mut self, call: &Intrinsic<'_>, index: usize) -> Outcome<super::expr::Expr> {
        let arg = call.arg(index)?;
        self.value(arg.ty, &arg.value)
    }
}

fn emitter(base: &str) -> Option<Emitter> {
    static EMITTERS: OnceLock<HashMap<&str, Emitter>> = OnceLock::new();
    let emitters =
        EMITTERS.get_or_init(|| TABLES.iter().flat_map(|table| table.iter().copied()).collect());
    emitters.get(base).copied()
}

/// Cuts off the types that an overloaded intrinsic's name ends with: `.i32`, `.p0`, `.f64`.
fn without_types(name: &str) -> &str {
    let mut base = name;
    while let Some((rest, last)) = base.rsplit_once('.') {
        let is_type = last
            .strip_prefix(['i', 'p', 'f', 'v'])
            .is_some_and(|width| width.starts_with(|c: char| c.is_ascii_digit()));
        if !is_type {
            break;
        }
        base = rest;
    }
    base
}

/// The kind of value that an intrinsic works on is none that it can.
fn wrong_type<T>(emitter: &FunctionEmitter<'_, '_>, call: &Intrinsic<'_>, ty: Ty) -> Outcome<T> {
    Failure::unsupported(format!("llvm.{} on {}", call.name, emitter.unit.describe(ty)))
}

#[cfg(test)]
mod tests {
    use super::{TABLES, emitter, without_types};

    #[test]
    fn names_lose_their_types_only() {
        assert_eq!(without_types("umul.with.overflow.i32"), "umul.with.overflow");
        assert_eq!(without_types("memcpy.inline.p0.p0.i64"), "memcpy.inline");
        assert_eq!(without_types("fptosi.sat.i32.f64"), "fptosi.sat");
        assert_eq!(without_types("is.fpclass.f32"), "is.fpclass");
        assert_eq!(without_types("fabs.v4f32"), "fabs");
        assert_eq!(without_types("trap"), "trap");
    }

    #[test]
    fn no_name_stands_in_two_tables() {
        let mut names: Vec<&str> =
            TABLES.iter().flat_map(|table| table.iter().map(|(name, _)| *name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(emitter("memcpy").is_some());
        assert!(emitter("vector.reduce.add").is_none());
    }
}
