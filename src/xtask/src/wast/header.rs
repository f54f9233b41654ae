//! What the comments at the head of a script say about it.
//!
//! Four forms, each a line of its own before the first directive:
//!
//! - `;;! key = value`: the configuration of wasmtime's scripts, kept as `config`;
//! - `;; requires: jspi, multi-memory`: ours, what an engine must have for the script, kept as `requires`;
//! - `;; features: memory64`: ours, the gated features that are on, kept as `features` when there is such a line, without
//!   names an empty one;
//! - `;; also: one-memory`: ours, how the script is run once more, kept as `also` likewise.

use serde_json::{Map, Value};

/// `config`, an object of strings, `requires`, a list of strings, and perhaps `features` and `also`, lists of strings.
pub(super) fn read(text: &str) -> Map<String, Value> {
    let mut header = Map::from_iter([("requires".to_owned(), Value::Array(Vec::new()))]);
    let mut config = Map::new();
    let comments = text
        .lines()
        .map(str::trim)
        .take_while(|line| line.is_empty() || line.starts_with(";;"));
    for line in comments {
        if let Some((key, value)) = line.strip_prefix(";;!").and_then(|l| l.split_once('=')) {
            config.insert(key.trim().to_owned(), value.trim().into());
        }
        for key in ["requires", "features", "also"] {
            if let Some(list) = names(line, key) {
                header.insert(key.to_owned(), list);
            }
        }
    }
    header.insert("config".to_owned(), config.into());
    header
}

/// The list after `;; KEY:`.
fn names(line: &str, key: &str) -> Option<Value> {
    let (word, list) = line.strip_prefix(";;")?.split_once(':')?;
    (word.trim() == key).then(|| {
        let names = list.split(',').map(str::trim).filter(|n| !n.is_empty());
        names.map(Value::from).collect()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_are_read_up_to_the_first_directive() {
        let text = ";; A title.\n;;! gc = true\n\n;; requires: jspi, gc\n(component)\n;;! a = b";
        let header = Value::Object(read(text));
        assert_eq!(
            header,
            json!({ "config": { "gc": "true" }, "requires": ["jspi", "gc"] })
        );
    }

    #[test]
    fn no_features_are_another_thing_than_nothing_said_of_them() {
        assert_eq!(read(";; features:\n")["features"], json!([]));
        assert_eq!(read(";; features: a, b\n")["features"], json!(["a", "b"]));
        assert_eq!(read(";; has: a").get("features"), None);
    }
}
