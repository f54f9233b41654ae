//! Valid components out of arbitrary data: what wasm-smith does not make yet, as instances, aliases, lifts and exports.
//!
//! Every component that leaves here is valid; [`component`]'s callers rely on it. Function bodies are `unreachable`. A
//! component is made by a random sequence of definitions, each of which refers to what is there: see [`component`].

mod component;
mod core;
mod items;
mod space;
mod ty;

use arbitrary::{Result, Unstructured};

use self::component::{Builder, Ids};

/// The bytes of a component.
///
/// # Errors
///
/// When `u` has too little data; then there is nothing to try.
pub fn component(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut builder = Builder::root();
    builder.fill(u, &mut Ids::default())?;
    Ok(builder.finish().0.finish())
}
