//! Links a component: executes its definitions abstractly, down to the plan.
//!
//! Enters: a valid [`Binary`]. Leaves: the [`Artifact`]. The outermost component is instantiated with
//! entities that stand for its imports; nested components are instantiated where they are, as often as
//! they are, so that every index is resolved to what it stands for and each instance of a component
//! that defines a resource makes a resource of its own. What remains are steps: instantiate this core
//! module with those imports, after that shim module.
//!
//! A canonical definition costs nothing until a core module imports its function, or a lifted function
//! that is exported needs it: see [`shims`].
//!
//! Validation has checked every index, name and type. Where linking would rest on that, it answers with
//! [`ErrorCode::Internal`](crate::ErrorCode) instead of panicking.

mod adapt;
mod blocking;
mod canon;
mod declare;
mod define;
mod entity;
mod key;
mod layouts;
mod modules;
mod notices;
mod ready;
mod shims;
mod types;
mod world;

use std::collections::{BTreeMap, HashMap};

use tidegate_abi::return_key;

use self::entity::{
    CanonId, CoreExport, CoreFunc, Frame, FrameId, Func, FuncId, InstanceNumber, Module, Options,
    Place, ResourceId,
};
use self::modules::ModuleImport;
use self::shims::CanonFunc;
use self::types::{Finished, Types};
use crate::decode::Externs;
use crate::error::{CompileError, Result};
use crate::model::{Binary, ComponentId, ModuleId};
use crate::plan::{
    Artifact, Blocking, CallSite, ComponentInstance, CoreModule, CoreModuleType, Lowered,
    ResourceDesc, Shim, Site, Step, StringEncoding, TaskReturn,
};
use crate::{CompileOptions, Feature, Features, Limit, Limits};

/// Links the outermost component of `binary`.
pub(crate) fn link<'a>(
    binary: &'a Binary<'a>,
    externs: &'a Externs,
    options: &'a CompileOptions,
) -> Result<Artifact> {
    let mut linker = Linker::new(binary, externs, options);
    match linker.run() {
        Ok((imports, exports, lifted)) => linker.finish(imports, exports, lifted),
        Err(error) if error.offset.is_none() => Err(error.at(linker.offset)),
        Err(error) => Err(error),
    }
}

/// The state of linking: arenas of what definitions have made so far, and the plan.
struct Linker<'a> {
    binary: &'a Binary<'a>,
    externs: &'a Externs,
    limits: &'a Limits,
    features: Features,
    /// [`CompileOptions::multi_memory`].
    multi_memory: bool,
    /// Where the definition being executed is.
    offset: u64,
    steps_left: usize,
    /// How deep component instances and instance types are nested at the moment.
    nesting: usize,
    frames: Vec<Frame<'a>>,
    funcs: Vec<Func<'a>>,
    types: Types,
    resources: Vec<ResourceDesc>,
    canons: Vec<CanonFunc<'a>>,
    /// Guards of realloc functions, by instance and function.
    guards: BTreeMap<(InstanceNumber, CoreFunc<'a>), CanonId>,
    core_instances: Vec<CoreInstanceFacts<'a>>,
    module_imports: Vec<ModuleImport<'a>>,
    /// Component instances that are instantiated.
    component_instances: usize,
    /// Functions of the plan.
    functions: usize,
    /// Items that it imports and exports.
    imports: usize,
    exports: usize,
    shim_bytes: usize,
    /// Component instances that have a number.
    numbered: Vec<ComponentInstance>,
    adapters: adapt::Adapters<'a>,
    noticing: notices::Noticing,
    lifts: world::Lifts,
    /// By component instance; shorter than `numbered` as long as nothing is known of the last ones.
    blocking: Vec<blocking::Blocking>,
    plan: Plan<'a>,
}

/// What is known of an instance of a core module.
struct CoreInstanceFacts<'a> {
    module: Module,
    /// What it got for each memory that it imports.
    memories: Vec<CoreExport<'a>>,
}

/// The parts of the artifact that linking appends to.
#[derive(Default)]
struct Plan<'a> {
    modules: Vec<CoreModule>,
    /// Which of `modules` a core module is.
    module_index: BTreeMap<Module, u32>,
    module_types: Vec<CoreModuleType>,
    /// Which of `module_types` a type is.
    module_type_index: HashMap<CoreModuleType, u32>,
    shims: Vec<Shim>,
    guards: Option<Shim>,
    steps: Vec<Step>,
    slots: BTreeMap<CoreFunc<'a>, u32>,
    /// How many slots there are; not all are of functions in `slots`.
    slot_count: u32,
    lowered: Vec<Lowered>,
    returns: Vec<TaskReturn>,
    sites: Vec<Site>,
    call_sites: Vec<CallSite>,
    returned: BTreeMap<Returned, u32>,
    return_memories: BTreeMap<CoreExport<'a>, u32>,
}

