//! Newtypes: an index for each index space, and ids of what a binary holds.

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) u32);
    )* };
}

indices! {
    /// Index space of core functions.
    CoreFuncIndex
    /// Index space of core tables.
    CoreTableIndex
    /// Index space of core memories.
    CoreMemoryIndex
    /// Index space of core globals.
    CoreGlobalIndex
    /// Index space of core exception tags.
    CoreTagIndex
    /// Index space of core instances.
    CoreInstanceIndex
    /// Index space of core modules.
    ModuleIndex
    /// Index space of component functions.
    FuncIndex
    /// Index space of types.
    TypeIndex
    /// Index space of component instances.
    InstanceIndex
    /// Index space of components.
    ComponentIndex
    /// A component of [`super::Binary::components`].
    ComponentId
    /// A core module of [`super::Binary::modules`].
    ModuleId
}
