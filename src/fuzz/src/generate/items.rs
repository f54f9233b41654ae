//! Definitions of types, imports, exports and instances.

use std::collections::HashMap;
use std::rc::Rc;

use arbitrary::{Result, Unstructured};
use wasm_encoder::{
    Alias, ComponentExportKind, ComponentTypeRef, InstanceType, TypeBounds, ValType,
};

use super::component::{Builder, Ids, Item};
use super::space::{Space, same_as};
use super::ty::{FuncTy, Named, NamedKind, Parts, Resource, Ty};

impl Builder {
    /// A record, variant, enum or flags, which is imported or exported at once.
    pub(super) fn define_named(&mut self, u: &mut Unstructured<'_>, ids: &mut Ids) -> Result<()> {
        let named = ids.arbitrary(u, self.parts())?;
        let ty = Ty::Named(Rc::clone(&named));
        let mut importable = true;
        ty.visit(&mut |part| {
            importable &= *part == ty
                || match part {
                    Ty::Own(resource) | Ty::Borrow(resource) => {
                        self.imported.contains(&Ty::Own(*resource))
                    }
                    part => self.imported.contains(part),
                }
        });
        if importable && u.arbitrary()? {
            self.ensure(&ty);
        } else {
            self.publish(&ty);
            self.remember(&ty);
        }
        Ok(())
    }

    pub(super) fn define_resource(
        &mut self,
        u: &mut Unstructured<'_>,
        ids: &mut Ids,
    ) -> Result<()> {
        let dtor = match !self.dtors.is_empty() && u.arbitrary()? {
            true => Some(*u.choose(&self.dtors)?),
            false => None,
        };
        let index = self.to.type_resource(None, ValType::I32, dtor);
        let resource = ids.resource();
        self.space.resource_is(resource, index);
        self.resources.push(resource);
        self.own.push(resource);
        self.inner.defined.push(resource);
        if u.arbitrary()? {
            self.publish(&Ty::Own(resource));
        }
        Ok(())
    }

    pub(super) fn import_func(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let Some(ty) = self.importable(u)? else {
            return Ok(());
        };
        ty.types().for_each(|ty| self.ensure(ty));
        if !ty.types().all(|ty| Self::all_in(&self.imported, ty)) {
            return Ok(());
        }
        let index = self.space.func(&mut self.to, &ty);
        let name = self.name("f");
        let index = self.to.import(name.as_str(), ComponentTypeRef::Func(index));
        self.funcs.push((index, ty.clone()));
        if self.depth == 0 {
            self.hosts.insert(index);
        }
        self.inner.needs.push((name, Item::Func(ty)));
        Ok(())
    }

    /// An interface that the host provides: what it declares is closed in itself.
    pub(super) fn import_instance(
        &mut self,
        u: &mut Unstructured<'_>,
        ids: &mut Ids,
    ) -> Result<()> {
        let mut ty = InstanceType::new();
        let mut space = Space::default();
        let (mut named, mut resources) = (Vec::new(), Vec::new());
        let mut items = Vec::new();
        for i in 0..u.int_in_range(1..=8)? {
            let name = format!("i{i}");
            let parts = Parts {
                named: &named,
                resources: &resources,
                borrows: true,
            };
            let item = match u.int_in_range(0..=3)? {
                0 => {
                    let resource = ids.resource();
                    let index = ty.type_count();
                    ty.export(
                        name.as_str(),
                        ComponentTypeRef::Type(TypeBounds::SubResource),
                    );
                    space.resource_is(resource, index);
                    resources.push(resource);
                    Item::Resource(resource)
                }
                1 => {
                    let new = ids.arbitrary(u, parts)?;
                    let wanted = Ty::Named(Rc::clone(&new));
                    let index = space.index(&mut ty, &wanted);
                    let named_index = ty.type_count();
                    ty.export(name.as_str(), same_as(index));
                    space.type_is(wanted.clone(), named_index);
                    named.push(new);
                    Item::Type(wanted)
                }
                _ => {
                    let func = FuncTy::arbitrary(u, parts)?;
                    let index = space.func(&mut ty, &func);
                    ty.export(name.as_str(), ComponentTypeRef::Func(index));
                    Item::Func(func)
                }
            };
            items.push((name, item));
        }
        let ty = self.to.type_instance(None, &ty);
        let name = self.name("a:b/i");
        let instance = self
            .to
            .import(name.as_str(), ComponentTypeRef::Instance(ty));
        for (name, item) in items {
            if matches!(item, Item::Func(_)) {
                self.hosts.insert(self.to.func_count());
            }
            let mention = self.alias(instance, &name, &item);
            self.imported.extend(mention.clone());
            self.public.extend(mention);
        }
        Ok(())
    }

