//! What is valid but not built is refused by name and offset.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::{CompileOptions, ErrorCode, Feature, compile};

const LIBC: &str = r#"
    (core module $libc
        (memory (export "mem") 1)
        (table (export "table") 1 funcref)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "f")))
    (core instance $libc (instantiate $libc))"#;

#[test]
fn gated_canonical_definitions_name_their_feature() {
    // Text, name of the construct, its feature, first bytes of the definition.
    let cases: &[(&str, &str, &str, &[u8])] = &[
        (
            "(type $s (stream)) (core func (canon stream.read $s))",
            "stream.read without async",
            "async-builtins",
            &[0x0f],
        ),
        (
            "(type $s (stream)) (core func (canon stream.write $s))",
            "stream.write without async",
            "async-builtins",
            &[0x10],
        ),
        (
            "(type $s (future)) (core func (canon future.read $s))",
            "future.read without async",
            "async-builtins",
            &[0x16],
        ),
        (
            "(type $s (future)) (core func (canon future.write $s))",
            "future.write without async",
            "async-builtins",
            &[0x17],
        ),
        (
            "(core func (canon subtask.cancel async))",
            "subtask.cancel with async",
            "async-builtins",
            &[0x06, 0x01],
        ),
        (
            "(type $s (stream)) (core func (canon stream.cancel-read $s async))",
            "stream.cancel-read with async",
            "async-builtins",
            &[0x11],
        ),
        (
            "(type $s (stream)) (core func (canon stream.forward $s))",
            "stream.forward",
            "forward",
            &[0x2e],
        ),
        (
            "(type $s (future)) (core func (canon future.forward $s))",
            "future.forward",
            "forward",
            &[0x2f],
        ),
        (
            "(func async (canon lift (core func $libc \"f\") async))",
            "canon lift with async but no callback",
            "async-stackful",
            &[0x00, 0x00],
        ),
        (
            "(core func (canon error-context.drop))",
            "error-context.drop",
            "error-context",
            &[0x1e],
        ),
        (
            "(core func (canon error-context.new (memory (core memory $libc \"mem\"))))",
            "error-context.new",
            "error-context",
            &[0x1c],
        ),
        (
            "(core func (canon thread.index))",
            "thread.index",
            "threading",
            &[0x26],
        ),
        (
            "(core func (canon thread.suspend))",
            "thread.suspend",
            "threading",
            &[0x29],
        ),
        (
            "(core func (canon thread.resume-later))",
            "thread.resume-later",
            "threading",
            &[0x28],
        ),
        (
            "(core func (canon context.get i32 1))",
            "context.get of slot 1",
            "threading",
            &[0x0a],
        ),
        (
            "(core func (canon context.set i64 0))",
            "context.set of i64",
            "memory64",
            &[0x0b],
        ),
    ];
    for (text, name, feature, bytes) in cases {
        let (construct, needs, at) = gated(&format!("(component {LIBC} {text})"));
        assert_eq!((&*construct, needs), (*name, *feature), "{text}");
        assert!(at.starts_with(bytes), "{text}: {:02x?}", &at[..4]);
    }
}

#[test]
fn gated_types_and_names_name_their_feature() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "(type (list u8 4))",
            "fixed-length list",
            "fixed-length-lists",
        ),
        ("(type error-context)", "error-context", "error-context"),
        (
            "(import \"f\" (func (param \"e\" error-context)))",
            "error-context",
            "error-context",
        ),
        (
            "(type (instance (type (list u8 4))))",
            "fixed-length list",
            "fixed-length-lists",
        ),
        (
            "(core module $m (memory (export \"m\") i64 1)) (core instance $m (instantiate $m)) \
             (core func (canon waitable-set.poll (memory (core memory $m \"m\"))))",
            "memory64 in the Canonical ABI",
            "memory64",
        ),
        (
            "(import \"a:b/c@1\" (version-suffix \".2.0\") (instance))",
            "version-suffix",
            "canonical-names",
        ),
    ];
    for (text, name, feature) in cases {
        let (construct, needs, _) = gated(&format!("(component {text})"));
        assert_eq!((&*construct, needs), (*name, *feature), "{text}");
    }
}

#[test]
fn an_enabled_feature_lets_its_constructs_in_and_no_other() {
    let threads = assemble("(component (core func (canon context.get i32 1)))");
    compile(&threads, &with(&[Feature::Threading])).expect("it is enabled");
    let error = compile(&threads, &with(&[Feature::Memory64])).expect_err("another is enabled");
    assert_eq!(error.feature, Some("threading"));
}

