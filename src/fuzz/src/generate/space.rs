//! Index spaces of types: where a type that is a tree becomes definitions.

use std::collections::HashMap;

use wasm_encoder::{
    ComponentBuilder, ComponentTypeEncoder, ComponentTypeRef, ComponentValType, InstanceType,
    TypeBounds,
};

use super::ty::{FuncTy, NamedKind, Resource, Ty};

/// Where types are defined: a component, or an instance type.
pub(super) trait Encode {
    /// Defines the next type; its index.
    fn define(&mut self, encode: impl FnOnce(ComponentTypeEncoder<'_>)) -> u32;
}

impl Encode for ComponentBuilder {
    fn define(&mut self, encode: impl FnOnce(ComponentTypeEncoder<'_>)) -> u32 {
        let (index, encoder) = self.ty(None);
        encode(encoder);
        index
    }
}

impl Encode for InstanceType {
    fn define(&mut self, encode: impl FnOnce(ComponentTypeEncoder<'_>)) -> u32 {
        let index = self.type_count();
        encode(self.ty());
        index
    }
}

/// What has been defined in an index space.
#[derive(Default)]
pub(super) struct Space {
    types: HashMap<Ty, u32>,
    funcs: HashMap<FuncTy, u32>,
    resources: HashMap<Resource, u32>,
}

impl Space {
    /// From now on the resource is found here.
    pub(super) fn resource_is(&mut self, resource: Resource, index: u32) {
        self.resources.insert(resource, index);
        self.forget(
            |part| matches!(part, Ty::Own(other) | Ty::Borrow(other) if *other == resource),
        );
    }

    pub(super) fn resource(&self, resource: Resource) -> Option<u32> {
        self.resources.get(&resource).copied()
    }

    /// From now on the type is found here: under its name.
    pub(super) fn type_is(&mut self, ty: Ty, index: u32) {
        self.forget(|part| *part == ty);
        self.types.insert(ty, index);
    }

    /// Forgets types without a name that mention a part which is found somewhere else now.
    fn forget(&mut self, moved: impl Fn(&Ty) -> bool) {
        let mentions = |ty: &Ty| {
            let mut found = false;
            ty.visit(&mut |part| found |= moved(part));
            found
        };
        self.types
            .retain(|ty, _| matches!(ty, Ty::Named(_)) || !mentions(ty));
        self.funcs.retain(|ty, _| !ty.types().any(mentions));
    }

    pub(super) fn has(&self, ty: &Ty) -> bool {
        self.types.contains_key(ty)
    }

    /// The index of a value type, which is defined if it is not there. The resources that it mentions are there.
    pub(super) fn index(&mut self, to: &mut impl Encode, ty: &Ty) -> u32 {
        match self.types.get(ty) {
            Some(&index) => index,
            None => {
                let index = self.define(to, ty);
                self.types.insert(ty.clone(), index);
                index
            }
        }
    }

    pub(super) fn value(&mut self, to: &mut impl Encode, ty: &Ty) -> ComponentValType {
        match ty {
            Ty::Primitive(p) => ComponentValType::Primitive(p.encoded()),
            _ => ComponentValType::Type(self.index(to, ty)),
        }
    }

    pub(super) fn optional(
        &mut self,
        to: &mut impl Encode,
        ty: Option<&Ty>,
    ) -> Option<ComponentValType> {
        ty.map(|ty| self.value(to, ty))
    }

    /// The index of a function type, which is defined if it is not there.
    pub(super) fn func(&mut self, to: &mut impl Encode, ty: &FuncTy) -> u32 {
        if let Some(&index) = self.funcs.get(ty) {
            return index;
        }
        let params: Vec<_> = ty.params.iter().map(|ty| self.value(to, ty)).collect();
        let names: Vec<String> = (0..params.len()).map(|i| format!("p{i}")).collect();
        let result = self.optional(to, ty.result.as_ref());
        let index = to.define(|encoder| {
            encoder
                .function()
                .async_(ty.is_async)
                .params(names.iter().map(|name| &**name).zip(params))
                .result(result);
        });
        self.funcs.insert(ty.clone(), index);
        index
    }

    /// Defines a value type once more.
    pub(super) fn define(&mut self, to: &mut impl Encode, ty: &Ty) -> u32 {
        match ty {
            Ty::Primitive(p) => to.define(|e| e.defined_type().primitive(p.encoded())),
            Ty::List(ty) => {
                let ty = self.value(to, ty);
                to.define(|e| e.defined_type().list(ty))
            }
            Ty::Map(key, value) => {
                let value = self.value(to, value);
                to.define(|e| e.defined_type().map(key.encoded(), value))
            }
            Ty::Tuple(types) => {
                let types: Vec<_> = types.iter().map(|ty| self.value(to, ty)).collect();
                to.define(|e| e.defined_type().tuple(types))
            }
            Ty::Option(ty) => {
                let ty = self.value(to, ty);
                to.define(|e| e.defined_type().option(ty))
            }
            Ty::Result(ok, err) => {
                let ok = self.optional(to, ok.as_deref());
                let err = self.optional(to, err.as_deref());
                to.define(|e| e.defined_type().result(ok, err))
            }
            Ty::Stream(ty) => {
                let ty = self.optional(to, ty.as_deref());
                to.define(|e| e.defined_type().stream(ty))
            }
            Ty::Future(ty) => {
                let ty = self.optional(to, ty.as_deref());
                to.define(|e| e.defined_type().future(ty))
            }
            Ty::Own(resource) => {
                let resource = self.resources[resource];
                to.define(|e| e.defined_type().own(resource))
            }
            Ty::Borrow(resource) => {
                let resource = self.resources[resource];
                to.define(|e| e.defined_type().borrow(resource))
            }
            Ty::Named(named) => self.define_named(to, &named.kind),
        }
    }

    fn define_named(&mut self, to: &mut impl Encode, kind: &NamedKind) -> u32 {
        let labels = |n: usize| (0..n).map(|i| format!("l{i}")).collect::<Vec<_>>();
        match kind {
            NamedKind::Record(types) => {
                let types: Vec<_> = types.iter().map(|ty| self.value(to, ty)).collect();
                let labels = labels(types.len());
                let fields: Vec<_> = labels.iter().map(|l| &**l).zip(types).collect();
                to.define(|e| e.defined_type().record(fields))
            }
            NamedKind::Variant(cases) => {
                let cases = cases.iter().map(|ty| self.optional(to, ty.as_ref()));
                let cases: Vec<_> = cases.collect();
                let labels = labels(cases.len());
                let cases: Vec<_> = labels.iter().map(|l| &**l).zip(cases).collect();
                to.define(|e| e.defined_type().variant(cases))
            }
            NamedKind::Enum(n) => {
                let labels = labels(*n as usize);
                let labels: Vec<_> = labels.iter().map(|l| &**l).collect();
                to.define(|e| e.defined_type().enum_type(labels))
            }
            NamedKind::Flags(n) => {
                let labels = labels(*n as usize);
                let labels: Vec<_> = labels.iter().map(|l| &**l).collect();
                to.define(|e| e.defined_type().flags(labels))
            }
        }
    }
}

/// The type of something that is another name for the type with this index.
pub(super) fn same_as(index: u32) -> ComponentTypeRef {
    ComponentTypeRef::Type(TypeBounds::Eq(index))
}
