//! The compiler as JS sees it: the only user of wasm-bindgen in this crate.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::{CompileError, ErrorCode};
use crate::{
    CompileOptions, Composition as Parts, Feature, Limit, Limits, PartId, Shipped,
    compile as compile_component,
};

/// Smaller than the standard library's, and not slower.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Compiles a component that may use the gated features with these names but not `without`, within bounds in the order of
/// [`Limit::ALL`], for an engine that allows a module several memories or not. Returns the artifact as `js/host/artifact.ts` describes it.
///
/// # Errors
///
/// Throws an object `{ code, message, offset?, construct?, feature? }`: see [`CompileError`].
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
    let artifact = compile_component(bytes, &options).map_err(|e| thrown(&e))?;
    crossing(&artifact)
}

/// Components that become one: see [`Parts`]. Components are numbered in the order in which they are added.
///
/// # Errors
///
/// Its methods throw what [`compile`] throws.
#[wasm_bindgen]
pub struct Composition(Parts);

#[wasm_bindgen]
#[allow(missing_docs)] // They are those of the struct inside.
impl Composition {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value)] // Strings cross by value.
    pub fn new(
        features: Vec<String>,
        without: Vec<String>,
        limits: &[f64],
    ) -> Result<Composition, JsValue> {
        Ok(Self(Parts::new(options(
            &features, &without, limits, false,
        )?)))
    }

    /// The names `{ imports, exports }`.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<JsValue, JsValue> {
        let part = self.0.add(name, bytes).map_err(|e| thrown(&e))?;
        crossing(&Names {
            imports: self.0.imports(part).collect(),
            exports: self.0.exports(part).collect(),
        })
    }

    pub fn link(
        &mut self,
        to: usize,
        import: &str,
        from: usize,
        export: &str,
    ) -> Result<(), JsValue> {
        let linked = self.0.link(PartId(to), import, PartId(from), export);
        linked.map_err(|e| thrown(&e))
    }

    pub fn leave_outside(&mut self, to: usize, import: &str, name: &str) -> Result<(), JsValue> {
        let left = self.0.leave_outside(PartId(to), import, name);
        left.map_err(|e| thrown(&e))
    }

    pub fn export(&mut self, from: usize, name: &str) -> Result<(), JsValue> {
        self.0.export(PartId(from), name).map_err(|e| thrown(&e))
    }

    pub fn finish(&self, order: &[usize]) -> Result<Vec<u8>, JsValue> {
        let order: Vec<_> = order.iter().copied().map(PartId).collect();
        self.0.finish(&order).map_err(|e| thrown(&e))
    }
}

#[derive(Serialize)]
struct Names<'a> {
    imports: Vec<&'a str>,
    exports: Vec<&'a str>,
}

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
