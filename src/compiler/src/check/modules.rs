//! What core modules and shim modules import and export, as the validator sees it.

use std::collections::{HashMap, HashSet};

use wasmparser::{
    Chunk, FuncType, Import, Parser, Payload, ValType, ValidPayload, Validator, WasmFeatures,
    types::{EntityType, TypesRef},
};

use super::Result;
use crate::plan::{ByteRange, CoreExternType, CoreModuleType, Patch, Shim, Source};

/// What a module imports or exports, as far as it matters to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entity {
    /// Parameters and results.
    Func(FuncType),
    /// A function of the runtime, the driver, JS or a core module of the host's: nobody here knows its type.
    AnyFunc,
    Global {
        mutable: bool,
    },
    Memory {
        is_64: bool,
    },
    Table {
        is_64: bool,
    },
    Tag,
}

impl Entity {
    /// Whether this may be given where `wanted` is imported.
    pub(super) fn serves(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::AnyFunc, Self::Func(ty)) => {
                ty.params().iter().chain(ty.results()).all(is_number)
            }
            // What a core module of the host's imports is the engine's to check.
            (Self::Func(_), Self::AnyFunc) => true,
            (found, wanted) => found == wanted,
        }
    }

    pub(super) fn trap() -> Self {
        Self::Func(FuncType::new([ValType::I32], []))
    }

    pub(super) fn realloc(memory64: bool) -> Self {
        let ptr = if memory64 { ValType::I64 } else { ValType::I32 };
        Self::Func(FuncType::new([ptr; 4], [ptr]))
    }
}

fn is_number(ty: &ValType) -> bool {
    matches!(
        ty,
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64
    )
}

/// The bytes of a module as the engine gets them.
pub(super) fn patched(range: ByteRange, patches: &[Patch], bytes: &[u8]) -> Result<Vec<u8>> {
    let get = |start, end| {
        let piece = bytes.get(start..end);
        piece.ok_or_else(|| format!("{start}..{end} is outside of the component"))
    };
    let (mut at, mut all) = (range.start, Vec::new());
    for Patch { range, bytes } in patches {
        all.extend_from_slice(get(at, range.start)?);
        all.extend_from_slice(bytes);
        at = range.end;
    }
    all.extend_from_slice(get(at, range.end)?);
    Ok(all)
}

/// Imports and exports of a module.
pub(super) struct Interface {
    /// In order; of several with one name, the first.
    pub(super) imports: Vec<((String, String), Entity)>,
    exports: HashMap<String, Entity>,
}

impl Interface {
    /// Of a core module of the component, whose function bodies are the engine's to validate.
    pub(super) fn of_module(bytes: &[u8]) -> Result<Self> {
        read(bytes, WasmFeatures::default(), false)
    }

    /// Of a shim module, which has to be valid and to use nothing that an older engine does not have, unless it
    /// is for explicit threads.
    pub(super) fn of_shim(shim: &Shim, multi_memory: bool) -> Result<Self> {
        let threads = shim.imports.iter().any(|i| i.source == Source::Threads);
        let mut features = match threads {
            true => WasmFeatures::WASM3,
            false => WasmFeatures::WASM2 & !WasmFeatures::SIMD,
        };
        features.set(WasmFeatures::MULTI_MEMORY, multi_memory);
        // A guest's memory that it imports may have such addresses.
        features.insert(WasmFeatures::MEMORY64);
        features.insert(WasmFeatures::LEGACY_EXCEPTIONS | WasmFeatures::EXCEPTIONS);
        read(&shim.code, features, true).map_err(|error| format!("a shim is not valid: {error}"))
    }

    /// Of a core module that the host provides.
    pub(super) fn of_type(ty: &CoreModuleType) -> Self {
        let imports = ty.imports.iter().map(|import| {
            let name = (import.module.clone(), import.name.clone());
            (name, described(&import.ty))
        });
        let exports = ty.exports.iter();
        Self {
            imports: imports.collect(),
            exports: exports
                .map(|export| (export.name.clone(), described(&export.ty)))
                .collect(),
        }
    }

    pub(super) fn export(&self, name: &str) -> Result<Entity> {
        let export = self.exports.get(name);
        export
            .cloned()
            .ok_or_else(|| format!("there is no export {name:?}"))
    }
}

/// `bodies`: whether the code section is looked at. That of a guest is the engine's to refuse.
fn read(bytes: &[u8], features: WasmFeatures, bodies: bool) -> Result<Interface> {
    let text = |error: wasmparser::Error| error.to_string();
    let mut validator = Validator::new_with_features(features);
    let mut imports = Vec::new();
    let (mut parser, mut at) = (Parser::new(0), 0);
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(&bytes[at..], true).map_err(text)?
        else {
            return Err("a module does not end".into());
        };
        at += consumed;
        if let Payload::ImportSection(section) = &payload {
            for import in section.clone().into_imports() {
                imports.push(import.map_err(text)?);
            }
        }
        match validator.payload(&payload).map_err(text)? {
            ValidPayload::Func(func, body) => func
                .into_validator(Default::default())
                .validate(&body)
                .map_err(text)?,
            ValidPayload::Ok => {}
            ValidPayload::Parser(_) => return Err("a module holds another one".into()),
            ValidPayload::End(types) => return interface(types.as_ref(), &imports),
        }
        if let Payload::CodeSectionStart { size, .. } = &payload
            && !bodies
        {
            parser.skip_section();
            at += *size as usize;
        }
    }
}

fn interface(types: TypesRef<'_>, imports: &[Import<'_>]) -> Result<Interface> {
    let mut names = HashSet::new();
    let mut declared = Vec::with_capacity(imports.len());
    for import in imports {
        if !names.insert((import.module, import.name)) {
            continue;
        }
        let ty = types.entity_type_from_import(import);
        let ty = ty.ok_or_else(|| format!("{import:?} has no type"))?;
        let name = (import.module.to_string(), import.name.to_string());
        declared.push((name, entity(types, ty)));
    }
    let exports = types.core_exports().ok_or("it is no module")?;
    Ok(Interface {
        imports: declared,
        exports: exports
            .map(|(name, ty)| (name.to_string(), entity(types, ty)))
            .collect(),
    })
}

fn described(ty: &CoreExternType) -> Entity {
    match ty {
        CoreExternType::Func { .. } => Entity::AnyFunc,
        CoreExternType::Table { limits, .. } => Entity::Table {
            is_64: limits.is_64,
        },
        CoreExternType::Memory { limits, .. } => Entity::Memory {
            is_64: limits.is_64,
        },
        CoreExternType::Global { mutable, .. } => Entity::Global { mutable: *mutable },
        CoreExternType::Tag { .. } => Entity::Tag,
    }
}

fn entity(types: TypesRef<'_>, ty: EntityType) -> Entity {
    match ty {
        EntityType::Func(id) | EntityType::FuncExact(id) => {
            Entity::Func(types[id].unwrap_func().clone())
        }
        EntityType::Global(ty) => Entity::Global {
            mutable: ty.mutable,
        },
        EntityType::Memory(ty) => Entity::Memory { is_64: ty.memory64 },
        EntityType::Table(ty) => Entity::Table { is_64: ty.table64 },
        EntityType::Tag(_) => Entity::Tag,
    }
}
