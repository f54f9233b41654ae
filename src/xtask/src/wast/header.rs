//! What the comments at the head of a script say about it.
//!
//! Two forms, each a line of its own before the first directive:
//!
//! - `;;! key = value`: the configuration of wasmtime's scripts, kept as `config`;
//! - `;; requires: jspi, multi-memory`: ours, what an engine must have for the script, kept as `requires`.

use serde_json::{Map, Value};

/// `config`, an object of strings, and `requires`, a list of strings.
pub(super) fn read(text: &str) -> Map<String, Value> {
    let mut config = Map::new();
    let mut requires = Vec::new();
    let comments = text
        .lines()
        .map(str::trim)
        .take_while(|line| line.is_empty() || line.starts_with(";;"));
    for line in comments {
        if let Some((key, value)) = line.strip_prefix(";;!").and_then(|l| l.split_once('=')) {
            config.insert(key.trim().to_owned(), value.trim().into());
        } else if let Some(list) = line
            .strip_prefix(";;")
            .and_then(|l| l.trim().strip_prefix("requires:"))
        {
            requires.extend(list.split(',').map(|name| Value::from(name.trim())));
        }
    }
    Map::from_iter([
        ("config".to_owned(), config.into()),
        ("requires".to_owned(), requires.into()),
    ])
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
}
