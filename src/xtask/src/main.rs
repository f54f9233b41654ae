//! The build tool: makes what is neither a crate's wasm file nor TypeScript.
//!
//! Every subcommand takes the path to write to. Left to `scripts/`: what is stale, and in which order
//! things are built.

mod bench_guests;
mod constants;
mod driver;
mod guests;
mod toolchains;
mod wast;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

const USAGE: &str = "\
Usage: tidegate-xtask COMMAND [DIR] OUT

Commands:
  driver OUT.wasm        write the driver module
  constants OUT.ts       write the constants that TypeScript shares with Rust
  guests OUTDIR          build the test guests, OUTDIR/<name>.component.wasm
  wast DIR OUTDIR        convert a folder of .wast scripts into JSON and binaries
  toolchains OUTDIR      build the guest in C, OUTDIR/toolchain-c.component.wasm
  bench-guests OUTDIR    assemble the benchmarks' guests, OUTDIR/<name>.component.wasm
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        ["driver", out] => write(Path::new(out), &driver::driver()),
        ["constants", out] => write(Path::new(out), constants::typescript().as_bytes()),
        ["wast", dir, out] => wast::convert(Path::new(dir), Path::new(out)),
        ["toolchains", out] => toolchains::build(Path::new(out)),
        ["guests", out] => guests::build(Path::new(out)),
        ["bench-guests", out] => bench_guests::build(Path::new(out)),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidegate-xtask {}: {error}", args.join(" "));
            ExitCode::FAILURE
        }
    }
}

/// Writes a file and the folders it is in.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    }
    fs::write(path, bytes).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    println!("wrote {} ({} bytes)", path.display(), bytes.len());
    Ok(())
}
