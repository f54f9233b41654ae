//! Asynchronous functions, futures and byte streams in both directions, and ways to fail.

wit_bindgen::generate!();

mod calls;
mod failures;
mod futures;
mod streams;

struct Component;

export!(Component);
