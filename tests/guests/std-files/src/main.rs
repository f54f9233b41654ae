//! Works on the folder that it is given as Rust's standard library does: makes, writes, lists, renames and removes. Prints what it
//! sees; panics when something is not as it should be.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

fn main() -> io::Result<()> {
    let root = std::env::args().nth(1).unwrap_or_else(|| "/".to_owned());
    std::env::set_current_dir(&root).ok();
    let at = |name: &str| format!("{}/{name}", root.trim_end_matches('/'));

    fs::create_dir_all(at("made/deep"))?;
    fs::write(at("made/one.txt"), "one\ntwo\n")?;
    OpenOptions::new()
        .append(true)
        .open(at("made/one.txt"))?
        .write_all(b"three\n")?;
    {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(at("made/one.txt"))?;
        file.seek(SeekFrom::Start(4))?;
        file.write_all(b"TWO")?;
        file.seek(SeekFrom::Start(0))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        print!("{text}");
        file.set_len(3)?;
        println!("{} bytes", file.metadata()?.len());
    }

    fs::rename(at("made/one.txt"), at("made/deep/moved.txt"))?;
    fs::copy(at("made/deep/moved.txt"), at("made/copy.txt"))?;
    let mut names: Vec<String> = fs::read_dir(at("made"))?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    println!("{}", names.join(" "));

    for name in ["../outside", "made/../../outside", "none"] {
        let kind = File::open(at(name)).map_err(|e| e.kind()).err();
        println!(
            "{name}: {}",
            kind.map_or("opened".to_owned(), |k: ErrorKind| k.to_string())
        );
    }
    fs::remove_dir_all(at("made"))?;
    println!("{}", fs::exists(at("made"))?);
    Ok(())
}
