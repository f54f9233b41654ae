//! Linking: aliases, nesting, the order of the plan, layouts.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::*;
use tidegate_compiler::plan::{
    CoreExternType, CoreLimits, CoreModule, CoreType, Item, Source, Step, StringEncoding, TypeDesc,
    TypeKind,
};

#[test]
fn an_empty_component_has_an_empty_plan() {
    let artifact = compiled("(component)");
    assert_eq!(artifact.shim_abi, tidegate_abi::SHIM_ABI);
    assert_eq!(artifact.instances.len(), 1);
    assert!(artifact.steps.is_empty());
    assert!(artifact.imports.is_empty() && artifact.exports.is_empty());
}

#[test]
fn a_sync_export_of_scalars_needs_no_shim() {
    let artifact = compiled(
        r#"(component
            (core module $m
                (func (export "add") (param i32 i32) (result i32)
                    (i32.add (local.get 0) (local.get 1))))
            (core instance $i (instantiate $m))
            (func (export "add") (param "a" u32) (param "b" u32) (result u32)
                (canon lift (core func $i "add"))))"#,
    );
    assert_eq!(outline(&artifact), "c");
    assert!(artifact.shims.is_empty());
    assert!(matches!(
        find(&artifact.exports, "add"),
        Item::Func {
            func: 0,
            lifted: Some(0)
        }
    ));
    let lifted = &artifact.lifted[0];
    assert_eq!(
        lifted.core,
        Source::Core {
            instance: 0,
            name: "add".into()
        }
    );
    assert!(!lifted.is_async && lifted.callback.is_none() && lifted.post_return.is_none());
    let func = &artifact.funcs[0];
    assert_eq!(func.params[1].name, "b");
    assert_eq!(
        artifact.types[func.params_tuple as usize].flat,
        Some(vec![CoreType::I32; 2])
    );
    assert_eq!(param(&artifact, 0, 0), &TypeKind::U32);
}

#[test]
fn module_ranges_are_the_modules_bytes() {
    let bytes = assemble(
        "(component (core module $a (memory 1)) (core module $b) \
         (core instance (instantiate $b)) (core instance (instantiate $a)) (core instance (instantiate $b)))",
    );
    let artifact = tidegate_compiler::compile(&bytes, &Default::default()).expect("it compiles");
    assert_eq!(
        artifact.modules.len(),
        2,
        "an instance more is not a module more"
    );
    assert_eq!(outline(&artifact), "ccc");
    let mut lengths = Vec::new();
    for module in &artifact.modules {
        let CoreModule::Defined { range, .. } = module else {
            panic!("{module:?}");
        };
        wasmparser::validate(&bytes[range.start..range.end]).expect("a whole module");
        lengths.push(range.end - range.start);
    }
    assert!(
        lengths[0] < lengths[1],
        "the first that is instantiated comes first"
    );
}

#[test]
fn unused_modules_and_definitions_cost_nothing() {
    let artifact = compiled(
        r#"(component
            (import "f" (func $f))
            (core module $unused)
            (core func (canon lower (func $f)))
            (core func (canon waitable-set.new))
            (type $s (stream u8))
            (core func (canon stream.new $s)))"#,
    );
    assert!(
        artifact.steps.is_empty() && artifact.modules.is_empty() && artifact.lowered.is_empty()
    );
    assert_eq!(artifact.unused_modules.len(), 1, "it has to be valid");
}

