//! Pure facts of the Canonical ABI, shared by the compiler and the runtime.
//!
//! Enters: nothing. Leaves: layouts, flattenings, limits, names of gated features, and the numbers that cross between the
//! runtime, the shim modules, the driver module and the JS host. No I/O, no state, no
//! wasm-bindgen: both wasm files and the native tests build it as it is.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod action;
pub mod code;
pub mod cost;
pub mod feature;
pub mod layout;
pub mod limits;
pub mod return_key;
pub mod rule;

/// Version of everything that the shim modules, the driver module, the runtime and the JS host
/// agree on. An artifact made under another number is refused.
pub const SHIM_ABI: u32 = 5;
