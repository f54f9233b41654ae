//! Why a component could not be compiled.
//!
//! Malformed input, valid input that is not built yet or not enabled, input beyond our limits and our own bugs
//! are told apart by [`ErrorCode`]; the JS host turns all of them into `ComponentCompileError`.

use std::fmt;

use serde::Serialize;
use tidegate_abi::cost::{Limit, Limits};
use tidegate_abi::feature::{Feature, Shipped};

/// What is wrong with a component, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompileError {
    /// Which kind of failure.
    pub code: ErrorCode,
    /// A sentence for people, which names the construct and the offset.
    pub message: String,
    /// Offset in the component's bytes, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The construct that is not supported, or the limit that was exceeded: `waitable-set.wait`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
    /// The name of the gated feature that would have to be enabled: `error-context`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<&'static str>,
}

/// Kinds of [`CompileError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The bytes are not WebAssembly at all.
    NotWasm,
    /// The bytes are a core module.
    CoreModule,
    /// The bytes end too early.
    Truncated,
    /// The bytes are not a valid component.
    Invalid,
    /// The component is valid, but uses what is not built yet.
    Unsupported,
    /// The component is valid, but uses a gated feature that is not enabled.
    Gated,
    /// The component is valid, but uses a shipped feature that [`crate::CompileOptions::without`] excludes.
    Excluded,
    /// The component is larger than [`crate::Limits`] allow.
    Limit,
    /// Components do not fit each other.
    Mismatch,
    /// An initial value of a core module has an instruction of SIMD, which only a build with the feature `compose` knows.
    Simd,
    /// A bug of this compiler: validation let something through that linking does not expect.
    Internal,
}

impl CompileError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            offset: None,
            construct: None,
            feature: None,
        }
    }

    /// `construct` is valid but not built yet; `why` completes "is not supported yet".
    pub(crate) fn unsupported(construct: &str, why: &str, offset: u64) -> Self {
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(": {why}")
        };
        Self {
            offset: Some(offset),
            construct: Some(construct.to_string()),
            ..Self::new(
                ErrorCode::Unsupported,
                format!("{construct} is not supported yet{why} (at offset {offset:#x})"),
            )
        }
    }

    /// `construct` belongs to a feature that is not enabled.
    pub(crate) fn gated(construct: &str, feature: Feature, offset: u64) -> Self {
        let name = feature.name();
        Self {
            offset: Some(offset),
            construct: Some(construct.to_string()),
            feature: Some(name),
            ..Self::new(
                ErrorCode::Gated,
                format!(
                    "{construct} belongs to the gated feature `{name}` of the Component Model, \
                     which is not enabled: compile with `features: ['{name}']` (at offset {offset:#x})"
                ),
            )
        }
    }

    /// The component uses `feature`, which is excluded.
    pub(crate) fn excluded(feature: Shipped, offset: u64) -> Self {
        let name = feature.name();
        Self {
            offset: Some(offset),
            construct: Some(name.to_string()),
            ..Self::new(
                ErrorCode::Excluded,
                format!(
                    "the component uses `{name}`, which it may not, as it is compiled with \
                     `without: ['{name}']` (at offset {offset:#x})"
                ),
            )
        }
    }

    /// A limit of ours is exceeded. `what` is plural.
    pub(crate) fn limit(what: &str, limit: Limit, limits: &Limits) -> Self {
        let (bound, name) = (limits.get(limit), limit.name());
        Self {
            construct: Some(what.to_string()),
            ..Self::new(
                ErrorCode::Limit,
                format!(
                    "the component has more than {bound} {what}, as many as `limits.{name}` allows"
                ),
            )
        }
    }

    /// Something that validation excludes has happened all the same.
    pub(crate) fn internal(what: &str) -> Self {
        Self::new(
            ErrorCode::Internal,
            format!("internal error of the tidegate compiler: {what}"),
        )
    }

    /// Adds the offset, unless there is one already.
    #[must_use]
    pub(crate) fn at(mut self, offset: u64) -> Self {
        if self.offset.is_none() {
            self.offset = Some(offset);
            self.message = format!("{} (at offset {offset:#x})", self.message);
        }
        self
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

/// Result of everything in this crate.
pub(crate) type Result<T> = std::result::Result<T, CompileError>;
