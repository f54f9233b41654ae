//! The compiler as JS sees it: the only user of wasm-bindgen in this crate.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::{CompileError, ErrorCode};
use crate::{CompileOptions, compile as compile_component};

/// Compiles a component. Returns the artifact as `js/host/artifact.ts` describes it.
///
/// # Errors
///
/// Throws an object `{ code, message, offset?, construct? }`: see [`CompileError`].
#[wasm_bindgen]
pub fn compile(bytes: &[u8]) -> Result<JsValue, JsValue> {
    let artifact = compile_component(bytes, &CompileOptions::default()).map_err(|e| thrown(&e))?;
    to_js(&artifact).map_err(|e| thrown(&CompileError::new(ErrorCode::Internal, e.to_string())))
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
