//! A component's definitions, as they stand in its bytes.
//!
//! Inert: nothing here is resolved, and an index means what it means in the index space of the
//! definition that holds it. Names borrow from the component's bytes. Core types are left out on
//! purpose: they matter to validation only, which is done when a model exists.

mod canon;
mod index;
mod types;

pub(crate) use canon::{
    Canon, CanonOptions, ContextSlot, EndKind, EndOp, Memory, ThreadFrom, ThreadTo,
};
pub(crate) use index::*;
pub(crate) use types::{
    Bound, ExternType, FuncType, InstanceDecl, Primitive, Type, ValRef, ValueType,
};

use std::collections::BTreeMap;

use crate::plan::{ByteRange, Patch};

/// Everything in one binary.
#[derive(Debug, Default)]
pub(crate) struct Binary<'a> {
    /// Every component in it; the outermost is [`Binary::root`].
    pub(crate) components: Vec<Component<'a>>,
    /// Every core module in it.
    pub(crate) modules: Vec<Module<'a>>,
}

impl<'a> Binary<'a> {
    /// The outermost component: it ends last.
    pub(crate) fn root(&self) -> ComponentId {
        ComponentId(self.components.len().saturating_sub(1) as u32)
    }
}

/// A component: its definitions in order.
#[derive(Debug, Default)]
pub(crate) struct Component<'a> {
    pub(crate) definitions: Vec<At<Definition<'a>>>,
    pub(crate) names: Names<'a>,
}

/// What a component's name section says. Spec: `component-name`.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// Of the component itself.
    pub(crate) component: Option<&'a str>,
    /// Of component instances, by their index.
    pub(crate) instances: BTreeMap<u32, &'a str>,
}

/// Something with the offset where its bytes begin.
#[derive(Debug)]
pub(crate) struct At<T> {
    pub(crate) offset: u64,
    pub(crate) item: T,
}

/// A definition. Each one that is not an `Export` adds one item to one index space, and so does each
/// export.
#[derive(Debug)]
pub(crate) enum Definition<'a> {
    Module(ModuleId),
    CoreInstance(CoreInstance<'a>),
    Component(ComponentId),
    Instance(Instance<'a>),
    Alias(Alias<'a>),
    Type(Type<'a>),
    Canon(Canon),
    Import(Import<'a>),
    Export(Export<'a>),
}

/// A core module.
#[derive(Debug)]
pub(crate) struct Module<'a> {
    /// Where its bytes are.
    pub(crate) range: ByteRange,
    /// What to change in them.
    pub(crate) patches: Vec<Patch>,
    /// Its imports, in order.
    pub(crate) imports: Vec<CoreImport<'a>>,
    /// It has tags, so that exceptions may come out of its functions.
    pub(crate) has_tags: bool,
    /// Names and indices of the memories that it exports.
    pub(crate) memory_exports: Vec<(&'a str, u32)>,
}

/// An import of a core module.
#[derive(Debug)]
pub(crate) struct CoreImport<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) is_memory: bool,
}

/// Spec: `core:instanceexpr`.
#[derive(Debug)]
pub(crate) enum CoreInstance<'a> {
    Instantiate {
        module: ModuleIndex,
        args: Vec<(&'a str, CoreInstanceIndex)>,
    },
    Exports(Vec<(&'a str, CoreItem)>),
}

/// Spec: `instanceexpr`.
#[derive(Debug)]
pub(crate) enum Instance<'a> {
    Instantiate {
        component: ComponentIndex,
        args: Vec<(&'a str, Item)>,
    },
    Exports(Vec<(&'a str, Item)>),
}

/// A `core:sortidx` that a core module can import.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CoreItem {
    Func(CoreFuncIndex),
    Table(CoreTableIndex),
    Memory(CoreMemoryIndex),
    Global(CoreGlobalIndex),
    Tag(CoreTagIndex),
}

/// A `sortidx`, without values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    Module(ModuleIndex),
    Func(FuncIndex),
    Type(TypeIndex),
    Instance(InstanceIndex),
    Component(ComponentIndex),
}

/// Spec: `core:sort`, as far as an alias of a core export can have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreSort {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

/// What an outer alias can refer to. Spec: `outeraliassort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OuterSort {
    Module,
    CoreType,
    Type,
    Component,
}

/// Spec: `alias`.
#[derive(Debug)]
pub(crate) enum Alias<'a> {
    /// Which sort it has is found in the instance.
    Export {
        instance: InstanceIndex,
        name: &'a str,
    },
    CoreExport {
        sort: CoreSort,
        instance: CoreInstanceIndex,
        name: &'a str,
    },
    /// `count` enclosing scopes outward; 0 is the scope itself.
    Outer {
        sort: OuterSort,
        count: u32,
        index: u32,
    },
}

/// Spec: `import`.
#[derive(Debug)]
pub(crate) struct Import<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) ty: ExternType,
}

/// Spec: `export`.
#[derive(Debug)]
pub(crate) struct Export<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) item: Item,
    /// The type it is seen as.
    pub(crate) ty: Option<ExternType>,
}

/// Spec: `nameattributes`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    /// The whole `externname`, with the version if it has one.
    pub(crate) name: &'a str,
    /// The interface that the instance implements, where `name` is a plain name.
    pub(crate) implements: Option<&'a str>,
}
