//! Several components become one.
//!
//! Enters: components, which import is served by which export or stays outside under which name, which exports are seen
//! from outside, and an order of instantiation. Leaves: the bytes of a component around them, of the standard form, which is
//! compiled as any other.
//!
//! Left to the JS host on purpose: which import belongs to which export (`js/host/compose.ts`).

mod encode;
mod outer;
mod scope;

use wasm_encoder::ComponentExternName;
use wasmparser::component_types::ComponentItem;
use wasmparser::types::Types;

use self::encode::Encoder;
use crate::CompileOptions;
use crate::decode::decode;
use crate::error::{CompileError, ErrorCode, Result};
use crate::model::Definition;

/// Number of a component in a composition: they are added in order, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartId(pub usize);

/// Components that become one.
pub struct Composition {
    options: CompileOptions,
    parts: Vec<Part>,
    exports: Vec<Exported>,
}

/// A component that becomes part of another.
struct Part {
    /// For messages.
    name: String,
    bytes: Vec<u8>,
    types: Types,
    imports: Vec<Import>,
    exports: Vec<(String, ComponentItem)>,
}

struct Import {
    name: String,
    item: ComponentItem,
    source: Source,
}

/// An export of a component, and the name under which the whole exports it.
struct Exported {
    from: PartId,
    name: String,
    outer: String,
}

/// What an import gets.
enum Source {
    /// What the whole imports under this name.
    Outside(String),
    /// An export of another component.
    Linked { from: PartId, export: String },
}

impl Composition {
    /// Without components.
    #[must_use]
    pub fn new(options: CompileOptions) -> Self {
        Self {
            options,
            parts: Vec::new(),
            exports: Vec::new(),
        }
    }

    /// Adds a component. Its imports stay outside under their own names, and its exports are not seen.
    ///
    /// # Errors
    ///
    /// Those of [`crate::compile`].
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<PartId> {
        let (binary, externs) = decode(&bytes, &self.options)?;
        let types = externs.into_types();
        let root = binary.root();
        let mut imports = Vec::new();
        let mut exports = Vec::new();
        for definition in &binary.components[root.0 as usize].definitions {
            match &definition.item {
                Definition::Import(import) => {
                    let name = import.name.name.to_string();
                    let item = types.component_item_for_import(&name);
                    imports.push(Import {
                        item: item.cloned().ok_or_else(|| suffixed(&name))?,
                        source: Source::Outside(name.clone()),
                        name,
                    });
                }
                Definition::Export(export) => {
                    let name = export.name.name.to_string();
                    let item = types.component_item_for_export(&name);
                    exports.push((name.clone(), item.cloned().ok_or_else(|| suffixed(&name))?));
                }
                _ => {}
            }
        }
        drop(binary);
        self.parts.push(Part {
            name: name.to_string(),
            bytes,
            types,
            imports,
            exports,
        });
        Ok(PartId(self.parts.len() - 1))
    }

    /// Names of a component's imports, in order.
    pub fn imports(&self, PartId(part): PartId) -> impl Iterator<Item = &str> {
        self.parts[part].imports.iter().map(|i| i.name.as_str())
    }

    /// Names of a component's exports, in order.
    pub fn exports(&self, PartId(part): PartId) -> impl Iterator<Item = &str> {
        self.parts[part]
            .exports
            .iter()
            .map(|(name, _)| name.as_str())
    }

    /// `import` of `to` is `export` of `from`.
    ///
    /// # Errors
    ///
    /// When there is no such import or export.
    pub fn link(&mut self, to: PartId, import: &str, from: PartId, export: &str) -> Result<()> {
        self.parts[from.0].export(export)?;
        let export = export.to_string();
        self.source(to, import, Source::Linked { from, export })
    }

    /// `import` of `to` is what the whole imports as `name`; several imports of one name are one.
    ///
    /// # Errors
    ///
    /// When there is no such import.
    pub fn leave_outside(&mut self, to: PartId, import: &str, name: &str) -> Result<()> {
        self.source(to, import, Source::Outside(name.to_string()))
    }

    /// An export of a component is one of the whole, as `outer`.
    ///
    /// # Errors
    ///
    /// When there is no such export.
    pub fn export(&mut self, from: PartId, name: &str, outer: &str) -> Result<()> {
        self.parts[from.0].export(name)?;
        self.exports.push(Exported {
            from,
            name: name.to_string(),
            outer: outer.to_string(),
        });
        Ok(())
    }

    /// The component that instantiates all of them in this order, in which those that are linked to come first.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Mismatch`] when a component is not given what it imports.
    pub fn finish(&self, order: &[PartId]) -> Result<Vec<u8>> {
        let mut encoder = Encoder::new(&self.parts);
        encoder.imports()?;
        for &part in order {
            encoder.instantiate(part)?;
        }
        for exported in &self.exports {
            encoder.export(exported)?;
        }
        let instantiations = std::mem::take(&mut encoder.outer.instantiations);
        let bytes = encoder.outer.finish();
        match decode(&bytes, &self.options) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.judged(error, &instantiations, order)),
        }
    }

    fn source(&mut self, PartId(to): PartId, import: &str, source: Source) -> Result<()> {
        let imports = &mut self.parts[to].imports;
        let Some(found) = imports.iter_mut().find(|i| i.name == import) else {
            return Err(CompileError::internal("a component does not import that"));
        };
        found.source = source;
        Ok(())
    }

    /// The error of the whole, as one of the component that it is about: each has been valid by itself.
    fn judged(&self, error: CompileError, starts: &[u64], order: &[PartId]) -> CompileError {
        let (ErrorCode::Invalid, Some(offset)) = (error.code, error.offset) else {
            return error;
        };
        let last = starts.iter().rposition(|&start| start <= offset);
        let Some(PartId(part)) = last.and_then(|i| order.get(i)).copied() else {
            return mismatch("the composition", "its imports", &error.message);
        };
        let Part { name, imports, .. } = &self.parts[part];
        let about = imports
            .iter()
            .find(|i| error.message.contains(&format!("`{}`", i.name)));
        match about {
            Some(import) => mismatch(name, &import.name, &error.message),
            None => mismatch("the composition", "its exports", &error.message),
        }
    }
}

impl Part {
    fn import(&self, name: &str) -> Option<&Import> {
        self.imports.iter().find(|import| import.name == name)
    }

    fn export(&self, name: &str) -> Result<&ComponentItem> {
        let found = self.exports.iter().find(|(export, _)| export == name);
        found
            .map(|(_, item)| item)
            .ok_or_else(|| CompileError::internal("a component does not export that"))
    }
}

/// What a component imports is not what it is given.
fn mismatch(part: &str, import: &str, found: &str) -> CompileError {
    CompileError {
        construct: Some(format!("{import} of {part}")),
        ..CompileError::new(ErrorCode::Mismatch, found)
    }
}

fn suffixed(name: &str) -> CompileError {
    CompileError {
        construct: Some("version-suffix".to_string()),
        ..CompileError::new(
            ErrorCode::Unsupported,
            format!(
                "{name} has a version-suffix, and composing such components is not supported yet"
            ),
        )
    }
}

/// `name`, with what else the item says of itself. An interface's name says itself what is implemented.
fn extern_name<'n>(name: &'n str, item: &'n ComponentItem) -> ComponentExternName<'n> {
    let implements = item.implements.as_deref();
    ComponentExternName {
        name: name.into(),
        implements: implements.filter(|_| !name.contains(':')).map(Into::into),
        version_suffix: None,
        external_id: item.external_id.as_deref().map(Into::into),
    }
}
