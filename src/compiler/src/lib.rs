//! Compiles a WebAssembly component.
//!
//! Enters: the bytes of one component. Leaves: an [`plan::Artifact`], which is everything that the JS host
//! needs to instantiate it and to call it. Phases: `decode` (bytes to `model`, validated), `link` (an
//! abstract instantiation that resolves every index), `emit` (the bytes of shim modules).
//!
//! Left to others on purpose: bodies of core functions, which the engine validates; conversion of
//! values, which the JS host does from the artifact's types; and whether imports are there.

#[cfg(not(target_arch = "wasm32"))]
pub mod check;
mod compose;
mod decode;
mod emit;
mod error;
mod link;
mod model;
pub mod plan;

#[cfg(target_arch = "wasm32")]
pub mod api;

pub use compose::{Composition, PartId};
pub use error::{CompileError, ErrorCode};
pub use tidegate_abi::cost::{Limit, Limits};
pub use tidegate_abi::feature::{Feature, Features, Shipped};

/// How to compile.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// What a component may cost.
    pub limits: Limits,
    /// Which gated features it may use; none by default.
    pub features: Features,
    /// Which shipped features it may not use; none by default.
    pub without: Vec<Shipped>,
    /// The engine allows a module several memories. Without, calls between components reach all but one of them by functions.
    pub multi_memory: bool,
}

/// Compiles `bytes`, which have to be one component.
///
/// # Errors
///
/// [`CompileError`] when the bytes are not a valid component, when it uses what is not built yet or not enabled,
/// and when it exceeds a limit. No input makes it panic.
pub fn compile(bytes: &[u8], options: &CompileOptions) -> Result<plan::Artifact, CompileError> {
    let (binary, externs) = decode::decode(bytes, options)?;
    link::link(&binary, &externs, options)
}
