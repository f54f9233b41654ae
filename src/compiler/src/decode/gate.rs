//! Gated features: which ones a component may use, and the errors that name those it may not.

use wasmparser::WasmFeatures;
use wasmparser::names::ComponentName;

use crate::error::{CompileError, Result};
use crate::{CompileOptions, Feature, Features, Shipped};

/// What is allowed at some place of the bytes.
#[derive(Clone, Copy)]
pub(super) struct Gate {
    pub(super) features: Features,
    pub(super) offset: u64,
}

impl Gate {
    /// Refuses `construct` unless its feature is enabled.
    pub(super) fn need(self, feature: Feature, construct: &str) -> Result<()> {
        if self.features.has(feature) {
            Ok(())
        } else {
            Err(CompileError::gated(construct, feature, self.offset))
        }
    }

    /// Whether `name` is one that nested names make valid. The validator says of those that they are not valid, and not why.
    pub(super) fn is_nested(self, name: &str) -> bool {
        let flag = flag(Feature::NestedNames);
        let valid =
            |features| ComponentName::new_with_features(name, self.offset, features).is_ok();
        let all = WasmFeatures::all();
        [":", "/"]
            .iter()
            .any(|part| name.matches(part).nth(1).is_some())
            && valid(all)
            && !valid(all - flag)
    }

    /// `construct` is not built, whatever is enabled.
    pub(super) fn unsupported(self, construct: &str) -> CompileError {
        let why = "it is a gated feature of the Component Model";
        CompileError::unsupported(construct, why, self.offset)
    }
}

/// What the validator accepts: what it does by default, and `features`, but nothing of `without`.
pub(super) fn wasm_features(options: &CompileOptions) -> WasmFeatures {
    let enabled = options.features.iter().map(flag);
    let all = enabled.fold(WasmFeatures::default(), |all, flag| all | flag);
    let excluded = options.without.iter().map(|&shipped| shipped_flag(shipped));
    excluded.fold(all, |all, flag| all - flag)
}

/// The error when the validator wants a feature that it was not given.
pub(super) fn missing(features: WasmFeatures, message: &str, offset: u64) -> Option<CompileError> {
    let ours = Feature::ALL.iter().find(|&&f| features.contains(flag(f)));
    if let Some(&feature) = ours {
        return Some(CompileError::gated(construct(feature), feature, offset));
    }
    let shipped = Shipped::ALL
        .iter()
        .find(|&&f| features.contains(shipped_flag(f)));
    if let Some(&shipped) = shipped {
        return Some(CompileError::excluded(shipped, offset));
    }
    NOT_BUILT
        .iter()
        .find(|(flag, _)| features.contains(*flag))
        .map(|(_, name)| CompileError::unsupported(name, message, offset))
}

/// The validator's flag. Each feature has one of its own.
fn flag(feature: Feature) -> WasmFeatures {
    match feature {
        Feature::AsyncStackful => WasmFeatures::CM_ASYNC_STACKFUL,
        Feature::AsyncBuiltins => WasmFeatures::CM_MORE_ASYNC_BUILTINS,
        Feature::Threading => WasmFeatures::CM_THREADING,
        Feature::ErrorContext => WasmFeatures::CM_ERROR_CONTEXT,
        Feature::FixedLengthLists => WasmFeatures::CM_FIXED_LENGTH_LISTS,
        Feature::Memory64 => WasmFeatures::CM64,
        Feature::Forward => WasmFeatures::CM_FORWARD,
        Feature::NestedNames => WasmFeatures::CM_NESTED_NAMES,
        Feature::CanonicalNames => WasmFeatures::CM_CANON_NAMES,
        Feature::Gc => WasmFeatures::CM_GC,
    }
}

fn shipped_flag(feature: Shipped) -> WasmFeatures {
    match feature {
        Shipped::Async => WasmFeatures::CM_ASYNC,
        Shipped::Map => WasmFeatures::CM_MAP,
        Shipped::Implements => WasmFeatures::CM_IMPLEMENTS,
    }
}

/// What a feature is about, where the validator has noticed its absence before `decode` has.
fn construct(feature: Feature) -> &'static str {
    match feature {
        Feature::AsyncStackful => "async lift without a callback",
        Feature::AsyncBuiltins => "async form of a built-in",
        Feature::Threading => "threads",
        Feature::ErrorContext => "error-context",
        Feature::FixedLengthLists => "fixed-length list",
        Feature::Memory64 => "memory64 in the Canonical ABI",
        Feature::Forward => "stream.forward and future.forward",
        Feature::NestedNames => "nested names",
        Feature::CanonicalNames => "version-suffix",
        Feature::Gc => "garbage-collected values in the Canonical ABI",
    }
}

/// Gated features of the Component Model that cannot be enabled.
const NOT_BUILT: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::CM_VALUES, "component values"),
    (
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        "shared-everything threads",
    ),
    (WasmFeatures::CM_ACCESSORS, "accessors"),
];
