//! Calls between components of one binary that may take their time.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::plan::{Artifact, CallSite, Source, Step};

/// A function with a string that is lifted and lowered with these options.
fn pair(lift: &str, lower: &str) -> Artifact {
    let result = match lower {
        "async" => " (result i32)",
        _ => "",
    };
    let text = CALLER_AND_CALLEE.replace("$lift", lift);
    compiled(&text.replace("$lower", lower).replace("$result", result))
}

const CALLER_AND_CALLEE: &str = r#"(component
    (component $callee
        (core module $m
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
            (func (export "post") (param i32))
            (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0))
            (func (export "stackful") (param i32 i32))
            (func (export "f") (param i32 i32) (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export "f") async (param "s" string) (result string)
            (canon lift $lift (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
    (component $caller
        (import "f" (func $f async (param "s" string) (result string)))
        (core module $libc
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
        (core instance $libc (instantiate $libc))
        (core func $f' (canon lower (func $f) $lower (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (core module $m
            (import "" "f" (func (param i32 i32 i32)$result))
            (func (export "run")))
        (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
        (func (export "run") (canon lift (core func $i "run"))))
    (instance $a (instantiate $callee))
    (instance $b (instantiate $caller (with "f" (func $a "f"))))
    (export "run" (func $b "run")))"#;

const SYNC: &str = r#"(core func $i "f") (post-return (core func $i "post"))"#;
const CALLBACK: &str = r#"(core func $i "f") async (callback (core func $i "callback"))"#;
const STACKFUL: &str = r#"(core func $i "stackful") async"#;

fn site(artifact: &Artifact) -> &CallSite {
    let [site] = &artifact.call_sites[..] else {
        panic!("one function is lowered")
    };
    site
}

#[test]
fn nothing_of_it_is_the_hosts() {
    for lift in [SYNC, CALLBACK, STACKFUL] {
        for lower in ["", "async"] {
            let artifact = pair(lift, lower);
            assert!(artifact.lowered.is_empty());
            assert_eq!(artifact.lifted.len(), 1, "the exported one");
            let site = site(&artifact);
            assert_ne!(site.caller, site.callee);
            assert_eq!(site.lowered_async, lower == "async");
            assert_eq!(site.is_async, lift != SYNC);
            assert_eq!(site.callback.is_some(), lift == CALLBACK);
        }
    }
}

#[test]
fn only_what_may_be_needed_has_halves() {
    let halves = |lift, lower| {
        let artifact = pair(lift, lower);
        let site = site(&artifact);
        [site.start.is_some(), site.returns.is_some()]
    };
    // It runs on its caller's stack.
    assert_eq!(halves(SYNC, ""), [false, false]);
    assert_eq!(halves(SYNC, "async"), [true, false]);
    for lift in [CALLBACK, STACKFUL] {
        for lower in ["", "async"] {
            assert_eq!(halves(lift, lower), [true, true]);
        }
    }
}

#[test]
fn halves_are_in_the_table_before_anybody_can_call() {
    let artifact = pair(CALLBACK, "async");
    let site = site(&artifact);
    let caller = artifact
        .steps
        .iter()
        .rposition(|step| matches!(step, Step::Core { .. }))
        .expect("the caller is instantiated");
    for (half, wanted) in [(site.start, "start0"), (site.returns, "return0")] {
        let filled = artifact.steps.iter().position(|step| match step {
            Step::Slot {
                slot,
                source: Source::Shim { name, .. },
            } => Some(*slot) == half && name == wanted,
            _ => false,
        });
        assert!(filled.expect("each slot is filled") < caller);
    }
}
