//! A short run of every target, the same each time: what `cargo fuzz` does for hours.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use tidegate_fuzz::compile::{survives, survives_valid};
use tidegate_fuzz::random::Random;
use tidegate_fuzz::{generate, mutate, seeds, tree};

/// Tries `n` inputs, but no longer than is left of a test's patience on a slow machine.
fn attempts(n: usize) -> impl Iterator<Item = Random> {
    let start = Instant::now();
    (0..n)
        .take_while(move |_| start.elapsed() < Duration::from_secs(60))
        .map(|i| Random::new(i as u64 + 1))
}

fn sources() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/wat");
    let files = folder.read_dir().expect("the folder of guests in text");
    let mut files: Vec<_> = files.map(|file| file.expect("an entry").path()).collect();
    files.sort();
    let assembled = files.into_iter().map(|file| {
        let bytes = wat::parse_file(&file).expect("a guest in text");
        (file, bytes)
    });
    assembled.collect()
}

#[test]
fn valid_components_compile() {
    let (mut tried, mut compiled) = (0, 0);
    for mut random in attempts(600) {
        let data = random.bytes(1500);
        let bytes = generate::component(&mut Unstructured::new(&data)).expect("enough data");
        tried += 1;
        compiled += usize::from(survives_valid(&bytes).is_some());
    }
    assert!(compiled > tried / 3, "only {compiled} of {tried} compiled");
}

#[test]
fn components_of_wasm_smith_compile() {
    for mut random in attempts(600) {
        let data = random.bytes(2000);
        let component = wasm_smith::Component::new(
            wasm_smith::Config::default(),
            &mut Unstructured::new(&data),
        );
        if let Ok(component) = component {
            survives(&component.to_bytes());
        }
    }
}

#[test]
fn damaged_components_never_panic() {
    let sources = sources();
    let (mut accepted, mut refused) = (0, 0);
    for mut random in attempts(6000) {
        let (_, base) = &sources[random.below(sources.len())];
        let (_, other) = &sources[random.below(sources.len())];
        match survives(&mutate::mutate(base, other, &mut random)) {
            Some(_) => accepted += 1,
            None => refused += 1,
        }
    }
    let few = (accepted + refused) / 60;
    assert!(
        accepted > few && refused > few,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn random_bytes_never_panic() {
    for mut random in attempts(5000) {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        let size = random.below(80);
        bytes.extend(random.bytes(size).iter().map(|byte| byte & 0x1f));
        survives(&bytes);
    }
}

#[test]
fn taking_apart_and_putting_together_changes_nothing() {
    for (file, bytes) in sources() {
        let tree = tree::Binary::decode(&bytes).expect("it is a component");
        let again = tree.encode();
        assert_eq!(again, bytes, "{}", file.display());
        let small = seeds::skeleton(&bytes).expect("it is a component");
        assert_eq!(
            survives(&small).is_some(),
            survives(&bytes).is_some(),
            "{}",
            file.display()
        );
    }
}
