//! Canonical definitions: async lifts, task.return, streams and futures, signatures, types.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_abi::return_key;
use tidegate_compiler::plan::{Artifact, CoreType, Item, Source, Step, StringEncoding, TypeKind};

/// A component with a libc, whose main module imports one function called "f" of this core type.
fn using(definitions: &str, core_type: &str) -> Artifact {
    compiled(&format!(
        r#"(component
            {LIBC}
            {definitions}
            (core module $main (import "" "f" (func {core_type})))
            (core instance (instantiate $main (with "" (instance (export "f" (func $f)))))))"#
    ))
}

const LIBC: &str = r#"
    (core module $libc
        (memory (export "mem") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "lift") (result i32) (i32.const 0))
        (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $libc (instantiate $libc))"#;

#[test]
fn async_exports_have_a_callback_in_a_slot_and_matching_keys() {
    let artifact = compiled(&format!(
        r#"(component
            {LIBC}
            (core module $main
                (import "" "text" (func (param i32 i32)))
                (import "" "wide" (func (param i32 i32)))
                (import "" "number" (func (param i32)))
                (func (export "run") (result i32) unreachable)
                (func (export "run2") (result i32) unreachable))
            (core func $text (canon task.return (result string) (memory (core memory $libc "mem"))))
            (core func $wide (canon task.return (result string) (memory (core memory $libc "mem")) string-encoding=utf16))
            (core func $number (canon task.return (result u32)))
            (core instance $main (instantiate $main (with "" (instance
                (export "text" (func $text)) (export "wide" (func $wide)) (export "number" (func $number))))))
            (func (export "text") async (result string) (canon lift (core func $main "run")
                async (callback (core func $libc "callback")) (memory (core memory $libc "mem"))))
            (func (export "number") async (result u32) (canon lift (core func $main "run2")
                async (callback (core func $libc "callback"))))
            (func (export "wide") async (result string) (canon lift (core func $main "run")
                async (callback (core func $libc "callback")) (memory (core memory $libc "mem")) string-encoding=utf16)))"#
    ));
    assert_eq!(outline(&artifact), "cscl");
    assert_eq!(artifact.returns.len(), 3);
    let [text, number, wide] = &artifact.lifted[..] else {
        panic!()
    };
    assert!(text.is_async && number.is_async);
    assert_eq!(text.callback, Some(0));
    assert_eq!(number.callback, Some(0), "one callback, one slot");
    // Keys are numbered as they appear: text, wide, number.
    let keys = [(0, 1), (1, 1), (2, 0)].map(|(ty, memory)| return_key::pack(ty, memory));
    assert_eq!(
        [text.return_key, wide.return_key, number.return_key].map(Some),
        keys
    );
    let Some(Step::Slot { source, .. }) = artifact.steps.last() else {
        panic!()
    };
    assert_eq!(
        source,
        &Source::Core {
            instance: 0,
            name: "callback".into()
        }
    );
    assert!(artifact.funcs[text.func as usize].is_async);
}

#[test]
fn an_async_function_can_be_lifted_sync() {
    let artifact = compiled(&format!(
        r#"(component {LIBC}
            (func (export "f") async (result u32) (canon lift (core func $libc "lift"))))"#
    ));
    assert!(!artifact.lifted[0].is_async);
    assert!(artifact.funcs[0].is_async);
}

#[test]
fn return_keys_differ_between_instances() {
    let artifact = compiled(&format!(
        r#"(component
            (component $c
                {LIBC}
                (core module $m (import "" "r" (func)))
                (core func $r (canon task.return))
                (core instance (instantiate $m (with "" (instance (export "r" (func $r))))))
                (func (export "f") async (canon lift (core func $libc "lift")
                    async (callback (core func $libc "callback")))))
            (instance $a (instantiate $c))
            (instance $b (instantiate $c))
            (export "a" (instance $a))
            (export "b" (instance $b)))"#
    ));
    let keys: Vec<u32> = artifact
        .lifted
        .iter()
        .map(|lifted| lifted.return_key)
        .collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(artifact.slots, 2);
}

#[test]
fn async_lowerings_return_through_memory() {
    let artifact = using(
        r#"(import "g" (func $g async (param "a" u32) (param "b" u64) (param "c" f32) (param "d" f64) (result u8)))
           (core func $f (canon lower (func $g) async (memory (core memory $libc "mem"))))"#,
        "(param i32 i64 f32 f64 i32) (result i32)",
    );
    assert!(artifact.lowered[0].is_async);
    let artifact = using(
        r#"(import "g" (func $g async (param "a" string) (param "b" string) (param "c" u8)))
           (core func $f (canon lower (func $g) async (memory (core memory $libc "mem"))))"#,
        "(param i32) (result i32)",
    );
    assert_eq!(artifact.lowered[0].path, ["g"]);
    let tuple = artifact.funcs[0].params_tuple;
    let tuple = &artifact.types[tuple as usize];
    assert_eq!((tuple.size, tuple.align), (20, 4));
}

