//! The compiler through its JS interface, in a browser: how artifacts and errors arrive.
#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Object, Reflect, Uint8Array};
use tidegate_compiler::api::compile;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use wasm_bindgen::{JsCast, JsValue};

wasm_bindgen_test_configure!(run_in_browser);

const TEXT: &str = r#"(component
    (import "host:log/log@0.3.0" (instance $log
        (type $level' (enum "info" "error"))
        (export "level" (type $level (eq $level')))
        (export "write" (func (param "level" $level) (param "text" (option string))))))
    (alias export $log "write" (func $write))
    (core module $libc (memory (export "mem") 1))
    (core instance $libc (instantiate $libc))
    (core func $write (canon lower (func $write) (memory (core memory $libc "mem"))))
    (core module $main
        (import "log" "write" (func (param i32 i32 i32 i32)))
        (func (export "run") (result i32) (i32.const 7)))
    (core instance $main (instantiate $main (with "log" (instance (export "write" (func $write))))))
    (func (export "run") (result u32) (canon lift (core func $main "run"))))"#;

/// What `path`, of names and numbers between dots, leads to.
fn at(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, key| {
        let found = if Array::is_array(&value) {
            value
                .unchecked_ref::<Array>()
                .get(key.parse().expect("an array has numbers"))
        } else {
            Reflect::get(&value, &key.into()).expect("an object")
        };
        assert!(!found.is_undefined(), "{path}: no {key}");
        found
    })
}

#[wasm_bindgen_test]
fn an_artifact_is_made_of_plain_objects() {
    let bytes = wat::parse_str(TEXT).expect("the text is right");
    let artifact = compile(&bytes, Vec::new(), Vec::new(), &[], false).expect("it compiles");
    assert_eq!(at(&artifact, "version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(at(&artifact, "shimAbi"), tidegate_abi::SHIM_ABI);

    // Flattened, internally tagged enums are fields of the object around them.
    assert_eq!(at(&artifact, "imports.0.name"), "host:log/log@0.3.0");
    assert_eq!(at(&artifact, "imports.0.kind"), "instance");
    assert!(at(&artifact, "imports.0.implements").is_null());
    assert_eq!(at(&artifact, "imports.0.items.0.kind"), "type");
    assert_eq!(at(&artifact, "imports.0.items.1.kind"), "func");
    assert!(at(&artifact, "imports.0.items.1.lifted").is_null());
    assert_eq!(at(&artifact, "exports.0.lifted"), 0);
    assert_eq!(at(&artifact, "lifted.0.core.from"), "core");
    assert_eq!(at(&artifact, "lifted.0.core.name"), "run");
    assert_eq!(at(&artifact, "lowered.0.async"), false);
    assert_eq!(at(&artifact, "lowered.0.path.1"), "write");
    assert_eq!(at(&artifact, "lowered.0.options.encoding"), "utf8");
    assert!(at(&artifact, "lowered.0.options.realloc").is_null());
    assert_eq!(at(&artifact, "steps.1.op"), "shim");

    let kinds: Vec<JsValue> = at(&artifact, "types")
        .unchecked_ref::<Array>()
        .iter()
        .collect();
    let level = kinds
        .iter()
        .find(|ty| at(ty, "kind") == "enum")
        .expect("an enum");
    assert_eq!(at(level, "discriminantSize"), 1);
    assert_eq!(at(level, "labels.1"), "error");
    assert_eq!(at(level, "flat.0"), "i32");

    // Bytes are bytes, numbers are numbers.
    let code = at(&artifact, "shims.0.code");
    assert!(code.is_instance_of::<Uint8Array>());
    assert_eq!(code.unchecked_ref::<Uint8Array>().get_index(1), b'a');
    assert!(
        at(&artifact, "modules.0.start")
            .as_f64()
            .is_some_and(|start| start > 8.0)
    );
    assert_eq!(
        Object::get_prototype_of(&artifact),
        Object::get_prototype_of(&Object::new())
    );
}

#[wasm_bindgen_test]
fn an_error_is_an_object_with_code_and_offset() {
    let text = "(component (core func (canon thread.index)))";
    let bytes = wat::parse_str(text).expect("the text is right");
    let error = compile(&bytes, Vec::new(), Vec::new(), &[], false).expect_err("it is gated");
    assert_eq!(at(&error, "code"), "gated");
    assert_eq!(at(&error, "construct"), "thread.index");
    assert_eq!(at(&error, "feature"), "threading");
    assert!(
        at(&error, "offset")
            .as_f64()
            .is_some_and(|offset| offset > 8.0)
    );
    assert!(
        at(&error, "message")
            .as_string()
            .is_some_and(|m| m.contains("thread.index"))
    );

    let error =
        compile(b"\0asm\x01\0\0\0", Vec::new(), Vec::new(), &[], false).expect_err("a core module");
    assert_eq!(at(&error, "code"), "core-module");
    assert!(Reflect::get(&error, &"offset".into()).is_ok_and(|offset| offset.is_undefined()));
}
