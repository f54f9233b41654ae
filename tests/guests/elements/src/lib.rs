//! Streams and futures of every element type, in both directions.

wit_bindgen::generate!();

mod every;
mod nested;
mod nothings;
mod objects;

struct Component;

export!(Component);
