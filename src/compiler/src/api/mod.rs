//! The compiler as JS sees it: the only user of wasm-bindgen in this crate. The feature `compile` alone is compiler.wasm; with
//! `compose`, which few programs need, it is composer.wasm.

#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "compose")]
mod compose;

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::JsValue;

#[cfg(feature = "compile")]
pub use self::compile::compile;
#[cfg(feature = "compose")]
pub use self::compose::Composition;
use crate::error::{CompileError, ErrorCode};
use crate::{CompileOptions, Feature, Limit, Limits, Shipped};

/// Smaller than the standard library's, and not slower.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

fn options(
    features: &[String],
    without: &[String],
    limits: &[f64],
    multi_memory: bool,
) -> Result<CompileOptions, JsValue> {
    Ok(CompileOptions {
        features: named(features, Feature::from_name)?,
        without: named(without, Shipped::from_name)?,
        limits: bounded(limits),
        multi_memory,
    })
}

/// The JS host has checked the names.
fn named<T, C: FromIterator<T>>(
    names: &[String],
    from_name: fn(&str) -> Option<T>,
) -> Result<C, JsValue> {
    let feature = |name: &String| {
        from_name(name).ok_or_else(|| {
            thrown(&CompileError::internal(&format!(
                "there is no feature {name}"
            )))
        })
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

fn crossing(value: &impl Serialize) -> Result<JsValue, JsValue> {
    to_js(value).map_err(|e| thrown(&CompileError::new(ErrorCode::Internal, e.to_string())))
}

/// Structs and maps become objects, `None` becomes null, bytes become a `Uint8Array`.
fn to_js(value: &impl Serialize) -> Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(
        &Serializer::new()
            .serialize_maps_as_objects(true)
            .serialize_missing_as_null(true),
    )
}
