//! Every gated feature by its name, what the canonical option `gc` is built for, and shipped features that are refused.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::{assemble, gated, refused, with};
use tidegate_compiler::{CompileOptions, ErrorCode, Feature, Shipped, compile};

#[test]
fn every_feature_is_named_where_it_is_not_enabled() {
    let memory64 = "(core module $m (memory (export \"m\") i64 1)) (core instance $m (instantiate $m)) \
         (core func (canon waitable-set.poll (memory (core memory $m \"m\"))))";
    let stackful = "(core module $m (func (export \"f\"))) (core instance $m (instantiate $m)) \
         (func async (canon lift (core func $m \"f\") async))";
    for &feature in Feature::ALL {
        let text = match feature {
            Feature::AsyncStackful => stackful,
            Feature::AsyncBuiltins => "(core func (canon subtask.cancel async))",
            Feature::Threading => "(core func (canon thread.index))",
            Feature::ErrorContext => "(type error-context)",
            Feature::FixedLengthLists => "(type (list u8 4))",
            Feature::Memory64 => memory64,
            Feature::Forward => "(type $s (stream)) (core func (canon stream.forward $s))",
            // The text format has no such names.
            Feature::NestedNames => continue,
            Feature::CanonicalNames => "(import \"a:b/c@1\" (version-suffix \".2.0\") (instance))",
            Feature::Gc => {
                "(import \"f\" (func $f)) (core type $t (func)) (core func (canon lower (func $f) gc (core-type $t)))"
            }
        };
        let (_, name, _) = gated(&format!("(component {text})"));
        assert_eq!(name, feature.name());
    }
}

#[test]
fn gc_is_gated() {
    let lower = "(component (import \"f\" (func $f)) (core type $t (func)) \
         (core func (canon lower (func $f) gc (core-type $t))))";
    let (construct, feature, at) = gated(lower);
    assert_eq!((&*construct, feature), ("canonical option core-type", "gc"));
    assert!(at.starts_with(&[0x01, 0x00]), "{at:02x?}");
    let lift = "(component (core module $m (func (export \"f\"))) (core instance $m (instantiate $m)) \
         (func (canon lift (core func $m \"f\") gc)))";
    let (construct, feature, at) = gated(lift);
    assert_eq!((&*construct, feature), ("canonical option gc", "gc"));
    assert!(at.starts_with(&[0x00, 0x00]), "{at:02x?}");
    for text in [lower, lift] {
        let artifact = compile(&assemble(text), &with(&[Feature::Gc])).expect("it is enabled");
        assert_eq!(artifact.features, ["gc"]);
    }
}

/// A component with a type `$r` that lowers a function with such a parameter.
fn lowering(types: &str, param: &str, core_types: &str, core: &str) -> String {
    format!(
        "(component {types} (import \"f\" (func $f (param \"x\" {param}))) {core_types} \
         (core type $t (func (param {core}))) (core func (canon lower (func $f) gc (core-type $t))))"
    )
}

#[test]
fn values_that_become_references_are_refused() {
    let bytes = "(core type $b (array i8))";
    let pair = "(core type $p (struct (field i32) (field i64)))";
    let pair_type = "(type $p' (tuple s32 s64))";
    let cases = [
        ("string", lowering("", "string", bytes, "(ref null $b)")),
        (
            "list",
            lowering("(type $l (list u8))", "$l", bytes, "(ref null $b)"),
        ),
        ("tuple", lowering(pair_type, "$p'", pair, "(ref $p)")),
        (
            "handle",
            lowering(
                "(import \"r\" (type $r (sub resource))) (type $o (own $r))",
                "$o",
                "",
                "externref",
            ),
        ),
        (
            "stream",
            lowering("(type $s (stream u8))", "$s", "", "externref"),
        ),
        (
            "future",
            lowering("(type $s (future u8))", "$s", "", "externref"),
        ),
    ];
    for (name, text) in cases {
        let (construct, at) = refused(&text);
        assert_eq!(construct, format!("{name} with the canonical option gc"));
        assert!(at.starts_with(&[0x01, 0x00]), "{at:02x?}");
    }
}

#[test]
fn forms_that_differ_from_those_without_gc_are_refused() {
    let params =
        |n: usize| (0..n).fold(String::new(), |all, i| format!("{all}(param \"p{i}\" u32)"));
    let many = |n| {
        format!(
            "(component (import \"f\" (func $f {})) (core type $t (func (param {}))) \
             (core func (canon lower (func $f) gc (core-type $t))))",
            params(n),
            "i32 ".repeat(n)
        )
    };
    let cases = [
        ("function of more than 16 parameters", many(17)),
        (
            "canonical option async",
            "(component (import \"f\" (func $f async)) (core type $t (func)) \
             (core func (canon lower (func $f) async gc (core-type $t))))"
                .to_owned(),
        ),
        (
            "built-in",
            "(component (core func (canon task.return gc)))".to_owned(),
        ),
        (
            "core type of a recursive group",
            "(component (import \"f\" (func $f)) (core rec (type $t (func)) (type $u (struct))) \
             (core func (canon lower (func $f) gc (core-type $t))))"
                .to_owned(),
        ),
        (
            "core type of a recursive group",
            "(component (core module $m (rec (type $t (func)) (type $u (struct))) \
             (func (export \"f\") (type $t))) (core instance $m (instantiate $m)) \
             (func (canon lift (core func $m \"f\") gc)))"
                .to_owned(),
        ),
    ];
    for (name, text) in cases {
        let (construct, _) = refused(&text);
        assert_eq!(construct, format!("{name} with the canonical option gc"));
    }
    compile(&assemble(&many(16)), &with(&[Feature::Gc])).expect("these are passed one by one");
}

#[test]
fn shipped_features_can_be_refused() {
    let cases = [
        (Shipped::Async, "(import \"f\" (func async))"),
        (Shipped::Async, "(type (stream u8))"),
        (Shipped::Async, "(type (future))"),
        (Shipped::Async, "(core func (canon task.cancel))"),
        (Shipped::Async, "(core func (canon waitable-set.new))"),
        (Shipped::Map, "(type (map string u32))"),
        (Shipped::Map, "(type (instance (type (map string u32))))"),
        (
            Shipped::Implements,
            "(import \"a\" (implements \"a:b/c\") (instance))",
        ),
        (
            Shipped::Implements,
            "(import \"a\" (external-id \"some file\") (func))",
        ),
    ];
    for (feature, text) in cases {
        let bytes = assemble(&format!("(component {text})"));
        let without = |all: &[Shipped]| CompileOptions {
            without: all.to_vec(),
            ..with(&[])
        };
        let error = compile(&bytes, &without(&[feature])).expect_err(text);
        let name = feature.name();
        assert_eq!(error.code, ErrorCode::Excluded, "{text}: {error}");
        assert_eq!(error.construct.as_deref(), Some(name), "{text}");
        assert!(error.offset.is_some_and(|at| at > 8), "{error}");
        assert!(
            error.message.contains(&format!("without: ['{name}']")),
            "{error}"
        );
        let others: Vec<_> = Shipped::ALL
            .iter()
            .copied()
            .filter(|&f| f != feature)
            .collect();
        compile(&bytes, &without(&others)).expect(text);
    }
}
