//! Any bytes, damaged where sections and items begin. Wants a corpus: `cargo run -p tidegate-fuzz --bin seeds`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use tidegate_fuzz::{compile, mutate, random::Random};

fuzz_target!(|bytes: &[u8]| {
    compile::survives(bytes);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    if random.one_in(4) {
        return fuzzer_mutate(data, size, max_size);
    }
    let bytes = mutate::mutate(&data[..size], &[], &mut random);
    let size = bytes.len().min(max_size);
    data[..size].copy_from_slice(&bytes[..size]);
    size
});