#[test]
fn core_modules_are_imported_and_exported_with_their_types() {
    let artifact = compiled(
        r#"(component
            (core type $t (module (import "a" "b" (memory 1 2)) (export "f" (func (param i32) (result i64)))))
            (import "given" (core module $given (type $t)))
            (import "i" (instance $i (export "m" (core module (export "g" (global (mut f32)))))))
            (alias export $i "m" (core module $m))
            (core module $own (memory (export "b") 1 2))
            (core instance $own (instantiate $own))
            (core instance $given (instantiate $given (with "a" (instance $own))))
            (func (export "f") (param "v" s32) (result s64) (canon lift (core func $given "f")))
            (export "again" (core module $given))
            (export "own" (core module $own)))"#,
    );
    let paths: Vec<_> = artifact
        .modules
        .iter()
        .map(|m| match m {
            CoreModule::Defined { .. } => String::new(),
            CoreModule::Imported { path, .. } => path.join("#"),
        })
        .collect();
    assert_eq!(paths, ["", "given"]);
    assert_eq!(
        outline(&artifact),
        "ccs",
        "the shim has the engine look at f"
    );
    let Item::Module { ty, module: None } = find(&artifact.imports, "given") else {
        panic!("{:?}", artifact.imports);
    };
    let given = &artifact.module_types[*ty as usize];
    let limits = CoreLimits {
        is_64: false,
        min: 1,
        max: Some(2),
    };
    assert_eq!(
        given.imports[0].ty,
        CoreExternType::Memory {
            limits,
            shared: false
        }
    );
    let signature = Some("(i32) -> (i64)".to_string());
    assert_eq!(given.exports[0].ty, CoreExternType::Func { signature });
    let Item::Module {
        ty: again,
        module: Some(1),
    } = find(&artifact.exports, "again")
    else {
        panic!("{:?}", artifact.exports);
    };
    assert_eq!(again, ty);
    let Item::Module { ty, .. } = find(items(&artifact.imports, "i"), "m") else {
        panic!("{:?}", artifact.imports);
    };
    let value = Some("f32".to_string());
    assert_eq!(
        artifact.module_types[*ty as usize].exports[0].ty,
        CoreExternType::Global {
            value,
            mutable: true
        }
    );
}

/// The shape that wit-component gives to a component: a module with a table that stands in for what
/// needs the main module's memory, the main module, and a module that fills the table.
const WIT_COMPONENT_LIKE: &str = r#"(component
    (import "host:log/log@0.3.0" (instance $log
        (export "write" (func (param "text" string)))
        (export "now" (func (result u64)))))
    (alias export $log "write" (func $write))
    (alias export $log "now" (func $now))
    (core module $table
        (type $t (func (param i32 i32)))
        (table (export "$imports") 1 1 funcref)
        (func (export "0") (param i32 i32)
            (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0))))
    (core module $main
        (import "host:log/log@0.3.0" "write" (func $write (param i32 i32)))
        (import "host:log/log@0.3.0" "now" (func $now (result i64)))
        (import "$root" "[context-get-0]" (func (result i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "greet") (param i32 i32) (result i32) unreachable)
        (func (export "cabi_post_greet") (param i32))
        (func (export "_initialize")))
    (core module $fixup
        (type $t (func (param i32 i32)))
        (import "" "0" (func (param i32 i32)))
        (import "" "$imports" (table 1 1 funcref))
        (elem (i32.const 0) func 0))
    (core instance $table (instantiate $table))
    (alias core export $table "0" (core func $write-stub))
    (core func $now (canon lower (func $now)))
    (core func $context (canon context.get i32 0))
    (core instance $log-core
        (export "write" (func $write-stub))
        (export "now" (func $now)))
    (core instance $root-core (export "[context-get-0]" (func $context)))
    (core instance $main (instantiate $main
        (with "host:log/log@0.3.0" (instance $log-core))
        (with "$root" (instance $root-core))))
    (alias core export $main "memory" (core memory $memory))
    (alias core export $main "cabi_realloc" (core func $realloc))
    (alias core export $table "$imports" (core table $imports))
    (core func $write-real (canon lower (func $write) (memory $memory) string-encoding=utf8))
    (core instance $fix-args
        (export "$imports" (table $imports))
        (export "0" (func $write-real)))
    (core instance (instantiate $fixup (with "" (instance $fix-args))))
    (type $greet (func (param "name" string) (result string)))
    (alias core export $main "greet" (core func $greet))
    (alias core export $main "cabi_post_greet" (core func $post-greet))
    (func $greet (type $greet) (canon lift (core func $greet)
        (memory $memory) (realloc $realloc) string-encoding=utf8 (post-return $post-greet)))
    (component $greeter
        (import "import-func-greet" (func $greet (param "name" string) (result string)))
        (export "greet" (func $greet) (func (param "name" string) (result string))))
    (instance $greeter (instantiate $greeter (with "import-func-greet" (func $greet))))
    (export "my:app/greeter@1.0.0" (instance $greeter)))"#;