#[test]
fn encodings_reach_the_plan() {
    for (option, encoding) in [
        ("utf8", StringEncoding::Utf8),
        ("utf16", StringEncoding::Utf16),
        ("latin1+utf16", StringEncoding::CompactUtf16),
    ] {
        let artifact = using(
            &format!(
                r#"(import "g" (func $g (param "a" string)))
                   (core func $f (canon lower (func $g) (memory (core memory $libc "mem")) string-encoding={option}))"#
            ),
            "(param i32 i32)",
        );
        assert_eq!(artifact.lowered[0].options.encoding, encoding);
    }
}

#[test]
fn streams_and_futures_of_every_kind_of_element() {
    let artifact = compiled(&format!(
        r#"(component
            {LIBC}
            (type $bytes (stream u8))
            (type $texts (stream string))
            (type $none (future))
            (type $nested (future $bytes))
            (core module $main
                (import "" "new" (func (result i64)))
                (import "" "read" (func (param i32 i32 i32) (result i32)))
                (import "" "read-texts" (func (param i32 i32 i32) (result i32)))
                (import "" "write-none" (func (param i32 i32) (result i32)))
                (import "" "write-nested" (func (param i32 i32) (result i32)))
                (import "" "cancel" (func (param i32) (result i32)))
                (import "" "drop" (func (param i32))))
            (core func $new (canon stream.new $bytes))
            (core func $read (canon stream.read $bytes async (memory (core memory $libc "mem"))))
            (core func $read-texts (canon stream.read $texts async
                (memory (core memory $libc "mem")) (realloc (core func $libc "realloc"))))
            (core func $write-none (canon future.write $none async))
            (core func $write-nested (canon future.write $nested async (memory (core memory $libc "mem"))))
            (core func $cancel (canon future.cancel-read $none))
            (core func $drop (canon stream.drop-writable $texts))
            (core instance (instantiate $main (with "" (instance
                (export "new" (func $new)) (export "read" (func $read))
                (export "read-texts" (func $read-texts)) (export "write-none" (func $write-none))
                (export "write-nested" (func $write-nested)) (export "cancel" (func $cancel))
                (export "drop" (func $drop)))))))"#
    ));
    assert_eq!(outline(&artifact), "csc");
    let keys: Vec<&str> = artifact.element_types.iter().map(|e| &*e.key).collect();
    assert_eq!(keys, ["u8", "string", "", "stream<u8,>"]);
    let flat: Vec<bool> = artifact
        .element_types
        .iter()
        .map(|e| e.flat_number)
        .collect();
    assert_eq!(flat, [true, false, true, false]);
    let sites: Vec<u32> = artifact.sites.iter().map(|site| site.element).collect();
    assert_eq!(sites, [0, 1, 2, 3]);
    assert!(artifact.sites[1].options.realloc.is_some());
    assert!(artifact.sites[2].options.memory.is_none());
    let names = runtime_imports(&artifact, 0);
    for name in [
        "stream_new",
        "stream_read",
        "future_write",
        "future_cancel_read",
        "stream_drop_writable",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn keys_are_structural_and_name_resources_unmistakably() {
    let artifact = compiled(
        r#"(component
            (import "r" (type $r (sub resource)))
            (type $pair' (record (field "r2-d2" u8) (field "x" (list u8))))
            (import "pair" (type $pair (eq $pair')))
            (type $v' (variant (case "none") (case "one" (own $r)) (case "two" (tuple $pair $pair))))
            (import "v" (type $v (eq $v')))
            (import "f" (func (param "s" (stream $v)))))"#,
    );
    assert_eq!(
        artifact.element_types[0].key,
        "variant<none:_,one:own<r0>,two:tuple<record<r_2-d_2:u8,x:list<u8,>,>,^3,>,>"
    );
}

#[test]
fn every_built_in_is_built() {
    let built_ins = [
        ("backpressure.inc", "", "backpressure_inc"),
        ("backpressure.dec", "", "backpressure_dec"),
        ("task.cancel", "", "task_cancel"),
        ("context.get i32 0", "(result i32)", "context_get"),
        ("context.set i32 0", "(param i32)", "context_set"),
        ("waitable-set.new", "(result i32)", "waitable_set_new"),
        (
            "waitable-set.poll (memory (core memory $libc \"mem\"))",
            "(param i32 i32) (result i32)",
            "waitable_set_poll",
        ),
        ("waitable-set.drop", "(param i32)", "waitable_set_drop"),
        ("waitable.join", "(param i32 i32)", "waitable_join"),
        (
            "subtask.cancel",
            "(param i32) (result i32)",
            "subtask_cancel",
        ),
        ("subtask.drop", "(param i32)", "subtask_drop"),
        (
            "stream.cancel-read $s",
            "(param i32) (result i32)",
            "stream_cancel_read",
        ),
        (
            "stream.cancel-write $s",
            "(param i32) (result i32)",
            "stream_cancel_write",
        ),
        (
            "stream.drop-readable $s",
            "(param i32)",
            "stream_drop_readable",
        ),
        ("future.new $u", "(result i64)", "future_new"),
        (
            "future.read $u async (memory (core memory $libc \"mem\"))",
            "(param i32 i32) (result i32)",
            "future_read",
        ),
        (
            "future.cancel-write $u",
            "(param i32) (result i32)",
            "future_cancel_write",
        ),
        (
            "future.drop-readable $u",
            "(param i32)",
            "future_drop_readable",
        ),
        (
            "future.drop-writable $u",
            "(param i32)",
            "future_drop_writable",
        ),
    ];
    for (text, core_type, runtime) in built_ins {
        let artifact = using(
            &format!("(type $s (stream u32)) (type $u (future u32)) (core func $f (canon {text}))"),
            core_type,
        );
        assert!(runtime_imports(&artifact, 0).contains(&runtime), "{text}");
    }
}

#[test]
fn every_value_type_is_laid_out() {
    let artifact = compiled(
        r#"(component
            (type $e' (enum "a" "b"))
            (import "e" (type $e (eq $e')))
            (type $fl' (flags "a" "b" "c" "d" "e" "f" "g" "h" "i"))
            (import "fl" (type $fl (eq $fl')))
            (type $rec' (record (field "a" u8) (field "b" u64)))
            (import "rec" (type $rec (eq $rec')))
            (import "f" (func
                (param "a" bool) (param "b" char) (param "c" (list string)) (param "d" $rec)
                (param "e" $e) (param "g" $fl) (param "h" (option u16)) (param "i" (result u8 (error f64)))
                (param "j" (map string u32)) (param "k" (tuple s8 s64)) (param "l" (option (option bool)))
                (result (result (list u8))))))"#,
    );
    let &Item::Func { func, .. } = find(&artifact.imports, "f") else {
        panic!()
    };
    let layouts: Vec<_> = artifact.funcs[func as usize]
        .params
        .iter()
        .map(|param| {
            let ty = &artifact.types[param.ty as usize];
            (ty.size, ty.align, ty.flat.as_ref().map_or(0, Vec::len))
        })
        .collect();
    assert_eq!(
        layouts,
        [
            (1, 1, 1),
            (4, 4, 1),
            (8, 4, 2),
            (16, 8, 2),
            (1, 1, 1),
            (2, 2, 1),
            (4, 2, 2),
            (16, 8, 2),
            (8, 4, 2),
            (16, 8, 2),
            (3, 1, 3)
        ]
    );
    let &TypeKind::Result { payload_offset, .. } = param(&artifact, func, 7) else {
        panic!()
    };
    assert_eq!(payload_offset, 8);
    let &TypeKind::Map { entry, .. } = param(&artifact, func, 8) else {
        panic!()
    };
    assert_eq!(
        (
            artifact.types[entry as usize].size,
            artifact.types[entry as usize].align
        ),
        (12, 4)
    );
    let tuple = &artifact.types[artifact.funcs[func as usize].params_tuple as usize];
    assert_eq!(tuple.flat, None, "17 core values are too many");
    assert_eq!(
        artifact.types[artifact.funcs[func as usize].params[7].ty as usize].flat,
        Some(vec![CoreType::I32, CoreType::I64])
    );
}

#[test]
fn equal_types_are_one_type() {
    let artifact = compiled(
        r#"(component
            (import "f" (func (param "a" (list (option u8))) (result (option u8))))
            (import "g" (func (param "a" (list (option u8))) (result (option u8))))
            (import "h" (func (param "b" (list (option u8))) (result (option u8)))))"#,
    );
    assert_eq!(
        artifact.funcs.len(),
        2,
        "names of parameters tell functions apart"
    );
    let lists = artifact
        .types
        .iter()
        .filter(|ty| matches!(ty.kind, TypeKind::List { .. }));
    assert_eq!(lists.count(), 1);
}
