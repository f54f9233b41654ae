//! Core modules: those that the binary defines and those that the host provides, and their instances.

use std::collections::{BTreeMap, BTreeSet};

use super::entity::{
    CoreEntity, CoreExport, CoreFunc, CoreInstance, InstanceNumber, Module, ModuleImportId,
};
use super::{CoreInstanceFacts, Linker, dangling};
use crate::Limit;
use crate::decode::CoreModule;
use crate::error::Result;
use crate::model::CoreSort;
use crate::plan::{self, CoreModuleType, Step};

/// A core module that the host provides.
pub(super) struct ModuleImport<'a> {
    pub(super) path: Vec<&'a str>,
    pub(super) ty: CoreModule<'a>,
}

/// An import of a core module.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    module: &'a str,
    name: &'a str,
    sort: CoreSort,
}

impl<'a> Linker<'a> {
    /// A core module that the host provides at `path`.
    pub(super) fn import_module(&mut self, path: &[&'a str]) -> Result<Module> {
        let ty = self.externs.imported_module(path);
        let ty = ty.ok_or_else(|| dangling("core module type"))?;
        self.module_imports.push(ModuleImport {
            path: path.to_vec(),
            ty,
        });
        Ok(Module::Imported(ModuleImportId(
            self.module_imports.len() as u32 - 1,
        )))
    }

    /// The index of a module type in the plan.
    pub(super) fn module_type(&mut self, ty: CoreModule<'a>) -> Result<u32> {
        self.charge(ty.size())?;
        let described: CoreModuleType = ty.describe();
        let next = self.plan.module_types.len() as u32;
        let index = *self
            .plan
            .module_type_index
            .entry(described.clone())
            .or_insert(next);
        if index == next {
            self.plan.module_types.push(described);
        }
        Ok(index)
    }

    /// The index of a core module in the plan.
    pub(super) fn plan_module(&mut self, module: Module) -> Result<u32> {
        if let Some(&index) = self.plan.module_index.get(&module) {
            return Ok(index);
        }
        let planned = match module {
            Module::Defined(id) => {
                let module = self.binary.modules.get(id.0 as usize);
                let module = module.ok_or_else(|| dangling("core module"))?;
                plan::CoreModule::Defined {
                    range: module.range,
                    patches: module.patches.clone(),
                }
            }
            Module::Imported(id) => {
                let ModuleImport { path, ty } = self.module_import(id)?;
                let (path, ty) = (path.clone(), *ty);
                plan::CoreModule::Imported {
                    path: self.path(&path)?,
                    ty: self.module_type(ty)?,
                }
            }
        };
        let index = self.plan.modules.len() as u32;
        self.plan.modules.push(planned);
        self.plan.module_index.insert(module, index);
        Ok(index)
    }

    pub(super) fn module_import(&self, id: ModuleImportId) -> Result<&ModuleImport<'a>> {
        self.module_imports
            .get(id.0 as usize)
            .ok_or_else(|| dangling("imported core module"))
    }

    /// Whether nobody here has seen the function: its type is no more than a promise of the host.
    pub(super) fn is_promised(&self, func: CoreFunc<'a>) -> bool {
        let CoreFunc::Export(export) = func else {
            return false;
        };
        self.core_instances
            .get(export.instance as usize)
            .is_some_and(|facts| matches!(facts.module, Module::Imported(_)))
    }

