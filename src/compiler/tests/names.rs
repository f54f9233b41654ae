//! Linking: names of imports, exports, instances and functions.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::plan::{ResourceDesc, Step};
use tidegate_compiler::{CompileOptions, compile};

#[test]
fn names_keep_versions_and_what_they_implement() {
    let artifact = compiled(
        r#"(component
            (import "a:b/c@1.2.3" (instance))
            (import "label" (implements "a:b/c@1.2.3") (instance)))"#,
    );
    assert_eq!(artifact.imports[0].name, "a:b/c@1.2.3");
    assert_eq!(artifact.imports[0].implements, None);
    assert_eq!(artifact.imports[1].name, "label");
    assert_eq!(
        artifact.imports[1].implements.as_deref(),
        Some("a:b/c@1.2.3")
    );
}

#[test]
fn nested_instances_of_imports_have_long_paths() {
    let artifact = compiled(
        r#"(component
            (import "i" (instance $i (export "j" (instance (export "r" (type (sub resource))) (export "f" (func))))))
            (alias export $i "j" (instance $j))
            (alias export $j "f" (func $f))
            (core func $f (canon lower (func $f)))
            (core module $m (import "" "f" (func)))
            (core instance (instantiate $m (with "" (instance (export "f" (func $f)))))))"#,
    );
    assert_eq!(artifact.lowered[0].path, ["i", "j", "f"]);
    let ResourceDesc::Imported { path } = &artifact.resources[0] else {
        panic!()
    };
    assert_eq!(path.join("/"), "i/j/r");
}

#[test]
fn instances_and_functions_without_names_are_told_apart() {
    let artifact = compiled(
        r#"(component
            (core module $m (func (export "f")))
            (component $inner
                (alias outer 1 $m (core module $mine))
                (core instance $i (instantiate $mine))
                (func $f (canon lift (core func $i "f")))
                (instance (export "my:own/api@1.0.0") (export "go" (func $f)))
                (export "plain" (func $f)))
            (component
                (alias outer 1 $m (core module $mine))
                (core instance (instantiate $mine))
                (func $f (canon lift (core func 0 "f")))
                (export "plain" (func $f)))
            (instance $named (instantiate $inner))
            (instance (instantiate $inner))
            (instance (instantiate 1))
            (export "a" (func $named "plain"))
            (export "b" (func 1 "plain"))
            (export "c" (func 2 "plain")))"#,
    );
    assert_eq!(
        paths(&artifact),
        ["root", "root/named", "root/inner[1]", "root/2"]
    );
    let names: Vec<_> = artifact
        .lifted
        .iter()
        .map(|func| func.name.as_deref())
        .collect();
    assert_eq!(
        names,
        [
            Some("my:own/api@1.0.0#go"),
            Some("my:own/api@1.0.0#go"),
            Some("plain")
        ]
    );
    let owners = artifact.steps.iter().filter_map(|step| match step {
        Step::Core { instance, .. } => Some(*instance),
        _ => None,
    });
    assert_eq!(owners.collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_name_section_that_is_wrong_or_wild_harms_nothing() {
    let component = |section: &[u8]| {
        let mut bytes = wat::parse_str("(component)").expect("it is a component");
        let length = 1 + "component-name".len() + section.len();
        bytes.extend([0, u8::try_from(length).expect("it is short"), 14]);
        bytes.extend(b"component-name");
        bytes.extend(section);
        bytes
    };
    let root = |section: &[u8]| {
        let compiled = compile(&component(section), &CompileOptions::default());
        compiled.expect("names make nothing invalid").instances[0]
            .name
            .clone()
    };
    assert_eq!(root(&[0, 4, 3, b'a', b'\n', b'b']), "ab");
    let mut long = vec![0, 82, 81];
    long.extend([b'x'; 81]);
    assert_eq!(root(&long), "x".repeat(64));
    for wrong in [
        &[0, 9, 3, b'a'][..],
        &[1, 2, 5, 0xff],
        &[0xff],
        &[0, 2, 1, 0xc3],
        &[7, 0],
    ] {
        assert_eq!(root(wrong), "root", "{wrong:?}");
    }
}