    /// Takes an export of an instance into this component's index space. The type that it is, when it is one.
    fn alias(&mut self, instance: u32, name: &str, item: &Item) -> Option<Ty> {
        let kind = match item {
            Item::Func(_) => ComponentExportKind::Func,
            Item::Type(_) | Item::Resource(_) => ComponentExportKind::Type,
        };
        let index = self.to.alias(
            None,
            Alias::InstanceExport {
                instance,
                kind,
                name,
            },
        );
        match item {
            Item::Func(ty) => {
                self.funcs.push((index, ty.clone()));
                None
            }
            Item::Type(ty) => {
                if self.space.has(ty) {
                    return None;
                }
                self.space.type_is(ty.clone(), index);
                self.remember(ty);
                Some(ty.clone())
            }
            Item::Resource(resource) => {
                self.space.resource_is(*resource, index);
                self.resources.push(*resource);
                Some(Ty::Own(*resource))
            }
        }
    }

    /// Instantiates a component of this one, with arguments that it has.
    pub(super) fn instantiate(&mut self, u: &mut Unstructured<'_>, ids: &mut Ids) -> Result<()> {
        if self.components.is_empty() {
            return Ok(());
        }
        let (component, inner) = u.choose(&self.components)?.clone();
        let mut args = Vec::with_capacity(inner.needs.len());
        for (name, item) in &inner.needs {
            let (kind, index) = match item {
                Item::Func(ty) => {
                    let found = self.funcs.iter().filter(|(_, other)| other == ty);
                    let found: Vec<u32> = found.map(|(index, _)| *index).collect();
                    if found.is_empty() {
                        return Ok(());
                    }
                    (ComponentExportKind::Func, *u.choose(&found)?)
                }
                Item::Type(ty) => {
                    self.publish(ty);
                    self.remember(ty);
                    (
                        ComponentExportKind::Type,
                        self.space.index(&mut self.to, ty),
                    )
                }
                Item::Resource(resource) => match self.space.resource(*resource) {
                    Some(index) => (ComponentExportKind::Type, index),
                    None => return Ok(()),
                },
            };
            args.push((name.clone(), kind, index));
        }
        let instance = self.to.instantiate(None, component, args);
        let mut fresh = Fresh::new(ids, &inner.defined);
        for (name, item) in &inner.gives {
            let item = fresh.item(item);
            self.alias(instance, name, &item);
        }
        let resource = |(_, item): &(String, Item)| matches!(item, Item::Resource(_));
        let exportable = fresh.resources.is_empty() && !inner.needs.iter().any(resource);
        self.inner.defined.extend(fresh.resources.into_values());
        if u.ratio(1, 4)? && exportable {
            let name = self.name("c:d/e");
            self.export(&name, ComponentExportKind::Instance, instance);
        }
        Ok(())
    }

