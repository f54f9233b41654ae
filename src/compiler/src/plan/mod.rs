//! The artifact: what the compiler makes of a component.
//!
//! Immutable and shared by every instance. It crosses to JS once, by serde-wasm-bindgen;
//! `js/host/artifact.ts` is its mirror and the two change together. It holds no guest bytes: core
//! modules are ranges of the component's own bytes.
//!
//! Indices in it (`types`, `modules`, `lowered`, ...) are local to the artifact. What must be unique
//! in a store (component instances, resource types, element types, copy sites, table slots) is numbered
//! from 0 here; the JS host adds the numbers the store gave and hands them to shim modules as
//! immutable globals.

mod core_modules;

use serde::Serialize;

pub use self::core_modules::{
    ByteRange, CoreExport, CoreExternType, CoreImport, CoreLimits, CoreModule, CoreModuleType,
    Patch,
};

/// Everything that is needed to instantiate a component.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// tidegate's version that made this artifact.
    pub version: &'static str,
    /// [`tidegate_abi::SHIM_ABI`] of the maker.
    pub shim_abi: u32,
    /// Names of the gated features that it was compiled with, in the order of [`tidegate_abi::feature::Feature::ALL`].
    pub features: Vec<&'static str>,
    /// Value types, deduplicated; a type comes after the types it is made of.
    pub types: Vec<TypeDesc>,
    /// The same types in memories with 64-bit addresses; empty when there is none that anybody lifts from or lowers to.
    pub types64: Vec<TypeDesc>,
    /// Function types.
    pub funcs: Vec<FuncDesc>,
    /// Resource types known to the component, its own and imported ones.
    pub resources: Vec<ResourceDesc>,
    /// Element types of streams and futures; `elementType` sources refer to them.
    pub element_types: Vec<ElementType>,
    /// Core modules that are instantiated or exported.
    pub modules: Vec<CoreModule>,
    /// Core modules that are neither: they have to be valid all the same.
    pub unused_modules: Vec<ByteRange>,
    /// Types of core modules that are imported or exported.
    pub module_types: Vec<CoreModuleType>,
    /// Shim modules, in the order in which steps mention them.
    pub shims: Vec<Shim>,
    /// What calls of lifted functions enter on stacks of their own; instantiated after the last step, when there are such calls.
    /// See [`Lifted::guard`].
    pub guards: Option<Shim>,
    /// What to do to instantiate, in order.
    pub steps: Vec<Step>,
    /// Component instances by their numbers; instance 0 is the outermost.
    pub instances: Vec<ComponentInstance>,
    /// Shim modules have several memories.
    pub multi_memory: bool,
    /// How many slots of the store's funcref table it needs.
    pub slots: u32,
    /// Imported functions that core modules call.
    pub lowered: Vec<Lowered>,
    /// Receivers of `task.return`.
    pub returns: Vec<TaskReturn>,
    /// Canonical options of `{stream,future}.{read,write}`, which copies refer to.
    pub sites: Vec<Site>,
    /// Calls between components of the binary that may take their time, one for each adapter.
    pub call_sites: Vec<CallSite>,
    /// Exported functions.
    pub lifted: Vec<Lifted>,
    /// What the component imports.
    pub imports: Vec<Extern>,
    /// What the component exports.
    pub exports: Vec<Extern>,
}

/// A component instance: where it is, for messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentInstance {
    /// Number of the instance that instantiates it; a smaller one.
    pub parent: Option<u32>,
    /// The name section's name of the instance; else that of its component, with the instance's index in brackets; else the
    /// index alone. `root` for the outermost, where its component has no name.
    pub name: String,
    /// What its code may wait for on its stack.
    pub blocking: Blocking,
}

