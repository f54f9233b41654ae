//! Turns a folder of `.wast` scripts into what a JS runner can read: a JSON file of commands and the binaries
//! they name, by the crate `json-from-wast`.
//!
//! Enters: any folder of component scripts. Leaves: `OUT/<path>.json` for each script, its binaries beside it, and
//! `OUT/index.json`, the list of scripts. A script that the text parser rejects becomes an `error` in the
//! index: what to think of it is the runner's business.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wast::Wast;
use wast::parser::{self, ParseBuffer};

/// Converts every `.wast` file under `dir`.
pub(crate) fn convert(dir: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut scripts = Vec::new();
    find(dir, &mut scripts)?;
    scripts.sort();
    if scripts.is_empty() {
        return Err(format!("no .wast file under {}", dir.display()).into());
    }
    let mut index = Vec::new();
    for script in &scripts {
        let name = script.strip_prefix(dir)?.with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        index.push(match convert_one(script, out, &name) {
            Ok(()) => json!({ "name": name }),
            Err(error) => json!({ "name": name, "error": error.to_string() }),
        });
    }
    fs::create_dir_all(out)?;
    fs::write(
        out.join("index.json"),
        serde_json::to_vec(&Value::Array(index))?,
    )?;
    println!("converted {} scripts into {}", scripts.len(), out.display());
    Ok(())
}

fn find(dir: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "wast") {
            found.push(path);
        }
    }
    Ok(())
}

fn convert_one(script: &Path, out: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(script)?;
    let mut lexer = wast::lexer::Lexer::new(&text);
    lexer.allow_confusing_unicode(true);
    let locate = |mut e: wast::Error| {
        e.set_text(&text);
        e.to_string()
    };
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(locate)?;
    let ast = parser::parse::<Wast<'_>>(&buffer).map_err(locate)?;
    let json = out.join(format!("{name}.json"));
    let folder = json.parent().expect("a file under OUT has a folder");
    fs::create_dir_all(folder)?;
    let converted = json_from_wast::Wast::from_ast(name, &text, ast)?;
    for (file, bytes) in &converted.wasms {
        fs::write(folder.join(file), bytes)?;
    }
    fs::write(json, serde_json::to_vec(&converted)?)?;
    Ok(())
}
