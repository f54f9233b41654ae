//! Each bound on what a component may cost: it is kept, named, and out of the way of what it allows.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::fmt::Write;

use support::*;
use tidegate_compiler::check::check;
use tidegate_compiler::plan::{Artifact, CoreModule};
use tidegate_compiler::{CompileError, CompileOptions, ErrorCode, Limit, Limits, compile};
use wasmparser::{Parser, Payload};

fn within(bytes: &[u8], limit: Limit, bound: usize) -> Result<Artifact, CompileError> {
    let mut limits = Limits::default();
    limits.set(limit, bound);
    let options = CompileOptions {
        limits,
        ..CompileOptions::default()
    };
    let artifact = compile(bytes, &options)?;
    check(&artifact, bytes).unwrap_or_else(|error| panic!("{error}"));
    Ok(artifact)
}

/// What has `most` of something compiles with that bound, and not with one less; the error says what there is too much of
/// and how to allow it.
fn bounded(text: &str, limit: Limit, most: usize, what: &str) {
    bounded_bytes(&assemble(text), limit, most, what);
}

fn bounded_bytes(bytes: &[u8], limit: Limit, most: usize, what: &str) {
    within(bytes, limit, most).unwrap_or_else(|error| panic!("{most} are allowed: {error}"));
    let error = within(bytes, limit, most - 1).expect_err("it is one too many");
    assert_eq!(error.code, ErrorCode::Limit, "{error}");
    assert_eq!(error.construct.as_deref(), Some(what), "{error}");
    assert!(
        error.message.contains(&format!("limits.{}", limit.name())),
        "{error}"
    );
    let offset = error.offset.expect("it is somewhere");
    assert!(offset <= bytes.len() as u64, "{error}");
}

#[test]
fn bytes_of_a_component() {
    let bytes = assemble("(component)");
    bounded_bytes(&bytes, Limit::Bytes, bytes.len(), "bytes");
}

#[test]
fn core_modules_and_components() {
    bounded(
        "(component (core module) (component (core module)) (component))",
        Limit::Modules,
        4,
        "core modules and components",
    );
}

#[test]
fn definitions() {
    let text = "(component (type u8) (type u8) (type u8))";
    bounded(text, Limit::Definitions, 3, "definitions");
    // A type of many parts is as much as its bytes are.
    let fields: String = (0..100).fold(String::new(), |mut text, i| {
        write!(text, "(field \"field-{i}\" u8)").expect("writing to a string");
        text
    });
    let bytes = assemble(&format!("(component (type (record {fields})))"));
    let error = within(&bytes, Limit::Definitions, 50).expect_err("it has a hundred fields");
    assert_eq!(error.construct.as_deref(), Some("definitions"));
    // One component that is instantiated ten times is ten components.
    let mut text = String::from("(component (component $c (type u8) (type u8))");
    text.push_str(&"(instance (instantiate $c))".repeat(10));
    text.push(')');
    let error = within(&assemble(&text), Limit::Definitions, 25).expect_err("there are 31");
    assert_eq!(
        error.construct.as_deref(),
        Some("definitions, nested ones counted")
    );
}

#[test]
fn definitions_in_core_modules() {
    bounded(
        "(component (core module (func) (func) (global i32 (i32.const 0)) (memory 0) (table 0 funcref)
            (export \"f\" (func 0))))",
        Limit::CoreDefinitions,
        // One of them is the function type.
        7,
        "definitions in core modules",
    );
}

/// A component that imports two functions, and a core module that imports both and a built-in, lowered and lifted again.
const LINKED: &str = r#"(component
    (import "f" (func $f))
    (import "i" (instance $i (export "g" (func))))
    (alias export $i "g" (func $g))
    (core func $f (canon lower (func $f)))
    (core func $g (canon lower (func $g)))
    (core func $inc (canon backpressure.inc))
    (core module $m
        (import "" "f" (func)) (import "" "g" (func)) (import "" "inc" (func))
        (func (export "run") (result i32) unreachable)
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable)
        (func (export "again") (param i32 i32 i32) (result i32) unreachable))
    (core instance $m (instantiate $m (with "" (instance
        (export "f" (func $f)) (export "g" (func $g)) (export "inc" (func $inc))))))
    (func (export "run") async
        (canon lift (core func $m "run") async (callback (core func $m "callback"))))
    (func (export "run-again") async
        (canon lift (core func $m "run") async (callback (core func $m "again")))))"#;

#[test]
fn functions() {
    bounded(LINKED, Limit::Functions, 5, "functions");
}

#[test]
fn imports_and_exports() {
    bounded(LINKED, Limit::Imports, 3, "imports");
    bounded(LINKED, Limit::Exports, 2, "exports");
}