#[test]
fn wit_components_way_is_ordered_by_dependency() {
    let artifact = compiled(WIT_COMPONENT_LIKE);
    // table; shim (now, context.get); main; shim (write); fix-up; shim (guards of the lift)
    assert_eq!(outline(&artifact), "cscscs");
    assert_eq!(
        artifact.instances.len(),
        1,
        "the re-exporting component needs no number"
    );
    let paths: Vec<_> = artifact.lowered.iter().map(|l| l.path.join(" ")).collect();
    assert_eq!(
        paths,
        ["host:log/log@0.3.0 now", "host:log/log@0.3.0 write"]
    );
    let memory = Source::Core {
        instance: 1,
        name: "memory".into(),
    };
    assert_eq!(artifact.lowered[1].options.memory, Some(memory.clone()));
    assert_eq!(runtime_imports(&artifact, 0), ["sync_enter", "context_get"]);

    let greeter = items(&artifact.exports, "my:app/greeter@1.0.0");
    let &Item::Func {
        func,
        lifted: Some(lifted),
    } = find(greeter, "greet")
    else {
        panic!()
    };
    let lifted = &artifact.lifted[lifted as usize];
    assert_eq!(lifted.func, func);
    assert_eq!(lifted.options.memory, Some(memory));
    assert_eq!(lifted.options.encoding, StringEncoding::Utf8);
    assert!(matches!(
        lifted.options.realloc,
        Some(Source::Shim { shim: 2, .. })
    ));
    assert!(matches!(
        lifted.post_return,
        Some(Source::Shim { shim: 2, .. })
    ));
    let guarded: Vec<_> = artifact.shims[2]
        .imports
        .iter()
        .map(|i| &i.source)
        .collect();
    for name in ["cabi_realloc", "cabi_post_greet"] {
        assert!(
            guarded.contains(&&Source::Core {
                instance: 1,
                name: name.into()
            }),
            "{name}"
        );
    }

    let log = items(&artifact.imports, "host:log/log@0.3.0");
    assert!(matches!(
        find(log, "write"),
        Item::Func { lifted: None, .. }
    ));
    let Step::Core { imports, .. } = &artifact.steps[2] else {
        panic!()
    };
    assert_eq!(
        imports[0].source,
        Source::Core {
            instance: 0,
            name: "0".into()
        }
    );
    assert!(matches!(&imports[1].source, Source::Shim { shim: 0, name } if name == "f0"));
}

#[test]
fn a_lowering_brings_the_guard_of_its_realloc() {
    let artifact = compiled(
        r#"(component
            (import "read" (func $read (result string)))
            (core module $libc
                (memory (export "mem") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
            (core module $main (import "" "read" (func (param i32))))
            (core instance $libc (instantiate $libc))
            (core func $read (canon lower (func $read)
                (memory (core memory $libc "mem")) (realloc (core func $libc "realloc"))))
            (core instance (instantiate $main (with "" (instance (export "read" (func $read)))))))"#,
    );
    assert_eq!(outline(&artifact), "csc");
    let options = &artifact.lowered[0].options;
    assert_eq!(
        options.realloc,
        Some(Source::Shim {
            shim: 0,
            name: "f0".into()
        })
    );
    assert_eq!(
        options.memory,
        Some(Source::Core {
            instance: 0,
            name: "mem".into()
        })
    );
    assert_eq!(
        artifact.funcs[0]
            .result
            .map(|ty| &artifact.types[ty as usize].kind),
        Some(&TypeKind::String)
    );
}

#[test]
fn each_memory_has_a_shim_of_its_own() {
    let poll = |n| {
        format!("(core func $p{n} (canon waitable-set.poll (memory (core memory $m{n} \"mem\"))))")
    };
    let artifact = compiled(&format!(
        r#"(component
            (core module $mem (memory (export "mem") 1))
            (core module $main
                (import "" "a" (func (param i32 i32) (result i32)))
                (import "" "b" (func (param i32 i32) (result i32)))
                (import "" "c" (func (param i32 i32) (result i32)))
                (import "" "new" (func (result i32))))
            (core instance $m0 (instantiate $mem))
            (core instance $m1 (instantiate $mem))
            {} {}
            (core func $new (canon waitable-set.new))
            (core instance (instantiate $main (with "" (instance
                (export "a" (func $p0)) (export "b" (func $p1)) (export "c" (func $p0))
                (export "new" (func $new)))))))"#,
        poll(0),
        poll(1),
    ));
    assert_eq!(outline(&artifact), "ccssc");
    assert_eq!(
        runtime_imports(&artifact, 0),
        ["sync_enter", "waitable_set_poll", "arg", "waitable_set_new"]
    );
    let Some(Step::Core { imports, .. }) = artifact.steps.last() else {
        panic!()
    };
    assert_eq!(
        imports[0].source, imports[2].source,
        "one function, imported twice"
    );
    assert!(matches!(imports[1].source, Source::Shim { shim: 1, .. }));
}

