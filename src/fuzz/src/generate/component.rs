//! A component in the making: a random sequence of definitions.

use std::collections::HashSet;
use std::rc::Rc;

use arbitrary::{Result, Unstructured};
use wasm_encoder::{ComponentBuilder, ComponentExportKind, ComponentTypeRef, TypeBounds};

use super::space::{Space, same_as};
use super::ty::{CoreFuncTy, FuncTy, Named, NamedKind, Parts, Resource, Ty};

/// How deep components nest.
const DEPTH: u32 = 3;

/// Numbers that are unique in a binary.
#[derive(Default)]
pub(super) struct Ids {
    resources: u32,
    named: u32,
}

impl Ids {
    pub(super) fn resource(&mut self) -> Resource {
        self.resources += 1;
        Resource(self.resources)
    }

    pub(super) fn named(&mut self, kind: NamedKind) -> Rc<Named> {
        self.named += 1;
        let id = self.named;
        Rc::new(Named { id, kind })
    }

    /// A random type that needs a name.
    pub(super) fn arbitrary(
        &mut self,
        u: &mut Unstructured<'_>,
        parts: Parts<'_>,
    ) -> Result<Rc<Named>> {
        let parts = Parts {
            borrows: false,
            ..parts
        };
        let count = *u.choose(&[1, 2, 3, 4, 18])?;
        let kind = match u.int_in_range(0..=3)? {
            0 => NamedKind::Record(
                (0..count)
                    .map(|_| Ty::arbitrary(u, parts, 2))
                    .collect::<Result<_>>()?,
            ),
            1 => NamedKind::Variant(
                (0..count)
                    .map(|_| {
                        u.arbitrary::<bool>()?
                            .then(|| Ty::arbitrary(u, parts, 2))
                            .transpose()
                    })
                    .collect::<Result<_>>()?,
            ),
            2 => NamedKind::Enum(*u.choose(&[1, 2, 3, 256, 257])?),
            _ => NamedKind::Flags(*u.choose(&[1, 8, 9, 16, 17, 32])?),
        };
        Ok(self.named(kind))
    }
}

/// What an import or export is.
#[derive(Clone)]
pub(super) enum Item {
    Func(FuncTy),
    /// A [`Ty::Named`].
    Type(Ty),
    Resource(Resource),
}

/// A component that is complete: what it takes to instantiate it, and what its instances give.
pub(super) struct Inner {
    pub(super) needs: Vec<(String, Item)>,
    pub(super) gives: Vec<(String, Item)>,
    /// Resources that it or a component in it defines: every instance has its own.
    pub(super) defined: Vec<Resource>,
}

pub(super) struct Builder {
    pub(super) to: ComponentBuilder,
    pub(super) space: Space,
    pub(super) depth: u32,
    names: u32,
    /// What it may import, when it is not the outermost.
    offered: Vec<FuncTy>,
    pub(super) inner: Inner,
    /// Components that can be instantiated.
    pub(super) components: Vec<(u32, Rc<Inner>)>,
    pub(super) named: Vec<Rc<Named>>,
    pub(super) resources: Vec<Resource>,
    /// Those of them that this very component defines.
    pub(super) own: Vec<Resource>,
    /// Types that what is imported may mention.
    pub(super) imported: HashSet<Ty>,
    /// Types that what is exported may mention.
    pub(super) public: HashSet<Ty>,
    pub(super) funcs: Vec<(u32, FuncTy)>,
    /// Those of them that the host provides.
    pub(super) hosts: HashSet<u32>,
    pub(super) core_funcs: Vec<(u32, CoreFuncTy)>,
    pub(super) memories: Vec<u32>,
    pub(super) reallocs: Vec<u32>,
    pub(super) dtors: Vec<u32>,
}

impl Builder {
    /// The outermost component.
    pub(super) fn root() -> Self {
        Self::new(0, Vec::new())
    }

