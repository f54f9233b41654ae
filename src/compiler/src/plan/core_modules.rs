//! Core modules: their bytes, and the types of those that come in or go out.

use serde::Serialize;

/// Other bytes in place of a range of the component's.
#[derive(Clone, Debug, Serialize)]
pub struct Patch {
    /// Which bytes are replaced.
    #[serde(flatten)]
    pub range: ByteRange,
    /// What they are replaced by.
    #[serde(with = "super::bytes")]
    pub bytes: Vec<u8>,
}

/// A range of the component's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ByteRange {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Where a core module comes from.
#[derive(Clone, Debug, Serialize)]
#[serde(
    tag = "origin",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum CoreModule {
    /// It is a range of the component's bytes.
    Defined {
        /// Which.
        #[serde(flatten)]
        range: ByteRange,
        /// What to change in them, in order and apart from each other: memories and tables that may not grow as far as the
        /// module says.
        patches: Vec<Patch>,
    },
    /// The host provides it.
    Imported {
        /// As [`ResourceDesc::Imported::path`](super::ResourceDesc::Imported).
        path: Vec<String>,
        /// Index of [`Artifact::module_types`](super::Artifact::module_types).
        ty: u32,
    },
}

/// The type of a core module. Spec: `core:moduletype`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct CoreModuleType {
    pub imports: Vec<CoreImport>,
    pub exports: Vec<CoreExport>,
}

/// An import that a core module may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct CoreImport {
    pub module: String,
    pub name: String,
    #[serde(flatten)]
    pub ty: CoreExternType,
}

/// An export that a core module has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct CoreExport {
    pub name: String,
    #[serde(flatten)]
    pub ty: CoreExternType,
}

/// Spec: `core:externtype`. Texts are WebAssembly's own, like `(i32 i64) -> (f32)` and `funcref`; `None` where a type is
/// not a name but an index, which says nothing outside of its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum CoreExternType {
    Func {
        signature: Option<String>,
    },
    Table {
        element: Option<String>,
        limits: CoreLimits,
    },
    Memory {
        limits: CoreLimits,
        shared: bool,
    },
    Global {
        value: Option<String>,
        mutable: bool,
    },
    Tag {
        signature: Option<String>,
    },
}

/// Limits of a memory in pages, of a table in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreLimits {
    /// Indices are `i64`.
    pub is_64: bool,
    /// At most 2^53 - 1, which stands for more as well.
    pub min: u64,
    /// As `min`.
    pub max: Option<u64>,
}

impl CoreLimits {
    pub(crate) fn new(is_64: bool, min: u64, max: Option<u64>) -> Self {
        const MOST: u64 = (1 << 53) - 1;
        Self {
            is_64,
            min: min.min(MOST),
            max: max.map(|max| max.min(MOST)),
        }
    }
}