#[test]
fn a_memory_that_passes_through_modules_stays_itself() {
    let artifact = compiled(
        r#"(component
            (core module $env (memory (export "m1") (export "m2") 1))
            (core module $lib
                (import "env" "m2" (memory 1))
                (export "memory" (memory 0)))
            (core module $main
                (import "" "a" (func (param i32 i32) (result i32)))
                (import "" "b" (func (param i32 i32) (result i32))))
            (core instance $env (instantiate $env))
            (core instance $lib (instantiate $lib (with "env" (instance $env))))
            (core instance $lib2 (instantiate $lib (with "env" (instance
                (export "m2" (memory $lib "memory"))))))
            (core func $a (canon waitable-set.poll (memory (core memory $env "m2"))))
            (core func $b (canon waitable-set.poll (memory (core memory $lib2 "memory"))))
            (core instance (instantiate $main (with "" (instance
                (export "a" (func $a)) (export "b" (func $b)))))))"#,
    );
    assert_eq!(outline(&artifact), "cccsc", "one memory, one shim");
    let memory = Source::Core {
        instance: 0,
        name: "m1".into(),
    };
    assert!(artifact.shims[0].imports.iter().any(|i| i.source == memory));
}

#[test]
fn components_nest_three_deep_and_see_outward() {
    let artifact = compiled(
        r#"(component $outer
            (type $point (record (field "x" s32) (field "y" s32)))
            (core module $m
                (func (export "f") (param i32 i32) (result i32) (i32.const 7)))
            (component $a
                (alias outer $outer $point (type $p))
                (component $b
                    (component $c
                        (alias outer 2 $p (type $mine))
                        (alias outer $outer $m (core module $m))
                        (export $named "point" (type $mine))
                        (core instance $i (instantiate $m))
                        (func (export "f") (param "p" $named) (result s32)
                            (canon lift (core func $i "f"))))
                    (instance $c1 (instantiate $c))
                    (instance $c2 (instantiate $c))
                    (export "one" (instance $c1))
                    (export "two" (instance $c2)))
                (instance $b (instantiate $b))
                (alias export $b "two" (instance $two))
                (export "b" (instance $b))
                (export "two" (instance $two)))
            (instance $a (instantiate $a))
            (alias export $a "two" (instance $two))
            (alias export $a "b" (instance $b))
            (export "again" (instance $two))
            (export "b" (instance $b)))"#,
    );
    assert_eq!(outline(&artifact), "cc");
    assert_eq!(artifact.modules.len(), 1);
    // The two that lift, and those around them: all are named in a trap's path.
    assert_eq!(
        paths(&artifact),
        [
            "outer",
            "outer/a",
            "outer/a/b",
            "outer/a/b/c1",
            "outer/a/b/c2"
        ]
    );
    let b = items(&artifact.exports, "b");
    let lifted = |externs| match find(externs, "f") {
        Item::Func { lifted, .. } => lifted.expect("an export is lifted"),
        other => panic!("{other:?}"),
    };
    let two = lifted(items(&artifact.exports, "again"));
    assert_eq!(
        two,
        lifted(items(b, "two")),
        "the same function twice is one function"
    );
    assert_ne!(
        two,
        lifted(items(b, "one")),
        "two instances have two functions"
    );
    assert_eq!(artifact.lifted.len(), 2);
    let instances: Vec<_> = artifact.lifted.iter().map(|l| l.options.instance).collect();
    assert_ne!(instances[0], instances[1]);
    assert!(matches!(find(items(b, "one"), "point"), Item::Type { .. }));
}