/// What may make the code of a component instance wait on its stack, as far as canonical definitions tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Blocking {
    /// Names of built-ins that may wait, sorted: `waitable-set.wait`. `canon lower` stands for an async function of another
    /// component of the binary that is called without `async`.
    pub builtins: Vec<String>,
    /// Indices of [`Artifact::lowered`]: functions of the host that are called without `async`. An async one may always wait, a
    /// sync one when its implementation is marked for it.
    pub lowered: Vec<u32>,
    /// Numbers of component instances whose functions run on the caller's stack.
    pub calls: Vec<u32>,
    /// Numbers of component instances whose functions are called with `async`: on stacks of their own, where they may wait.
    pub spawns: Vec<u32>,
}

/// A value type with its layout in memories of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeDesc {
    /// What it is.
    #[serde(flatten)]
    pub kind: TypeKind,
    /// Bytes it takes in memory. Spec: `elem_size`.
    pub size: u32,
    /// Its alignment in bytes.
    pub align: u32,
    /// Its flat core types; `None` when there are more than 16. Spec: `flatten_type`.
    pub flat: Option<Vec<CoreType>>,
}

/// The kinds of value types. Numbers named `ty`, `ok`, `err`, `key`, `value` are indices of [`Artifact::types`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
#[allow(missing_docs)]
pub enum TypeKind {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List {
        ty: u32,
    },
    /// Its elements, one after the other. `length` is not 0.
    FixedLengthList {
        ty: u32,
        length: u32,
    },
    Record {
        fields: Vec<Field>,
    },
    /// Also stands for a function's parameters, when they go through memory.
    Tuple {
        fields: Vec<Field>,
    },
    Variant {
        cases: Vec<Case>,
        discriminant_size: u32,
        payload_offset: u32,
    },
    Enum {
        labels: Vec<String>,
        discriminant_size: u32,
    },
    Flags {
        labels: Vec<String>,
    },
    Option {
        ty: u32,
        payload_offset: u32,
    },
    Result {
        ok: Option<u32>,
        err: Option<u32>,
        payload_offset: u32,
    },
    /// A list of pairs in memory; `entry` is the tuple type of a pair.
    Map {
        key: u32,
        value: u32,
        entry: u32,
    },
    /// `resource` is an index of [`Artifact::resources`].
    Own {
        resource: u32,
    },
    Borrow {
        resource: u32,
    },
    /// `element` is an index of [`Artifact::element_types`].
    Stream {
        element: u32,
    },
    Future {
        element: u32,
    },
    ErrorContext,
}

/// A field of a record or tuple; a tuple's fields are named "0", "1", ...
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct Field {
    pub name: String,
    pub ty: u32,
    pub offset: u32,
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct Case {
    pub name: String,
    pub ty: Option<u32>,
}

/// A core value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum CoreType {
    I32,
    I64,
    F32,
    F64,
}

/// A component function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FuncDesc {
    /// Names and types of the parameters.
    pub params: Vec<Param>,
    /// The tuple type of all parameters, for when they go through memory.
    pub params_tuple: u32,
    /// The result's type.
    pub result: Option<u32>,
    /// Declared `async`.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Some parameter contains a `borrow`.
    pub borrows: bool,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct Param {
    pub name: String,
    pub ty: u32,
}

/// A resource type.
#[derive(Clone, Debug, Serialize)]
#[serde(
    tag = "origin",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ResourceDesc {
    /// Imported: `path` is the import's name, then the export's name when it is part of an instance.
    Imported {
        /// For instance `["wasi:http/types@0.3.0", "fields"]`, or `["thing"]`.
        path: Vec<String>,
    },
    /// Defined by the component instance with this number.
    Defined {
        /// Number of the component instance.
        instance: u32,
        /// A name to show, where an export gives one.
        name: Option<String>,
    },
}

/// The element type of a stream or future.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementType {
    /// `None` for a stream or future without an element.
    pub ty: Option<u32>,
    /// Spec: `none_or_number_type`.
    pub flat_number: bool,
    /// Structural identity as text, in which the resource with index 3 stands as `r3`: two artifacts' element types in one
    /// store are the same type when the texts agree after resources are replaced by their store numbers. Digits of labels
    /// are escaped, so that every match of `/r(\d+)/` is a resource.
    pub key: String,
}

