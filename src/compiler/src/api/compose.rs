//! Several components to the bytes of one.

use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::{crossing, options, thrown};
use crate::{Composition as Parts, PartId};

/// Components that become one: see [`Parts`]. Components are numbered in the order in which they are added.
///
/// # Errors
///
/// Its methods throw an object `{ code, message, offset?, construct?, feature? }`: see [`crate::CompileError`].
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

    pub fn export(&mut self, from: usize, name: &str, outer: &str) -> Result<(), JsValue> {
        let exported = self.0.export(PartId(from), name, outer);
        exported.map_err(|e| thrown(&e))
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
