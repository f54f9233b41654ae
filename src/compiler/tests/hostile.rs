//! No input makes the compiler panic, hang or grow without bound.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use std::fmt::Write;

use support::*;
use tidegate_compiler::check::check;
use tidegate_compiler::{CompileError, CompileOptions, ErrorCode, Limits, compile};

/// A component with nearly every kind of section and definition.
const RICH: &str = r#"(component $outer
    (import "a:b/types@0.3.0" (instance $types
        (export "r" (type $r (sub resource)))
        (type $rec' (record (field "a" u8) (field "b" string)))
        (export "rec" (type $rec (eq $rec')))
        (export "[method]r.get" (func (param "self" (borrow $r)) (result $rec)))
        (export "go" (func async (param "x" (stream u8)) (result (result (error $rec)))))))
    (alias export $types "r" (type $r))
    (alias export $types "go" (func $go))
    (core type (func (param i32)))
    (core module $libc
        (import "env" "f" (func (param i32)))
        (memory (export "mem") 1)
        (global (export "g") i32 (i32.const 5))
        (table (export "t") 1 funcref)
        (data (i32.const 8) "hello")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "run") (param i32 i32) (result i32) unreachable)
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core func $drop (canon resource.drop $r))
    (core instance $env (export "f" (func $drop)))
    (core instance $libc (instantiate $libc (with "env" (instance $env))))
    (alias core export $libc "mem" (core memory $mem))
    (alias core export $libc "realloc" (core func $realloc))
    (alias core export $libc "g" (core global $g))
    (core func $go (canon lower (func $go) async (memory $mem) (realloc $realloc)))
    (type $s (stream u8))
    (core func $read (canon stream.read $s async (memory $mem)))
    (core func $return (canon task.return (result string) (memory $mem)))
    (core module $main
        (import "" "go" (func (param i32 i32) (result i32)))
        (import "" "read" (func (param i32 i32 i32) (result i32)))
        (import "" "return" (func (param i32 i32)))
        (import "" "g" (global i32)))
    (core instance (instantiate $main (with "" (instance
        (export "go" (func $go)) (export "read" (func $read)) (export "return" (func $return))
        (export "g" (global $g))))))
    (func $run async (param "text" string) (result string)
        (canon lift (core func $libc "run") async (callback (core func $libc "callback"))
            (memory $mem) (realloc $realloc)))
    (component $inner
        (import "run" (func $run async (param "text" string) (result string)))
        (type $t (variant (case "x" u8) (case "y")))
        (export "t" (type $t))
        (export "run" (func $run)))
    (instance $i (instantiate $inner (with "run" (func $run))))
    (export "c:d/run@1.0.0" (instance $i)))"#;

#[test]
fn every_truncation_is_an_error_with_a_reason() {
    let bytes = assemble(RICH);
    compile(&bytes, &CompileOptions::default()).expect("the whole compiles");
    for len in 0..bytes.len() {
        match compile(&bytes[..len], &CompileOptions::default()) {
            // A component may end after any section.
            Ok(_) => {}
            Err(error) => {
                assert_ne!(error.code, ErrorCode::Internal, "{len}: {error}");
                assert!(
                    error.offset.is_some_and(|offset| offset <= len as u64),
                    "{len}: {error}"
                );
            }
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let bytes = assemble(RICH);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            survives(&flipped);
        }
    }
}

#[test]
fn random_damage_never_panics() {
    let bytes = assemble(RICH);
    let mut random = Random(0x5eed);
    for _ in 0..6_000 {
        let mut damaged = bytes.clone();
        for _ in 0..1 + random.below(6) {
            let at = random.below(damaged.len());
            match random.below(4) {
                0 => damaged[at] = random.below(256) as u8,
                1 => drop(damaged.remove(at)),
                2 => damaged.insert(at, random.below(256) as u8),
                _ => {
                    let from = random.below(damaged.len());
                    let to = from + random.below(damaged.len() - from).min(16);
                    let piece = damaged[from..to].to_vec();
                    damaged.splice(at..at, piece);
                }
            }
        }
        survives(&damaged);
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random(7);
    for _ in 0..5_000 {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        bytes.extend((0..random.below(64)).map(|_| random.below(256) as u8 & 0x1f));
        survives(&bytes);
    }
}

/// Whatever the answer is, it is not that we have a bug.
fn survives(bytes: &[u8]) {
    match compile(bytes, &CompileOptions::default()) {
        Ok(artifact) => check(&artifact, bytes).unwrap_or_else(|error| panic!("{error}")),
        Err(error) => assert_ne!(error.code, ErrorCode::Internal, "{error}"),
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

fn exceeds(text: &str, limits: Limits) -> CompileError {
    let options = CompileOptions {
        limits,
        ..CompileOptions::default()
    };
    let error = compile(&assemble(text), &options).expect_err("it is too much");
    assert_eq!(error.code, ErrorCode::Limit, "{error}");
    assert!(error.offset.is_some(), "{error}");
    error
}

/// Components in which each instantiates the one before twice: 2^n instances.
fn doubling(levels: usize) -> String {
    let mut text = String::from("(component (component $c0)");
    for level in 1..=levels {
        let inner = level - 1;
        write!(
            text,
            "(component $c{level} (alias outer 1 $c{inner} (component $c)) \
             (instance (instantiate $c)) (instance (instantiate $c)))"
        )
        .expect("writing to a string");
    }
    write!(text, "(instance (instantiate $c{levels})))").expect("writing to a string");
    text
}

#[test]
fn instances_are_bounded() {
    compiled(&doubling(10));
    let error = exceeds(&doubling(30), Limits::default());
    assert_eq!(error.construct.as_deref(), Some("component instances"));
    let two = "(component (core module $m) (core instance (instantiate $m)) (core instance (instantiate $m)))";
    let error = exceeds(
        two,
        Limits {
            instances: 1,
            ..Limits::default()
        },
    );
    assert_eq!(error.construct.as_deref(), Some("core instances"));
}

#[test]
fn steps_are_bounded() {
    let error = exceeds(
        RICH,
        Limits {
            steps: 20,
            ..Limits::default()
        },
    );
    assert!(error.message.contains("20 definitions"), "{error}");
}

/// Components in components, of which the innermost is empty.
fn nested(levels: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 1..levels {
        let mut outer: Vec<u8> = b"\0asm\x0d\0\x01\0\x04".to_vec();
        let mut len = bytes.len();
        while len > 0x7f {
            outer.push((len & 0x7f) as u8 | 0x80);
            len >>= 7;
        }
        outer.push(len as u8);
        outer.append(&mut bytes);
        bytes = outer;
    }
    bytes
}

#[test]
fn nested_components_are_bounded() {
    compile(&nested(100), &CompileOptions::default()).expect("that deep is allowed");
    let error = compile(&nested(101), &CompileOptions::default()).expect_err("it is too much");
    assert_eq!(error.code, ErrorCode::Limit);
    assert_eq!(
        error.construct.as_deref(),
        Some("levels of nested components")
    );
}

#[test]
fn nested_instances_are_bounded() {
    let mut text = String::from("(component (component $c0)");
    for level in 1..=150 {
        let inner = level - 1;
        write!(
            text,
            "(component $c{level} (alias outer 1 $c{inner} (component $c)) (instance (instantiate $c)))"
        )
        .expect("writing to a string");
    }
    text.push_str("(instance (instantiate $c150)))");
    let error = exceeds(&text, Limits::default());
    assert_eq!(
        error.construct.as_deref(),
        Some("levels of nested instances")
    );
}

fn chain(levels: usize) -> String {
    let mut text = String::from("(component (type $t0 u8)");
    for level in 1..=levels {
        write!(text, "(type $t{level} (option $t{}))", level - 1).expect("writing to a string");
    }
    text.push(')');
    text
}

#[test]
fn nested_types_are_bounded() {
    compiled(&chain(90));
    let error = exceeds(
        &chain(90),
        Limits {
            type_depth: 50,
            ..Limits::default()
        },
    );
    assert_eq!(error.construct.as_deref(), Some("levels of nested types"));
    // The validator has a bound of its own, without which it would overflow its stack.
    exceeds(&chain(50_000), Limits::default());
}

#[test]
fn instance_types_of_instance_types_are_bounded() {
    let declare = |levels| {
        let mut text = String::from("(component (type $t0 (instance))");
        for level in 1..=levels {
            let inner = level - 1;
            write!(
                text,
                "(type $t{level} (instance (alias outer 1 $t{inner} (type $i)) (export \"i\" (instance (type $i)))))"
            )
            .expect("writing to a string");
        }
        write!(text, "(import \"i\" (instance (type $t{levels}))))").expect("writing to a string");
        text
    };
    compiled(&declare(90));
    exceeds(&declare(500), Limits::default());
    let error = exceeds(
        &declare(60),
        Limits {
            nesting: 50,
            ..Limits::default()
        },
    );
    assert_eq!(
        error.construct.as_deref(),
        Some("levels of nested instances")
    );
}

#[test]
fn types_and_keys_are_bounded() {
    let error = exceeds(
        RICH,
        Limits {
            types: 3,
            ..Limits::default()
        },
    );
    assert_eq!(error.construct.as_deref(), Some("value types"));
    let error = exceeds(
        "(component (type (stream (tuple u8 u8 u8))))",
        Limits {
            key_bytes: 8,
            ..Limits::default()
        },
    );
    assert_eq!(error.construct.as_deref(), Some("bytes of element types"));
}

#[test]
fn shared_types_have_short_keys() {
    let mut text = String::from("(component (type $t0 (tuple u8 u8))");
    for level in 1..=16 {
        write!(text, "(type $t{level} (tuple $t{0} $t{0}))", level - 1)
            .expect("writing to a string");
    }
    text.push_str("(type (stream $t16)))");
    let artifact = compiled(&text);
    assert!(
        artifact.element_types[0].key.len() < 300,
        "2^16 leaves, 17 types"
    );
}
