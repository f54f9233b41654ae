//! The artifact's types: deduplicated, laid out, with what is asked of them.
//!
//! Two types are equal exactly when their indices are: a type's parts are indices of types that are
//! deduplicated already, and a resource is its identity. Parts come before wholes, so nothing here
//! recurses.

use std::collections::{BTreeMap, HashMap};

use tidegate_abi::layout::{self, Flat, Layout};

use super::entity::{ElementId, FuncTypeId, ResourceId, TypeId};
use super::key::key;
use crate::error::{CompileError, ErrorCode, Result};
use crate::model::Primitive;
use crate::plan::{Case, CoreType, ElementType, Field, FuncDesc, Param, TypeDesc, TypeKind};
use crate::{Limit, Limits};

/// The types of an artifact, while it is being made.
pub(super) struct Types {
    descs: Vec<TypeDesc>,
    /// For each of `descs`.
    facts: Vec<Facts>,
    index: HashMap<TypeKind, TypeId>,
    funcs: Vec<FuncDesc>,
    func_index: HashMap<FuncDesc, FuncTypeId>,
    elements: Vec<ElementType>,
    element_index: BTreeMap<Option<TypeId>, ElementId>,
    limits: Limits,
    key_bytes_left: usize,
}

/// What is derived from a type's parts.
struct Facts {
    layout: Layout,
    flat: Flat,
    /// 1 for a type without parts.
    depth: u32,
    /// Spec: `contains_borrow`.
    borrows: bool,
}

