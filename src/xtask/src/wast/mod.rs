//! Turns a folder of `.wast` scripts into what a JS runner can read: a JSON file of commands and the binaries
//! they name, by the crate `json-from-wast`.
//!
//! Enters: any folder of component scripts. Leaves: `OUT/<path>.json` for each script, its binaries beside it, and
//! `OUT/index.json`, the list of scripts. To the commands of `json-from-wast` this adds:
//!
//! - a quoted text of `assert_malformed` is parsed as well: with a `binary_filename` the text parser has accepted it,
//!   without one the text is refused already;
//! - a directive that the parser refuses is a command `unparsed` with its first word as `form` and the parser's message
//!   as `text`, and the others of its script stay;
//! - the script's header, see [`header`].
//!
//! What to think of any of it is the runner's business.

mod header;
mod split;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use json_from_wast::{Command, Opts, WasmFile, WasmFileType};
use serde_json::{Value, json};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, Wat};

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
        convert_one(script, out, &name).map_err(|e| format!("{}: {e}", script.display()))?;
        index.push(name);
    }
    fs::create_dir_all(out)?;
    fs::write(out.join("index.json"), serde_json::to_vec(&index)?)?;
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
    let json = out.join(format!("{name}.json"));
    let folder = json.parent().expect("a file under OUT has a folder");
    fs::create_dir_all(folder)?;
    let stem = name.rsplit('/').next().unwrap_or(name);
    // One directive that is refused would take the whole script with it.
    let commands = match commands(&text, stem, folder) {
        Ok(commands) => commands,
        Err(_) => commands_one_by_one(&text, stem, folder)?,
    };
    let mut converted = header::read(&text);
    converted.insert("commands".to_owned(), Value::Array(commands));
    fs::write(json, serde_json::to_vec(&converted)?)?;
    Ok(())
}

/// The commands of a text of directives; their binaries are written to `folder`, their names begin with `stem`.
fn commands(text: &str, stem: &str, folder: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let located = |mut error: wast::Error| {
        error.set_text(text);
        error.to_string()
    };
    let buffer = ParseBuffer::new_with_lexer(lexer(text)).map_err(located)?;
    let ast = parser::parse::<Wast<'_>>(&buffer).map_err(located)?;
    let mut opts = Opts::default();
    opts.module_filename(stem);
    let mut converted = opts.convert(stem, text, ast)?;
    for (file, bytes) in &converted.wasms {
        fs::write(folder.join(file), bytes)?;
    }
    let mut commands = Vec::new();
    for command in &mut converted.commands {
        if let Command::AssertMalformed { file, .. } = command {
            parse_quoted(file, folder)?;
        }
        commands.push(serde_json::to_value(command)?);
    }
    Ok(commands)
}

/// As [`commands`], each directive by itself.
fn commands_one_by_one(
    text: &str,
    stem: &str,
    folder: &Path,
) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut all = Vec::new();
    for (i, form) in split::forms(text)?.into_iter().enumerate() {
        // In its old place, so that its lines keep their numbers.
        let before = text[..form.start].matches('\n').count();
        let alone = format!("{}{}", "\n".repeat(before), &text[form.clone()]);
        match commands(&alone, &format!("{stem}.{i}"), folder) {
            Ok(commands) => all.extend(commands),
            Err(error) => all.push(json!({
                "type": "unparsed",
                "line": before + 1,
                "form": split::first_word(&text[form]),
                "text": error.to_string(),
            })),
        }
    }
    Ok(all)
}

/// Gives a quoted text its binary, when the text parser accepts it.
fn parse_quoted(file: &mut WasmFile<'_>, folder: &Path) -> Result<(), Box<dyn Error>> {
    if file.module_type != WasmFileType::Text {
        return Ok(());
    }
    let Ok(text) = fs::read_to_string(folder.join(&*file.filename)) else {
        return Ok(()); // Not UTF-8, so no text at all.
    };
    let encoded = ParseBuffer::new_with_lexer(lexer(&text))
        .and_then(|buffer| QuoteWat::Wat(parser::parse::<Wat<'_>>(&buffer)?).encode());
    if let Ok(bytes) = encoded {
        let binary = format!("{}asm", file.filename.trim_end_matches("at"));
        fs::write(folder.join(&binary), bytes)?;
        file.binary_filename = Some(binary.into());
    }
    Ok(())
}

fn lexer(text: &str) -> Lexer<'_> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    lexer
}
