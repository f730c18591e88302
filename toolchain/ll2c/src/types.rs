//! Interned types: structural identity is equality of ids, across modules.

use std::collections::HashMap;

use crate::ir::{Ty, TypeKind};

/// The table of all types of one translation.
#[derive(Debug, Default)]
pub struct Types {
    kinds: Vec<TypeKind>,
    ids: HashMap<TypeKind, Ty>,
}

impl Types {
    /// The id of a type; a new one if it was never seen.
    pub fn intern(&mut self, kind: TypeKind) -> Ty {
        if let Some(&ty) = self.ids.get(&kind) {
            return ty;
        }
        let ty = Ty(u32::try_from(self.kinds.len()).expect("fewer than 2^32 types"));
        self.kinds.push(kind.clone());
        self.ids.insert(kind, ty);
        ty
    }

    /// What a type stands for.
    #[must_use]
    pub fn kind(&self, ty: Ty) -> &TypeKind {
        &self.kinds[ty.0 as usize]
    }

    /// A type as the IR writes it, for messages.
    #[must_use]
    pub fn describe(&self, ty: Ty) -> String {
        match self.kind(ty) {
            TypeKind::Void => "void".to_owned(),
            TypeKind::Int(bits) => format!("i{bits}"),
            TypeKind::Ptr => "ptr".to_owned(),
            TypeKind::Float => "float".to_owned(),
            TypeKind::Double => "double".to_owned(),
            TypeKind::Array { len, elem } => format!("[{len} x {}]", self.describe(*elem)),
            TypeKind::Struct { packed, fields } => {
                let fields: Vec<String> =
                    fields.iter().map(|&field| self.describe(field)).collect();
                let (open, close) = if *packed { ("<{", "}>") } else { ("{", "}") };
                format!("{open} {} {close}", fields.join(", "))
            }
            TypeKind::Metadata => "metadata".to_owned(),
            TypeKind::Unsupported(text) => text.to_string(),
        }
    }
}
