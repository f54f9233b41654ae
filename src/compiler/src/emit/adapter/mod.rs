//! Adapters: shim functions through which components of one binary call each other.
//!
//! Enters: an [`AdapterSpec`], whose numbers are the artifact's: who calls whom, and with which canonical options. Leaves: a
//! [`Shim`] whose export `f<n>` is the adapter of `spec.adapters[n]`. An adapter is `canon lift` and `canon lower` in one:
//! values go from one memory to the other in one pass, and nothing stands in between. A call that may take its time has a *call
//! site* with the runtime, and two halves, which the store's table gets: `start<n>` and `return<n>` ([`CallSite`]).
//!
//! Code stays linear in the size of types: what is large, and every list's element, is translated by a function of its own,
//! which a module has once per type and direction ([`Helper`](emitter::Helper)). Left to others: strings, which modules made
//! at build time copy (`transcode.wat`); everything with state, which is the runtime's; when a shim is instantiated (`link`).
//!
//! Where guests may throw exceptions, these are caught around each call: by instructions that all engines have which know
//! exceptions at all, and not by `try_table`, which they have later.
//!
//! Each side has addresses and lengths of its own width, and with it types that are laid out and flattened its own way.
//!
//! A side's memory is imported where the engine allows a module several, else all but one are reached by functions of a module
//! of their own (`accessor.wat`).

mod call;
mod emitter;
mod func;
mod list;
mod memory;
mod site;
mod traits;
mod value;
mod variant;

pub(crate) use traits::Traits;

use std::collections::BTreeMap;

use tidegate_abi::layout::{Call, PtrType};

use crate::plan::{Shim, Source, StringEncoding, TypeDesc};
use emitter::Emitter;

/// Emits the module that `spec` describes; `None` when it is larger than `spec.max_size`.
pub(crate) fn emit(spec: &AdapterSpec) -> Option<Shim> {
    let mut emitter = Emitter::new(spec);
    for (n, adapter) in spec.adapters.iter().enumerate() {
        emitter.adapter(n, adapter);
        emitter.complete()?;
    }
    Some(emitter.finish())
}

/// An adapter module to emit.
pub(crate) struct AdapterSpec<'s> {
    /// The artifact's.
    pub(crate) types: &'s [TypeDesc],
    /// The same in memories with 64-bit addresses, where there may be such.
    pub(crate) types64: &'s [TypeDesc],
    /// Of each of `types`.
    pub(crate) traits: &'s [Traits],
    /// The sides that `adapters` name.
    pub(crate) sides: Vec<Side>,
    /// Shims made of `transcode.wat` by direction, for each in which strings go; where memories are reached by functions, for
    /// each in which lists go.
    pub(crate) transcoders: BTreeMap<Direction, u32>,
    pub(crate) adapters: Vec<Adapter>,
    /// Guests may throw exceptions, which nobody but themselves may catch.
    pub(crate) catches: bool,
    /// Most bytes of code.
    pub(crate) max_size: usize,
}

/// One end of a call: canonical options. Equal ones are one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// Number of the component instance.
    pub(crate) instance: u32,
    pub(crate) encoding: StringEncoding,
    /// How wide addresses and lengths are.
    pub(crate) ptr: PtrType,
    pub(crate) memory: Option<Memory>,
    /// The guarded realloc.
    pub(crate) realloc: Option<Source>,
}

/// How a module gets at a memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It imports it.
    Imported(Source),
    /// By the functions of this shim, made of `accessor.wat`.
    Accessor(u32),
}

/// Index of [`AdapterSpec::sides`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SideId(pub(crate) u32);

/// From whom values go to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Direction {
    pub(crate) from: SideId,
    pub(crate) to: SideId,
}

/// A lowered function whose callee is lifted in the same binary.
pub(crate) struct Adapter {
    pub(crate) caller: SideId,
    pub(crate) callee: SideId,
    /// Type of all parameters, and of the result.
    pub(crate) params: u32,
    pub(crate) result: Option<u32>,
    /// The callee's core function.
    pub(crate) core: Source,
    /// The guarded post-return function.
    pub(crate) post_return: Option<Source>,
    pub(crate) shape: Shape,
}

/// How a call is made.
pub(crate) enum Shape {
    /// A sync function, lifted and lowered without `async`: the call is over when it returns. `enters`: the callee may notice
    /// which task it is in, or borrows for it.
    Direct { enters: bool },
    /// Any other.
    Site(CallSite),
}

/// What an adapter knows of its call site.
pub(crate) struct CallSite {
    /// Index of the artifact's call sites.
    pub(crate) index: u32,
    /// Lowered with `async`.
    pub(crate) is_async: bool,
    /// How the function is lifted.
    pub(crate) lift: Call,
}

impl CallSite {
    /// Whether a call may have to be started by somebody else than its caller. A function that is lifted and lowered without
    /// `async` runs on its caller's stack, which waits until it may.
    pub(crate) fn has_start_half(&self) -> bool {
        self.is_async || self.lift != Call::LiftSync
    }

    /// Whether the function returns by `task.return`.
    pub(crate) fn has_return_half(&self) -> bool {
        self.lift != Call::LiftSync
    }
}

/// Modules made at build time, which every artifact has as they are.
pub(crate) mod ready {
    use tidegate_abi::layout::PtrType::{self, I32, I64};

    macro_rules! built {
        ($name:literal) => {
            include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm"))
        };
    }

    /// Copies strings between two memories that it imports.
    pub(crate) fn transcode(from: PtrType, to: PtrType) -> &'static [u8] {
        match (from, to) {
            (I32, I32) => built!("transcode-32-32"),
            (I32, I64) => built!("transcode-32-64"),
            (I64, I32) => built!("transcode-64-32"),
            (I64, I64) => built!("transcode-64-64"),
        }
    }

    /// Copies strings into a memory that is reached by the functions of an [`accessor`].
    pub(crate) fn transcode_foreign(from: PtrType, to: PtrType) -> &'static [u8] {
        match (from, to) {
            (I32, I32) => built!("transcode-foreign-32-32"),
            (I32, I64) => built!("transcode-foreign-32-64"),
            (I64, I32) => built!("transcode-foreign-64-32"),
            (I64, I64) => built!("transcode-foreign-64-64"),
        }
    }

    /// What [`transcode_foreign`] imports of an accessor.
    pub(crate) const FOREIGN_IMPORTS: [&str; 6] =
        ["pages", "load8", "store8", "store16", "store64", "write"];

    /// A memory as functions.
    pub(crate) fn accessor(ptr: PtrType) -> &'static [u8] {
        match ptr {
            I32 => built!("accessor-32"),
            I64 => built!("accessor-64"),
        }
    }
}