#[test]
fn names_may_be_nested_when_enabled() {
    let bytes = assemble("(component (import \"a:b/c\" (instance)))");
    let nested: Vec<u8> = patch(&bytes, b"a:b/c", b"a:b:c");
    // Whatever is enabled, a package is no interface.
    let error = compile(&nested, &with(Feature::ALL)).expect_err("no such name");
    assert_eq!(error.code, ErrorCode::Invalid);
    let bytes = assemble("(component (import \"aa:b/c/d\" (instance)))");
    let nested: Vec<u8> = patch(&bytes, b"aa:b/c/d", b"a:b:c/de");
    let artifact = compile(&nested, &with(&[Feature::NestedNames])).expect("it is enabled");
    assert_eq!(artifact.imports[0].name, "a:b:c/de");
    assert_eq!(artifact.features, ["nested-names"]);
    let error = compile(&nested, &CompileOptions::default()).expect_err("it is not enabled");
    assert_eq!(
        (error.code, error.feature, error.construct.as_deref()),
        (ErrorCode::Gated, Some("nested-names"), Some("nested name")),
        "{error}"
    );
}

/// Names that the text format does not accept.
fn patch(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("the name is there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn canonical_definitions_are_refused_where_they_are() {
    // Text, name of the construct, first bytes of the definition.
    let cases: &[(&str, &str, &[u8])] = &[(
        "(core func (canon thread.available_parallelism))",
        "thread.available-parallelism",
        &[0x42],
    )];
    for (text, name, bytes) in cases {
        let (construct, at) = refused(&format!("(component {LIBC} {text})"));
        assert_eq!(construct, *name, "{text}");
        assert!(at.starts_with(bytes), "{text}: {:02x?}", &at[..4]);
    }
}

#[test]
fn types_imports_and_exports_are_refused_where_they_are() {
    let cases: &[(&str, &str)] = &[
        ("(import \"c\" (component))", "component import"),
        (
            "(import \"i\" (instance (export \"c\" (component))))",
            "component import",
        ),
        ("(import \"v\" (value u8))", "value imports and exports"),
        (
            "(component $c) (export \"c\" (component $c))",
            "component export",
        ),
        (
            "(import \"f\" (func $f)) (export \"g\" (func $f))",
            "export of an imported function",
        ),
        (
            "(import \"i\" (instance $i (export \"f\" (func)))) (export \"j\" (instance $i))",
            "export of an imported function",
        ),
        ("(import \"f\" (func $f)) (start $f)", "start"),
        (
            "(type (resource (rep i64)))",
            "resource with the representation i64",
        ),
    ];
    for (text, name) in cases {
        let (construct, _) = refused(&format!("(component {text})"));
        assert_eq!(construct, *name, "{text}");
    }
}

#[test]
fn a_core_module_says_what_to_do() {
    let error = try_compile("(module)").expect_err("a module is no component");
    assert_eq!(error.code, ErrorCode::CoreModule);
    assert!(
        error.message.contains("wasm-tools component new"),
        "{error}"
    );
}

#[test]
fn other_bytes_say_what_they_are() {
    let cases: &[(&[u8], ErrorCode, &str)] = &[
        (b"", ErrorCode::Truncated, "no bytes"),
        (b"\0as", ErrorCode::Truncated, "end before"),
        (b"\0asm\x0d\0", ErrorCode::Truncated, "end before"),
        (
            b"\0asm\x0a\0\x01\0",
            ErrorCode::Invalid,
            "unknown version (0a 00 01 00)",
        ),
        (b"<!DOCTYPE html><html>", ErrorCode::NotWasm, "HTML page"),
        (b"\n (component)", ErrorCode::NotWasm, "text format"),
        (b"\x1f\x8b\x08", ErrorCode::NotWasm, "gzip"),
        (b"hello", ErrorCode::NotWasm, "68 65 6c 6c"),
    ];
    for (bytes, code, text) in cases {
        let error = compile(bytes, &CompileOptions::default()).expect_err("it is no component");
        assert_eq!(error.code, *code, "{error}");
        assert!(error.message.contains(text), "{error}");
    }
}

#[test]
fn invalid_components_have_the_validators_reason_and_offset() {
    let bytes = assemble("(component (import \"f\" (func)) (import \"f\" (func)))");
    let error = compile(&bytes, &CompileOptions::default()).expect_err("a name twice");
    assert_eq!(error.code, ErrorCode::Invalid);
    assert!(
        error.offset.is_some() && error.message.contains("conflicts"),
        "{error}"
    );
    assert_eq!(error.construct, None);
}

#[test]
fn a_sync_function_lifted_async_is_invalid() {
    let error = try_compile(&format!(
        "(component {LIBC} (core module $c (func (export \"f\") (result i32) unreachable) \
         (func (export \"c\") (param i32 i32 i32) (result i32) unreachable)) (core instance $c (instantiate $c)) \
         (func (canon lift (core func $c \"f\") async (callback (core func $c \"c\")))))"
    ))
    .expect_err("the specification excludes it");
    assert_eq!(error.code, ErrorCode::Invalid, "{error}");
}

#[test]
fn bodies_of_core_functions_are_left_to_the_engine() {
    let mut bytes = assemble(
        "(component (core module $m (func (result i32) (i32.const 7))) (core instance (instantiate $m)))",
    );
    let body = bytes
        .windows(3)
        .position(|w| w == [0x41, 7, 0x0b])
        .expect("the body is there");
    bytes[body] = 0xff;
    compile(&bytes, &CompileOptions::default()).expect("the body is not looked at");
}
