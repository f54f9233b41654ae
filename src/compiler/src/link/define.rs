//! Executes definitions: instances, aliases, imports and exports.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::entity::{
    Component, CoreEntity, CoreExport, CoreInstance, Entity, Frame, FrameId, FuncId, FuncName,
    Instance, InstanceType, Module, Place, Type,
};
use super::{Linker, dangling, item};
use crate::Limit;
use crate::error::Result;
use crate::model::{
    self, Alias, CoreItem, CoreSort, Definition, Export, ExternType, Import, Item, Name, OuterSort,
};
use crate::plan::ResourceDesc;

/// What the imports of a component instance are given.
pub(super) enum Args<'a> {
    /// The outermost component's: entities that stand for the host's.
    Host,
    /// A nested component's.
    Given(BTreeMap<&'a str, Entity<'a>>),
}

impl<'a> Linker<'a> {
    /// Instantiates a component: executes its definitions in a frame of their own. Returns its exports
    /// and, for the outermost, its imports.
    pub(super) fn instantiate(
        &mut self,
        frame: FrameId,
        component: model::ComponentId,
        args: &Args<'a>,
    ) -> Result<(Instance<'a>, Instance<'a>)> {
        self.component_instances += 1;
        if self.component_instances > self.limits.instances {
            return Err(self.limit("component instances", Limit::Instances));
        }
        let binary = self.binary;
        let component = binary
            .components
            .get(component.0 as usize)
            .ok_or_else(|| dangling("component"))?;
        let mut imports = Instance::default();
        let mut exports = Instance::default();
        for definition in &component.definitions {
            self.offset = definition.offset;
            self.charge(1)?;
            match &definition.item {
                Definition::Module(id) => {
                    self.frame(frame).modules.push(Module::Defined(*id));
                }
                Definition::CoreInstance(instance) => self.core_instance(frame, instance)?,
                Definition::Component(id) => {
                    let component = Component {
                        id: *id,
                        scope: frame,
                    };
                    self.frame(frame).components.push(component);
                }
                Definition::Instance(instance) => self.instance(frame, instance)?,
                Definition::Alias(alias) => self.alias(frame, alias)?,
                Definition::Type(ty) => {
                    let ty = self.define_type(frame, ty)?;
                    self.frame(frame).types.push(ty);
                }
                Definition::Canon(canon) => self.canon(frame, canon)?,
                Definition::Import(import) => {
                    let entity = self.import(frame, import, args)?;
                    imports.add(import.name, entity.clone());
                    self.add(frame, entity);
                }
                Definition::Export(export) => {
                    let entity = self.export(frame, export)?;
                    exports.add(export.name, entity.clone());
                    self.add(frame, entity);
                }
            }
        }
        Ok((imports, exports))
    }

    /// Adds an item to its index space.
    pub(super) fn add(&mut self, frame: FrameId, entity: Entity<'a>) {
        let frame = self.frame(frame);
        match entity {
            Entity::Module(id) => frame.modules.push(id),
            Entity::Func(id) => frame.funcs.push(id),
            Entity::Type(ty) => frame.types.push(ty),
            Entity::Instance(instance) => frame.instances.push(instance),
            Entity::Component(component) => frame.components.push(component),
        }
    }