/// What a `task.return` has in common with the lift that it returns from, beside the memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Returned {
    instance: InstanceNumber,
    result: Option<u32>,
    encoding: u8,
}

impl<'a> Linker<'a> {
    fn new(binary: &'a Binary<'a>, externs: &'a Externs, options: &'a CompileOptions) -> Self {
        let limits = &options.limits;
        Self {
            binary,
            externs,
            limits,
            features: options.features,
            multi_memory: options.multi_memory,
            offset: 0,
            steps_left: limits.steps,
            nesting: 0,
            frames: Vec::new(),
            funcs: Vec::new(),
            types: Types::new(limits, options.features.has(Feature::Memory64)),
            resources: Vec::new(),
            canons: Vec::new(),
            guards: BTreeMap::new(),
            core_instances: Vec::new(),
            module_imports: Vec::new(),
            component_instances: 0,
            functions: 0,
            imports: 0,
            exports: 0,
            shim_bytes: 0,
            numbered: Vec::new(),
            adapters: adapt::Adapters::default(),
            noticing: notices::Noticing::default(),
            lifts: world::Lifts::default(),
            blocking: Vec::new(),
            plan: Plan::default(),
        }
    }

    fn finish(
        mut self,
        world: world::Imports,
        exports: world::Exports,
        lifted: world::LiftedFuncs,
    ) -> Result<Artifact> {
        let used = |id: u32| {
            self.plan
                .module_index
                .contains_key(&Module::Defined(ModuleId(id)))
        };
        let modules = (0..).zip(&self.binary.modules);
        let unused = modules.filter(|&(id, _)| !used(id));
        let unused_modules = unused.map(|(_, module)| module.range).collect();
        for (instance, facts) in self.numbered.iter_mut().zip(self.blocking) {
            instance.blocking = facts.finish();
        }
        let Finished {
            types,
            types64,
            funcs,
            elements,
        } = self.types.finish();
        Ok(Artifact {
            version: env!("CARGO_PKG_VERSION"),
            shim_abi: tidegate_abi::SHIM_ABI,
            features: self.features.iter().map(Feature::name).collect(),
            types,
            types64,
            funcs,
            resources: self.resources,
            element_types: elements,
            modules: self.plan.modules,
            unused_modules,
            module_types: self.plan.module_types,
            shims: self.plan.shims,
            guards: self.plan.guards,
            steps: self.plan.steps,
            instances: self.numbered,
            multi_memory: self.multi_memory,
            slots: self.plan.slot_count,
            lowered: self.plan.lowered,
            returns: self.plan.returns,
            sites: self.plan.sites,
            call_sites: self.plan.call_sites,
            lifted,
            imports: world,
            exports,
        })
    }

