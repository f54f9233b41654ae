//! The WIT that `tidegate inspect` prints is WIT: the reference implementation's parser resolves what `tests/js/wit` keeps of it.

use std::fs;
use std::path::Path;

use wit_parser::Resolve;

#[test]
fn the_parser_of_wit_reads_what_inspect_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/js/wit");
    let mut read = 0;
    for entry in fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("its entries are readable").path();
        let text = fs::read_to_string(&path).expect("the file is text");
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str(&path, &text)
            .unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        let world = resolve
            .select_world(&[package], Some("root"))
            .expect("it has a world of that name");
        let exports = &resolve.worlds[world].exports;
        assert!(!exports.is_empty(), "{}", path.display());
        read += 1;
    }
    assert!(read >= 4, "{read} files");
}
