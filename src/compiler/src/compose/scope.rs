//! Types of what stays outside, written down again: from what the validator knows of a component, into an instance type or
//! into the outer component itself.
//!
//! A type is written where it is needed. Identity matters for resources alone: one that an import has brought is referred to
//! by an alias, and the validator compares everything else by structure.

use std::collections::HashMap;

use wasm_encoder::{
    Alias, ComponentOuterAliasKind, ComponentTypeEncoder, ComponentTypeRef, ComponentValType,
    InstanceType, PrimitiveValType, TypeBounds,
};
use wasmparser::component_types::{
    self as parsed, AliasableResourceId, ComponentAnyTypeId, ComponentDefinedType,
    ComponentDefinedTypeId, ComponentEntityType, ComponentFuncTypeId, ResourceId,
};

use super::encode::Encoder;
use crate::error::{CompileError, ErrorCode, Result};

/// Where types are written.
#[derive(Default)]
pub(super) struct Scope {
    /// None: into the outer component.
    pub(super) instance: Option<InstanceType>,
    /// Indices of the types that the scope has, by component and type.
    defined: HashMap<(usize, ComponentDefinedTypeId), u32>,
    /// By name: functions of a resource are named by the one that they use.
    resources: HashMap<AliasableResourceId, u32>,
    /// The first name of each.
    first: HashMap<ResourceId, u32>,
}

impl Scope {
    pub(super) fn of_instance() -> Self {
        Self {
            instance: Some(InstanceType::new()),
            ..Self::default()
        }
    }
}