    /// Accounts for `n` units of work. It is what bounds time and memory.
    fn charge(&mut self, n: usize) -> Result<()> {
        match self.steps_left.checked_sub(n) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(self.limit("definitions, nested ones counted", Limit::Definitions)),
        }
    }

    /// Accounts for a name that is looked up, or copied into the plan.
    fn charge_name(&mut self, name: &str) -> Result<()> {
        if name.len() > self.limits.name_bytes {
            return Err(self.limit("bytes in a name", Limit::NameBytes));
        }
        self.charge(1 + name.len() / 32)
    }

    /// Accounts for names: labels, for example, are copied every time their type is evaluated.
    fn charge_names<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<()> {
        names
            .into_iter()
            .try_for_each(|name| self.charge_name(name))
    }

    /// Accounts for a function of the plan.
    fn charge_function(&mut self) -> Result<()> {
        self.functions += 1;
        if self.functions > self.limits.functions {
            return Err(self.limit("functions", Limit::Functions));
        }
        Ok(())
    }

    /// Accounts for an import or export.
    fn charge_extern(&mut self, exported: bool) -> Result<()> {
        let (count, bound, error) = match exported {
            true => (
                &mut self.exports,
                self.limits.exports,
                ("exports", Limit::Exports),
            ),
            false => (
                &mut self.imports,
                self.limits.imports,
                ("imports", Limit::Imports),
            ),
        };
        *count += 1;
        if *count > bound {
            return Err(self.limit(error.0, error.1));
        }
        Ok(())
    }

    fn limit(&self, what: &str, limit: Limit) -> CompileError {
        CompileError::limit(what, limit, self.limits)
    }

    /// Runs `f` one level deeper.
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nesting >= self.limits.nesting {
            return Err(self.limit("levels of nested instances", Limit::Nesting));
        }
        self.nesting += 1;
        let result = f(self);
        self.nesting -= 1;
        result
    }

    fn new_frame(&mut self, parent: Option<FrameId>) -> FrameId {
        self.frames.push(Frame {
            parent,
            ..Frame::default()
        });
        FrameId(self.frames.len() as u32 - 1)
    }

    fn frame(&mut self, frame: FrameId) -> &mut Frame<'a> {
        &mut self.frames[frame.0 as usize]
    }

    /// The number of the component instance that a frame is; it is given when first asked for.
    fn number(&mut self, frame: FrameId) -> InstanceNumber {
        if let Some(number) = self.frame(frame).number {
            return number;
        }
        let place = self.frame(frame).place;
        let within = place.and_then(|place| place.within);
        // Nesting is limited, so this ends soon.
        let parent = within.map(|(outer, _)| self.number(outer).0);
        let name = self.instance_name(place);
        let number = InstanceNumber(self.numbered.len() as u32);
        self.numbered.push(ComponentInstance {
            parent,
            name,
            blocking: Blocking::default(),
        });
        self.noticing.number(place.map(|place| place.component));
        self.frame(frame).number = Some(number);
        number
    }

    /// See [`ComponentInstance::name`]: bounded, and fit to be printed.
    fn instance_name(&self, place: Option<Place>) -> String {
        let names = |id: ComponentId| Some(&self.binary.components.get(id.0 as usize)?.names);
        let own = place.and_then(|place| names(place.component)?.component);
        let Some((outer, index)) = place.and_then(|place| place.within) else {
            return printable(own.unwrap_or("root"));
        };
        let outer = self.frames.get(outer.0 as usize);
        let outer = outer.and_then(|frame| names(frame.place?.component));
        match (outer.and_then(|names| names.instances.get(&index)), own) {
            (Some(name), _) => printable(name),
            (None, Some(name)) => format!("{}[{index}]", printable(name)),
            (None, None) => index.to_string(),
        }
    }

    fn new_func(&mut self, func: Func<'a>) -> FuncId {
        self.funcs.push(func);
        FuncId(self.funcs.len() as u32 - 1)
    }

    fn new_resource(&mut self, desc: ResourceDesc) -> ResourceId {
        self.resources.push(desc);
        ResourceId(self.resources.len() as u32 - 1)
    }

    /// See [`return_key`].
    fn return_key(&mut self, options: &Options<'a>, result: Option<u32>) -> Result<u32> {
        let returned = Returned {
            instance: options.instance,
            result,
            encoding: match options.encoding {
                StringEncoding::Utf8 => 0,
                StringEncoding::Utf16 => 1,
                StringEncoding::CompactUtf16 => 2,
            },
        };
        let plan = &mut self.plan;
        let next = plan.returned.len() as u32;
        let ty = *plan.returned.entry(returned).or_insert(next);
        let next = plan.return_memories.len() as u32 + 1;
        let memory = options.memory.map_or(0, |memory| {
            *plan.return_memories.entry(memory).or_insert(next)
        });
        let key = return_key::pack(ty, memory);
        key.ok_or_else(|| self.limit("kinds of results", Limit::Functions))
    }
}

/// The beginning of a name that a component chose, without what would spoil a message.
fn printable(name: &str) -> String {
    let chars = name.chars().filter(|c| !c.is_control());
    chars.take(MOST_NAME_CHARS).collect()
}

/// How much of an instance's name is shown.
const MOST_NAME_CHARS: usize = 64;

/// The item with this index. Validation has checked it.
fn item<T: Clone>(space: &[T], index: u32, what: &str) -> Result<T> {
    space
        .get(index as usize)
        .cloned()
        .ok_or_else(|| dangling(what))
}

/// An index or name that leads nowhere, in spite of validation.
fn dangling(what: &str) -> CompileError {
    CompileError::internal(&format!("there is no such {what}"))
}
