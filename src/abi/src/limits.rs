//! Limits that the specification fixes. Source: `CanonicalABI.md`, "Flattening", "Table State",
//! "Buffer State".

/// Most flat parameters before they go through memory. Spec: `MAX_FLAT_PARAMS`.
pub const MAX_FLAT_PARAMS: usize = 16;
/// The same for an async-lowered import. Spec: `MAX_FLAT_ASYNC_PARAMS`.
pub const MAX_FLAT_ASYNC_PARAMS: usize = 4;
/// Most flat results. Spec: `MAX_FLAT_RESULTS`.
pub const MAX_FLAT_RESULTS: usize = 1;
/// Largest handle. Spec: `Table.MAX_LENGTH`.
pub const MAX_TABLE_LENGTH: u32 = (1 << 28) - 1;
/// Most elements in one copy. Spec: `Buffer.MAX_LENGTH`.
pub const MAX_BUFFER_LENGTH: u32 = (1 << 28) - 1;
/// Most bytes of a string. Spec: `MAX_STRING_BYTE_LENGTH`.
pub const MAX_STRING_BYTE_LENGTH: u32 = (1 << 28) - 1;
/// Most bytes of a list. Spec: `MAX_LIST_BYTE_LENGTH`.
pub const MAX_LIST_BYTE_LENGTH: u32 = (1 << 28) - 1;
/// What a built-in returns when it has to wait. Spec: `BLOCKED`.
pub const BLOCKED: u32 = 0xffff_ffff;