impl Encoder<'_> {
    /// Adds an export of an imported instance to its type.
    pub(super) fn instance_export(
        &mut self,
        scope: &mut Scope,
        part: usize,
        name: &str,
        item: &parsed::ComponentItem,
    ) -> Result<()> {
        let ty = self.extern_type(scope, part, &item.ty)?;
        let Some(instance) = &mut scope.instance else {
            return Err(CompileError::internal("an export outside of an instance"));
        };
        let index = instance.type_count();
        instance.export(super::extern_name(name, item), ty);
        if let ComponentEntityType::Type { created, .. } = item.ty {
            scope.name(part, created, index);
        }
        Ok(())
    }

    /// The type of an import, or of an export of an imported instance, in a form that the scope understands.
    pub(super) fn extern_type(
        &mut self,
        scope: &mut Scope,
        part: usize,
        ty: &ComponentEntityType,
    ) -> Result<ComponentTypeRef> {
        Ok(match *ty {
            ComponentEntityType::Func(id) => ComponentTypeRef::Func(self.func(scope, part, id)?),
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(id),
                ..
            } => ComponentTypeRef::Type(match self.resource(scope, id)? {
                Some(index) => TypeBounds::Eq(index),
                None => TypeBounds::SubResource,
            }),
            ComponentEntityType::Type {
                referenced: ComponentAnyTypeId::Defined(id),
                ..
            } => ComponentTypeRef::Type(TypeBounds::Eq(self.defined(scope, part, id)?)),
            ComponentEntityType::Type { .. } => {
                return Err(unsupported("a type of functions, instances or components"));
            }
            ComponentEntityType::Instance(_) => return Err(unsupported("an instance in another")),
            ComponentEntityType::Module(_) => return Err(unsupported("a core module")),
            ComponentEntityType::Component(_) => return Err(unsupported("a component")),
            ComponentEntityType::Value(_) => return Err(unsupported("a value")),
        })
    }

    fn func(&mut self, scope: &mut Scope, part: usize, id: ComponentFuncTypeId) -> Result<u32> {
        let ty = &self.parts[part].types[id];
        let params = ty
            .params
            .iter()
            .map(|(name, ty)| Ok((name.as_str(), self.value(scope, part, *ty)?)))
            .collect::<Result<Vec<_>>>()?;
        let result = self.optional(scope, part, ty.result)?;
        Ok(self.define(scope, |encoder| {
            let mut func = encoder.function();
            func.async_(ty.async_).params(params).result(result);
        }))
    }

    fn value(
        &mut self,
        scope: &mut Scope,
        part: usize,
        ty: parsed::ComponentValType,
    ) -> Result<ComponentValType> {
        Ok(match ty {
            parsed::ComponentValType::Primitive(ty) => ComponentValType::Primitive(primitive(ty)),
            parsed::ComponentValType::Type(id) => {
                ComponentValType::Type(self.defined(scope, part, id)?)
            }
        })
    }

    fn optional(
        &mut self,
        scope: &mut Scope,
        part: usize,
        ty: Option<parsed::ComponentValType>,
    ) -> Result<Option<ComponentValType>> {
        ty.map(|ty| self.value(scope, part, ty)).transpose()
    }

    /// The index of a resource type; none when it is new.
    fn resource(&mut self, scope: &mut Scope, id: AliasableResourceId) -> Result<Option<u32>> {
        let resource = id.resource();
        let known = scope.resources.get(&id).or(scope.first.get(&resource));
        if let Some(&index) = known {
            return Ok(Some(index));
        }
        let Some(outer) = self.outer_resource(resource)? else {
            return Ok(None);
        };
        let index = scope.reach(outer);
        scope.first.insert(resource, index);
        Ok(Some(index))
    }

    fn defined(
        &mut self,
        scope: &mut Scope,
        part: usize,
        id: ComponentDefinedTypeId,
    ) -> Result<u32> {
        if let Some(&index) = scope.defined.get(&(part, id)) {
            return Ok(index);
        }
        let index = match self.outer_defined(part, id)? {
            Some(outer) => scope.reach(outer),
            None => self.structure(scope, part, id)?,
        };
        scope.defined.insert((part, id), index);
        Ok(index)
    }

    /// Writes a defined type down.
    fn structure(
        &mut self,
        scope: &mut Scope,
        part: usize,
        id: ComponentDefinedTypeId,
    ) -> Result<u32> {
        use ComponentDefinedType as Ty;
        let ty = &self.parts[part].types[id];
        Ok(match ty {
            Ty::Primitive(ty) => self.define(scope, |e| e.defined_type().primitive(primitive(*ty))),
            Ty::Record(record) => {
                let fields = record
                    .fields
                    .iter()
                    .map(|(name, ty)| Ok((name.as_str(), self.value(scope, part, *ty)?)))
                    .collect::<Result<Vec<_>>>()?;
                self.define(scope, |e| e.defined_type().record(fields))
            }
            Ty::Variant(variant) => {
                let cases = variant
                    .cases
                    .iter()
                    .map(|(name, case)| Ok((name.as_str(), self.optional(scope, part, case.ty)?)))
                    .collect::<Result<Vec<_>>>()?;
                self.define(scope, |e| e.defined_type().variant(cases))
            }
            Ty::Tuple(tuple) => {
                let types = tuple
                    .types
                    .iter()
                    .map(|ty| self.value(scope, part, *ty))
                    .collect::<Result<Vec<_>>>()?;
                self.define(scope, |e| e.defined_type().tuple(types))
            }
            Ty::Flags(names) => {
                let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
                self.define(scope, |e| e.defined_type().flags(names))
            }
            Ty::Enum(names) => {
                let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
                self.define(scope, |e| e.defined_type().enum_type(names))
            }
            Ty::List { element, .. } => {
                let element = self.value(scope, part, *element)?;
                self.define(scope, |e| e.defined_type().list(element))
            }
            Ty::FixedLengthList {
                element, length, ..
            } => {
                let element = self.value(scope, part, *element)?;
                self.define(scope, |e| {
                    e.defined_type().fixed_length_list(element, *length);
                })
            }
            Ty::Map { key, value, .. } => {
                let key = self.value(scope, part, *key)?;
                let value = self.value(scope, part, *value)?;
                self.define(scope, |e| e.defined_type().map(key, value))
            }
            Ty::Option { ty, .. } => {
                let ty = self.value(scope, part, *ty)?;
                self.define(scope, |e| e.defined_type().option(ty))
            }
            Ty::Result { ok, err, .. } => {
                let ok = self.optional(scope, part, *ok)?;
                let err = self.optional(scope, part, *err)?;
                self.define(scope, |e| e.defined_type().result(ok, err))
            }
            Ty::Future { ty, .. } => {
                let ty = self.optional(scope, part, *ty)?;
                self.define(scope, |e| e.defined_type().future(ty))
            }
            Ty::Stream { ty, .. } => {
                let ty = self.optional(scope, part, *ty)?;
                self.define(scope, |e| e.defined_type().stream(ty))
            }
            Ty::Own(id) => {
                let resource = self.known_resource(scope, *id)?;
                self.define(scope, |e| e.defined_type().own(resource))
            }
            Ty::Borrow(id) => {
                let resource = self.known_resource(scope, *id)?;
                self.define(scope, |e| e.defined_type().borrow(resource))
            }
        })
    }

    fn known_resource(&mut self, scope: &mut Scope, id: AliasableResourceId) -> Result<u32> {
        self.resource(scope, id)?
            .ok_or_else(|| CompileError::internal("a handle of a resource that nothing imports"))
    }

    fn define(&mut self, scope: &mut Scope, encode: impl FnOnce(ComponentTypeEncoder<'_>)) -> u32 {
        match &mut scope.instance {
            None => self.outer.define(encode),
            Some(instance) => {
                let index = instance.type_count();
                encode(instance.ty());
                index
            }
        }
    }
}

