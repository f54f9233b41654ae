//! Assembles the modules that shims are made of as they are: what copies strings, and what reaches a memory by functions.
//! Their texts say what they do; this fills in numbers and types and chooses between one memory and two.

use std::path::Path;
use std::{env, fs};

use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::MAX_STRING_BYTE_LENGTH;

const DIR: &str = "src/emit/adapter";

/// Widths of addresses, as files are named by them and as the core type is called.
const WIDTHS: [(&str, &str); 2] = [("32", "i32"), ("64", "i64")];

fn main() {
    println!("cargo::rerun-if-changed={DIR}/transcode.wat");
    println!("cargo::rerun-if-changed={DIR}/accessor.wat");
    let accessor = text("accessor");
    let transcode = numbered(&text("transcode"));
    let multi = [
        ("(dst.pages)", "(memory.size $dst)"),
        ("(dst.copy", "(memory.copy $dst $src"),
        ("(dst.load8", "(i32.load8_u $dst"),
        ("(dst.store8", "(i32.store8 $dst"),
        ("(dst.store16", "(i32.store16 $dst"),
    ];
    let multi = multi
        .iter()
        .fold(chosen(&transcode, "@multi"), |text, (from, to)| {
            text.replace(from, to)
        });
    let foreign = chosen(&transcode, "@foreign").replace("(dst.", "(call $dst.");
    for (to, dst) in WIDTHS {
        let accessor = typed(&accessor, "A", dst);
        assemble(&format!("accessor-{to}"), &accessor);
        for (from, src) in WIDTHS {
            let typed = |text, count| {
                let text = typed(text, "N", count);
                typed(&typed(&text, "S", src), "D", dst)
            };
            // The count is as wide as the narrower addresses.
            let multi = typed(&multi, src.min(dst));
            assemble(&format!("transcode-{from}-{to}"), &multi);
            let foreign = typed(&foreign, "i32");
            assemble(&format!("transcode-foreign-{from}-{to}"), &foreign);
        }
    }
}

/// The text with a core type in the place of its letter, and with what makes one type of another.
fn typed(text: &str, letter: &str, ty: &str) -> String {
    let (tag, of_i32, to_i32, to_i64) = match ty {
        "i32" => ("0x80000000", None, None, Some("i64.extend_i32_u")),
        _ => (
            "0x8000000000000000",
            Some("i64.extend_i32_u"),
            Some("i32.wrap_i64"),
            None,
        ),
    };
    let text = made(text, &format!("({letter}.of "), of_i32);
    let text = made(&text, &format!("(i32.of-{letter} "), to_i32);
    let text = made(&text, &format!("(i64.of-{letter} "), to_i64);
    text.replace(&format!("TAG-{letter}"), tag)
        .replace(&format!("({letter}."), &format!("({ty}."))
        .replace(&format!(" {letter})"), &format!(" {ty})"))
        .replace(&format!(" {letter} "), &format!(" {ty} "))
        .replace(&format!(" {letter} "), &format!(" {ty} "))
}

/// The text with an instruction in the place of `opening`; without it, and what closes it, where there is none.
fn made(text: &str, opening: &str, instruction: Option<&str>) -> String {
    if let Some(instruction) = instruction {
        return text.replace(opening, &format!("({instruction} "));
    }
    let mut text = text.to_owned();
    while let Some(at) = text.find(opening) {
        let mut depth = 1;
        let inside = at + opening.len();
        let closing = text[inside..].find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        text.remove(inside + closing.expect("parentheses are in pairs"));
        text.replace_range(at..inside, "");
    }
    text
}

fn text(name: &str) -> String {
    let file = format!("{DIR}/{name}.wat");
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn numbered(text: &str) -> String {
    let max = ("max-string-byte-length", MAX_STRING_BYTE_LENGTH);
    TrapCode::ALL
        .iter()
        .map(|code| (code.name(), *code as u32))
        .chain([max])
        .fold(text.to_owned(), |text, (name, number)| {
            text.replace(&format!("{{{name}}}"), &number.to_string())
        })
}

/// The text with the lines of one form and without those of the other.
fn chosen(text: &str, form: &str) -> String {
    let lines = text
        .lines()
        .filter_map(|line| match line.strip_prefix(form) {
            None if line.starts_with('@') => None,
            None => Some(line),
            Some(line) => Some(line),
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn assemble(name: &str, text: &str) {
    let bytes = wat::parse_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let file = Path::new(&out).join(format!("{name}.wasm"));
    fs::write(&file, fewer_names(&bytes)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

/// The module with names of itself and of functions only, which tell its functions from guests' in an engine's stack.
fn fewer_names(bytes: &[u8]) -> Vec<u8> {
    let (header, sections) = bytes.split_at(8);
    let mut module = header.to_vec();
    for (id, content) in parts(sections) {
        if id == CUSTOM {
            let (name, names) = content.split_at(1 + usize::from(content[0]));
            let kept = parts(names).filter(|(id, _)| [MODULE_NAME, FUNCTION_NAMES].contains(id));
            let kept = kept.flat_map(|(id, content)| part(id, content));
            module.extend(part(CUSTOM, &[name, &kept.collect::<Vec<_>>()].concat()));
        } else {
            module.extend(part(id, content));
        }
    }
    module
}

const CUSTOM: u8 = 0;
const MODULE_NAME: u8 = 0;
const FUNCTION_NAMES: u8 = 1;

/// Sections of a module, or subsections of one: ids and contents.
fn parts(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&id, rest) = bytes.split_first()?;
        let (size, digits) = leb(rest);
        let (content, after) = rest[digits..].split_at(size);
        bytes = after;
        Some((id, content))
    })
}

fn part(id: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    let mut size = content.len();
    while size > 0x7f {
        bytes.push(size as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes.extend(content);
    bytes
}

/// An unsigned number, and how many bytes it takes.
fn leb(bytes: &[u8]) -> (usize, usize) {
    let digits = 1 + bytes.iter().take_while(|&&byte| byte & 0x80 != 0).count();
    let value = bytes[..digits]
        .iter()
        .rev()
        .fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, digits)
}
