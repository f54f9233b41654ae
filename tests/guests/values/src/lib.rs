//! Every synchronous type in both directions, and both kinds of resource.

wit_bindgen::generate!({ merge_structurally_equal_types: true });

mod bank;
mod counters;
mod echo;

struct Component;

impl Guest for Component {
    fn greet_twice(name: String) -> String {
        format!("{} {}", greeting(&name), greeting(&name))
    }
}

export!(Component);
