//! The guest in C: `wit-bindgen c` for its bindings, clang with wasi-libc for its code, wit-component for the rest.
//!
//! Enters: `tests/guests/toolchains`. Leaves: `OUT/toolchain-c.component.wasm`, or a message and nothing where this machine
//! has no clang for wasm; that is for the tests to judge.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// Builds the guest in C into `out`; its bindings go to `out/c`.
pub(crate) fn build(out: &Path) -> Result<(), Box<dyn Error>> {
    if !clang_makes_wasm() {
        println!("{REMEDY}");
        return Ok(());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/toolchains");
    let folder = out.join("c");
    bindings(&source.join("world.wit"), &folder)?;
    let module = folder.join("module.wasm");
    let mut clang = Command::new("clang");
    clang.args(["--target=wasm32-wasi", "-mexec-model=reactor", "-O2"]);
    clang.args(["-Wall", "-Wextra", "-nodefaultlibs"]);
    clang.arg("-I").arg(&folder).arg("-o").arg(&module);
    clang.arg(source.join("toolchain.c"));
    clang.args(["guest.c", "guest_component_type.o"].map(|name| folder.join(name)));
    clang.arg("-lc");
    if !clang.status()?.success() {
        return Err("clang has failed".into());
    }
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder.module(&fs::read(&module)?)?.validate(true);
    let component = encoder.encode().map_err(|e| format!("{e:?}"))?;
    crate::write(&out.join("toolchain-c.component.wasm"), &component)
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

const REMEDY: &str = "no clang for wasm here, so the guest in C is left out: \
    `apt-get install clang lld wasi-libc`";
