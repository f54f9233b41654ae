//! The guests in C: clang with wasi-libc for their code; `wit-bindgen c` for the bindings of one, and for the other, a program on
//! preview 1, the adapter that makes WASI 0.2 of that; wit-component for the rest.
//!
//! Enters: `tests/guests/toolchains`. Leaves: `OUT/toolchain-c.component.wasm` and `OUT/program-c.component.wasm`, or a message and nothing
//! where this machine has no clang for wasm; that is for the tests to judge.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as ADAPTER,
};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;
use wit_component::ComponentEncoder;

/// Builds the guests in C into `out`; what they are made of goes to `out/c`.
pub(crate) fn build(out: &Path) -> Result<(), Box<dyn Error>> {
    if !clang_makes_wasm() {
        println!("{REMEDY}");
        return Ok(());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/toolchains");
    let folder = out.join("c");
    bindings(&source.join("world.wit"), &folder)?;
    let module = folder.join("module.wasm");
    let files = ["guest.c", "guest_component_type.o"].map(|name| folder.join(name));
    clang(&module, |clang| {
        clang.arg("-mexec-model=reactor").arg("-I").arg(&folder);
        clang.arg(source.join("toolchain.c")).args(files);
    })?;
    encode(&module, None, &out.join("toolchain-c.component.wasm"))?;

    let module = folder.join("program.wasm");
    clang(&module, |clang| {
        clang.arg(source.join("program.c"));
    })?;
    encode(
        &module,
        Some(ADAPTER),
        &out.join("program-c.component.wasm"),
    )
}

/// Compiles what `more` names into `module`.
fn clang(module: &Path, more: impl FnOnce(&mut Command)) -> Result<(), Box<dyn Error>> {
    let mut clang = Command::new("clang");
    clang.args(["--target=wasm32-wasi", "-O2", "-Wall", "-Wextra"]);
    clang.arg("-nodefaultlibs").arg("-o").arg(module);
    more(&mut clang);
    if clang.arg("-lc").status()?.success() {
        Ok(())
    } else {
        Err("clang has failed".into())
    }
}

fn encode(module: &Path, adapter: Option<&[u8]>, to: &Path) -> Result<(), Box<dyn Error>> {
    let mut encoder = ComponentEncoder::default();
    encoder.module(&fs::read(module)?)?;
    if let Some(adapter) = adapter {
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)?;
    }
    encoder.validate(true);
    let component = encoder.encode().map_err(|e| format!("{e:?}"))?;
    crate::write(to, &component)
}

/// Whether clang, its linker and wasi-libc are there: an empty program tells.
fn clang_makes_wasm() -> bool {
    let mut clang = Command::new("clang");
    clang.args([
        "--target=wasm32-wasi",
        "-mexec-model=reactor",
        "-nodefaultlibs",
    ]);
    clang.args(["-x", "c", "/dev/null", "-lc", "-o"]);
    let probe = std::env::temp_dir().join(format!("tidegate-clang-{}", std::process::id()));
    let made = clang.arg(&probe).output();
    let _ = fs::remove_file(&probe);
    made.is_ok_and(|output| output.status.success())
}

/// Writes the generated header, source and type object.
fn bindings(wit: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], None)?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files)?;
    fs::create_dir_all(folder)?;
    for (name, bytes) in files.iter() {
        fs::write(folder.join(OsStr::new(name)), bytes)?;
    }
    Ok(())
}

const REMEDY: &str = "no clang for wasm here, so the guests in C are left out: \
    `apt-get install clang lld wasi-libc`";
