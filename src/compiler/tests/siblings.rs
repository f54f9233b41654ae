//! Calls between components of one binary that go through JS.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::plan::{Source, Step};

const CALLER_AND_CALLEE: &str = r#"(component
    (component $callee
        (core module $m
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
            (func (export "post") (param i32))
            (func (export "f") (param i32 i32) (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export "f") async (param "s" string) (result string)
            (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
                (post-return (core func $i "post")))))
    (component $caller
        (import "f" (func $f async (param "s" string) (result string)))
        (core module $libc
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
        (core instance $libc (instantiate $libc))
        (core func $f' (canon lower (func $f) async (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (core module $m
            (import "" "f" (func (param i32 i32 i32) (result i32)))
            (func (export "run")))
        (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
        (func (export "run") (canon lift (core func $i "run"))))
    (instance $a (instantiate $callee))
    (instance $b (instantiate $caller (with "f" (func $a "f"))))
    (export "run" (func $b "run")))"#;

#[test]
fn a_lowered_sibling_names_its_callee() {
    let artifact = compiled(CALLER_AND_CALLEE);
    let [lowered] = &artifact.lowered[..] else {
        panic!("one import is lowered");
    };
    assert!(lowered.path.is_empty());
    let callee = &artifact.lifted[lowered.callee.expect("it is a sibling") as usize];
    assert_ne!(callee.options.instance, lowered.options.instance);
    assert!(callee.post_return.is_some());
    // The world has the caller's export only.
    assert_eq!(artifact.exports.len(), 1);
    assert!(artifact.imports.is_empty());
}

#[test]
fn what_a_sibling_needs_exists_before_it_can_be_called() {
    let artifact = compiled(CALLER_AND_CALLEE);
    let lowered = &artifact.lowered[0];
    let callee = &artifact.lifted[lowered.callee.expect("it is a sibling") as usize];
    let shim_of = |source: &Option<Source>| match source {
        Some(Source::Shim { shim, .. }) => *shim,
        other => panic!("a guard is in a shim, not {other:?}"),
    };
    let place = |shim: u32| {
        let found = artifact
            .steps
            .iter()
            .position(|step| matches!(step, Step::Shim { shim: s } if *s == shim));
        found.expect("each shim is instantiated")
    };
    let caller = artifact
        .steps
        .iter()
        .rposition(|step| matches!(step, Step::Core { .. }))
        .expect("the caller is instantiated");
    for guard in [&callee.post_return, &callee.options.realloc] {
        assert!(place(shim_of(guard)) < caller);
    }
}