/// A shim module.
#[derive(Debug, Serialize)]
pub struct Shim {
    /// The module.
    #[serde(with = "bytes")]
    pub code: Vec<u8>,
    /// Its imports, in order.
    pub imports: Vec<Import>,
}

/// An import of a shim or core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Import {
    pub module: String,
    pub name: String,
    pub source: Source,
}

/// Where an import, slot or option comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(
    tag = "from",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[allow(missing_docs)]
pub enum Source {
    /// A runtime export with this name.
    Runtime { name: String },
    /// An export of the driver module.
    Driver { name: String },
    /// The host's `trap: (code: i32) -> ()`, after which the caller executes `unreachable`.
    Trap,
    /// The mutable i32 global that is not 0 after a host import has failed.
    Fault,
    /// The mutable i32 global that is 0 while the runtime does not know of the sync call that runs.
    Entered,
    /// The table of explicit threads' functions, by the runtime's numbers of the threads.
    Threads,
    /// The store's table: callbacks, destructors and halves of calls.
    Table,
    /// The host's `(result) -> ()`, which guards call when the core function has returned on a stack of its own.
    Done { ty: Option<CoreType> },
    /// The host's `(subtask) -> result`: the flat result of a synchronous call that had to wait.
    Late { ty: CoreType },
    /// The JS function of [`Artifact::lowered`].
    Lowered { index: u32 },
    /// The JS function of [`Artifact::returns`].
    Return { index: u32 },
    /// Immutable i32 global: the store's number of a component instance.
    Instance { index: u32 },
    /// Immutable i32 global: the store's number of an element type.
    ElementType { index: u32 },
    /// Immutable i32 global: the store's number of a resource type.
    Resource { index: u32 },
    /// Immutable i32 global: the store's number of a copy site.
    Site { index: u32 },
    /// Immutable i32 global: the runtime's number of a call site.
    CallSite { index: u32 },
    /// Mutable i32 global of a component instance: 1, or 0 while it may not leave. Spec: `may_leave`.
    MayLeave { instance: u32 },
    /// An export of a core instance; `instance` counts `core` steps.
    Core { instance: u32, name: String },
    /// An export of a shim module's instance; `shim` is an index of [`Artifact::shims`].
    Shim { shim: u32, name: String },
}

/// A step of the plan.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[allow(missing_docs)]
pub enum Step {
    /// Give a resource that this component defines its number in the store. Its destructor is the function in `slot`. The
    /// JS host numbers imported resources before the first step.
    Resource { resource: u32, slot: Option<u32> },
    /// Put a function into the store's table.
    Slot { slot: u32, source: Source },
    /// Instantiate a shim module.
    Shim { shim: u32 },
    /// Instantiate the core module with the index `module` of [`Artifact::modules`], as a part of the component instance
    /// with the number `instance`.
    Core {
        module: u32,
        instance: u32,
        imports: Vec<Import>,
    },
}

/// How values of one canonical definition are laid out. Spec: `CanonicalOptions`.
///
/// Its sources have to be resolved at the first call, not before: `realloc` may be an export of the very shim that imports
/// the function which the options belong to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Number of the component instance it belongs to.
    pub instance: u32,
    /// Encoding of strings.
    pub encoding: StringEncoding,
    /// The memory.
    pub memory: Option<Source>,
    /// It has 64-bit addresses: pointers and lengths are `i64`, and types are those of [`Artifact::types64`].
    pub memory64: bool,
    /// The guarded realloc: a shim export that clears `may_leave` around the guest's function.
    pub realloc: Option<Source>,
}

/// Spec: `string-encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub enum StringEncoding {
    #[serde(rename = "utf8")]
    Utf8,
    #[serde(rename = "utf16")]
    Utf16,
    #[serde(rename = "latin1+utf16")]
    CompactUtf16,
}