    pub(super) fn module_export(
        &mut self,
        sort: CoreSort,
        export: CoreExport<'a>,
    ) -> Result<CoreEntity<'a>> {
        Ok(match sort {
            CoreSort::Func => CoreEntity::Func(CoreFunc::Export(export)),
            CoreSort::Table => CoreEntity::Table(export),
            CoreSort::Memory => CoreEntity::Memory(self.memory_identity(export)?),
            CoreSort::Global => CoreEntity::Global(export),
            CoreSort::Tag => CoreEntity::Tag(export),
        })
    }

    /// The first name of the memory: a memory that passes through modules, or that has several names, is
    /// one memory, in one shim, and equal to itself when `task.return` compares it. What a module of the host's does
    /// nobody knows: each name of its memories stands for itself.
    fn memory_identity(&mut self, mut export: CoreExport<'a>) -> Result<CoreExport<'a>> {
        let binary = self.binary;
        loop {
            let facts = self
                .core_instances
                .get(export.instance as usize)
                .ok_or_else(|| dangling("core instance"))?;
            let Module::Defined(id) = facts.module else {
                return Ok(export);
            };
            let module = binary
                .modules
                .get(id.0 as usize)
                .ok_or_else(|| dangling("core module"))?;
            let exports = &module.memory_exports;
            let index = exports
                .iter()
                .find(|(name, _)| *name == export.name)
                .map(|(_, index)| *index)
                .ok_or_else(|| dangling("memory"))?;
            let imported = facts.memories.get(index as usize).copied();
            let first = exports
                .iter()
                .find(|(_, i)| *i == index)
                .map(|(name, _)| *name);
            self.charge(1 + exports.len() / 16)?;
            match imported {
                // Strictly an earlier instance, so this ends.
                Some(source) => export = source,
                None => {
                    export.name = first.unwrap_or(export.name);
                    return Ok(export);
                }
            }
        }
    }

    /// What a module wants to import, in order.
    fn wanted(&mut self, module: Module) -> Result<Vec<Wanted<'a>>> {
        let sort = |is_memory| match is_memory {
            true => CoreSort::Memory,
            // Of what is not a memory only the name matters here.
            false => CoreSort::Func,
        };
        let wanted: Vec<Wanted<'a>> = match module {
            Module::Defined(id) => {
                let binary = self.binary;
                let module = binary.modules.get(id.0 as usize);
                let module = module.ok_or_else(|| dangling("core module"))?;
                let imports = module.imports.iter();
                imports
                    .map(|import| Wanted {
                        module: import.module,
                        name: import.name,
                        sort: sort(import.is_memory),
                    })
                    .collect()
            }
            Module::Imported(id) => {
                let imports = self.module_import(id)?.ty.imports();
                imports
                    .map(|(module, name, is_memory)| Wanted {
                        module,
                        name,
                        sort: sort(is_memory),
                    })
                    .collect()
            }
        };
        for import in &wanted {
            self.charge_name(import.module)?;
            self.charge_name(import.name)?;
        }
        Ok(wanted)
    }

    /// Adds the step that instantiates a module.
    pub(super) fn instantiate_module(
        &mut self,
        owner: InstanceNumber,
        module: Module,
        args: &BTreeMap<&'a str, CoreInstance<'a>>,
    ) -> Result<CoreInstance<'a>> {
        if self.core_instances.len() >= self.limits.instances {
            return Err(self.limit("core instances", Limit::Instances));
        }
        let mut names = BTreeSet::new();
        let mut memories = Vec::new();
        let mut entities = Vec::new();
        for import in self.wanted(module)? {
            let entity = match args
                .get(import.module)
                .ok_or_else(|| dangling("argument"))?
            {
                CoreInstance::Exports(exports) => *exports
                    .get(import.name)
                    .ok_or_else(|| dangling("core export"))?,
                CoreInstance::Module(number) => {
                    let (instance, name) = (*number, import.name);
                    self.module_export(import.sort, CoreExport { instance, name })?
                }
            };
            if let CoreEntity::Memory(memory) = entity {
                memories.push(memory);
            }
            if names.insert((import.module, import.name)) {
                entities.push((import, entity));
            }
        }
        self.place(entities.iter().filter_map(|(_, entity)| match entity {
            CoreEntity::Func(CoreFunc::Canon(id)) => Some(*id),
            _ => None,
        }))?;
        let mut imports = Vec::with_capacity(entities.len());
        for (import, entity) in entities {
            let source = match entity {
                CoreEntity::Func(func) => self.source(func)?,
                CoreEntity::Table(export)
                | CoreEntity::Memory(export)
                | CoreEntity::Global(export)
                | CoreEntity::Tag(export) => export.source(),
            };
            imports.push(plan::Import {
                module: import.module.to_string(),
                name: import.name.to_string(),
                source,
            });
        }
        let index = self.plan_module(module)?;
        self.plan.steps.push(Step::Core {
            module: index,
            instance: owner.0,
            imports,
        });
        self.core_instances
            .push(CoreInstanceFacts { module, memories });
        Ok(CoreInstance::Module(self.core_instances.len() as u32 - 1))
    }
}
