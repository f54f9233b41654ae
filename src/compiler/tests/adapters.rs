//! Calls between components of one binary that are adapters: both forms are valid, and code grows with the types only.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::fmt::Write as _;

use support::*;
use tidegate_compiler::plan::{Artifact, Source};
use tidegate_compiler::{CompileOptions, ErrorCode, compile};

/// Two components, of which one calls `functions` of the other: names and the types of parameters and results, which may
/// use the `types`.
fn pair(types: &str, functions: &[(&str, &str)]) -> String {
    let mut text = String::from("(component\n(component $callee\n");
    let libc = r#"(core module $m
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))"#;
    let options = r#"(memory (core memory $i "memory")) (realloc (core func $i "realloc"))"#;
    write!(text, "{types}\n{libc}\n").unwrap();
    for (name, ty) in functions {
        let core = core_type(ty);
        writeln!(text, "(func (export \"{name}\") {core} (unreachable))").unwrap();
    }
    text += ")\n(core instance $i (instantiate $m))\n";
    for (name, ty) in functions {
        writeln!(
            text,
            "(func (export \"{name}\") {ty} (canon lift (core func $i \"{name}\") {options}))"
        )
        .unwrap();
    }
    write!(text, ")\n(component $caller\n{types}\n").unwrap();
    for (name, ty) in functions {
        writeln!(text, "(import \"{name}\" (func ${name} {ty}))").unwrap();
    }
    write!(text, "{libc})\n(core instance $i (instantiate $m))\n").unwrap();
    for (name, _) in functions {
        writeln!(
            text,
            "(core func $core-{name} (canon lower (func ${name}) {options}))"
        )
        .unwrap();
    }
    text += "(core module $n\n";
    for (name, ty) in functions {
        let core = core_type(ty).replace("(result i32)", "");
        let out = if ty.contains("result") {
            "(param i32)"
        } else {
            ""
        };
        writeln!(text, "(import \"\" \"{name}\" (func {core} {out}))").unwrap();
    }
    text += ")\n(core instance (instantiate $n (with \"\" (instance\n";
    for (name, _) in functions {
        writeln!(text, "(export \"{name}\" (func $core-{name}))").unwrap();
    }
    text += "))))\n)\n(instance $a (instantiate $callee))\n(instance (instantiate $caller\n";
    for (name, _) in functions {
        writeln!(text, "(with \"{name}\" (func $a \"{name}\"))").unwrap();
    }
    text += ")))";
    text
}

/// Of the functions here: what is not a string or list is behind a pointer.
fn core_type(ty: &str) -> String {
    let pairs = ty.matches("string").count() + ty.matches("(list").count();
    let result = if ty.contains("(result") {
        "(result i32)"
    } else {
        ""
    };
    match ty.contains("(param \"big\"") {
        true => format!("(param i32) {result}"),
        false => format!("(param {}) {result}", "i32 i32 ".repeat(pairs)),
    }
}

/// Bytes of all shims.
fn size(artifact: &Artifact) -> usize {
    artifact.shims.iter().map(|shim| shim.code.len()).sum()
}

/// Bytes of the last shim, which has the adapters.
fn adapters(artifact: &Artifact) -> usize {
    artifact.shims.last().map_or(0, |shim| shim.code.len())
}

#[test]
fn no_call_goes_through_js() {
    for artifact in both_forms(&pair("", &[("f", "(param \"s\" string)")])) {
        assert!(artifact.lowered.is_empty());
        assert!(artifact.lifted.is_empty());
    }
}

#[test]
fn memories_may_have_addresses_of_either_width() {
    let types =
        "(type $t (tuple string u8 (list (result string (error f32))) (option string) (list u64)))";
    let functions = [
        ("f", "(param \"big\" $t) (result $t)"),
        ("g", "(param \"s\" string)"),
    ];
    let text = pair(types, &functions).replace("(param \"big\" $t)", "(param \"big\" (list $t 3))");
    let (callee, caller) = text.split_at(text.find("(component $caller").unwrap());
    let wide = |text: &str| {
        text.replace(
            "(memory (export \"memory\") 1)",
            "(memory (export \"memory\") i64 1)",
        )
        .replace("i32", "i64")
    };
    let sizes = [
        text.clone(),
        callee.to_owned() + &wide(caller),
        wide(callee) + caller,
        wide(callee) + &wide(caller),
    ]
    .map(|text| {
        both_forms(&text).map(|artifact| {
            assert!(artifact.lowered.is_empty() && artifact.lifted.is_empty());
            size(&artifact)
        })
    });
    // A pairing of others costs about as much.
    let [narrow, others @ ..] = sizes;
    for (form, others) in [0, 1].map(|form| (narrow[form], others.map(|sizes| sizes[form]))) {
        assert!(
            others.iter().all(|size| size.abs_diff(form) * 5 < form),
            "{form} {others:?}"
        );
    }
}

