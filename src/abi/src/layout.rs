//! Layout and flattening of value types.
