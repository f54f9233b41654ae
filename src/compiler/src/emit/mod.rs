//! Shim modules: the core wasm that stands between guests and everything else.
//!
//! Enters: a [`ShimSpec`], whose numbers are the artifact's. Leaves: a [`Shim`], the bytes of a module
//! and its imports in order. Left to others: which function goes into which shim and when it is
//! instantiated (`link`), and what the imports are bound to (the JS host).
//!
//! A shim holds no state and no number of a store; those are imported as immutable globals, so that
//! one compiled module serves every instance. It uses core WebAssembly 2.0 only, and at most one
//! memory: Node 20 has neither multi-memory nor `try_table`. Exceptions to that are `thread.new-indirect`,
//! which has a shim of its own with `ref.test`, and the `try` of the first proposal where guests may throw.

pub(crate) mod adapter;
mod body;
mod builtin;
mod module;
mod spec;
#[cfg(test)]
mod tests;

pub(crate) use spec::{EndCopy, EndKind, ShimFunc, ShimFuncKind, ShimSpec, ThreadSwitch};

use crate::plan::Shim;
use module::Module;

/// Emits the module that `spec` describes. Its export `f<n>` is the function `spec.funcs[n]`.
pub(crate) fn emit(spec: &ShimSpec) -> Shim {
    let mut module = Module::new(spec.memory.as_ref(), spec.catches);
    for func in &spec.funcs {
        module.name_next(func.kind.name());
        builtin::define(&mut module, func);
    }
    module.finish()
}
