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
}
