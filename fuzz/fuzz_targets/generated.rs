//! Valid components of our own generator.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::{Corpus, fuzz_target};
use tidegate_fuzz::{compile, generate};

fuzz_target!(|data: &[u8]| -> Corpus {
    match generate::component(&mut Unstructured::new(data)) {
        Ok(bytes) => {
            compile::survives_valid(&bytes);
            Corpus::Keep
        }
        Err(_) => Corpus::Reject,
    }
});
