//! Components that are small and want to be expensive: time and memory stay within bounds, whether they compile or not.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tidegate_compiler::{CompileOptions, ErrorCode, Features, compile};

/// Counts what is allocated.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it is the system's allocator, and counts beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: the caller's promises are the system's demands.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One bomb at a time, or they would pay for each other.
static TURN: Mutex<()> = Mutex::new(());

/// What compiling may cost: several times what any of them takes, a fraction of what one takes that gets out of hand.
const SECONDS: u64 = 60;
const BYTES: usize = 500 << 20;

/// Compiles within bounds; what there was too much of, if there was.
fn bounded(bytes: &[u8]) -> Option<String> {
    let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let options = CompileOptions {
        features: Features::all(),
        ..CompileOptions::default()
    };
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let start = Instant::now();
    let answer = match compile(bytes, &options) {
        Ok(_) => None,
        Err(error) if error.code == ErrorCode::Limit => {
            Some(error.construct.unwrap_or(error.message))
        }
        Err(error) => panic!("{error}"),
    };
    let took = start.elapsed();
    let peak = PEAK.load(Relaxed) - before;
    drop(turn);
    println!("{} bytes: {took:?}, {} MiB", bytes.len(), peak >> 20);
    assert!(took < Duration::from_secs(SECONDS), "{took:?}");
    assert!(peak < BYTES, "{} MiB", peak >> 20);
    answer
}

fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// `item(i)` for each number below `n`.
fn each(n: usize, item: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut all, i| {
        write!(all, "{} ", item(i)).expect("writing to a string");
        all
    })
}

/// Says how often the one before is contained: twice, each time.
fn doubling(levels: usize, first: &str, next: impl Fn(usize) -> String) -> String {
    let rest = each(levels, |i| next(i + 1));
    format!("{first} {rest}")
}

#[test]
fn exports_that_double() {
    let with = |levels| {
        let instances = doubling(levels, "(instance $i0 (export \"t\" (type $t)))", |i| {
            let inner = i - 1;
            format!(
                "(instance $i{i} (export \"a\" (instance $i{inner})) (export \"b\" (instance $i{inner})))"
            )
        });
        text(&format!(
            "(component (type $t u8) {instances} (export \"x:y/z\" (instance $i{levels})))"
        ))
    };
    assert_eq!(bounded(&with(10)), None);
    assert_eq!(bounded(&with(16)).as_deref(), Some("exports"));
    assert!(bounded(&with(60)).is_some(), "it is the validator's limit");
}

