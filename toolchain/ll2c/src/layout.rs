//! Sizes, alignments and offsets of types in memory.
//!
//! They follow the target's data layout string, with LLVM's defaults for what
//! it leaves out: integers up to 8 bits align to 1, up to 32 bits to 2, wider
//! ones to 4; pointers to 2, `float` to 4, `double` to 8; an aggregate to its
//! strictest field (LLVM Language Reference, "Data Layout").

use std::collections::HashMap;

use crate::ir::{Ty, TypeKind};
use crate::types::Types;

/// What the IR must say of its target: all layouts here follow from it.
pub const DATA_LAYOUT: &str = "E-m:e-p:32:16:32-i8:8:8-i16:16:16-i32:16:32-n8:16:32-a:0:16-S16";

/// The type has no layout on this target: how it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoLayout(pub String);

/// Size and alignment of a type, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Distance between two elements of an array: a multiple of `align`.
    pub size: u64,
    /// Bytes that a store writes: less than `size` for integers such as `i24`.
    pub store_size: u64,
    /// ABI alignment, a power of two.
    pub align: u32,
}

impl Layout {
    fn new(store_size: u64, align: u32) -> Self {
        Layout { size: store_size.next_multiple_of(u64::from(align)), store_size, align }
    }
}

/// Computes layouts and keeps those of aggregates.
#[derive(Debug, Default)]
pub struct Layouts {
    known: HashMap<Ty, Layout>,
}

impl Layouts {
    /// The layout of a type.
    ///
    /// # Errors
    /// For types that no memory holds (`void`, `metadata`) or that are not translated.
    pub fn of(&mut self, types: &Types, ty: Ty) -> Result<Layout, NoLayout> {
        match types.kind(ty) {
            &TypeKind::Int(bits) => {
                Ok(Layout::new(u64::from(bits.div_ceil(8)), integer_align(bits)))
            }
            TypeKind::Ptr => Ok(Layout::new(4, 2)),
            TypeKind::Float => Ok(Layout::new(4, 4)),
            TypeKind::Double => Ok(Layout::new(8, 8)),
            TypeKind::Array { .. } | TypeKind::Struct { .. } => self.of_aggregate(types, ty),
            TypeKind::Void | TypeKind::Metadata | TypeKind::Unsupported(_) => {
                Err(NoLayout(types.describe(ty)))
            }
        }
    }

    /// The offset of each field of a struct in bytes, and of its end without the tail padding.
    pub fn field_offsets(
        &mut self,
        types: &Types,
        packed: bool,
        fields: &[Ty],
    ) -> Result<(Vec<u64>, u64), NoLayout> {
        let mut offsets = Vec::with_capacity(fields.len());
        let mut end = 0_u64;
        for &field in fields {
            let layout = self.of(types, field)?;
            if !packed {
                end = end.next_multiple_of(u64::from(layout.align));
            }
            offsets.push(end);
            end += layout.size;
        }
        Ok((offsets, end))
    }

    fn of_aggregate(&mut self, types: &Types, ty: Ty) -> Result<Layout, NoLayout> {
        if let Some(&layout) = self.known.get(&ty) {
            return Ok(layout);
        }
        let layout = match types.kind(ty) {
            &TypeKind::Array { len, elem } => {
                let elem = self.of(types, elem)?;
                let size =
                    elem.size.checked_mul(len).ok_or_else(|| NoLayout(types.describe(ty)))?;
                Layout { size, store_size: size, align: elem.align }
            }
            TypeKind::Struct { packed, fields } => self.of_struct(types, *packed, fields)?,
            _ => unreachable!("only aggregates come here"),
        };
        self.known.insert(ty, layout);
        Ok(layout)
    }

    fn of_struct(
        &mut self,
        types: &Types,
        packed: bool,
        fields: &[Ty],
    ) -> Result<Layout, NoLayout> {
        let (_, end) = self.field_offsets(types, packed, fields)?;
        let mut align = 1;
        if !packed {
            for &field in fields {
                align = align.max(self.of(types, field)?.align);
            }
        }
        let size = end.next_multiple_of(u64::from(align));
        Ok(Layout { size, store_size: size, align })
    }
}

fn integer_align(bits: u32) -> u32 {
    match bits {
        0..=8 => 1,
        9..=32 => 2,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::{DATA_LAYOUT, Layout, Layouts};
    use crate::ir::{Ty, TypeKind};
    use crate::types::Types;

    fn layout(types: &Types, ty: Ty) -> (u64, u64, u32) {
        let Layout { size, store_size, align } =
            Layouts::default().of(types, ty).expect("it has a layout");
        (size, store_size, align)
    }

    #[test]
    fn rustc_is_told_the_same_data_layout() {
        let target = include_str!("../m68k-ll2c-none.json");
        assert!(target.contains(&format!("\"data-layout\": \"{DATA_LAYOUT}\"")));
    }

    #[test]
    fn integers_align_as_the_data_layout_says() {
        let mut types = Types::default();
        let expected = [
            (1, (1, 1, 1)),
            (8, (1, 1, 1)),
            (16, (2, 2, 2)),
            (24, (4, 3, 2)),
            (32, (4, 4, 2)),
            (48, (8, 6, 4)),
            (64, (8, 8, 4)),
            (128, (16, 16, 4)),
            (256, (32, 32, 4)),
        ];
        for (bits, expected) in expected {
            let ty = types.intern(TypeKind::Int(bits));
            assert_eq!(layout(&types, ty), expected, "i{bits}");
        }
    }

    #[test]
    fn structs_pad_unless_they_are_packed() {
        let mut types = Types::default();
        let fields: Vec<Ty> =
            [TypeKind::Int(8), TypeKind::Int(32), TypeKind::Int(8), TypeKind::Double]
                .map(|kind| types.intern(kind))
                .into();
        let padded =
            types.intern(TypeKind::Struct { packed: false, fields: fields.clone().into() });
        let packed = types.intern(TypeKind::Struct { packed: true, fields: fields.clone().into() });
        assert_eq!(layout(&types, padded), (16, 16, 8));
        assert_eq!(layout(&types, packed), (14, 14, 1));
        let offsets = Layouts::default().field_offsets(&types, false, &fields).expect("a layout");
        assert_eq!(offsets, (vec![0, 2, 6, 8], 16));
    }

    #[test]
    fn half_has_no_layout() {
        let mut types = Types::default();
        let half = types.intern(TypeKind::Unsupported("half".into()));
        let array = types.intern(TypeKind::Array { len: 3, elem: half });
        let error = Layouts::default().of(&types, array).expect_err("half is not translated");
        assert_eq!(error.0, "half");
    }
}
