//! Test guests: sources made into components.
//!
//! Enters: the workspace `tests/guests`, one crate per guest, and `tests/guests/wat`, components in the
//! text format. Leaves: `OUT/<name>.component.wasm`, each of them valid.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use wit_component::ComponentEncoder;

/// Builds every guest of `tests/guests` into `out/<name>.component.wasm`.
pub(crate) fn build(out: &Path) -> Result<(), Box<dyn Error>> {
    // First, because they are quick and need no toolchain.
    for source in texts()? {
        let bytes = wat::parse_file(&source)?;
        let name = source
            .file_stem()
            .expect("a file with an extension has a stem");
        crate::write(&out.join(name).with_extension("component.wasm"), &bytes)?;
    }
    compile("wasm32-unknown-unknown", LIBRARIES)?;
    for name in LIBRARIES {
        let module = read(&artifact("wasm32-unknown-unknown", name))?;
        let component = encode(&module).map_err(|e| format!("guest {name}: {e:?}"))?;
        crate::write(&out.join(name).with_extension("component.wasm"), &component)?;
    }
    // This target's linker makes components itself.
    compile("wasm32-wasip2", PROGRAMS)?;
    for name in PROGRAMS {
        let component = read(&artifact("wasm32-wasip2", name))?;
        crate::write(&out.join(name).with_extension("component.wasm"), &component)?;
    }
    Ok(())
}

/// Crates whose exports wit-bindgen makes.
const LIBRARIES: &[&str] = &[
    "asyncs", "command", "elements", "filter", "later", "service", "text", "values",
];

/// Crates on WASI 0.2 by the standard library of Rust: programs, and a service.
const PROGRAMS: &[&str] = &["proxy", "std-files", "std-hello", "std-waits"];

/// Every component in the text format, sorted.
fn texts() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder = workspace().join("wat");
    let mut sources = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

/// A core module, with the types that wit-bindgen left in it, as a component.
fn encode(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = ComponentEncoder::default();
    encoder.module(module)?.validate(true);
    Ok(encoder.encode()?)
}

fn compile(target: &str, crates: &[&str]) -> Result<(), Box<dyn Error>> {
    println!("compiling {} for {target}", crates.join(", "));
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--locked",
        "--release",
        "--target",
        target,
        "--manifest-path",
    ]);
    cargo
        .arg(workspace().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir());
    for name in crates {
        cargo.args(["--package", name]);
    }
    let status = cargo
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo has failed for {target}").into())
    }
}

fn artifact(target: &str, name: &str) -> PathBuf {
    let file = format!("{}.wasm", name);
    target_dir().join(target).join("release").join(file)
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()).into())
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests")
}

/// Not the folder of the workspace around us: the two are built with different settings.
fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(shared) => PathBuf::from(shared).join("guests"),
        None => workspace().join("target"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Validator, WasmFeatures};

    #[test]
    fn every_text_is_a_valid_component() {
        for source in texts().expect("the folder is there") {
            let bytes = wat::parse_file(&source).unwrap_or_else(|e| panic!("{e}"));
            Validator::new_with_features(WasmFeatures::all())
                .validate_all(&bytes)
                .unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        }
    }
}
