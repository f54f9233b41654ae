//! Hostile input: what makes it, and what has to hold whatever it is.
//!
//! Enters: arbitrary bytes, from a fuzzer or from a seed. Leaves: nothing, or a panic that names the property that does not
//! hold. The targets of `fuzz/` and the test `smoke` are thin callers of it. Left to others on purpose: where bytes come
//! from, and how long one tries.

pub mod compile;
pub mod generate;
pub mod mutate;
pub mod random;
pub mod seeds;
pub mod tree;
