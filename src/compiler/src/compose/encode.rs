//! The component around the composed ones: imports what stays outside, instantiates each component with what it is given,
//! exports what is to be seen.

use std::collections::{BTreeMap, HashMap};

use wasm_encoder::{ComponentExportKind, ComponentTypeRef};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedTypeId, ComponentEntityType, ComponentItem, ResourceId,
};

use super::outer::{Outer, Placed};
use super::scope::Scope;
use super::{Exported, Part, PartId, Source, mismatch};
use crate::error::{CompileError, Result};

/// Where a type of a component comes from: the import, and the name in it if that is an instance.
#[derive(Clone, Copy)]
struct Origin<'a> {
    part: usize,
    import: &'a str,
    export: Option<&'a str>,
}

pub(super) struct Encoder<'a> {
    pub(super) parts: &'a [Part],
    pub(super) outer: Outer,
    /// By outer name, what becomes one import: component and import, in order.
    members: BTreeMap<&'a str, Vec<(usize, &'a str)>>,
    /// By outer name; none while its type is being written.
    imported: HashMap<&'a str, Option<Placed>>,
    resource_origins: HashMap<ResourceId, Origin<'a>>,
    defined_origins: HashMap<(usize, ComponentDefinedTypeId), Origin<'a>>,
    instances: Vec<Option<u32>>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(parts: &'a [Part]) -> Self {
        let mut encoder = Self {
            parts,
            outer: Outer::default(),
            members: BTreeMap::new(),
            imported: HashMap::new(),
            resource_origins: HashMap::new(),
            defined_origins: HashMap::new(),
            instances: vec![None; parts.len()],
        };
        for (part, Part { imports, .. }) in parts.iter().enumerate() {
            for import in imports {
                encoder.originate(part, &import.name, &import.item);
                if let Source::Outside(name) = &import.source {
                    let members = encoder.members.entry(name).or_default();
                    members.push((part, &import.name));
                }
            }
        }
        encoder
    }

    /// Notes which types an import brings; the first one to bring a type is where it comes from.
    fn originate(&mut self, part: usize, import: &'a str, item: &'a ComponentItem) {
        let mut note = |ty: &ComponentEntityType, export| {
            let origin = Origin {
                part,
                import,
                export,
            };
            if let ComponentEntityType::Type { created, .. } = *ty {
                match created {
                    ComponentAnyTypeId::Resource(id) => {
                        self.resource_origins.entry(id.resource()).or_insert(origin);
                    }
                    ComponentAnyTypeId::Defined(id) => {
                        self.defined_origins.entry((part, id)).or_insert(origin);
                    }
                    ComponentAnyTypeId::Func(_)
                    | ComponentAnyTypeId::Instance(_)
                    | ComponentAnyTypeId::Component(_) => {}
                }
            }
        };
        match item.ty {
            ComponentEntityType::Instance(id) => {
                for (name, item) in &self.parts[part].types[id].exports {
                    note(&item.ty, Some(name));
                }
            }
            ref ty => note(ty, None),
        }
    }

    /// All imports, in the order in which the components have them but for those that others need.
    pub(super) fn imports(&mut self) -> Result<()> {
        let parts = self.parts;
        for import in parts.iter().flat_map(|part| &part.imports) {
            if let Source::Outside(name) = &import.source {
                self.import(name)?;
            }
        }
        Ok(())
    }

    /// The import of this name; none while its type is being written.
    fn import(&mut self, name: &'a str) -> Result<Option<Placed>> {
        if let Some(&known) = self.imported.get(name) {
            return Ok(known);
        }
        self.imported.insert(name, None);
        let members = self.members.get(name).cloned().unwrap_or_default();
        let parts = self.parts;
        let items: Vec<_> = members
            .iter()
            .filter_map(|&(part, import)| Some((part, parts[part].import(import)?)))
            .collect();
        let Some(&(part, first)) = items.first() else {
            return Err(CompileError::internal("an import that no component has"));
        };
        let external = super::extern_name(name, &first.item);
        let ty = if let ComponentEntityType::Instance(_) = first.item.ty {
            ComponentTypeRef::Instance(self.instance_type(&items)?)
        } else {
            self.extern_type(&mut Scope::default(), part, &first.item.ty)?
        };
        let placed = self.outer.import(external, ty);
        self.imported.insert(name, Some(placed));
        Ok(Some(placed))
    }

    /// One type for what several components import under one name: everything that one of them wants.
    fn instance_type(&mut self, items: &[(usize, &'a super::Import)]) -> Result<u32> {
        let mut scope = Scope::of_instance();
        let mut exported: HashMap<&str, Option<u32>> = HashMap::new();
        let parts = self.parts;
        for &(part, import) in items {
            let ComponentEntityType::Instance(id) = import.item.ty else {
                let found = "another component imports an instance of that name";
                return Err(mismatch(&parts[part].name, &import.name, found));
            };
            for (name, item) in &parts[part].types[id].exports {
                let ComponentEntityType::Type { created, .. } = item.ty else {
                    if exported.insert(name, None).is_none() {
                        self.instance_export(&mut scope, part, name, item)?;
                    }
                    continue;
                };
                if let Some(&Some(index)) = exported.get(name.as_str()) {
                    scope.name(part, created, index);
                    continue;
                }
                self.instance_export(&mut scope, part, name, item)?;
                let last = scope.instance.as_ref().map(|ty| ty.type_count() - 1);
                exported.insert(name, last);
            }
        }
        let Some(ty) = scope.instance else {
            return Err(CompileError::internal("an instance without a type"));
        };
        Ok(self.outer.define(|encoder| encoder.instance(&ty)))
    }

    /// The outer component's index of a resource that an import has brought; none when this import is the one.
    pub(super) fn outer_resource(&mut self, id: ResourceId) -> Result<Option<u32>> {
        let Some(&origin) = self.resource_origins.get(&id) else {
            return Ok(None);
        };
        let Part { name, imports, .. } = &self.parts[origin.part];
        let linked = |import: &&super::Import| {
            import.name == origin.import && matches!(import.source, Source::Linked { .. })
        };
        if imports.iter().any(|import| linked(&import)) {
            let found =
                "its resources are of a component, and something that stays outside uses them";
            return Err(mismatch(name, origin.import, found));
        }
        self.brought(origin)
    }

    /// The same for any other type that has a name.
    pub(super) fn outer_defined(
        &mut self,
        part: usize,
        id: ComponentDefinedTypeId,
    ) -> Result<Option<u32>> {
        match self.defined_origins.get(&(part, id)) {
            Some(&origin) => self.brought(origin),
            None => Ok(None),
        }
    }

    fn brought(&mut self, origin: Origin<'a>) -> Result<Option<u32>> {
        let parts = self.parts;
        let import = parts[origin.part].import(origin.import);
        let Some(Source::Outside(name)) = import.map(|import| &import.source) else {
            return Ok(None);
        };
        let Some(placed) = self.import(name)? else {
            return Ok(None);
        };
        Ok(Some(match origin.export {
            None => placed.index,
            Some(export) => {
                let kind = ComponentExportKind::Type;
                self.outer.alias(placed.index, kind, export).index
            }
        }))
    }

    /// Instantiates a component, all of whose providers are there.
    pub(super) fn instantiate(&mut self, PartId(id): PartId) -> Result<()> {
        let parts = self.parts;
        let part = &parts[id];
        let mut args = Vec::with_capacity(part.imports.len());
        for import in &part.imports {
            let placed = match &import.source {
                Source::Outside(name) => self.import(name)?,
                Source::Linked { from, export } => Some(self.exported(*from, export)?),
            };
            let placed = placed.ok_or_else(|| CompileError::internal("an import of itself"))?;
            args.push((import.name.as_str(), placed));
        }
        self.instances[id] = Some(self.outer.instantiate(&part.bytes, &part.name, &args));
        Ok(())
    }

    /// Makes an export of a component one of the whole.
    pub(super) fn export(&mut self, exported: &Exported) -> Result<()> {
        let Exported { from, name, outer } = exported;
        let placed = self.exported(*from, name)?;
        let item = self.parts[from.0].export(name)?;
        self.outer.export(super::extern_name(outer, item), placed);
        Ok(())
    }

    fn exported(&mut self, PartId(from): PartId, name: &str) -> Result<Placed> {
        let kind = kind_of(&self.parts[from].export(name)?.ty);
        let instance = self.instances[from]
            .ok_or_else(|| CompileError::internal("a component before what it needs"))?;
        Ok(self.outer.alias(instance, kind, name))
    }
}

fn kind_of(ty: &ComponentEntityType) -> ComponentExportKind {
    match ty {
        ComponentEntityType::Module(_) => ComponentExportKind::Module,
        ComponentEntityType::Func(_) => ComponentExportKind::Func,
        ComponentEntityType::Value(_) => ComponentExportKind::Value,
        ComponentEntityType::Type { .. } => ComponentExportKind::Type,
        ComponentEntityType::Instance(_) => ComponentExportKind::Instance,
        ComponentEntityType::Component(_) => ComponentExportKind::Component,
    }
}