impl Scope {
    /// The index here of a type of the outer component.
    fn reach(&mut self, outer: u32) -> u32 {
        let Some(instance) = &mut self.instance else {
            return outer;
        };
        let index = instance.type_count();
        instance.alias(Alias::Outer {
            kind: ComponentOuterAliasKind::Type,
            count: 1,
            index: outer,
        });
        index
    }

    /// `ty` of component `part` is the type at `index` from now on.
    pub(super) fn name(&mut self, part: usize, ty: ComponentAnyTypeId, index: u32) {
        match ty {
            ComponentAnyTypeId::Resource(id) => {
                self.resources.insert(id, index);
                self.first.entry(id.resource()).or_insert(index);
            }
            ComponentAnyTypeId::Defined(id) => {
                self.defined.insert((part, id), index);
            }
            // Refused before.
            ComponentAnyTypeId::Func(_)
            | ComponentAnyTypeId::Instance(_)
            | ComponentAnyTypeId::Component(_) => {}
        }
    }
}

/// The same type as the encoder calls it. Its own conversion has the validator's operators of SIMD come with it.
fn primitive(ty: wasmparser::PrimitiveValType) -> PrimitiveValType {
    use wasmparser::PrimitiveValType as Ty;
    match ty {
        Ty::Bool => PrimitiveValType::Bool,
        Ty::S8 => PrimitiveValType::S8,
        Ty::U8 => PrimitiveValType::U8,
        Ty::S16 => PrimitiveValType::S16,
        Ty::U16 => PrimitiveValType::U16,
        Ty::S32 => PrimitiveValType::S32,
        Ty::U32 => PrimitiveValType::U32,
        Ty::S64 => PrimitiveValType::S64,
        Ty::U64 => PrimitiveValType::U64,
        Ty::F32 => PrimitiveValType::F32,
        Ty::F64 => PrimitiveValType::F64,
        Ty::Char => PrimitiveValType::Char,
        Ty::String => PrimitiveValType::String,
        Ty::ErrorContext => PrimitiveValType::ErrorContext,
    }
}

fn unsupported(what: &str) -> CompileError {
    CompileError {
        construct: Some(what.to_string()),
        ..CompileError::new(
            ErrorCode::Unsupported,
            format!("{what} as an import that stays outside of a composition is not supported yet"),
        )
    }
}