#[test]
fn components_and_modules_are_passed_as_arguments() {
    let artifact = compiled(
        r#"(component
            (core module $seven (func (export "f") (result i32) (i32.const 7)))
            (component $maker
                (import "module" (core module $m (export "f" (func (result i32)))))
                (core instance $i (instantiate $m))
                (func (export "f") (result u32) (canon lift (core func $i "f"))))
            (component $user
                (import "maker" (component $maker
                    (import "module" (core module (export "f" (func (result i32)))))
                    (export "f" (func (result u32)))))
                (import "m" (core module $m (export "f" (func (result i32)))))
                (instance $i (instantiate $maker (with "module" (core module $m))))
                (alias export $i "f" (func $f))
                (export "g" (func $f)))
            (instance $i (instantiate $user
                (with "maker" (component $maker)) (with "m" (core module $seven))))
            (alias export $i "g" (func $g))
            (export "h" (func $g)))"#,
    );
    assert_eq!(outline(&artifact), "c");
    assert!(matches!(
        find(&artifact.exports, "h"),
        Item::Func {
            lifted: Some(0),
            ..
        }
    ));
}

#[test]
fn an_instance_shows_no_more_than_its_type() {
    let artifact = compiled(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (func $g (canon lift (core func $i "f")))
            (instance $both (export "f" (func $f)) (export "g" (func $g)))
            (component $pass
                (import "i" (instance $i (export "f" (func))))
                (export "i" (instance $i)))
            (instance $passed (instantiate $pass (with "i" (instance $both))))
            (alias export $passed "i" (instance $i))
            (export "all" (instance $both))
            (export "some" (instance $both) (instance (export "g" (func))))
            (export "one" (instance $i)))"#,
    );
    let names = |name| -> Vec<&str> {
        items(&artifact.exports, name)
            .iter()
            .map(|e| &*e.name)
            .collect()
    };
    assert_eq!(names("all"), ["f", "g"]);
    assert_eq!(names("some"), ["g"]);
    assert_eq!(names("one"), ["f"]);
}

#[test]
fn types_have_a_second_layout_in_memories_with_64_bit_addresses() {
    let artifact = compiled(
        r#"(component
            (type $r' (record (field "flag" bool) (field "name" string)))
            (import "r" (type $r (eq $r')))
            (import "f" (func $f (param "v" (option $r)) (result (list u8))))
            (core module $m (memory (export "m") i64 1)
                (func (export "realloc") (param i64 i64 i64 i64) (result i64) unreachable)
                (func (export "g") (param i64 i64) (result i64) unreachable)
                (func (export "drop") (param i64)))
            (core instance $m (instantiate $m))
            (alias core export $m "m" (core memory $mem))
            (core func $f (canon lower (func $f) (memory $mem) (realloc (core func $m "realloc"))))
            (core module $n (import "" "f" (func (param i32 i32 i64 i64 i64))))
            (core instance (instantiate $n (with "" (instance (export "f" (func $f))))))
            (func (export "g") (param "s" string) (result string)
                (canon lift (core func $m "g") (memory $mem) (realloc (core func $m "realloc"))
                    (post-return (core func $m "drop")))))"#,
    );
    assert_eq!(artifact.types.len(), artifact.types64.len());
    let record = artifact
        .types
        .iter()
        .position(|ty| matches!(ty.kind, TypeKind::Record { .. }))
        .expect("the record");
    let shape = |types: &[TypeDesc]| match &types[record].kind {
        TypeKind::Record { fields } => (
            types[record].size,
            types[record].align,
            fields[1].offset,
            types[record].flat.clone().expect("it is flat"),
        ),
        other => panic!("{other:?}"),
    };
    use CoreType::{I32, I64};
    assert_eq!(shape(&artifact.types), (12, 4, 4, vec![I32, I32, I32]));
    assert_eq!(shape(&artifact.types64), (24, 8, 8, vec![I32, I64, I64]));
    assert!(artifact.lowered[0].options.memory64 && artifact.lifted[0].options.memory64);
}

#[test]
fn there_is_one_layout_where_no_memory_has_64_bit_addresses() {
    let artifact = compiled("(component (import \"f\" (func (param \"s\" string))))");
    assert!(artifact.types64.is_empty() && !artifact.types.is_empty());
}
