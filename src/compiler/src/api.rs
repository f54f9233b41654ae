//! The compiler as JS sees it: the only user of wasm-bindgen in this crate.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::{CompileError, ErrorCode};
use crate::{CompileOptions, Feature, Features, Limit, Limits, compile as compile_component};

/// Smaller than the standard library's, and not slower.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Compiles a component that may use the gated features with these names, within bounds in the order of [`Limit::ALL`], for
/// an engine that allows a module several memories or not. Returns the artifact as `js/host/artifact.ts` describes it.
///
/// # Errors
///
/// Throws an object `{ code, message, offset?, construct?, feature? }`: see [`CompileError`].
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value)] // Strings cross by value.
pub fn compile(
    bytes: &[u8],
    features: Vec<String>,
    limits: &[f64],
    multi_memory: bool,
) -> Result<JsValue, JsValue> {
    let features = named(&features).map_err(|e| thrown(&e))?;
    let options = CompileOptions {
        features,
        limits: bounded(limits),
        multi_memory,
    };
    let artifact = compile_component(bytes, &options).map_err(|e| thrown(&e))?;
    to_js(&artifact).map_err(|e| thrown(&CompileError::new(ErrorCode::Internal, e.to_string())))
}

/// The JS host has checked the names.
fn named(names: &[String]) -> Result<Features, CompileError> {
    let feature = |name: &String| {
        Feature::from_name(name)
            .ok_or_else(|| CompileError::internal(&format!("there is no feature {name}")))
    };
    names.iter().map(feature).collect()
}

/// The JS host has checked that they are positive; what does not fit is no bound.
fn bounded(bounds: &[f64]) -> Limits {
    let mut limits = Limits::default();
    for (&limit, &bound) in Limit::ALL.iter().zip(bounds) {
        limits.set(limit, bound as usize);
    }
    limits
}

fn thrown(error: &CompileError) -> JsValue {
    to_js(error).unwrap_or_else(|_| JsValue::from_str(&error.message))
}

/// Structs and maps become objects, `None` becomes null, bytes become a `Uint8Array`.
fn to_js(value: &impl Serialize) -> Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(
        &Serializer::new()
            .serialize_maps_as_objects(true)
            .serialize_missing_as_null(true),
    )
}
