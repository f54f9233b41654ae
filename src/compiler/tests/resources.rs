//! Linking: resource types and their identity.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::plan::{Item, ResourceDesc, Source, TypeKind};

#[test]
fn each_instance_of_a_component_makes_its_own_resource() {
    let artifact = compiled(
        r#"(component
            (component $maker
                (core module $m
                    (func (export "drop") (param i32))
                    (func (export "make") (result i32) (i32.const 1)))
                (core instance $i (instantiate $m))
                (type $r' (resource (rep i32) (dtor (core func $i "drop"))))
                (export $r "thing" (type $r'))
                (func (export "make") (result (own $r)) (canon lift (core func $i "make"))))
            (instance $a (instantiate $maker))
            (instance $b (instantiate $maker))
            (export "a" (instance $a))
            (export "b" (instance $b)))"#,
    );
    assert_eq!(outline(&artifact), "clrclr");
    assert_eq!(artifact.resources.len(), 2);
    for (number, resource) in artifact.resources.iter().enumerate() {
        let ResourceDesc::Defined { instance, name } = resource else {
            panic!()
        };
        assert_eq!(
            (*instance, name.as_deref()),
            (number as u32 + 1, Some("thing"))
        );
    }
    let made = |instance| {
        let items = items(&artifact.exports, instance);
        let (&Item::Resource { resource }, &Item::Func { func, .. }) =
            (find(items, "thing"), find(items, "make"))
        else {
            panic!()
        };
        let result = artifact.funcs[func as usize]
            .result
            .expect("it returns a handle");
        assert_eq!(
            artifact.types[result as usize].kind,
            TypeKind::Own { resource }
        );
        resource
    };
    assert_ne!(made("a"), made("b"));
}

#[test]
fn imported_resources_keep_their_identity() {
    let artifact = compiled(
        r#"(component
            (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
            (alias export $error "error" (type $error))
            (import "wasi:io/streams@0.2.0" (instance $streams
                (alias outer 1 $error (type $outer))
                (export "error" (type $e (eq $outer)))
                (export "stream" (type $s (sub resource)))
                (export "[method]stream.fail" (func (param "self" (borrow $s)) (result (own $e))))))
            (import "mine" (type $mine (sub resource)))
            (import "same" (type $same (eq $mine)))
            (import "use" (func (param "a" (borrow $same)) (param "b" (own $error)))))"#,
    );
    let paths: Vec<Vec<String>> = artifact
        .resources
        .iter()
        .map(|resource| match resource {
            ResourceDesc::Imported { path } => path.clone(),
            ResourceDesc::Defined { .. } => panic!(),
        })
        .collect();
    assert_eq!(
        paths,
        [
            vec!["wasi:io/error@0.2.0", "error"],
            vec!["wasi:io/streams@0.2.0", "stream"],
            vec!["mine"]
        ]
    );
    assert_eq!(
        outline(&artifact),
        "",
        "the host numbers its resources itself"
    );
    let streams = items(&artifact.imports, "wasi:io/streams@0.2.0");
    assert!(matches!(
        find(streams, "error"),
        Item::Resource { resource: 0 }
    ));
    let &Item::Func { func, .. } = find(streams, "[method]stream.fail") else {
        panic!()
    };
    assert_eq!(param(&artifact, func, 0), &TypeKind::Borrow { resource: 1 });
    assert!(artifact.funcs[func as usize].borrows);
    let &Item::Func { func, .. } = find(&artifact.imports, "use") else {
        panic!()
    };
    assert_eq!(param(&artifact, func, 0), &TypeKind::Borrow { resource: 2 });
    assert_eq!(param(&artifact, func, 1), &TypeKind::Own { resource: 0 });
    assert!(matches!(
        find(&artifact.imports, "same"),
        Item::Resource { resource: 2 }
    ));
}

#[test]
fn a_type_declared_twice_makes_two_resources() {
    let artifact = compiled(
        r#"(component
            (type $t (instance (export "r" (type (sub resource)))))
            (import "a" (instance $a (type $t)))
            (import "b" (instance $b (type $t))))"#,
    );
    assert_eq!(artifact.resources.len(), 2);
}

#[test]
fn a_destructor_can_be_a_canonical_function() {
    let artifact = compiled(
        r#"(component
            (import "gone" (func $gone (param "rep" u32)))
            (core func $gone (canon lower (func $gone)))
            (type $r' (resource (rep i32) (dtor (core func $gone))))
            (export $r "r" (type $r')))"#,
    );
    assert_eq!(outline(&artifact), "slr");
}

#[test]
fn resource_built_ins_name_their_resource() {
    let artifact = compiled(
        r#"(component
            (import "theirs" (type $theirs (sub resource)))
            (type $mine (resource (rep i32)))
            (core module $main
                (import "" "new" (func (param i32) (result i32)))
                (import "" "rep" (func (param i32) (result i32)))
                (import "" "drop-mine" (func (param i32)))
                (import "" "drop-theirs" (func (param i32))))
            (core func $new (canon resource.new $mine))
            (core func $rep (canon resource.rep $mine))
            (core func $drop-mine (canon resource.drop $mine))
            (core func $drop-theirs (canon resource.drop $theirs))
            (core instance (instantiate $main (with "" (instance
                (export "new" (func $new)) (export "rep" (func $rep))
                (export "drop-mine" (func $drop-mine)) (export "drop-theirs" (func $drop-theirs)))))))"#,
    );
    assert_eq!(outline(&artifact), "rsc");
    let resources: Vec<u32> = artifact.shims[0]
        .imports
        .iter()
        .filter_map(|import| match import.source {
            Source::Resource { index } => Some(index),
            _ => None,
        })
        .collect();
    assert_eq!(resources, [1, 0]);
}
