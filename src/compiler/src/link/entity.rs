//! What definitions stand for, once resolved: the items of index spaces.

use std::collections::BTreeMap;
use std::rc::Rc;

use tidegate_abi::layout::PtrType;

use crate::model::{At, ComponentId, InstanceDecl, ModuleId, Name};
use crate::plan::{Source, StringEncoding};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) struct $name(pub(super) u32);
    )* };
}

ids! {
    /// A scope that is being or has been executed.
    FrameId
    /// A component function.
    FuncId
    /// A core function made by a canonical definition.
    CanonId
    /// Index of `Artifact::types`.
    TypeId
    /// Index of `Artifact::funcs`.
    FuncTypeId
    /// Index of `Artifact::resources`.
    ResourceId
    /// Index of `Artifact::element_types`.
    ElementId
    /// Number of a component instance of the artifact.
    InstanceNumber
    /// A core module that the host provides.
    ModuleImportId
}

/// A scope in execution: an instance of a component, or an evaluation of an instance type. What is in
/// its index spaces never changes, so that a closure needs no more than the frame it was made in.
#[derive(Default)]
pub(super) struct Frame<'a> {
    /// The scope around it in the text: outer aliases go there.
    pub(super) parent: Option<FrameId>,
    /// Given when first needed.
    pub(super) number: Option<InstanceNumber>,
    /// What it is an instance of, and where, unless it is an evaluation of an instance type.
    pub(super) place: Option<Place>,
    pub(super) core_funcs: Vec<CoreFunc<'a>>,
    pub(super) core_tables: Vec<CoreExport<'a>>,
    pub(super) core_memories: Vec<CoreExport<'a>>,
    pub(super) core_globals: Vec<CoreExport<'a>>,
    pub(super) core_tags: Vec<CoreExport<'a>>,
    pub(super) core_instances: Vec<CoreInstance<'a>>,
    pub(super) modules: Vec<Module>,
    pub(super) funcs: Vec<FuncId>,
    pub(super) types: Vec<Type<'a>>,
    pub(super) instances: Vec<Rc<Instance<'a>>>,
    pub(super) components: Vec<Component>,
}

/// Where an instance of a component is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) component: ComponentId,
    /// The instance that instantiates it, and the index that it has there.
    pub(super) within: Option<(FrameId, u32)>,
}

/// Anything that can be exported.
#[derive(Clone)]
pub(super) enum Entity<'a> {
    Module(Module),
    Func(FuncId),
    Type(Type<'a>),
    Instance(Rc<Instance<'a>>),
    Component(Component),
}

/// A core module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Module {
    Defined(ModuleId),
    Imported(ModuleImportId),
}

/// A component with the scope that its outer aliases refer to.
#[derive(Clone, Copy)]
pub(super) struct Component {
    pub(super) id: ComponentId,
    pub(super) scope: FrameId,
}

/// A resolved type.
#[derive(Clone, Copy)]
pub(super) enum Type<'a> {
    Value(TypeId),
    Resource(ResourceId),
    Func(FuncTypeId),
    /// Not evaluated: each import of it makes resources of its own.
    Instance(InstanceType<'a>),
    Component,
}

/// An instance type with the scope that its outer aliases refer to.
#[derive(Clone, Copy)]
pub(super) struct InstanceType<'a> {
    pub(super) decls: &'a [At<InstanceDecl<'a>>],
    pub(super) scope: FrameId,
}

/// A component instance: its exports in order, and where to find them.
#[derive(Default)]
pub(super) struct Instance<'a> {
    pub(super) exports: Vec<(Name<'a>, Entity<'a>)>,
    positions: BTreeMap<&'a str, usize>,
}

impl<'a> Instance<'a> {
    pub(super) fn add(&mut self, name: Name<'a>, entity: Entity<'a>) {
        self.positions.insert(name.name, self.exports.len());
        self.exports.push((name, entity));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entity<'a>> {
        Some(&self.exports.get(*self.positions.get(name)?)?.1)
    }
}

/// An export of a core instance. Spec: an item of a core index space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CoreExport<'a> {
    /// Counts `core` steps.
    pub(super) instance: u32,
    pub(super) name: &'a str,
}

impl CoreExport<'_> {
    pub(super) fn source(&self) -> Source {
        Source::Core {
            instance: self.instance,
            name: self.name.to_string(),
        }
    }
}

/// A core function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CoreFunc<'a> {
    Export(CoreExport<'a>),
    Canon(CanonId),
}

/// A core instance.
#[derive(Clone)]
pub(super) enum CoreInstance<'a> {
    /// Of a module; its number counts `core` steps.
    Module(u32),
    /// Made of items.
    Exports(Rc<BTreeMap<&'a str, CoreEntity<'a>>>),
}

/// Anything that a core module can import.
#[derive(Clone, Copy)]
pub(super) enum CoreEntity<'a> {
    Func(CoreFunc<'a>),
    Table(CoreExport<'a>),
    Memory(CoreExport<'a>),
    Global(CoreExport<'a>),
    Tag(CoreExport<'a>),
}

/// A component function.
pub(super) struct Func<'a> {
    pub(super) ty: FuncTypeId,
    pub(super) name: Option<FuncName<'a>>,
    pub(super) kind: FuncKind<'a>,
}

/// What a component function is exported as.
#[derive(Clone, Copy)]
pub(super) struct FuncName<'a> {
    /// The name of the instance that it is exported in.
    pub(super) instance: Option<&'a str>,
    pub(super) name: &'a str,
}

/// Where a component function comes from.
#[derive(Clone)]
pub(super) enum FuncKind<'a> {
    /// The host. The path is that of [`crate::plan::Lowered`].
    Imported { path: Path<'a> },
    /// A core function of this binary.
    Lifted(Lift<'a>),
}

/// The name of an import, then names inside of it.
pub(super) type Path<'a> = Rc<[&'a str]>;

/// Spec: the arguments of `canon lift`.
#[derive(Clone)]
pub(super) struct Lift<'a> {
    pub(super) core: CoreFunc<'a>,
    pub(super) options: Options<'a>,
    pub(super) post_return: Option<CoreFunc<'a>>,
    pub(super) is_async: bool,
    pub(super) callback: Option<CoreFunc<'a>>,
}

/// A memory with the width of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Memory<'a> {
    pub(super) export: CoreExport<'a>,
    pub(super) ptr: PtrType,
}

/// Resolved `LiftLowerOptions`.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) instance: InstanceNumber,
    pub(super) encoding: StringEncoding,
    pub(super) memory: Option<CoreExport<'a>>,
    /// The memory's addresses.
    pub(super) ptr: PtrType,
    pub(super) realloc: Option<CoreFunc<'a>>,
}

impl<'a> Options<'a> {
    pub(super) fn addressed(&self) -> Option<Memory<'a>> {
        let ptr = self.ptr;
        self.memory.map(|export| Memory { export, ptr })
    }
}
