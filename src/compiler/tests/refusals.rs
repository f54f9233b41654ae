//! What is valid but not built is refused by name and offset.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::{CompileOptions, ErrorCode, compile};

const LIBC: &str = r#"
    (core module $libc
        (memory (export "mem") 1)
        (table (export "table") 1 funcref)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "f")))
    (core instance $libc (instantiate $libc))"#;

#[test]
fn canonical_definitions_are_refused_where_they_are() {
    // Text, name of the construct, first bytes of the definition.
    let cases: &[(&str, &str, &[u8])] = &[
        (
            "(core func (canon waitable-set.wait (memory (core memory $libc \"mem\"))))",
            "waitable-set.wait",
            &[0x20],
        ),
        ("(core func (canon thread.yield))", "thread.yield", &[0x0c]),
        (
            "(type $s (stream)) (core func (canon stream.read $s))",
            "stream.read without async",
            &[0x0f],
        ),
        (
            "(type $s (stream)) (core func (canon stream.write $s))",
            "stream.write without async",
            &[0x10],
        ),
        (
            "(type $s (future)) (core func (canon future.read $s))",
            "future.read without async",
            &[0x16],
        ),
        (
            "(type $s (future)) (core func (canon future.write $s))",
            "future.write without async",
            &[0x17],
        ),
        (
            "(type $s (stream)) (core func (canon stream.forward $s))",
            "stream.forward",
            &[0x2e],
        ),
        (
            "(type $s (future)) (core func (canon future.forward $s))",
            "future.forward",
            &[0x2f],
        ),
        (
            "(func async (canon lift (core func $libc \"f\") async))",
            "canon lift with async but no callback",
            &[0x00, 0x00],
        ),
        (
            "(core func (canon error-context.drop))",
            "error-context.drop",
            &[0x1e],
        ),
        (
            "(core func (canon error-context.new (memory (core memory $libc \"mem\"))))",
            "error-context.new",
            &[0x1c],
        ),
        ("(core func (canon thread.index))", "thread.index", &[0x26]),
        (
            "(core func (canon thread.suspend))",
            "thread.suspend",
            &[0x29],
        ),
        (
            "(core func (canon thread.resume-later))",
            "thread.resume-later",
            &[0x28],
        ),
        (
            "(import \"f\" (func $f (param \"x\" u8))) (core func (canon lower (func $f) gc))",
            "canonical option gc",
            &[0x01, 0x00],
        ),
        (
            "(import \"f\" (func $f async)) (core func (canon lower (func $f)))",
            "canon lower of an async function without async",
            &[0x01, 0x00],
        ),
        ("(core func (canon context.get i32 1))", "threads", &[0x0a]),
        (
            "(core func (canon context.get i64 0))",
            "memory64 in the Canonical ABI",
            &[0x0a],
        ),
        (
            "(core func (canon subtask.cancel async))",
            "async form of a built-in",
            &[0x06, 0x01],
        ),
    ];
    for (text, name, bytes) in cases {
        let (construct, at) = refused(&format!("(component {LIBC} {text})"));
        assert_eq!(construct, *name, "{text}");
        assert!(at.starts_with(bytes), "{text}: {:02x?}", &at[..4]);
    }
}

#[test]
fn types_imports_and_exports_are_refused_where_they_are() {
    let cases: &[(&str, &str)] = &[
        ("(type (list u8 4))", "fixed-length list"),
        ("(type error-context)", "error-context"),
        ("(type (instance (type (list u8 4))))", "fixed-length list"),
        ("(import \"m\" (core module))", "core module import"),
        ("(import \"c\" (component))", "component import"),
        (
            "(import \"i\" (instance (export \"m\" (core module))))",
            "core module import",
        ),
        (
            "(import \"i\" (instance (export \"c\" (component))))",
            "component import",
        ),
        ("(import \"v\" (value u8))", "value imports and exports"),
        (
            "(core module $m) (export \"m\" (core module $m))",
            "core module export",
        ),
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
            "(core module $m (memory (export \"m\") i64 1)) (core instance $m (instantiate $m)) \
             (core func (canon waitable-set.poll (memory (core memory $m \"m\"))))",
            "memory64 in the Canonical ABI",
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
