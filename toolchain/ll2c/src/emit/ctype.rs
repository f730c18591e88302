//! The C types that values of the IR are kept in.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use super::failure::{Failure, Outcome};
use crate::ir::{Ty, TypeKind};
use crate::types::Types;

/// First-class aggregates with more fields than this are refused: rustc passes
/// such values by address, and C code that copies field by field would be useless.
const MAX_FIELDS: usize = 256;

/// The smallest C integer that holds an IR integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Container {
    U8,
    U16,
    U32,
    U64,
    U128,
    U256,
}

impl Container {
    /// The container for integers of this many bits.
    pub fn holding(bits: u32) -> Option<Self> {
        Some(match bits {
            1..=8 => Container::U8,
            9..=16 => Container::U16,
            17..=32 => Container::U32,
            33..=64 => Container::U64,
            65..=128 => Container::U128,
            129..=256 => Container::U256,
            _ => return None,
        })
    }

    /// Its own width.
    pub fn bits(self) -> u32 {
        match self {
            Container::U8 => 8,
            Container::U16 => 16,
            Container::U32 => 32,
            Container::U64 => 64,
            Container::U128 => 128,
            Container::U256 => 256,
        }
    }

    /// An integer type of C itself, rather than a struct of `runtime.h`.
    pub fn is_native(self) -> bool {
        self <= Container::U64
    }

    /// The name of a function of `runtime.h` for this container.
    pub fn function(self, operation: &str) -> String {
        format!("{self}_{operation}")
    }

    /// The C type of the same width for numbers with a sign; only native containers have one.
    pub fn signed_name(self) -> &'static str {
        match self {
            Container::U8 => "s8",
            Container::U16 => "s16",
            Container::U32 => "s32",
            Container::U64 => "s64",
            Container::U128 | Container::U256 => unreachable!("wide integers have no signed type"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Container::U8 => "u8",
            Container::U16 => "u16",
            Container::U32 => "u32",
            Container::U64 => "u64",
            Container::U128 => "u128",
            Container::U256 => "u256",
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A C type that a value can have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum CType {
    Void,
    Int(Container),
    Ptr,
    F32,
    F64,
    /// A typedef of this translation: `T7`.
    Struct(u32),
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CType::Void => f.write_str("void"),
            CType::Int(container) => container.fmt(f),
            CType::Ptr => f.write_str("ptr"),
            CType::F32 => f.write_str("f32"),
            CType::F64 => f.write_str("f64"),
            CType::Struct(number) => write!(f, "T{number}"),
        }
    }
}

/// Gives every IR type its C type, and writes the typedefs that this takes.
#[derive(Debug, Default)]
pub(super) struct CTypes {
    aggregates: HashMap<Ty, CType>,
    /// The typedefs so far, each after those that it needs.
    pub typedefs: String,
}

impl CTypes {
    /// The C type of values of an IR type.
    pub fn of(&mut self, types: &Types, ty: Ty) -> Outcome<CType> {
        match types.kind(ty) {
            TypeKind::Void => Ok(CType::Void),
            &TypeKind::Int(bits) => match Container::holding(bits) {
                Some(container) => Ok(CType::Int(container)),
                None => Err(unsupported(types, ty)),
            },
            TypeKind::Ptr => Ok(CType::Ptr),
            TypeKind::Float => Ok(CType::F32),
            TypeKind::Double => Ok(CType::F64),
            TypeKind::Struct { fields, .. } => self.aggregate(types, ty, fields.iter().copied()),
            &TypeKind::Array { len, elem } => {
                let len = usize::try_from(len).map_err(|_| unsupported(types, ty))?;
                self.aggregate(types, ty, std::iter::repeat_n(elem, len))
            }
            TypeKind::Metadata | TypeKind::Unsupported(_) => Err(unsupported(types, ty)),
        }
    }

    /// A struct with the fields `f0`, `f1` … Small integers are widened in it: GCC then
    /// returns pairs in registers.
    fn aggregate(
        &mut self,
        types: &Types,
        ty: Ty,
        fields: impl ExactSizeIterator<Item = Ty>,
    ) -> Outcome<CType> {
        if let Some(&known) = self.aggregates.get(&ty) {
            return Ok(known);
        }
        if fields.len() > MAX_FIELDS {
            let construct = format!("a value of type {}, kept in registers,", types.describe(ty));
            return Err(Failure::Unsupported(construct));
        }
        let mut body = String::new();
        for (index, field) in fields.enumerate() {
            let field = match self.of(types, field)? {
                CType::Int(Container::U8 | Container::U16) => CType::Int(Container::U32),
                other => other,
            };
            let _ = write!(body, " {field} f{index};");
        }
        if body.is_empty() {
            // ISO C has no empty structs, and GNU C's have no size.
            body.push_str(" u8 nothing;");
        }
        let number = u32::try_from(self.aggregates.len()).expect("fewer than 2^32 types");
        let _ = writeln!(self.typedefs, "typedef struct {{{body} }} T{number};");
        self.aggregates.insert(ty, CType::Struct(number));
        Ok(CType::Struct(number))
    }
}

fn unsupported(types: &Types, ty: Ty) -> Failure {
    Failure::Unsupported(format!("a value of type {}", types.describe(ty)))
}
