//! How types are laid out in memory and flattened, from the layouts of their parts.
//!
//! Where memories may have 64-bit addresses, every type has a second form for them: pointers are wider, and with them
//! whatever holds one.

use tidegate_abi::layout::{self, Flat, Layout, PtrType};

use super::entity::{ElementId, TypeId};
use super::types::{Types, core_type};
use crate::error::{CompileError, ErrorCode, Result};
use crate::plan::{Field, TypeDesc, TypeKind};

/// What is derived from a type's parts.
pub(super) struct Facts {
    narrow: Form,
    /// Where it differs and anybody may ask.
    wide: Option<Box<Form>>,
    /// 1 for a type without parts.
    pub(super) depth: u32,
    /// Spec: `contains_borrow`.
    pub(super) borrows: bool,
}

/// A type in one kind of memory.
#[derive(Clone, PartialEq)]
pub(super) struct Form {
    pub(super) layout: Layout,
    pub(super) flat: Flat,
}

impl Facts {
    /// Of a type whose parts are known to `types`; `memory64` whether anybody may ask for its form in such a memory.
    pub(super) fn of(types: &Types, kind: &TypeKind, memory64: bool) -> Result<Self> {
        let mut facts = Self {
            narrow: types.form(kind, PtrType::I32)?,
            wide: None,
            depth: 1,
            borrows: matches!(kind, TypeKind::Borrow { .. }),
        };
        if memory64 {
            let wide = types.form(kind, PtrType::I64)?;
            facts.wide = (wide != facts.narrow).then(|| Box::new(wide));
        }
        for part in types.parts(kind) {
            let part = types.facts(part);
            facts.depth = facts.depth.max(part.depth.saturating_add(1));
            facts.borrows |= part.borrows;
        }
        Ok(facts)
    }

    pub(super) fn form(&self, ptr: PtrType) -> &Form {
        match (ptr, &self.wide) {
            (PtrType::I64, Some(wide)) => wide,
            (PtrType::I32 | PtrType::I64, _) => &self.narrow,
        }
    }

    /// The type in memories with 64-bit addresses.
    pub(super) fn describe_wide(&self, types: &Types, kind: &TypeKind) -> Result<TypeDesc> {
        let form = self.form(PtrType::I64);
        Ok(form.describe(types.widened(kind)?))
    }
}

impl Form {
    pub(super) fn describe(&self, kind: TypeKind) -> TypeDesc {
        TypeDesc {
            kind,
            size: self.layout.size,
            align: self.layout.align,
            flat: self
                .flat
                .as_ref()
                .map(|flat| flat.iter().map(|&ty| core_type(ty)).collect()),
        }
    }
}

impl Types {
    /// The fields of a record or tuple, with their offsets.
    pub(super) fn fields(&self, fields: Vec<(String, TypeId)>, ptr: PtrType) -> Result<Vec<Field>> {
        let layouts = fields.iter().map(|&(_, ty)| self.layout(ty, ptr));
        let (_, offsets) = layout::record(layouts).ok_or_else(too_large)?;
        let fields = fields.into_iter().zip(offsets);
        Ok(fields
            .map(|((name, ty), offset)| Field {
                name,
                ty: ty.0,
                offset,
            })
            .collect())
    }

    pub(super) fn variant_layout(
        &self,
        cases: usize,
        payloads: impl IntoIterator<Item = TypeId>,
        ptr: PtrType,
    ) -> Result<layout::VariantLayout> {
        let payloads = payloads.into_iter().map(|ty| self.layout(ty, ptr));
        layout::variant(cases, payloads).ok_or_else(too_large)
    }