    pub(super) fn export_func(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        if self.funcs.is_empty() {
            return Ok(());
        }
        let (index, ty) = u.choose(&self.funcs)?.clone();
        if self.hosts.contains(&index) && !u.ratio(1, 16)? {
            return Ok(());
        }
        ty.types().for_each(|ty| self.publish(ty));
        let name = self.name("f");
        // Said in terms of what is exported, whatever names its types had before.
        let wanted = ComponentTypeRef::Func(self.space.func(&mut self.to, &ty));
        let kind = ComponentExportKind::Func;
        let index = self.to.export(name.as_str(), kind, index, Some(wanted));
        self.funcs.push((index, ty.clone()));
        self.inner.gives.push((name, Item::Func(ty)));
        Ok(())
    }
}

/// An instance's own resources in place of its component's.
struct Fresh<'i> {
    ids: &'i mut Ids,
    resources: HashMap<Resource, Resource>,
    named: HashMap<u32, Rc<Named>>,
}

impl<'i> Fresh<'i> {
    fn new(ids: &'i mut Ids, defined: &[Resource]) -> Self {
        let resources = defined.iter().map(|&old| (old, ids.resource())).collect();
        Self {
            ids,
            resources,
            named: HashMap::new(),
        }
    }

    fn item(&mut self, item: &Item) -> Item {
        match item {
            Item::Func(ty) => Item::Func(FuncTy {
                params: ty.params.iter().map(|ty| self.ty(ty)).collect(),
                result: ty.result.as_ref().map(|ty| self.ty(ty)),
                is_async: ty.is_async,
            }),
            Item::Type(ty) => Item::Type(self.ty(ty)),
            Item::Resource(resource) => Item::Resource(self.resource(*resource)),
        }
    }

    fn resource(&self, resource: Resource) -> Resource {
        self.resources.get(&resource).copied().unwrap_or(resource)
    }

    fn part(&mut self, ty: &Rc<Ty>) -> Rc<Ty> {
        Rc::new(self.ty(ty))
    }

    fn ty(&mut self, ty: &Ty) -> Ty {
        if !ty.has_resources() {
            return ty.clone();
        }
        match ty {
            Ty::Primitive(p) => Ty::Primitive(*p),
            Ty::List(ty) => Ty::List(self.part(ty)),
            Ty::Map(key, ty) => Ty::Map(*key, self.part(ty)),
            Ty::Tuple(types) => Ty::Tuple(types.iter().map(|ty| self.ty(ty)).collect()),
            Ty::Option(ty) => Ty::Option(self.part(ty)),
            Ty::Result(ok, err) => Ty::Result(
                ok.as_ref().map(|ty| self.part(ty)),
                err.as_ref().map(|ty| self.part(ty)),
            ),
            Ty::Stream(ty) => Ty::Stream(ty.as_ref().map(|ty| self.part(ty))),
            Ty::Future(ty) => Ty::Future(ty.as_ref().map(|ty| self.part(ty))),
            Ty::Own(resource) => Ty::Own(self.resource(*resource)),
            Ty::Borrow(resource) => Ty::Borrow(self.resource(*resource)),
            Ty::Named(named) => Ty::Named(self.named(named)),
        }
    }

    fn named(&mut self, named: &Rc<Named>) -> Rc<Named> {
        if let Some(fresh) = self.named.get(&named.id) {
            return Rc::clone(fresh);
        }
        let kind = match &named.kind {
            NamedKind::Record(types) => {
                NamedKind::Record(types.iter().map(|ty| self.ty(ty)).collect())
            }
            NamedKind::Variant(cases) => {
                let cases = cases.iter().map(|ty| ty.as_ref().map(|ty| self.ty(ty)));
                NamedKind::Variant(cases.collect())
            }
            NamedKind::Enum(n) => NamedKind::Enum(*n),
            NamedKind::Flags(n) => NamedKind::Flags(*n),
        };
        let same = kind == named.kind;
        let fresh = match same {
            true => Rc::clone(named),
            false => self.ids.named(kind),
        };
        self.named.insert(named.id, Rc::clone(&fresh));
        fresh
    }
}