#[test]
fn slots_of_the_table() {
    bounded(LINKED, Limit::TableSlots, 2, "slots of the table");
}

#[test]
fn bytes_of_shim_modules() {
    let bytes = assemble(LINKED);
    let artifact = compile(&bytes, &CompileOptions::default()).expect("it compiles");
    let shims = artifact.shims.iter().chain(&artifact.guards);
    let total: usize = shims.map(|shim| shim.code.len()).sum();
    bounded_bytes(&bytes, Limit::ShimBytes, total, "bytes of shim modules");
}

#[test]
fn bytes_of_a_name() {
    for text in [
        "(component (import \"abcdefgh\" (func)))",
        "(component (type $t u8) (export \"abcdefgh\" (type $t)))",
        "(component (type (flags \"abcdefgh\")))",
        "(component (core module $m (import \"\" \"abcdefgh\" (func)))
            (core func $f (canon backpressure.inc))
            (core instance (instantiate $m (with \"\" (instance (export \"abcdefgh\" (func $f)))))))",
        "(component (core module $m (func (export \"abcdefgh\")))
            (core instance $i (instantiate $m))
            (alias core export $i \"abcdefgh\" (core func)))",
    ] {
        bounded(text, Limit::NameBytes, 8, "bytes in a name");
    }
}

/// The sizes of what a core module defines, as the engine sees them: its memories, then its tables.
fn sizes(bytes: &[u8], artifact: &Artifact) -> Vec<(u64, Option<u64>)> {
    let [CoreModule::Defined { range, patches }] = &artifact.modules[..] else {
        panic!("there is one module: {:?}", artifact.modules);
    };
    let (mut at, mut module) = (range.start, Vec::new());
    for patch in patches {
        module.extend_from_slice(&bytes[at..patch.range.start]);
        module.extend_from_slice(&patch.bytes);
        at = patch.range.end;
    }
    module.extend_from_slice(&bytes[at..range.end]);
    wasmparser::validate(&module).expect("the patched module is valid");
    let (mut memories, mut tables) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(&module) {
        match payload.expect("it is valid") {
            Payload::MemorySection(section) => {
                memories.extend(section.into_iter().map(|ty| {
                    let ty = ty.expect("it is valid");
                    (ty.initial, ty.maximum)
                }));
            }
            Payload::TableSection(section) => {
                tables.extend(section.into_iter().map(|table| {
                    let ty = table.expect("it is valid").ty;
                    (ty.initial, ty.maximum)
                }));
            }
            _ => {}
        }
    }
    memories.append(&mut tables);
    memories
}

#[test]
fn memories_and_tables_grow_no_further() {
    let bytes = assemble(
        r#"(component
            (core module $m
                (memory 1) (memory 2 3) (memory 2 1000)
                (table 5 funcref)
                (table 4 2000 (ref null func) (ref.null func))
                (table 1 2 externref)
                (func (export "f")) (data "x")
                (elem (i32.const 0) func 0))
            (core instance (instantiate $m)))"#,
    );
    let plain = compile(&bytes, &CompileOptions::default()).expect("it compiles");
    assert_eq!(
        sizes(&bytes, &plain),
        [
            (1, None),
            (2, Some(3)),
            (2, Some(1000)),
            (5, None),
            (4, Some(2000)),
            (1, Some(2))
        ]
    );
    let limits = Limits {
        memory_pages: 10,
        table_elements: 20,
        ..Limits::default()
    };
    let options = CompileOptions {
        limits,
        ..CompileOptions::default()
    };
    let capped = compile(&bytes, &options).expect("it compiles");
    check(&capped, &bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        sizes(&bytes, &capped),
        [
            (1, Some(10)),
            (2, Some(3)),
            (2, Some(10)),
            (5, Some(20)),
            (4, Some(20)),
            (1, Some(2))
        ]
    );
}

#[test]
fn pages_of_a_memory() {
    let text = "(component (core module (memory 3)))";
    bounded(text, Limit::MemoryPages, 3, "pages of a memory");
}

#[test]
fn elements_of_a_table() {
    let text = "(component (core module (table 3 funcref)))";
    bounded(text, Limit::TableElements, 3, "elements of a table");
}

#[test]
fn a_section_that_lies_about_its_length_is_not_a_limit() {
    // A type section that claims to have 2^28 items in one byte.
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.extend([7, 6, 0xff, 0xff, 0xff, 0x7f, 0x7d, 0x7d]);
    let error = compile(&bytes, &CompileOptions::default()).expect_err("it is damaged");
    assert_ne!(error.code, ErrorCode::Limit, "{error}");
}
