//! Bounds on what a component may cost its host: their names, defaults and what they are for.
//!
//! One list, which the compiler obeys and of which the JS host's options are made.

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $field:ident, $variant:ident, $name:literal = $default:expr;)*) => {
        /// What is bounded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit { $($(#[doc = $doc])* $variant,)* }

        impl Limit {
            /// Everything that is bounded.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that JS programs set it by.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is about, in lines.
            pub const fn doc(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($doc),*],)* }
            }
        }

        /// Bounds on what a component may cost the compiler and its host. The defaults are far beyond what real components
        /// need, and keep what a hostile one costs within seconds and some hundred megabytes.
        #[derive(Clone, Debug)]
        pub struct Limits { $($(#[doc = $doc])* pub $field: usize,)* }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Limits {
            /// The bound.
            pub const fn get(&self, limit: Limit) -> usize {
                match limit { $(Limit::$variant => self.$field,)* }
            }

            /// Sets a bound.
            pub fn set(&mut self, limit: Limit, bound: usize) {
                match limit { $(Limit::$variant => self.$field = bound,)* }
            }
        }
    };
}

limits! {
    /// Bytes of the component.
    bytes, Bytes, "maxBytes" = 1 << 28;
    /// How deep components may nest, instantiate and call each other, and how deep instance types may nest.
    nesting, Nesting, "maxNesting" = 100;
    /// How deep value types may nest.
    type_depth, TypeDepth, "maxTypeDepth" = 100;
    /// Instances of components, and of core modules.
    instances, Instances, "maxInstances" = 10_000;
    /// Core modules and components in it.
    modules, Modules, "maxModules" = 10_000;
    /// Definitions that are executed, those of nested components as often as they are instantiated. What has a name or
    /// parts counts as more than one.
    steps, Definitions, "maxDefinitions" = 1_000_000;
    /// Definitions in its core modules together: types, imports, functions, exports and so on.
    core_definitions, CoreDefinitions, "maxCoreDefinitions" = 2_000_000;
    /// Distinct value types.
    types, Types, "maxTypes" = 100_000;
    /// Functions that it lifts and lowers, and built-ins that its core modules import.
    functions, Functions, "maxFunctions" = 100_000;
    /// Items that it imports, those of interfaces counted one by one.
    imports, Imports, "maxImports" = 100_000;
    /// Items that it exports, those of interfaces counted one by one.
    exports, Exports, "maxExports" = 100_000;
    /// Bytes of a name.
    name_bytes, NameBytes, "maxNameBytes" = 10_000;
    /// Bytes that the keys of element types take together: their structure as text.
    key_bytes, KeyBytes, "maxKeyBytes" = 4 << 20;
    /// Functions that it puts into the store's table: callbacks and destructors.
    slots, TableSlots, "maxTableSlots" = 100_000;
    /// Bytes of the modules that are made for it, which connect it with the host and its parts with each other.
    shim_bytes, ShimBytes, "maxShimBytes" = 16 << 20;
    /// Pages of 64 KiB that each memory of its core modules may grow to.
    memory_pages, MemoryPages, "maxMemoryPages" = 1 << 18;
    /// Elements that each table of its core modules may grow to.
    table_elements, TableElements, "maxTableElements" = 10_000_000;
}

#[cfg(test)]
mod tests {
    use super::{Limit, Limits};

    #[test]
    fn each_limit_is_set_by_itself() {
        let before = Limits::default();
        for &limit in Limit::ALL {
            let mut limits = before.clone();
            limits.set(limit, 7);
            for &other in Limit::ALL {
                let wanted = if other == limit { 7 } else { before.get(other) };
                assert_eq!(limits.get(other), wanted);
            }
        }
    }
}