#[test]
fn imports_that_double() {
    let with = |levels| {
        let types = doubling(levels, "(type $t0 (instance (export \"f\" (func))))", |i| {
            let inner = i - 1;
            format!(
                "(type $t{i} (instance (alias outer 1 $t{inner} (type $t))
                    (export \"a\" (instance (type $t))) (export \"b\" (instance (type $t)))))"
            )
        });
        text(&format!(
            "(component {types} (import \"x:y/z\" (instance (type $t{levels}))))"
        ))
    };
    assert_eq!(bounded(&with(10)), None);
    assert_eq!(
        bounded(&with(16)).as_deref(),
        Some("definitions, nested ones counted")
    );
    assert!(bounded(&with(60)).is_some(), "it is the validator's limit");
}

/// A core module that imports so many functions of the host.
fn lowers(n: usize) -> Vec<u8> {
    let lowered = each(n, |i| format!("(core func $f{i} (canon lower (func $f)))"));
    let imports = each(n, |i| format!("(import \"\" \"{i}\" (func (type $t)))"));
    let exports = each(n, |i| format!("(export \"{i}\" (func $f{i}))"));
    text(&format!(
        "(component
            (import \"f\" (func $f (param \"a\" u32) (param \"b\" f64) (param \"c\" u32) (result f32)))
            {lowered}
            (core module $m (type $t (func (param i32 f64 i32) (result f32))) {imports})
            (core instance (instantiate $m (with \"\" (instance {exports})))))"
    ))
}

#[test]
fn many_functions() {
    assert_eq!(bounded(&lowers(90_000)), None);
    assert!(bounded(&lowers(200_000)).is_some());
}

#[test]
fn long_names_often() {
    let long = |i: usize| format!("a{}{i}", "-b".repeat(4500));
    let imports = each(100, |i| format!("(import \"{}\" (func $f{i}))", long(i)));
    let inner = each(100, |i| format!("(import \"{}\" (func))", long(i)));
    let with = each(100, |i| format!("(with \"{}\" (func $f{i}))", long(i)));
    let instances = format!("(instance (instantiate $c {with}))").repeat(10);
    let bytes = text(&format!(
        "(component (component $c {inner}) {imports} {instances})"
    ));
    assert_eq!(bounded(&bytes), None);
}

#[test]
fn wide_types_often() {
    let fields = each(5000, |i| format!("(field \"f{i}\" u8)"));
    let instances = "(instance (instantiate $c))".repeat(4000);
    let bytes = text(&format!(
        "(component (component $c (type (record {fields}))) {instances})"
    ));
    assert_eq!(
        bounded(&bytes).as_deref(),
        Some("definitions, nested ones counted")
    );
}

#[test]
fn many_types() {
    let bits = |i: usize| each(17, |j| ["u8", "u16"][i >> j & 1].to_string());
    let with = |n| {
        let types = each(n, |i| format!("(type (tuple {}))", bits(i)));
        text(&format!("(component {types})"))
    };
    assert_eq!(bounded(&with(20_000)), None);
    assert_eq!(
        bounded(&with(120_000)).as_deref(),
        Some("definitions, nested ones counted")
    );
}

#[test]
fn streams_of_wide_types() {
    let fields = each(9000, |i| format!("(field \"f{i}\" u8)"));
    let more = |i: usize| each(i / 2 + 1, |j| ["u8", "u16"][j & i & 1].to_string());
    let streams = each(90, |i| format!("(type (stream (tuple $r {})))", more(i)));
    let bytes = text(&format!(
        "(component (type $r (record {fields})) {streams})"
    ));
    assert_eq!(bounded(&bytes).as_deref(), Some("bytes of element types"));
}

#[test]
fn tiny_definitions() {
    let mut one = b"\0asm\x0d\0\x01\0\x08".to_vec();
    let count = 3_000_000;
    let mut body = number(count);
    body.extend(std::iter::repeat_n(BACKPRESSURE_DEC, count));
    one.extend(number(body.len()));
    one.extend(body);
    assert_eq!(bounded(&one).as_deref(), Some("definitions"));
    let mut sections = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..900_000 {
        sections.extend([8, 2, 1, BACKPRESSURE_DEC]);
    }
    assert_eq!(bounded(&sections), None);
}

/// Modules that each define so many function types.
fn core_types(modules: usize, types: usize) -> Vec<u8> {
    let mut body = number(types);
    for i in 0..types {
        body.extend([0x60, 4]);
        body.extend((0..4).map(|k| 0x7c + ((i >> (2 * k)) & 3) as u8));
        body.push(0);
    }
    let mut module = b"\0asm\x01\0\0\0\x01".to_vec();
    module.extend(number(body.len()));
    module.extend(body);
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..modules {
        bytes.push(1);
        bytes.extend(number(module.len()));
        bytes.extend(&module);
    }
    bytes
}

#[test]
fn many_core_types() {
    assert_eq!(bounded(&core_types(6, 300_000)), None);
    assert_eq!(
        bounded(&core_types(30, 300_000)).as_deref(),
        Some("definitions in core modules")
    );
}

#[test]
fn a_memory_that_is_passed_on() {
    let instances = each(4000, |i| {
        let next = i + 1;
        format!("(core instance $i{next} (instantiate $m (with \"\" (instance $i{i}))))")
    });
    let bytes = text(&format!(
        "(component
            (core module $a (memory (export \"m\") 1))
            (core module $m (import \"\" \"m\" (memory 1)) (export \"m\" (memory 0)))
            (core instance $i0 (instantiate $a))
            {instances})"
    ));
    assert_eq!(bounded(&bytes), None);
}

#[test]
fn components_that_call_each_other_in_a_chain() {
    let with = |n: usize, ty: &str, flat: &str| {
        let chain = each(n, |i| {
            let next = i + 1;
            format!(
                "(instance $i{i} (instantiate $c (with \"f\" (func $f{i}))))
                (alias export $i{i} \"f\" (func $f{next}))"
            )
        });
        text(&format!(
            "(component
                {ty}
                (component $c
                    (alias outer 1 $t (type $t))
                    (import \"f\" (func $f (param \"t\" $t)))
                    (core module $libc (memory (export \"m\") 1)
                        (func (export \"r\") (param i32 i32 i32 i32) (result i32) unreachable))
                    (core instance $libc (instantiate $libc))
                    (alias core export $libc \"m\" (core memory $m))
                    (alias core export $libc \"r\" (core func $r))
                    (core func $l (canon lower (func $f) (memory $m) (realloc $r)))
                    (core module $m (import \"\" \"f\" (func $f (param {flat}))) (export \"g\" (func $f)))
                    (core instance $i (instantiate $m (with \"\" (instance (export \"f\" (func $l))))))
                    (func (export \"f\") (param \"t\" $t)
                        (canon lift (core func $i \"g\") (memory $m) (realloc $r))))
                (import \"f\" (func $f0 (param \"t\" $t)))
                {chain})"
        ))
    };
    assert_eq!(bounded(&with(1000, "(type $t u8)", "i32")), None);
    // A type of 2^14 parts, which are few types.
    let wide = doubling(14, "(type $t0 (tuple u8 string))", |i| {
        let inner = i - 1;
        format!("(type $t{i} (tuple $t{inner} $t{inner}))")
    });
    bounded(&with(
        20,
        &format!("{wide} (type $t (list $t14))"),
        "i32 i32",
    ));
}

/// The canonical definition of `backpressure.dec`, which is a byte.
const BACKPRESSURE_DEC: u8 = 0x25;

/// A number in LEB128.
fn number(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n > 0x7f {
        bytes.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}
