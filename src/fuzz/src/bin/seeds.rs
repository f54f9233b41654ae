//! Writes a corpus: `seeds FROM... TO`, where components are taken from files and folders, in binary or in text, and
//! written without what the compiler does not look at.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use tidegate_fuzz::seeds::skeleton;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let to = paths.pop().ok_or("usage: seeds FROM... TO")?;
    fs::create_dir_all(&to)?;
    let mut count = 0;
    for from in paths {
        count += collect(&from, &to)?;
    }
    println!("{count} seeds in {}", to.display());
    Ok(())
}

/// Everything in a folder, or one file; how many seeds there were.
fn collect(from: &Path, to: &Path) -> Result<u32, Box<dyn Error>> {
    if from.is_dir() {
        let mut count = 0;
        for entry in fs::read_dir(from)? {
            count += collect(&entry?.path(), to)?;
        }
        return Ok(count);
    }
    let bytes = match from.extension().and_then(|extension| extension.to_str()) {
        Some("wasm") => fs::read(from)?,
        Some("wat") => wat::parse_file(from)?,
        _ => return Ok(0),
    };
    let Some(seed) = skeleton(&bytes) else {
        return Ok(0);
    };
    let name = from.file_stem().ok_or("a file without a name")?;
    fs::write(to.join(name), seed)?;
    Ok(1)
}
