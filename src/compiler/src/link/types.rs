//! The artifact's types: deduplicated, with what is asked of them. How they are laid out is left to `layouts`.
//!
//! Two types are equal exactly when their indices are: a type's parts are indices of types that are
//! deduplicated already, and a resource is its identity. Parts come before wholes, so nothing here
//! recurses.

use std::collections::{BTreeMap, HashMap};

use tidegate_abi::layout::{self, Layout, PtrType};

use super::entity::{ElementId, FuncTypeId, ResourceId, TypeId};
use super::key::key;
use super::layouts::Facts;
use crate::error::{CompileError, Result};
use crate::model::Primitive;
use crate::plan::{Case, CoreType, ElementType, FuncDesc, Param, TypeDesc, TypeKind};
use crate::{Limit, Limits};

/// What [`Types::finish`] leaves.
pub(super) struct Finished {
    pub(super) types: Vec<TypeDesc>,
    pub(super) types64: Vec<TypeDesc>,
    pub(super) funcs: Vec<FuncDesc>,
    pub(super) elements: Vec<ElementType>,
}

/// The types of an artifact, while it is being made.
pub(super) struct Types {
    descs: Vec<TypeDesc>,
    /// The same in memories with 64-bit addresses, where there may be such.
    wide_descs: Vec<TypeDesc>,
    /// For each of `descs`.
    facts: Vec<Facts>,
    index: HashMap<TypeKind, TypeId>,
    funcs: Vec<FuncDesc>,
    func_index: HashMap<FuncDesc, FuncTypeId>,
    elements: Vec<ElementType>,
    element_index: BTreeMap<Option<TypeId>, ElementId>,
    limits: Limits,
    key_bytes_left: usize,
    /// Memories may have 64-bit addresses.
    memory64: bool,
    /// One of them has, and somebody asks for layouts in it.
    wide: bool,
}

impl Types {
    pub(super) fn new(limits: &Limits, memory64: bool) -> Self {
        Self {
            descs: Vec::new(),
            wide_descs: Vec::new(),
            facts: Vec::new(),
            index: HashMap::new(),
            funcs: Vec::new(),
            func_index: HashMap::new(),
            elements: Vec::new(),
            element_index: BTreeMap::new(),
            limits: limits.clone(),
            key_bytes_left: limits.key_bytes,
            memory64,
            wide: false,
        }
    }

    /// The artifact's `types`, `types64`, `funcs` and `element_types`.
    pub(super) fn finish(self) -> Finished {
        let types64 = match self.wide {
            true => self.wide_descs,
            false => Vec::new(),
        };
        Finished {
            types: self.descs,
            types64,
            funcs: self.funcs,
            elements: self.elements,
        }
    }

    /// Somebody uses a memory with such addresses.
    pub(super) fn want(&mut self, ptr: PtrType) {
        self.wide |= ptr == PtrType::I64;
    }

    pub(super) fn descs(&self) -> &[TypeDesc] {
        &self.descs
    }

    pub(super) fn wide_descs(&self) -> &[TypeDesc] {
        &self.wide_descs
    }

    pub(super) fn kind(&self, ty: TypeId) -> &TypeKind {
        &self.descs[ty.0 as usize].kind
    }

    pub(super) fn facts(&self, ty: TypeId) -> &Facts {
        &self.facts[ty.0 as usize]
    }

    pub(super) fn layout(&self, ty: TypeId, ptr: PtrType) -> Layout {
        self.facts(ty).form(ptr).layout
    }

    pub(super) fn flat(&self, ty: TypeId, ptr: PtrType) -> Option<&[layout::CoreType]> {
        self.facts(ty).form(ptr).flat.as_deref()
    }

    pub(super) fn func(&self, ty: FuncTypeId) -> &FuncDesc {
        &self.funcs[ty.0 as usize]
    }

    /// The core type that stands for `ty`. Spec: `flatten_functype`.
    pub(super) fn signature(
        &self,
        ty: FuncTypeId,
        call: layout::Call,
        ptr: PtrType,
    ) -> layout::Signature {
        let func = self.func(ty);
        let result = func
            .result
            .map_or(Some(&[][..]), |ty| self.flat(TypeId(ty), ptr));
        let params = self.flat(TypeId(func.params_tuple), ptr);
        layout::flatten_func(call, ptr, params, result)
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
    pub(super) fn element_layout(&self, element: ElementId, ptr: PtrType) -> Layout {
        self.element(element)
            .map_or(Layout::EMPTY, |ty| self.layout(ty, ptr))
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
            Primitive::ErrorContext => TypeKind::ErrorContext,
        })
    }

    pub(super) fn list(&mut self, ty: TypeId) -> Result<TypeId> {
        self.intern(TypeKind::List { ty: ty.0 })
    }

    pub(super) fn fixed_length_list(&mut self, ty: TypeId, length: u32) -> Result<TypeId> {
        self.intern(TypeKind::FixedLengthList { ty: ty.0, length })
    }

    pub(super) fn record(&mut self, fields: Vec<(String, TypeId)>) -> Result<TypeId> {
        let fields = self.fields(fields, PtrType::I32)?;
        self.intern(TypeKind::Record { fields })
    }

    pub(super) fn tuple(&mut self, types: &[TypeId]) -> Result<TypeId> {
        let named = types
            .iter()
            .enumerate()
            .map(|(i, &ty)| (i.to_string(), ty))
            .collect();
        let fields = self.fields(named, PtrType::I32)?;
        self.intern(TypeKind::Tuple { fields })
    }

    pub(super) fn variant(&mut self, cases: Vec<(String, Option<TypeId>)>) -> Result<TypeId> {
        let payloads = cases.iter().filter_map(|case| case.1);
        let layout = self.variant_layout(cases.len(), payloads, PtrType::I32)?;
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
        let payload_offset = self.variant_layout(2, [ty], PtrType::I32)?.payload_offset;
        self.intern(TypeKind::Option {
            ty: ty.0,
            payload_offset,
        })
    }

    pub(super) fn result(&mut self, ok: Option<TypeId>, err: Option<TypeId>) -> Result<TypeId> {
        let payload_offset = self
            .variant_layout(2, ok.into_iter().chain(err), PtrType::I32)?
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
            borrows: self.facts(tuple).borrows,
        };
        if let Some(&id) = self.func_index.get(&desc) {
            return Ok(id);
        }
        let id = FuncTypeId(self.funcs.len() as u32);
        self.func_index.insert(desc.clone(), id);
        self.funcs.push(desc);
        Ok(id)
    }

    fn limit(&self, what: &str, limit: Limit) -> CompileError {
        CompileError::limit(what, limit, &self.limits)
    }

    fn intern(&mut self, kind: TypeKind) -> Result<TypeId> {
        if let Some(&id) = self.index.get(&kind) {
            return Ok(id);
        }
        let facts = Facts::of(self, &kind, self.memory64)?;
        if facts.depth as usize > self.limits.type_depth {
            return Err(self.limit("levels of nested types", Limit::TypeDepth));
        }
        if self.descs.len() >= self.limits.types {
            return Err(self.limit("value types", Limit::Types));
        }
        let id = TypeId(self.descs.len() as u32);
        if self.memory64 {
            let wide = facts.describe_wide(self, &kind)?;
            self.wide_descs.push(wide);
        }
        self.index.insert(kind.clone(), id);
        self.descs.push(facts.form(PtrType::I32).describe(kind));
        self.facts.push(facts);
        Ok(id)
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