impl Types {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            descs: Vec::new(),
            facts: Vec::new(),
            index: HashMap::new(),
            funcs: Vec::new(),
            func_index: HashMap::new(),
            elements: Vec::new(),
            element_index: BTreeMap::new(),
            limits: limits.clone(),
            key_bytes_left: limits.key_bytes,
        }
    }

    /// The artifact's `types`, `funcs` and `element_types`.
    pub(super) fn finish(self) -> (Vec<TypeDesc>, Vec<FuncDesc>, Vec<ElementType>) {
        (self.descs, self.funcs, self.elements)
    }

    pub(super) fn kind(&self, ty: TypeId) -> &TypeKind {
        &self.descs[ty.0 as usize].kind
    }

    pub(super) fn layout(&self, ty: TypeId) -> Layout {
        self.facts[ty.0 as usize].layout
    }

    pub(super) fn flat(&self, ty: TypeId) -> Option<&[layout::CoreType]> {
        self.facts[ty.0 as usize].flat.as_deref()
    }

    pub(super) fn func(&self, ty: FuncTypeId) -> &FuncDesc {
        &self.funcs[ty.0 as usize]
    }

    /// The core type that stands for `ty`. Spec: `flatten_functype`.
    pub(super) fn signature(&self, ty: FuncTypeId, call: layout::Call) -> layout::Signature {
        let func = self.func(ty);
        let result = func
            .result
            .map_or(Some(&[][..]), |ty| self.flat(TypeId(ty)));
        layout::flatten_func(call, self.flat(TypeId(func.params_tuple)), result)
    }

    /// The element type of a stream or future type.
    pub(super) fn element_of(&self, ty: TypeId) -> Option<ElementId> {
        match self.kind(ty) {
            TypeKind::Stream { element } | TypeKind::Future { element } => {
                Some(ElementId(*element))
            }
            _ => None,
        }
    }

    pub(super) fn element(&self, element: ElementId) -> Option<TypeId> {
        self.elements[element.0 as usize].ty.map(TypeId)
    }

    /// Layout of the elements, [`Layout::EMPTY`] when there is no element type.
    pub(super) fn element_layout(&self, element: ElementId) -> Layout {
        self.element(element)
            .map_or(Layout::EMPTY, |ty| self.layout(ty))
    }

    pub(super) fn primitive(&mut self, ty: Primitive) -> Result<TypeId> {
        self.intern(match ty {
            Primitive::Bool => TypeKind::Bool,
            Primitive::S8 => TypeKind::S8,
            Primitive::U8 => TypeKind::U8,
            Primitive::S16 => TypeKind::S16,
            Primitive::U16 => TypeKind::U16,
            Primitive::S32 => TypeKind::S32,
            Primitive::U32 => TypeKind::U32,
            Primitive::S64 => TypeKind::S64,
            Primitive::U64 => TypeKind::U64,
            Primitive::F32 => TypeKind::F32,
            Primitive::F64 => TypeKind::F64,
            Primitive::Char => TypeKind::Char,
            Primitive::String => TypeKind::String,
            Primitive::ErrorContext => return Err(CompileError::internal("an error-context")),
        })
    }

    pub(super) fn list(&mut self, ty: TypeId) -> Result<TypeId> {
        self.intern(TypeKind::List { ty: ty.0 })
    }

    pub(super) fn fixed_length_list(&mut self, ty: TypeId, length: u32) -> Result<TypeId> {
        self.intern(TypeKind::FixedLengthList { ty: ty.0, length })
    }

    pub(super) fn record(&mut self, fields: Vec<(String, TypeId)>) -> Result<TypeId> {
        let fields = self.fields(fields)?;
        self.intern(TypeKind::Record { fields })
    }

    pub(super) fn tuple(&mut self, types: &[TypeId]) -> Result<TypeId> {
        let named = types
            .iter()
            .enumerate()
            .map(|(i, &ty)| (i.to_string(), ty))
            .collect();
        let fields = self.fields(named)?;
        self.intern(TypeKind::Tuple { fields })
    }

    pub(super) fn variant(&mut self, cases: Vec<(String, Option<TypeId>)>) -> Result<TypeId> {
        let payloads = cases.iter().filter_map(|case| case.1);
        let layout = self.variant_layout(cases.len(), payloads)?;
        self.intern(TypeKind::Variant {
            cases: cases
                .into_iter()
                .map(|(name, ty)| Case {
                    name,
                    ty: ty.map(|ty| ty.0),
                })
                .collect(),
            discriminant_size: layout.discriminant_size,
            payload_offset: layout.payload_offset,
        })
    }

    pub(super) fn enumeration(&mut self, labels: Vec<String>) -> Result<TypeId> {
        let discriminant_size = layout::discriminant_size(labels.len());
        self.intern(TypeKind::Enum {
            labels,
            discriminant_size,
        })
    }

    pub(super) fn flags(&mut self, labels: Vec<String>) -> Result<TypeId> {
        self.intern(TypeKind::Flags { labels })
    }

    pub(super) fn option(&mut self, ty: TypeId) -> Result<TypeId> {
        let payload_offset = self.variant_layout(2, [ty])?.payload_offset;
        self.intern(TypeKind::Option {
            ty: ty.0,
            payload_offset,
        })
    }

    pub(super) fn result(&mut self, ok: Option<TypeId>, err: Option<TypeId>) -> Result<TypeId> {
        let payload_offset = self
            .variant_layout(2, ok.into_iter().chain(err))?
            .payload_offset;
        let (ok, err) = (ok.map(|ty| ty.0), err.map(|ty| ty.0));
        self.intern(TypeKind::Result {
            ok,
            err,
            payload_offset,
        })
    }

    pub(super) fn map(&mut self, key: TypeId, value: TypeId) -> Result<TypeId> {
        let entry = self.tuple(&[key, value])?;
        self.intern(TypeKind::Map {
            key: key.0,
            value: value.0,
            entry: entry.0,
        })
    }

    pub(super) fn own(&mut self, resource: ResourceId) -> Result<TypeId> {
        self.intern(TypeKind::Own {
            resource: resource.0,
        })
    }

    pub(super) fn borrow(&mut self, resource: ResourceId) -> Result<TypeId> {
        self.intern(TypeKind::Borrow {
            resource: resource.0,
        })
    }

    pub(super) fn stream(&mut self, ty: Option<TypeId>) -> Result<TypeId> {
        let element = self.intern_element(ty)?.0;
        self.intern(TypeKind::Stream { element })
    }

    pub(super) fn future(&mut self, ty: Option<TypeId>) -> Result<TypeId> {
        let element = self.intern_element(ty)?.0;
        self.intern(TypeKind::Future { element })
    }

    pub(super) fn function(
        &mut self,
        params: Vec<(String, TypeId)>,
        result: Option<TypeId>,
        is_async: bool,
    ) -> Result<FuncTypeId> {
        let types: Vec<TypeId> = params.iter().map(|param| param.1).collect();
        let tuple = self.tuple(&types)?;
        let desc = FuncDesc {
            params: params
                .into_iter()
                .map(|(name, ty)| Param { name, ty: ty.0 })
                .collect(),
            params_tuple: tuple.0,
            result: result.map(|ty| ty.0),
            is_async,
            borrows: self.facts[tuple.0 as usize].borrows,
        };
        if let Some(&id) = self.func_index.get(&desc) {
            return Ok(id);
        }
        let id = FuncTypeId(self.funcs.len() as u32);
        self.func_index.insert(desc.clone(), id);
        self.funcs.push(desc);
        Ok(id)
    }

    fn fields(&self, fields: Vec<(String, TypeId)>) -> Result<Vec<Field>> {
        let layouts = fields.iter().map(|&(_, ty)| self.layout(ty));
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

    fn variant_layout(
        &self,
        cases: usize,
        payloads: impl IntoIterator<Item = TypeId>,
    ) -> Result<layout::VariantLayout> {
        let payloads = payloads.into_iter().map(|ty| self.layout(ty));
        layout::variant(cases, payloads).ok_or_else(too_large)
    }

    fn limit(&self, what: &str, limit: Limit) -> CompileError {
        CompileError::limit(what, limit, &self.limits)
    }

    fn intern(&mut self, kind: TypeKind) -> Result<TypeId> {
        if let Some(&id) = self.index.get(&kind) {
            return Ok(id);
        }
        let facts = self.facts_of(&kind)?;
        if facts.depth as usize > self.limits.type_depth {
            return Err(self.limit("levels of nested types", Limit::TypeDepth));
        }
        if self.descs.len() >= self.limits.types {
            return Err(self.limit("value types", Limit::Types));
        }
        let id = TypeId(self.descs.len() as u32);
        self.index.insert(kind.clone(), id);
        self.descs.push(TypeDesc {
            kind,
            size: facts.layout.size,
            align: facts.layout.align,
            flat: facts
                .flat
                .as_ref()
                .map(|flat| flat.iter().map(|&ty| core_type(ty)).collect()),
        });
        self.facts.push(facts);
        Ok(id)
    }

    fn facts_of(&self, kind: &TypeKind) -> Result<Facts> {
        use layout::CoreType::{F32, F64, I32, I64};
        let scalar = |size, ty| (Layout::scalar(size), Some(vec![ty]));
        let pair = (Layout::POINTER_PAIR, Some(vec![I32, I32]));
        let mut parts = Parts::default();
        let (layout, flat) = match kind {
            TypeKind::Bool | TypeKind::S8 | TypeKind::U8 => scalar(1, I32),
            TypeKind::S16 | TypeKind::U16 => scalar(2, I32),
            TypeKind::S32 | TypeKind::U32 | TypeKind::Char => scalar(4, I32),
            TypeKind::S64 | TypeKind::U64 => scalar(8, I64),
            TypeKind::F32 => scalar(4, F32),
            TypeKind::F64 => scalar(8, F64),
            TypeKind::String => pair,
            TypeKind::List { ty } => {
                parts.add(self, *ty);
                pair
            }
            TypeKind::FixedLengthList { ty, length } => {
                parts.add(self, *ty);
                let element = TypeId(*ty);
                (
                    layout::fixed_length_list(self.layout(element), *length)
                        .ok_or_else(too_large)?,
                    layout::flatten_fixed_length_list(self.flat(element), *length),
                )
            }
            TypeKind::Map {
                key: _,
                value: _,
                entry,
            } => {
                parts.add(self, *entry);
                pair
            }
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => {
                fields.iter().for_each(|field| parts.add(self, field.ty));
                let layouts = fields.iter().map(|field| self.layout(TypeId(field.ty)));
                let (whole, _) = layout::record(layouts).ok_or_else(too_large)?;
                (
                    whole,
                    layout::flatten_record(fields.iter().map(|field| self.flat(TypeId(field.ty)))),
                )
            }
            TypeKind::Variant { cases, .. } => self.variant_facts(
                cases.len(),
                cases.iter().filter_map(|case| case.ty),
                &mut parts,
            )?,
            TypeKind::Enum { labels, .. } => (
                Layout::scalar(layout::discriminant_size(labels.len())),
                Some(vec![I32]),
            ),
            TypeKind::Flags { labels } => (layout::flags(labels.len()), Some(vec![I32])),
            TypeKind::Option { ty, .. } => self.variant_facts(2, [*ty], &mut parts)?,
            TypeKind::Result { ok, err, .. } => {
                self.variant_facts(2, ok.iter().chain(err).copied(), &mut parts)?
            }
            TypeKind::Own { .. } => scalar(4, I32),
            TypeKind::Borrow { .. } => {
                parts.borrows = true;
                scalar(4, I32)
            }
            TypeKind::Stream { element } | TypeKind::Future { element } => {
                if let Some(ty) = self.element(ElementId(*element)) {
                    parts.add(self, ty.0);
                }
                scalar(4, I32)
            }
        };
        Ok(Facts {
            layout,
            flat,
            depth: parts.depth.saturating_add(1),
            borrows: parts.borrows,
        })
    }

    fn variant_facts(
        &self,
        cases: usize,
        payloads: impl IntoIterator<Item = u32>,
        parts: &mut Parts,
    ) -> Result<(Layout, Flat)> {
        let payloads: Vec<TypeId> = payloads.into_iter().map(TypeId).collect();
        payloads.iter().for_each(|ty| parts.add(self, ty.0));
        let layout = self.variant_layout(cases, payloads.iter().copied())?.layout;
        Ok((
            layout,
            layout::flatten_variant(payloads.iter().map(|&ty| self.flat(ty))),
        ))
    }

    /// The element type of a stream or future of `ty`.
    fn intern_element(&mut self, ty: Option<TypeId>) -> Result<ElementId> {
        if let Some(&id) = self.element_index.get(&ty) {
            return Ok(id);
        }
        let key = match ty {
            Some(ty) => key(self, ty, self.key_bytes_left)
                .ok_or_else(|| self.limit("bytes of element types", Limit::KeyBytes))?,
            None => String::new(),
        };
        self.key_bytes_left = self.key_bytes_left.saturating_sub(key.len());
        let flat_number = ty.is_none_or(|ty| is_number(self.kind(ty)));
        let id = ElementId(self.elements.len() as u32);
        self.elements.push(ElementType {
            ty: ty.map(|ty| ty.0),
            flat_number,
            key,
        });
        self.element_index.insert(ty, id);
        Ok(id)
    }
}

/// What a whole gets from its parts.
#[derive(Default)]
struct Parts {
    depth: u32,
    borrows: bool,
}

impl Parts {
    fn add(&mut self, types: &Types, ty: u32) {
        let facts = &types.facts[ty as usize];
        self.depth = self.depth.max(facts.depth);
        self.borrows |= facts.borrows;
    }
}

/// A core type as the plan spells it.
pub(super) fn core_type(ty: layout::CoreType) -> CoreType {
    match ty {
        layout::CoreType::I32 => CoreType::I32,
        layout::CoreType::I64 => CoreType::I64,
        layout::CoreType::F32 => CoreType::F32,
        layout::CoreType::F64 => CoreType::F64,
    }
}

/// Spec: `none_or_number_type`, for some type.
fn is_number(kind: &TypeKind) -> bool {
    matches!(
        kind,
        TypeKind::S8
            | TypeKind::U8
            | TypeKind::S16
            | TypeKind::U16
            | TypeKind::S32
            | TypeKind::U32
            | TypeKind::S64
            | TypeKind::U64
            | TypeKind::F32
            | TypeKind::F64
    )
}

fn too_large() -> CompileError {
    CompileError::new(ErrorCode::Limit, "a type is larger than 4 GiB")
}
