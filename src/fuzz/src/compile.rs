//! What has to hold for bytes that claim to be a component.

use tidegate_compiler::check::check;
use tidegate_compiler::plan::Artifact;
use tidegate_compiler::{CompileError, CompileOptions, ErrorCode, Features, compile};
use wasmparser::{Chunk, Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Compiles any bytes, without and with gated features. What is refused is refused with a reason; what is accepted is valid
/// and makes an artifact in order. The artifact that has all features.
///
/// # Panics
///
/// When a property does not hold.
pub fn survives(bytes: &[u8]) -> Option<Artifact> {
    let plain = one(bytes, Features::default(), WasmFeatures::default());
    let gated = one(bytes, Features::all(), WasmFeatures::all());
    assert!(
        plain.is_none() || gated.is_some(),
        "it is accepted only without gated features"
    );
    gated
}

/// Compiles a component that is valid. It may be refused for what is not supported or beyond a limit, but not as invalid.
///
/// # Panics
///
/// When a property does not hold.
pub fn survives_valid(bytes: &[u8]) -> Option<Artifact> {
    if let Err(error) = valid(bytes, WasmFeatures::all()) {
        panic!("the generator made an invalid component: {error}");
    }
    if let Err(error) = compile(bytes, &options(Features::all())) {
        assert!(
            matches!(error.code, ErrorCode::Unsupported | ErrorCode::Limit),
            "a valid component is refused: {error}"
        );
    }
    survives(bytes)
}

fn options(features: Features) -> CompileOptions {
    CompileOptions {
        features,
        ..CompileOptions::default()
    }
}

fn one(bytes: &[u8], features: Features, allowed: WasmFeatures) -> Option<Artifact> {
    match compile(bytes, &options(features)) {
        Ok(artifact) => {
            if let Err(error) = check(&artifact, bytes) {
                panic!("the artifact is out of order: {error}");
            }
            if let Err(error) = valid(bytes, allowed) {
                panic!("it is not valid, but was accepted: {error}");
            }
            Some(artifact)
        }
        Err(error) => {
            is_a_reason(&error, bytes);
            None
        }
    }
}

fn is_a_reason(error: &CompileError, bytes: &[u8]) {
    assert_ne!(error.code, ErrorCode::Internal, "{error}");
    assert!(!error.message.is_empty());
    let offset = error.offset;
    assert!(
        offset.is_none_or(|offset| offset <= bytes.len() as u64),
        "the offset is outside of the component: {error}"
    );
    assert!(
        error.code != ErrorCode::Unsupported || error.construct.is_some(),
        "what is not supported is not named: {error}"
    );
}

/// Whether the validator accepts all but the code sections of core modules, which are the engine's to validate.
fn valid(bytes: &[u8], features: WasmFeatures) -> Result<(), wasmparser::Error> {
    let mut validator = Validator::new_with_features(features);
    let (mut parser, mut around, mut at) = (Parser::new(0), Vec::new(), 0);
    loop {
        let (consumed, payload) = match parser.parse(&bytes[at..], true)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => unreachable!("everything is there"),
        };
        at += consumed;
        match validator.payload(&payload)? {
            ValidPayload::Ok | ValidPayload::Func(..) => {}
            ValidPayload::Parser(inner) => around.push(std::mem::replace(&mut parser, inner)),
            ValidPayload::End(_) => match around.pop() {
                Some(outer) => parser = outer,
                None => return Ok(()),
            },
        }
        if let Payload::CodeSectionStart { size, .. } = payload {
            parser.skip_section();
            at += size as usize;
        }
    }
}