#[test]
fn only_engines_with_several_memories_get_shims_with_two() {
    let text = pair("", &[("f", "(param \"s\" string)")]);
    let memories = |artifact: &Artifact| {
        let of = |shim: &tidegate_compiler::plan::Shim| {
            let is_memory =
                |source: &Source| matches!(source, Source::Core { name, .. } if name == "memory");
            let sources = shim.imports.iter().map(|import| &import.source);
            sources.filter(|source| is_memory(source)).count()
        };
        artifact.shims.iter().map(of).max()
    };
    let [several, one] = both_forms(&text);
    assert_eq!(memories(&several), Some(2));
    assert_eq!(memories(&one), Some(1));
}

#[test]
fn functions_of_one_type_share_what_translates_it() {
    let ty = "(param \"big\" $t)";
    let types = format!("(type $t (tuple {}))", "string (list string) ".repeat(40));
    let names: Vec<String> = (0..100).map(|i| format!("f{i}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (&**name, ty)).collect();
    let [one, _] = both_forms(&pair(&types, &many[..1]));
    let [hundred, _] = both_forms(&pair(&types, &many));
    // What is added for each is a check, an allocation and a few calls.
    assert!(adapters(&hundred) < adapters(&one) + 99 * 120);
}

#[test]
fn types_that_share_parts_cost_once() {
    // Each level has the one below twice: written out, 2^16 of them and more.
    let mut flat = String::from("(type $t0 (option u32))\n");
    let mut cased = String::from("(type $t0 (option u32))\n");
    for i in 1..16 {
        writeln!(
            flat,
            "(type $t{i} (tuple (list $t{}) (list $t{})))",
            i - 1,
            i - 1
        )
        .unwrap();
        writeln!(
            cased,
            "(type $t{i} (result (list $t{}) (error (list $t{}))))",
            i - 1,
            i - 1
        )
        .unwrap();
    }
    for types in [flat, cased] {
        let text = pair(
            &format!(
                "{types}(type $t (tuple $t15 $t15 $t15 $t15 $t15 u64 u64 u64 u64 u64 u64 u64))"
            ),
            &[("f", "(param \"big\" $t)")],
        );
        for artifact in both_forms(&text) {
            assert!(size(&artifact) < 40_000, "{}", size(&artifact));
        }
    }
}

#[test]
fn variants_within_variants_that_are_flat_cost_once() {
    // Flat, each level adds one discriminant: 14 of them still fit, and written out they are 2^14.
    let mut types = String::from("(type $t0 (option u32))\n");
    for i in 1..14 {
        writeln!(
            types,
            "(type $t{i} (result $t{} (error $t{})))",
            i - 1,
            i - 1
        )
        .unwrap();
    }
    let text = pair(&types, &[("f", "(param \"s\" string)")]);
    let text = text.replace("(param \"s\" string)", "(param \"x\" $t13)");
    let text = text.replace(
        "(param i32 i32 )",
        &format!("(param {})", "i32 ".repeat(15)),
    );
    for artifact in both_forms(&text) {
        assert!(size(&artifact) < 20_000, "{}", size(&artifact));
    }
}

#[test]
fn code_is_linear_in_the_number_of_fields_and_cases() {
    let fields = |n: usize| format!("(type $t (tuple {}))", "u8 string (option u16) ".repeat(n));
    let sizes = [100, 200, 400].map(|n| {
        let [artifact, _] = both_forms(&pair(&fields(n), &[("f", "(param \"big\" $t)")]));
        adapters(&artifact)
    });
    assert!(
        sizes[2] - sizes[1] < 2 * (sizes[1] - sizes[0]) + 2000,
        "{sizes:?}"
    );
}

#[test]
fn what_adapters_may_take_is_limited() {
    let types = format!("(type $t (tuple {}))", "u8 string ".repeat(1000));
    let bytes = assemble(&pair(&types, &[("f", "(param \"big\" $t)")]));
    let mut options = CompileOptions::default();
    options.limits.shim_bytes = 10_000;
    let error = compile(&bytes, &options).expect_err("it is too large");
    assert_eq!(error.code, ErrorCode::Limit);
    assert!(error.message.contains("bytes of shim modules"), "{error}");
}
