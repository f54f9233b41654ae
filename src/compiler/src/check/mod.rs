//! Checks an artifact: an oracle for tests and for fuzzing, which the JS host does not need.
//!
//! Enters: an artifact and the bytes it was made of. Leaves: the first thing that is out of order. What is checked is what
//! the JS host relies on: every index leads somewhere, each step mentions only what earlier steps have made, imports are
//! exactly those that the module declares and of the same types, shim modules are valid, types are laid out inside of
//! each other. Left out on purpose: whether the plan means what the component says.

mod modules;
mod types;

use std::collections::BTreeSet;

use self::modules::{Entity, Interface};
use crate::plan::{
    Artifact, CoreModule, Extern, Import, Item, Options, ResourceDesc, Shim, Source, Step,
};

/// What is wrong, as a sentence; there is nothing to tell apart.
type Result<T> = std::result::Result<T, String>;

/// Checks `artifact`, which was made of `bytes`.
///
/// # Errors
///
/// A sentence about the first thing that is out of order: it is a bug of the compiler.
pub fn check(artifact: &Artifact, bytes: &[u8]) -> Result<()> {
    types::check(artifact)?;
    let mut order = Order::new(artifact, bytes)?;
    for step in &artifact.steps {
        order.step(step)?;
    }
    order.finish()?;
    order.functions()?;
    order.externs(&artifact.imports, false)?;
    order.externs(&artifact.exports, true)
}

/// Fails with the message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
use ensure;

/// What exists while the steps are followed.
struct Order<'a> {
    artifact: &'a Artifact,
    modules: Vec<Interface>,
    shims: Vec<Interface>,
    /// How many shims are instantiated.
    shims_made: usize,
    /// The module of each core instance.
    cores: Vec<usize>,
    slots: BTreeSet<u32>,
    resources: BTreeSet<u32>,
}