/// An imported function as core modules call it. Its JS function takes the flat parameters (`i64` as bigint) of
/// `canon lower`. Sync: it returns the flat result; on failure it sets the fault global to 1 and returns 0, and to 2 when
/// the result is late. Async: it returns `state | subtask << 4`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lowered {
    /// As [`ResourceDesc::Imported::path`].
    pub path: Vec<String>,
    /// A built-in that the JS host has, as if it were imported: `path` is its name alone.
    pub builtin: bool,
    /// Index of [`Artifact::funcs`].
    pub func: u32,
    /// Lowered with the `async` option.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// The other options.
    pub options: Options,
}

/// The receiver of a `task.return` whose caller is the host. Its JS function takes the flat results, at most 16, else a
/// pointer, and finds the host's call id in argument word 0.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskReturn {
    /// The result's type.
    pub result: Option<u32>,
    /// How it is laid out.
    pub options: Options,
}

/// Canonical options that a copy refers to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// Index of [`Artifact::element_types`].
    pub element: u32,
    /// How elements are laid out.
    pub options: Options,
}

/// A lowered function whose callee is lifted in the same binary, where its type is async: what the runtime knows
/// of it. Slots are the artifact's.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSite {
    /// As [`Lifted::name`], of the callee.
    pub name: Option<String>,
    /// Number of the component instance that calls.
    pub caller: u32,
    /// Lowered with the `async` option.
    pub lowered_async: bool,
    /// Number of the component instance that is called.
    pub callee: u32,
    /// Lifted with the `async` option.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Slot of the callback.
    pub callback: Option<u32>,
    /// As [`Lifted::return_key`].
    pub return_key: u32,
    /// Slot of the function `(subtask) -> ()` that starts a call which has waited.
    pub start: Option<u32>,
    /// Slot of the function `(flat result.., subtask) -> ()` that `task.return` calls.
    pub returns: Option<u32>,
}

/// An exported function.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifted {
    /// What its component exports it as, for messages: `wasi:cli/run@0.3.0#run`. `None` when it is not exported.
    pub name: Option<String>,
    /// Index of [`Artifact::funcs`].
    pub func: u32,
    /// The guest's core function.
    pub core: Source,
    /// Lifted with the `async` option.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Table slot of the callback.
    pub callback: Option<u32>,
    /// Function of [`Artifact::guards`]: takes the core function's parameters, calls it, and gives its result to
    /// [`Source::Done`]. Absent when no code of the instance can wait on its stack.
    pub guard: Option<u32>,
    /// The guarded post-return function: a shim export.
    pub post_return: Option<Source>,
    /// The other options.
    pub options: Options,
    /// Identity of (result type, string encoding, memory), which `task.return` must repeat; the shim passes the same
    /// number. Unique within the artifact.
    pub return_key: u32,
}

/// An import or export.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Extern {
    pub name: String,
    /// The interface that it implements, where `name` is a plain name (`implements` in WIT).
    pub implements: Option<String>,
    #[serde(flatten)]
    pub item: Item,
}

/// What an import or export is.
#[derive(Clone, Debug, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[allow(missing_docs)]
pub enum Item {
    /// A function; `lifted` is set for exports that the host can call.
    Func { func: u32, lifted: Option<u32> },
    /// An instance of an interface.
    Instance { items: Vec<Extern> },
    /// A value type.
    Type { ty: u32 },
    /// A resource type.
    Resource { resource: u32 },
    /// A core module; `ty` is an index of [`Artifact::module_types`], and `module`, which is set for exports, one of
    /// [`Artifact::modules`].
    Module { ty: u32, module: Option<u32> },
}

mod bytes {
    //! Bytes cross as one `Uint8Array`, not as an array of numbers.
    pub(super) fn serialize<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytes)
    }
}
