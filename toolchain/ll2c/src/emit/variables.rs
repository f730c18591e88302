//! Global variables: initializers flattened to runs of bytes and addresses.
//!
//! A variable becomes a packed struct of byte arrays and pointers. Its bytes are laid
//! out here, so GCC's idea of alignment and padding never matters.

use std::fmt::Write as _;

use super::constants::c_string;
use super::ctype::CType;
use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::symbols::{Entity, attribute_list};
use super::unit::Unit;
use crate::ir::{Const, Ty, TypeKind, Variable};
use crate::program::{ModuleId, SymbolId};

/// A part of an initializer.
#[derive(Debug)]
enum Segment {
    Bytes(Vec<u8>),
    /// what the linker fills in: four bytes
    Address(CType, Expr),
}

impl Segment {
    /// As a field of a struct.
    fn field(&self, number: usize) -> String {
        match self {
            Segment::Bytes(bytes) => format!("u8 f{number}[{}];", bytes.len()),
            Segment::Address(c_type, _) => format!("{c_type} f{number};"),
        }
    }

    fn is_zero(&self) -> bool {
        matches!(self, Segment::Bytes(bytes) if bytes.iter().all(|&byte| byte == 0))
    }

    fn value(&self) -> String {
        match self {
            _ if self.is_zero() => "{0}".to_owned(),
            Segment::Bytes(bytes) => {
                // C fills up with zeros.
                let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                c_string(&bytes[..end])
            }
            Segment::Address(_, address) => address.to_string(),
        }
    }
}

/// An initializer in the making.
struct Flattened {
    module: ModuleId,
    segments: Vec<Segment>,
}

impl Flattened {
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(Segment::Bytes(run)) = self.segments.last_mut() {
            run.extend_from_slice(bytes);
        } else if !bytes.is_empty() {
            self.segments.push(Segment::Bytes(bytes.to_vec()));
        }
    }

    fn zeros(&mut self, count: u64) {
        if let Some(Segment::Bytes(run)) = self.segments.last_mut() {
            run.resize(run.len() + count as usize, 0);
        } else if count > 0 {
            self.segments.push(Segment::Bytes(vec![0; count as usize]));
        }
    }
}

impl Unit<'_> {
    /// Declares a variable, and defines it if it is defined in the program.
    pub fn write_variable(&mut self, id: SymbolId, entity: &Entity) -> Outcome<()> {
        let module = &self.program.modules[id.module.0 as usize];
        let variable = module.variable(id.index, &mut self.program.types)?;
        if variable.is_thread_local {
            return Failure::unsupported("a thread_local variable");
        }
        match &variable.init {
            Some(init) if self.program.defines(id) => {
                self.define_variable(id, entity, &variable, init)
            }
            _ => self.declare_external_variable(id, entity, &variable),
        }
    }

    fn declare_external_variable(
        &mut self,
        id: SymbolId,
        entity: &Entity,
        variable: &Variable,
    ) -> Outcome<()> {
        let symbol = self.symbol_name(id, false)?;
        let mut attributes = Vec::new();
        self.add_symbol_attributes(&mut attributes, id, false, variable.section.as_deref());
        let identifier = &entity.identifier;
        let attributes = attribute_list(&attributes);
        let _ = writeln!(
            self.declarations,
            "extern u8 {identifier}[] __asm__(\"{symbol}\"){attributes};"
        );
        Ok(())
    }

    fn define_variable(
        &mut self,
        id: SymbolId,
        entity: &Entity,
        variable: &Variable,
        init: &Const,
    ) -> Outcome<()> {
        let layout = self.layout(variable.ty)?;
        let mut flattened = Flattened { module: id.module, segments: Vec::new() };
        self.flatten(&mut flattened, variable.ty, init)?;
        let mut segments = flattened.segments;
        if segments.is_empty() {
            // C has no objects without size.
            segments.push(Segment::Bytes(vec![0]));
        }
        let storage = self.storage(id, true);
        let symbol = self.symbol_name(id, true)?;
        let align = variable.align.unwrap_or(layout.align);
        let mut attributes = vec![format!("aligned({align})")];
        self.add_symbol_attributes(&mut attributes, id, true, variable.section.as_deref());
        let attributes = attribute_list(&attributes);

        let fields: Vec<String> =
            segments.iter().enumerate().map(|(number, segment)| segment.field(number)).collect();
        let fields = fields.join(" ");
        let identifier = &entity.identifier;
        let constness = if variable.is_const { "const " } else { "" };
        let head = format!("{constness}struct {identifier} {identifier}");
        // A definition that others see needs a declaration of its own kind.
        let declared = if storage.is_empty() { "extern " } else { storage };
        let _ = write!(
            self.declarations,
            "struct {identifier} {{ {fields} }} __attribute__((packed));\n\
             {declared}{head} __asm__(\"{symbol}\"){attributes};\n"
        );
        let values: Vec<String> = segments.iter().map(Segment::value).collect();
        let _ = writeln!(self.variables, "{storage}{head} = {{{}}};", values.join(", "));
        Ok(())
    }

    fn flatten(&mut self, out: &mut Flattened, ty: Ty, value: &Const) -> Outcome<()> {
        let layout = self.layout(ty)?;
        match value {
            Const::Zero | Const::Undef => out.zeros(layout.size),
            Const::Bytes(bytes) => out.bytes(bytes),
            Const::Int(value) => {
                let bytes = value.to_be_bytes();
                out.bytes(&bytes[bytes.len() - layout.store_size as usize..]);
                out.zeros(layout.size - layout.store_size);
            }
            Const::Float(bits) => {
                let bytes = bits.to_be_bytes();
                out.bytes(&bytes[bytes.len() - layout.size as usize..]);
            }
            Const::Aggregate(fields) => self.flatten_aggregate(out, ty, fields)?,
            Const::Global(_) | Const::Expr(_) => self.flatten_address(out, ty, value)?,
        }
        Ok(())
    }

    fn flatten_aggregate(
        &mut self,
        out: &mut Flattened,
        ty: Ty,
        fields: &[(Ty, Const)],
    ) -> Outcome<()> {
        let TypeKind::Struct { packed, fields: types } = self.kind(ty).clone() else {
            return fields.iter().try_for_each(|(ty, field)| self.flatten(out, *ty, field));
        };
        let (offsets, _) = self.layouts.field_offsets(&self.program.types, packed, &types)?;
        let mut end = 0;
        for (offset, (ty, field)) in offsets.into_iter().zip(fields) {
            out.zeros(offset - end);
            self.flatten(out, *ty, field)?;
            end = offset + self.layout(*ty)?.size;
        }
        out.zeros(self.layout(ty)?.size - end);
        Ok(())
    }

    fn flatten_address(&mut self, out: &mut Flattened, ty: Ty, value: &Const) -> Outcome<()> {
        let Some(address) = self.address(out.module, ty, value)? else {
            let ty = self.describe(ty);
            return Failure::unsupported(format!("an initializer of type {ty} of this form"));
        };
        if address.base.is_none() {
            out.bytes(&(address.offset as u32).to_be_bytes());
            return Ok(());
        }
        let segment = match self.kind(ty) {
            TypeKind::Ptr => Segment::Address(CType::Ptr, address.expr()),
            _ => Segment::Address(self.c_type(ty)?, address.expr().cast("u32")),
        };
        out.segments.push(segment);
        Ok(())
    }
}