impl<'a> Order<'a> {
    fn new(artifact: &'a Artifact, bytes: &[u8]) -> Result<Self> {
        let mut modules = Vec::new();
        for module in &artifact.modules {
            modules.push(match module {
                CoreModule::Defined { range, patches } => {
                    Interface::of_module(&modules::patched(*range, patches, bytes)?)?
                }
                CoreModule::Imported { path: _, ty } => {
                    let ty = artifact.module_types.get(*ty as usize);
                    Interface::of_type(ty.ok_or("there is no such core module type")?)
                }
            });
        }
        let shims = artifact
            .shims
            .iter()
            .map(|shim| Interface::of_shim(shim, artifact.multi_memory));
        for (number, instance) in (0..).zip(&artifact.instances) {
            let smaller = instance.parent.is_none_or(|parent| parent < number);
            ensure!(smaller, "instance {number} comes before its parent");
        }
        let resources = (0..).zip(&artifact.resources);
        Ok(Self {
            artifact,
            modules,
            shims: shims.collect::<Result<_>>()?,
            shims_made: 0,
            cores: Vec::new(),
            slots: BTreeSet::new(),
            resources: resources
                .filter(|(_, desc)| matches!(desc, ResourceDesc::Imported { .. }))
                .map(|(index, _)| index)
                .collect(),
        })
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Resource { resource, slot } => {
                self.instance_of(*resource)?;
                ensure!(
                    slot.is_none_or(|slot| self.slots.contains(&slot)),
                    "slot {slot:?} is empty"
                );
                ensure!(
                    self.resources.insert(*resource),
                    "resource {resource} is made twice"
                );
            }
            Step::Slot { slot, source } => {
                let what = self.entity(source)?;
                ensure!(
                    matches!(what, Entity::Func(_) | Entity::AnyFunc),
                    "slot {slot} gets {what:?}"
                );
                ensure!(*slot < self.artifact.slots, "slot {slot} is too high");
                ensure!(self.slots.insert(*slot), "slot {slot} is filled twice");
            }
            Step::Shim { shim } => {
                ensure!(*shim as usize == self.shims_made, "shim {shim} is not next");
                let wanted = self.shims.get(self.shims_made);
                let wanted = wanted.ok_or_else(|| format!("there is no shim {shim}"))?;
                let imports = &self.artifact.shims[self.shims_made].imports;
                self.imports(imports, wanted, true)?;
                self.shims_made += 1;
            }
            Step::Core {
                module,
                instance,
                imports,
            } => {
                self.instance(*instance)?;
                let wanted = self.modules.get(*module as usize);
                let wanted = wanted.ok_or_else(|| format!("there is no module {module}"))?;
                self.imports(imports, wanted, false)?;
                self.cores.push(*module as usize);
            }
        }
        Ok(())
    }

    /// A resource that the component defines belongs to one of its instances.
    fn instance_of(&self, resource: u32) -> Result<()> {
        match self.artifact.resources.get(resource as usize) {
            Some(ResourceDesc::Defined { instance, .. }) => self.instance(*instance),
            other => Err(format!("resource {resource} is {other:?}")),
        }
    }

    fn instance(&self, instance: u32) -> Result<()> {
        ensure!(
            (instance as usize) < self.artifact.instances.len(),
            "there is no instance {instance}"
        );
        Ok(())
    }

    /// The imports that are given are those that the module declares, and of the same types.
    fn imports(&self, given: &[Import], wanted: &Interface, in_order: bool) -> Result<()> {
        let names: BTreeSet<_> = given.iter().map(|i| (&*i.module, &*i.name)).collect();
        ensure!(names.len() == given.len(), "an import is given twice");
        ensure!(
            !in_order || given.len() == wanted.imports.len(),
            "a shim has {} imports, its list {}",
            wanted.imports.len(),
            given.len()
        );
        for (i, ((module, name), entity)) in wanted.imports.iter().enumerate() {
            let at = given
                .iter()
                .position(|import| import.module == *module && import.name == *name);
            let at = at.ok_or_else(|| format!("nothing is given for {module:?} {name:?}"))?;
            ensure!(!in_order || at == i, "{module:?} {name:?} is out of order");
            let found = self.entity(&given[at].source)?;
            ensure!(
                found.serves(entity),
                "{module:?} {name:?} wants {entity:?}, {:?} is {found:?}",
                given[at].source
            );
        }
        let imported = wanted.imports.iter();
        let memories = imported.filter(|(_, entity)| matches!(entity, Entity::Memory { .. }));
        ensure!(
            !in_order || self.artifact.multi_memory || memories.count() <= 1,
            "a shim imports two memories"
        );
        Ok(())
    }

    /// What a source is, which has to be there by now.
    fn entity(&self, source: &Source) -> Result<Entity> {
        let index = |index: &u32, of: usize| {
            ensure!((*index as usize) < of, "{source:?} leads nowhere");
            Ok(())
        };
        Ok(match source {
            Source::Runtime { .. } | Source::Driver { .. } => Entity::AnyFunc,
            Source::Trap => Entity::trap(),
            Source::Fault | Source::Entered => Entity::Global { mutable: true },
            Source::Threads | Source::Table => Entity::Table { is_64: false },
            Source::Done { .. } | Source::Late { .. } => Entity::AnyFunc,
            Source::Lowered { index: i } => {
                index(i, self.artifact.lowered.len())?;
                Entity::AnyFunc
            }
            Source::Return { index: i } => {
                index(i, self.artifact.returns.len())?;
                Entity::AnyFunc
            }
            Source::Instance { index } => {
                self.instance(*index)?;
                Entity::Global { mutable: false }
            }
            Source::ElementType { index: i } => {
                index(i, self.artifact.element_types.len())?;
                Entity::Global { mutable: false }
            }
            Source::Resource { index } => {
                ensure!(self.resources.contains(index), "{source:?} is too early");
                Entity::Global { mutable: false }
            }
            Source::Site { index: i } => {
                index(i, self.artifact.sites.len())?;
                Entity::Global { mutable: false }
            }
            Source::CallSite { index: i } => {
                index(i, self.artifact.call_sites.len())?;
                Entity::Global { mutable: false }
            }
            Source::MayLeave { instance } => {
                self.instance(*instance)?;
                Entity::Global { mutable: true }
            }
            Source::Core { instance, name } => {
                let module = self.cores.get(*instance as usize);
                let module = module.ok_or_else(|| format!("{source:?} is too early"))?;
                self.modules[*module].export(name)?
            }
            Source::Shim { shim, name } => {
                ensure!(
                    (*shim as usize) < self.shims_made,
                    "{source:?} is too early"
                );
                self.shims[*shim as usize].export(name)?
            }
        })
    }

    /// Everything that was announced has been made.
    fn finish(&self) -> Result<()> {
        let Artifact {
            shims,
            resources,
            slots,
            ..
        } = self.artifact;
        ensure!(self.shims_made == shims.len(), "some shims are not made");
        ensure!(
            self.resources.len() == resources.len(),
            "some resources are not made"
        );
        ensure!(
            self.slots.len() == *slots as usize,
            "some slots are not filled"
        );
        Ok(())
    }

    /// Functions that are called, and what copies refer to.
    fn functions(&self) -> Result<()> {
        let artifact = self.artifact;
        let guards = artifact.guards.as_ref().map(|shim| self.guards(shim));
        let guards = guards.transpose()?;
        for lifted in &artifact.lifted {
            self.func_type(lifted.func)?;
            let core = self.entity(&lifted.core)?;
            ensure!(
                matches!(core, Entity::Func(_)),
                "{lifted:?} has no function"
            );
            if let Some(post_return) = &lifted.post_return {
                self.entity(post_return)?;
            }
            if let Some(guard) = lifted.guard {
                let guards = guards.as_ref().ok_or("there are no guards")?;
                guards.export(&format!("f{guard}"))?;
            }
            ensure!(
                lifted.callback.is_none_or(|slot| slot < artifact.slots),
                "there is no slot {:?}",
                lifted.callback
            );
            self.options(&lifted.options)?;
        }
        for lowered in &artifact.lowered {
            self.func_type(lowered.func)?;
            ensure!(!lowered.path.is_empty(), "{lowered:?} has no name");
            ensure!(
                !lowered.builtin || lowered.path.len() == 1,
                "{lowered:?} has a name"
            );
            self.options(&lowered.options)?;
        }
        for site in &artifact.call_sites {
            self.instance(site.caller)?;
            self.instance(site.callee)?;
            let slots = [site.callback, site.start, site.returns];
            ensure!(
                slots.iter().flatten().all(|slot| *slot < artifact.slots),
                "{site:?} has no slot"
            );
        }
        for site in &artifact.sites {
            ensure!(
                (site.element as usize) < artifact.element_types.len(),
                "there is no element type {}",
                site.element
            );
            self.options(&site.options)?;
        }
        for returns in &artifact.returns {
            ensure!(
                returns.result.is_none_or(|ty| self.has_type(ty)),
                "there is no type {:?}",
                returns.result
            );
            self.options(&returns.options)?;
        }
        Ok(())
    }

    /// The guards, which import what the last step has left.
    fn guards(&self, shim: &Shim) -> Result<Interface> {
        let guards = Interface::of_shim(shim, self.artifact.multi_memory)?;
        self.imports(&shim.imports, &guards, true)?;
        Ok(guards)
    }

    fn options(&self, options: &Options) -> Result<()> {
        self.instance(options.instance)?;
        if let Some(memory) = &options.memory {
            let memory = self.entity(memory)?;
            let is_64 = options.memory64;
            ensure!(
                memory == Entity::Memory { is_64 },
                "{memory:?} is no such memory"
            );
        }
        if let Some(realloc) = &options.realloc {
            let realloc = self.entity(realloc)?;
            ensure!(
                realloc == Entity::realloc(options.memory64),
                "{realloc:?} is not the type of realloc"
            );
        }
        Ok(())
    }

    fn has_type(&self, ty: u32) -> bool {
        (ty as usize) < self.artifact.types.len()
    }

    fn func_type(&self, func: u32) -> Result<()> {
        ensure!(
            (func as usize) < self.artifact.funcs.len(),
            "there is no function type {func}"
        );
        Ok(())
    }

    fn externs(&self, externs: &[Extern], exported: bool) -> Result<()> {
        for Extern { name, item, .. } in externs {
            match item {
                Item::Func { func, lifted } => {
                    self.func_type(*func)?;
                    ensure!(
                        lifted.is_some() == exported,
                        "{name} is called the wrong way"
                    );
                    ensure!(
                        lifted.is_none_or(|i| (i as usize) < self.artifact.lifted.len()),
                        "{name} leads nowhere"
                    );
                }
                Item::Instance { items } => self.externs(items, exported)?,
                Item::Module { ty, module } => {
                    ensure!(
                        (*ty as usize) < self.artifact.module_types.len(),
                        "{name} has no type"
                    );
                    ensure!(
                        module.is_some() == exported
                            && module.is_none_or(|i| (i as usize) < self.modules.len()),
                        "{name} leads nowhere"
                    );
                }
                Item::Type { ty } => ensure!(self.has_type(*ty), "{name} is no type"),
                Item::Resource { resource } => ensure!(
                    (*resource as usize) < self.artifact.resources.len(),
                    "{name} is no resource"
                ),
            }
        }
        Ok(())
    }
}
