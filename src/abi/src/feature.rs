//! Features: those that the specification gates, which a program has to ask for before a component may use them, and those
//! that have shipped, which a program may refuse all the same.
//!
//! Source: `Explainer.md`, "Gated Features". Gated but not listed, because they are not built: values as imports and
//! exports with `start`, threads that share memory.

macro_rules! features {
    (
        $(#[$enum_doc:meta])* $name:ident
        $($(#[$doc:meta])* $variant:ident, $text:literal;)*
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that JS programs use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one with this name, if there is one.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.name() == name)
            }
        }
    };
}

features! {
    /// A gated feature.
    Feature
    /// `async` functions lifted without a callback.
    AsyncStackful, "async-stackful";
    /// The `async` option on `subtask.cancel` and on `{stream,future}.cancel-{read,write}`, and its
    /// absence on `{stream,future}.{read,write}`.
    AsyncBuiltins, "async-builtins";
    /// Threads within an instance: `thread.*` except for `thread.yield`, and the second slot of `context.*`.
    Threading, "threading";
    /// The type `error-context` and its built-ins.
    ErrorContext, "error-context";
    /// The type `list<T, N>`.
    FixedLengthLists, "fixed-length-lists";
    /// Memories and tables with 64-bit addresses in canonical options.
    Memory64, "memory64";
    /// `stream.forward` and `future.forward`.
    Forward, "forward";
    /// More than one namespace and package in a name, as in `a:b:c/d/e`.
    NestedNames, "nested-names";
    /// Interface names with their version shortened to what matters for compatibility, the rest in `version-suffix`.
    CanonicalNames, "canonical-names";
    /// The canonical options `gc` and `core-type`, for functions whose values are numbers in both kinds of memory.
    Gc, "gc";
}

features! {
    /// A feature that has shipped.
    Shipped
    /// Async functions, streams and futures, with WASI 0.3.0.
    Async, "async";
    /// The type `map`, with WASI 0.3.1.
    Map, "map";
    /// `implements` and `external-id` beside a name, with WASI 0.3.1.
    Implements, "implements";
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u32);

impl Features {
    /// Every feature.
    pub fn all() -> Self {
        Feature::ALL.iter().copied().collect()
    }

    /// Whether `feature` is in it.
    pub fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u32 != 0
    }

    /// What is in it, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |&f| self.has(f))
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        Self(features.into_iter().fold(0, |set, f| set | 1 << f as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::{Feature, Features, Shipped};

    #[test]
    fn names_lead_back() {
        for &feature in Feature::ALL {
            assert_eq!(Feature::from_name(feature.name()), Some(feature));
        }
        for &shipped in Shipped::ALL {
            assert_eq!(Shipped::from_name(shipped.name()), Some(shipped));
            assert_eq!(Feature::from_name(shipped.name()), None);
        }
    }

    #[test]
    fn a_set_has_what_it_was_made_of() {
        let set: Features = [Feature::Memory64, Feature::Forward, Feature::Memory64]
            .into_iter()
            .collect();
        assert!(set.has(Feature::Forward) && !set.has(Feature::Threading));
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [Feature::Memory64, Feature::Forward]
        );
        assert!(Feature::ALL.iter().all(|&f| Features::all().has(f)));
        assert_eq!(Features::default().iter().count(), 0);
    }
}
