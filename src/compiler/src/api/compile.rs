//! Bytes to an artifact.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{crossing, options, thrown};

/// Compiles a component that may use the gated features with these names but not `without`, within bounds in the order of
/// [`crate::Limit::ALL`], for an engine that allows a module several memories or not. Returns the artifact as `js/host/artifact.ts` describes it.
///
/// # Errors
///
/// Throws an object `{ code, message, offset?, construct?, feature? }`: see [`crate::CompileError`].
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value)] // Strings cross by value.
pub fn compile(
    bytes: &[u8],
    features: Vec<String>,
    without: Vec<String>,
    limits: &[f64],
    multi_memory: bool,
) -> Result<JsValue, JsValue> {
    let options = options(&features, &without, limits, multi_memory)?;
    let artifact = crate::compile(bytes, &options).map_err(|e| thrown(&e))?;
    crossing(&artifact)
}