    fn form(&self, kind: &TypeKind, ptr: PtrType) -> Result<Form> {
        use layout::CoreType::{F32, F64, I32, I64};
        let scalar = |size, ty| (Layout::scalar(size), Some(vec![ty]));
        let (layout, flat) = match kind {
            TypeKind::Bool | TypeKind::S8 | TypeKind::U8 => scalar(1, I32),
            TypeKind::S16 | TypeKind::U16 => scalar(2, I32),
            TypeKind::S32 | TypeKind::U32 | TypeKind::Char => scalar(4, I32),
            TypeKind::S64 | TypeKind::U64 => scalar(8, I64),
            TypeKind::F32 => scalar(4, F32),
            TypeKind::F64 => scalar(8, F64),
            TypeKind::String | TypeKind::List { .. } | TypeKind::Map { .. } => {
                (ptr.pair(), Some(vec![ptr.core(); 2]))
            }
            TypeKind::FixedLengthList { ty, length } => {
                let element = self.layout(TypeId(*ty), ptr);
                (
                    layout::fixed_length_list(element, *length).ok_or_else(too_large)?,
                    layout::flatten_fixed_length_list(self.flat(TypeId(*ty), ptr), *length),
                )
            }
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => {
                let layouts = fields.iter().map(|f| self.layout(TypeId(f.ty), ptr));
                let flats = fields.iter().map(|f| self.flat(TypeId(f.ty), ptr));
                let (whole, _) = layout::record(layouts).ok_or_else(too_large)?;
                (whole, layout::flatten_record(flats))
            }
            TypeKind::Enum { labels, .. } => (
                Layout::scalar(layout::discriminant_size(labels.len())),
                Some(vec![I32]),
            ),
            TypeKind::Flags { labels } => (layout::flags(labels.len()), Some(vec![I32])),
            TypeKind::Variant { cases, .. } => {
                return self.variant_form(cases.len(), kind, ptr);
            }
            TypeKind::Option { .. } | TypeKind::Result { .. } => {
                return self.variant_form(2, kind, ptr);
            }
            TypeKind::Own { .. }
            | TypeKind::Borrow { .. }
            | TypeKind::Stream { .. }
            | TypeKind::Future { .. }
            | TypeKind::ErrorContext => scalar(4, I32),
        };
        Ok(Form { layout, flat })
    }

    fn variant_form(&self, cases: usize, kind: &TypeKind, ptr: PtrType) -> Result<Form> {
        let payloads = self.parts(kind);
        let flats = payloads.iter().map(|&ty| self.flat(ty, ptr));
        Ok(Form {
            layout: self
                .variant_layout(cases, payloads.iter().copied(), ptr)?
                .layout,
            flat: layout::flatten_variant(flats),
        })
    }

    /// The same type with the offsets that its parts have in memories with 64-bit addresses.
    fn widened(&self, kind: &TypeKind) -> Result<TypeKind> {
        let mut kind = kind.clone();
        let payloads = self.parts(&kind);
        match &mut kind {
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => {
                let layouts = payloads.iter().map(|&ty| self.layout(ty, PtrType::I64));
                let (_, offsets) = layout::record(layouts).ok_or_else(too_large)?;
                for (field, offset) in fields.iter_mut().zip(offsets) {
                    field.offset = offset;
                }
            }
            TypeKind::Variant {
                cases,
                payload_offset,
                ..
            } => {
                let layout = self.variant_layout(cases.len(), payloads, PtrType::I64)?;
                *payload_offset = layout.payload_offset;
            }
            TypeKind::Option { payload_offset, .. } | TypeKind::Result { payload_offset, .. } => {
                *payload_offset = self
                    .variant_layout(2, payloads, PtrType::I64)?
                    .payload_offset;
            }
            _ => {}
        }
        Ok(kind)
    }

    /// The types that the values of a type are made of, in order.
    fn parts(&self, kind: &TypeKind) -> Vec<TypeId> {
        match kind {
            TypeKind::List { ty }
            | TypeKind::FixedLengthList { ty, .. }
            | TypeKind::Option { ty, .. } => vec![TypeId(*ty)],
            TypeKind::Map { entry, .. } => vec![TypeId(*entry)],
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => {
                fields.iter().map(|field| TypeId(field.ty)).collect()
            }
            TypeKind::Variant { cases, .. } => cases
                .iter()
                .filter_map(|case| case.ty.map(TypeId))
                .collect(),
            TypeKind::Result { ok, err, .. } => {
                ok.iter().chain(err).map(|&ty| TypeId(ty)).collect()
            }
            TypeKind::Stream { element } | TypeKind::Future { element } => {
                self.element(ElementId(*element)).into_iter().collect()
            }
            TypeKind::Bool
            | TypeKind::S8
            | TypeKind::U8
            | TypeKind::S16
            | TypeKind::U16
            | TypeKind::S32
            | TypeKind::U32
            | TypeKind::S64
            | TypeKind::U64
            | TypeKind::F32
            | TypeKind::F64
            | TypeKind::Char
            | TypeKind::String
            | TypeKind::ErrorContext
            | TypeKind::Enum { .. }
            | TypeKind::Flags { .. }
            | TypeKind::Own { .. }
            | TypeKind::Borrow { .. } => Vec::new(),
        }
    }
}

fn too_large() -> CompileError {
    CompileError::new(ErrorCode::Limit, "a type is larger than 4 GiB")
}
