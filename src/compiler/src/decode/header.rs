//! What the bytes are if they are not a component, and what to do about it.

use wasmparser::Parser;

use super::gate;
use crate::error::{CompileError, ErrorCode};

/// Accepts bytes that begin like a component.
pub(super) fn check(bytes: &[u8]) -> Result<(), CompileError> {
    if Parser::is_component(bytes) {
        return Ok(());
    }
    if Parser::is_core_wasm(bytes) {
        return Err(CompileError::new(
            ErrorCode::CoreModule,
            "these bytes are a core WebAssembly module, not a component: build for a component \
             target such as wasm32-wasip2, or make a component of it with `wasm-tools component new`",
        ));
    }
    if bytes.starts_with(MAGIC) && bytes.len() >= 8 {
        return Err(CompileError::new(
            ErrorCode::Invalid,
            format!(
                "these bytes are WebAssembly of an unknown version ({:02x} {:02x} {:02x} {:02x}); a \
                 component has 0d 00 01 00: rebuild it with current tools",
                bytes[4], bytes[5], bytes[6], bytes[7],
            ),
        )
        .at(4));
    }
    if MAGIC.starts_with(bytes) || bytes.starts_with(MAGIC) {
        return Err(truncated(bytes.len()));
    }
    Err(CompileError::new(
        ErrorCode::NotWasm,
        format!(
            "these bytes are not a WebAssembly component: {}",
            guess(bytes)
        ),
    )
    .at(0))
}

/// The bytes end at `len`, before the component does.
pub(super) fn truncated(len: usize) -> CompileError {
    let what = if len == 0 {
        "there are no bytes"
    } else {
        "the bytes end before the component does"
    };
    CompileError::new(
        ErrorCode::Truncated,
        format!("{what}: it was probably not read or downloaded completely"),
    )
    .at(len as u64)
}

/// An error of the parser or validator.
pub(super) fn invalid(error: wasmparser::Error) -> CompileError {
    let offset = error.offset();
    if let Some(features) = error.missing_wasm_feature()
        && let Some(error) = gate::missing(features, error.message(), offset)
    {
        return error;
    }
    let code = match error.message() {
        "unexpected end-of-file" => ErrorCode::Truncated,
        message if message.starts_with("unexpected SIMD opcode") => ErrorCode::Simd,
        message if LIMITS.iter().any(|limit| message.contains(limit)) => ErrorCode::Limit,
        _ => ErrorCode::Invalid,
    };
    let message = match code {
        ErrorCode::Truncated => {
            "the bytes end before the component does, or a length in them is wrong"
        }
        _ => error.message(),
    };
    CompileError::new(code, format!("not a valid component: {message}")).at(offset)
}

/// What the bytes look like.
fn guess(bytes: &[u8]) -> String {
    let text = bytes.trim_ascii_start();
    let begins = |prefix: &[u8]| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if begins(b"<!doctype") || begins(b"<html") {
        "they are an HTML page, probably the server's answer to a wrong address".into()
    } else if begins(b"(component") || begins(b"(module") {
        "they are the text format, which `wasm-tools parse` turns into bytes".into()
    } else if bytes.starts_with(&[0x1f, 0x8b]) {
        "they are compressed with gzip and have to be unpacked first".into()
    } else {
        let start: Vec<String> = bytes
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "they begin with {}, a component with 00 61 73 6d",
            start.join(" ")
        )
    }
}

/// What the validator says when something is beyond a limit of its own.
const LIMITS: [&str; 3] = ["too deep", "exceeds", "size is out of bounds"];

const MAGIC: &[u8] = b"\0asm";
