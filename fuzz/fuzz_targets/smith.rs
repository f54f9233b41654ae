//! Components of wasm-smith, most of which are valid.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_fuzz::compile;

fuzz_target!(|component: wasm_smith::Component| {
    compile::survives(&component.to_bytes());
});
