//! Chunks of bytes in, numbered lines out; nothing is kept but the part of a line whose end has not
//! come yet.

use crate::args::Options;

/// The transformation's state between two chunks.
pub struct Lines {
    prefix: String,
    upper: bool,
    plain: bool,
    repeat: u32,
    /// The beginning of a line, without its end.
    rest: Vec<u8>,
    /// Complete lines so far.
    pub count: u64,
    /// Bytes so far.
    pub bytes: u64,
}

impl Lines {
    pub fn new(options: &Options, prefix: String) -> Self {
        let Options {
            upper,
            plain,
            repeat,
            ..
        } = *options;
        Self {
            prefix,
            upper,
            plain,
            repeat,
            rest: Vec::new(),
            count: 0,
            bytes: 0,
        }
    }

    /// Takes a chunk, and returns what the lines that it completes become.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.bytes += chunk.len() as u64;
        let mut out = Vec::with_capacity(chunk.len() * 2);
        for piece in chunk.split_inclusive(|&byte| byte == b'\n') {
            self.rest.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.finish_line(&mut out);
            }
        }
        out
    }

    /// What a last line without an end becomes.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.rest.is_empty() {
            self.rest.push(b'\n');
            self.finish_line(&mut out);
        }
        out
    }

    fn finish_line(&mut self, out: &mut Vec<u8>) {
        self.count += 1;
        let mut line = std::mem::take(&mut self.rest);
        if self.upper {
            line = match String::from_utf8(line) {
                Ok(text) => text.to_uppercase().into_bytes(),
                // Not text: only its ASCII letters have an upper case.
                Err(bytes) => bytes.into_bytes().to_ascii_uppercase(),
            };
        }
        for _ in 0..self.repeat {
            out.extend_from_slice(self.prefix.as_bytes());
            if !self.plain {
                out.extend_from_slice(format!("{:>6}  ", self.count).as_bytes());
            }
            out.extend_from_slice(&line);
        }
    }
}