    fn new(depth: u32, offered: Vec<FuncTy>) -> Self {
        Self {
            to: ComponentBuilder::default(),
            space: Space::default(),
            depth,
            names: 0,
            offered,
            inner: Inner {
                needs: Vec::new(),
                gives: Vec::new(),
                defined: Vec::new(),
            },
            components: Vec::new(),
            named: Vec::new(),
            resources: Vec::new(),
            own: Vec::new(),
            imported: HashSet::new(),
            public: HashSet::new(),
            funcs: Vec::new(),
            hosts: HashSet::new(),
            core_funcs: Vec::new(),
            memories: Vec::new(),
            reallocs: Vec::new(),
            dtors: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (ComponentBuilder, Inner) {
        (self.to, self.inner)
    }

    /// Adds definitions until the data is used up, or it is enough.
    pub(super) fn fill(&mut self, u: &mut Unstructured<'_>, ids: &mut Ids) -> Result<()> {
        if u.ratio(7, 8)? {
            self.allocator(u)?;
            self.import_func(u)?;
            self.guest(u)?;
        }
        for _ in 0..u.int_in_range(1..=40)? {
            if u.is_empty() {
                break;
            }
            match u.int_in_range(0..=19)? {
                0 | 1 => self.define_named(u, ids)?,
                2 => self.define_resource(u, ids)?,
                3 | 4 => self.import_func(u)?,
                5 if self.depth == 0 => self.import_instance(u, ids)?,
                6 => self.allocator(u)?,
                7..=9 => self.lower(u)?,
                10 | 11 => self.built_in(u)?,
                12 | 13 => self.guest(u)?,
                14 | 15 if self.depth < DEPTH => self.nest(u, ids)?,
                16 | 17 => self.instantiate(u, ids)?,
                _ => self.export_func(u)?,
            }
        }
        Ok(())
    }

    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// What a type in this component may be made of.
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts {
            named: &self.named,
            resources: &self.resources,
            borrows: true,
        }
    }

    /// Everything that a type mentions is defined here: what is not yet is imported.
    pub(super) fn ensure(&mut self, ty: &Ty) {
        let mut missing = Vec::new();
        ty.visit(&mut |part| missing.push(part.clone()));
        for part in missing {
            match &part {
                Ty::Own(resource) | Ty::Borrow(resource) => {
                    if self.space.resource(*resource).is_none() {
                        self.import_resource(*resource);
                    }
                }
                _ if self.space.has(&part) => {}
                _ => self.import_type(&part),
            }
        }
    }

    fn import_resource(&mut self, resource: Resource) {
        let name = self.name("r");
        let bounds = ComponentTypeRef::Type(TypeBounds::SubResource);
        let index = self.to.import(name.as_str(), bounds);
        self.space.resource_is(resource, index);
        self.resources.push(resource);
        self.imported.insert(Ty::Own(resource));
        self.public.insert(Ty::Own(resource));
        self.inner.needs.push((name, Item::Resource(resource)));
    }

    fn import_type(&mut self, ty: &Ty) {
        let name = self.name("t");
        let index = self.space.index(&mut self.to, ty);
        let index = self.to.import(name.as_str(), same_as(index));
        self.space.type_is(ty.clone(), index);
        self.imported.insert(ty.clone());
        self.public.insert(ty.clone());
        self.remember(ty);
        self.inner.needs.push((name, Item::Type(ty.clone())));
    }

    pub(super) fn remember(&mut self, ty: &Ty) {
        if let Ty::Named(named) = ty
            && !self.named.contains(named)
        {
            self.named.push(Rc::clone(named));
        }
    }

    /// Whether everything that a type mentions is in `set`.
    pub(super) fn all_in(set: &HashSet<Ty>, ty: &Ty) -> bool {
        let mut all = true;
        ty.visit(&mut |part| {
            all &= match part {
                Ty::Own(resource) | Ty::Borrow(resource) => set.contains(&Ty::Own(*resource)),
                part => set.contains(part),
            }
        });
        all
    }

    /// Exports whatever a type mentions that is not public yet.
    pub(super) fn publish(&mut self, ty: &Ty) {
        let mut parts = Vec::new();
        ty.visit(&mut |part| parts.push(part.clone()));
        for part in parts {
            let key = match part {
                Ty::Borrow(resource) => Ty::Own(resource),
                part => part,
            };
            if !self.public.insert(key.clone()) {
                continue;
            }
            let name = self.name("t");
            if let Ty::Own(resource) = key {
                let Some(index) = self.space.resource(resource) else {
                    continue;
                };
                let index = self.export(&name, ComponentExportKind::Type, index);
                self.space.resource_is(resource, index);
                self.inner.gives.push((name, Item::Resource(resource)));
            } else {
                // Of its parts as they are named by now.
                let index = self.space.define(&mut self.to, &key);
                let index = self.export(&name, ComponentExportKind::Type, index);
                self.space.type_is(key.clone(), index);
                self.inner.gives.push((name, Item::Type(key)));
            }
        }
    }

    pub(super) fn export(&mut self, name: &str, kind: ComponentExportKind, index: u32) -> u32 {
        self.to.export(name, kind, index, None)
    }

    /// Defines a component in this one.
    fn nest(&mut self, u: &mut Unstructured<'_>, ids: &mut Ids) -> Result<()> {
        let offered = self.funcs.iter().map(|(_, ty)| ty.clone()).collect();
        let mut builder = Self::new(self.depth + 1, offered);
        builder.fill(u, ids)?;
        let (component, inner) = builder.finish();
        let index = self.to.component(None, component);
        self.components.push((index, Rc::new(inner)));
        Ok(())
    }

    /// A function type that this component may import.
    pub(super) fn importable(&self, u: &mut Unstructured<'_>) -> Result<Option<FuncTy>> {
        if self.depth > 0 {
            return Ok(match self.offered.is_empty() {
                true => None,
                false => Some(u.choose(&self.offered)?.clone()),
            });
        }
        let named = self.named.iter().cloned();
        let named: Vec<_> = named
            .filter(|named| self.imported.contains(&Ty::Named(Rc::clone(named))))
            .collect();
        let resources = self.resources.iter().copied();
        let resources: Vec<_> = resources
            .filter(|resource| self.imported.contains(&Ty::Own(*resource)))
            .collect();
        let parts = Parts {
            named: &named,
            resources: &resources,
            borrows: true,
        };
        FuncTy::arbitrary(u, parts).map(Some)
    }
}