    fn entity(&mut self, frame: FrameId, index: Item) -> Result<Entity<'a>> {
        let frame = self.frame(frame);
        Ok(match index {
            Item::Module(i) => Entity::Module(item(&frame.modules, i.0, "core module")?),
            Item::Func(i) => Entity::Func(item(&frame.funcs, i.0, "function")?),
            Item::Type(i) => Entity::Type(item(&frame.types, i.0, "type")?),
            Item::Instance(i) => Entity::Instance(item(&frame.instances, i.0, "instance")?),
            Item::Component(i) => Entity::Component(item(&frame.components, i.0, "component")?),
        })
    }

    fn import(
        &mut self,
        frame: FrameId,
        import: &Import<'a>,
        args: &Args<'a>,
    ) -> Result<Entity<'a>> {
        self.charge_name(import.name.name)?;
        match args {
            Args::Host => self.declare(frame, import.ty, &[import.name.name]),
            Args::Given(args) => {
                let given = args.get(import.name.name).cloned();
                let given = given.ok_or_else(|| dangling("argument"))?;
                self.seen_as(frame, given, Some(import.ty))
            }
        }
    }

    fn export(&mut self, frame: FrameId, export: &Export<'a>) -> Result<Entity<'a>> {
        self.charge_name(export.name.name)?;
        let entity = self.entity(frame, export.item)?;
        self.name_funcs(&entity, export.name.name)?;
        if let Entity::Type(Type::Resource(resource)) = &entity
            && let Some(ResourceDesc::Defined {
                name: name @ None, ..
            }) = self.resources.get_mut(resource.0 as usize)
        {
            *name = Some(export.name.name.to_string());
        }
        self.seen_as(frame, entity, export.ty)
    }

    /// Functions are known by what they are exported as: the first name in an instance, else the first of their own.
    fn name_funcs(&mut self, entity: &Entity<'a>, name: &'a str) -> Result<()> {
        match entity {
            Entity::Func(id) => self.name_func(*id, None, name),
            Entity::Instance(instance) => {
                self.charge(instance.exports.len())?;
                for (item, entity) in &instance.exports {
                    if let Entity::Func(id) = entity {
                        self.name_func(*id, Some(name), item.name);
                    }
                }
            }
            Entity::Module(_) | Entity::Type(_) | Entity::Component(_) => {}
        }
        Ok(())
    }

    fn name_func(&mut self, id: FuncId, instance: Option<&'a str>, name: &'a str) {
        let Some(func) = self.funcs.get_mut(id.0 as usize) else {
            return;
        };
        let better = match func.name {
            None => true,
            Some(known) => known.instance.is_none() && instance.is_some(),
        };
        if better {
            func.name = Some(FuncName { instance, name });
        }
    }

    /// `entity` as what its type says: of an instance, no more than the type declares is visible.
    fn seen_as(
        &mut self,
        frame: FrameId,
        entity: Entity<'a>,
        ty: Option<ExternType>,
    ) -> Result<Entity<'a>> {
        let (Entity::Instance(instance), Some(ExternType::Instance(index))) = (&entity, ty) else {
            return Ok(entity);
        };
        match item(&self.frame(frame).types, index.0, "type")? {
            Type::Instance(ty) => Ok(Entity::Instance(self.restrict(instance, ty)?)),
            _ => Err(dangling("instance type")),
        }
    }

    /// The exports of `instance` that `ty` declares.
    fn restrict(
        &mut self,
        instance: &Rc<Instance<'a>>,
        ty: InstanceType<'a>,
    ) -> Result<Rc<Instance<'a>>> {
        self.charge(ty.decls.len())?;
        let mut visible = Instance::default();
        for decl in ty.decls {
            if let model::InstanceDecl::Export { name, .. } = &decl.item {
                self.charge_name(name.name)?;
                let entity = instance.get(name.name).ok_or_else(|| dangling("export"))?;
                visible.add(*name, entity.clone());
            }
        }
        Ok(Rc::new(visible))
    }

    fn instance(&mut self, frame: FrameId, instance: &'a model::Instance<'a>) -> Result<()> {
        let exports = match instance {
            model::Instance::Instantiate { component, args } => {
                self.charge_names(args.iter().map(|arg| arg.0))?;
                let component = item(&self.frame(frame).components, component.0, "component")?;
                let mut given = BTreeMap::new();
                for (name, index) in args {
                    given.insert(*name, self.entity(frame, *index)?);
                }
                let inner = self.new_frame(Some(component.scope));
                let index = self.frame(frame).instances.len() as u32;
                self.frame(inner).place = Some(Place {
                    component: component.id,
                    within: Some((frame, index)),
                });
                let args = Args::Given(given);
                let (_, exports) =
                    self.nested(|this| this.instantiate(inner, component.id, &args))?;
                exports
            }
            model::Instance::Exports(items) => {
                self.charge_names(items.iter().map(|item| item.0))?;
                let mut exports = Instance::default();
                for (name, index) in items {
                    let entity = self.entity(frame, *index)?;
                    exports.add(
                        Name {
                            name,
                            implements: None,
                        },
                        entity,
                    );
                }
                exports
            }
        };
        self.frame(frame).instances.push(Rc::new(exports));
        Ok(())
    }

    pub(super) fn alias(&mut self, frame: FrameId, alias: &Alias<'a>) -> Result<()> {
        match *alias {
            Alias::Export { instance, name } => {
                self.charge_name(name)?;
                let instance = item(&self.frame(frame).instances, instance.0, "instance")?;
                let entity = instance
                    .get(name)
                    .cloned()
                    .ok_or_else(|| dangling("export"))?;
                self.add(frame, entity);
            }
            Alias::CoreExport {
                sort,
                instance,
                name,
            } => {
                let entity = self.core_export(frame, sort, instance.0, name)?;
                let frame = self.frame(frame);
                match entity {
                    CoreEntity::Func(func) => frame.core_funcs.push(func),
                    CoreEntity::Table(table) => frame.core_tables.push(table),
                    CoreEntity::Memory(memory) => frame.core_memories.push(memory),
                    CoreEntity::Global(global) => frame.core_globals.push(global),
                    CoreEntity::Tag(tag) => frame.core_tags.push(tag),
                }
            }
            Alias::Outer { sort, count, index } => {
                let mut outer = frame;
                for _ in 0..count {
                    outer = self.frame(outer).parent.ok_or_else(|| dangling("scope"))?;
                }
                let outer = self.frame(outer);
                let entity = match sort {
                    OuterSort::CoreType => return Ok(()),
                    OuterSort::Module => {
                        Entity::Module(item(&outer.modules, index, "core module")?)
                    }
                    OuterSort::Type => Entity::Type(item(&outer.types, index, "type")?),
                    OuterSort::Component => {
                        Entity::Component(item(&outer.components, index, "component")?)
                    }
                };
                self.add(frame, entity);
            }
        }
        Ok(())
    }

    fn core_export(
        &mut self,
        frame: FrameId,
        sort: CoreSort,
        instance: u32,
        name: &'a str,
    ) -> Result<CoreEntity<'a>> {
        self.charge_name(name)?;
        match item(&self.frame(frame).core_instances, instance, "core instance")? {
            CoreInstance::Exports(exports) => exports
                .get(name)
                .copied()
                .ok_or_else(|| dangling("core export")),
            CoreInstance::Module(number) => self.module_export(
                sort,
                CoreExport {
                    instance: number,
                    name,
                },
            ),
        }
    }

    fn core_instance(&mut self, frame: FrameId, instance: &model::CoreInstance<'a>) -> Result<()> {
        let instance = match instance {
            model::CoreInstance::Instantiate { module, args } => {
                self.charge_names(args.iter().map(|arg| arg.0))?;
                let scope = self.frame(frame);
                let module = item(&scope.modules, module.0, "core module")?;
                let mut given = BTreeMap::new();
                for (name, index) in args {
                    given.insert(
                        *name,
                        item(&scope.core_instances, index.0, "core instance")?,
                    );
                }
                let owner = self.number(frame);
                self.instantiate_module(owner, module, &given)?
            }
            model::CoreInstance::Exports(items) => {
                self.charge_names(items.iter().map(|item| item.0))?;
                let scope = self.frame(frame);
                let mut exports = BTreeMap::new();
                for (name, index) in items {
                    exports.insert(*name, core_entity(scope, *index)?);
                }
                CoreInstance::Exports(Rc::new(exports))
            }
        };
        self.frame(frame).core_instances.push(instance);
        Ok(())
    }
}

fn core_entity<'a>(scope: &Frame<'a>, index: CoreItem) -> Result<CoreEntity<'a>> {
    Ok(match index {
        CoreItem::Func(i) => CoreEntity::Func(item(&scope.core_funcs, i.0, "core function")?),
        CoreItem::Table(i) => CoreEntity::Table(item(&scope.core_tables, i.0, "core table")?),
        CoreItem::Memory(i) => CoreEntity::Memory(item(&scope.core_memories, i.0, "core memory")?),
        CoreItem::Global(i) => CoreEntity::Global(item(&scope.core_globals, i.0, "core global")?),
        CoreItem::Tag(i) => CoreEntity::Tag(item(&scope.core_tags, i.0, "core tag")?),
    })
}
