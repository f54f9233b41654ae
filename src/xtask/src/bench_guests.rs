//! The benchmarks' guests: components and core modules in the text format, `bench/*.wat`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Assembles every `bench/<name>.wat`: a component into `out/<name>.component.wasm`, a core module into
/// `out/<name>.wasm`.
pub(crate) fn build(out: &Path) -> Result<(), Box<dyn Error>> {
    for source in sources()? {
        let bytes = wat::parse_file(&source)?;
        let name = source
            .file_stem()
            .expect("a file with an extension has a stem");
        let extension = if is_component(&bytes) {
            "component.wasm"
        } else {
            "wasm"
        };
        crate::write(&out.join(name).with_extension(extension), &bytes)?;
    }
    Ok(())
}

fn sources() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench");
    let entries =
        fs::read_dir(&folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
    let mut sources = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

/// Whether the preamble's layer is a component's. Source: `Binary.md`, "Component Definitions".
fn is_component(bytes: &[u8]) -> bool {
    bytes.get(6) == Some(&1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Validator, WasmFeatures};

    #[test]
    fn every_guest_is_valid() {
        let sources = sources().expect("the folder is there");
        assert!(!sources.is_empty());
        for source in sources {
            let bytes = wat::parse_file(&source).expect("it is in the text format");
            // What WASI 0.3 needs is among the features that are on by default.
            let mut validator = Validator::new_with_features(WasmFeatures::default());
            if let Err(error) = validator.validate_all(&bytes) {
                panic!("{}: {error}", source.display());
            }
        }
    }
}
