//! What the tests share: assembling text, compiling, and reading plans.
#![allow(dead_code)]

use tidegate_compiler::check::check;
use tidegate_compiler::plan::{Artifact, Extern, Item, Source, Step, TypeKind};
use tidegate_compiler::{CompileError, CompileOptions, ErrorCode, Feature, compile};

pub(crate) fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn try_compile(text: &str) -> Result<Artifact, CompileError> {
    compile(&assemble(text), &CompileOptions::default())
}

/// Compiles for engines with several memories and for others, and checks that both plans are in order; returns the latter.
pub(crate) fn compiled(text: &str) -> Artifact {
    let [_, artifact] = both_forms(text);
    artifact
}

/// For engines with several memories to a module, and for others; both plans are checked.
pub(crate) fn both_forms(text: &str) -> [Artifact; 2] {
    let bytes = assemble(text);
    [true, false].map(|multi_memory| {
        let options = CompileOptions {
            multi_memory,
            ..with(Feature::ALL)
        };
        let artifact = compile(&bytes, &options).unwrap_or_else(|e| panic!("{e}"));
        check(&artifact, &bytes).unwrap_or_else(|error| panic!("{error}"));
        artifact
    })
}

/// With these features.
pub(crate) fn with(features: &[Feature]) -> CompileOptions {
    CompileOptions {
        features: features.iter().copied().collect(),
        ..CompileOptions::default()
    }
}

/// Why a component that is valid is refused though every feature is enabled: the construct, and the bytes at the offset.
/// The message names both.
pub(crate) fn refused(text: &str) -> (String, Vec<u8>) {
    let (error, at) = refusal(text, Feature::ALL);
    assert_eq!(error.code, ErrorCode::Unsupported, "{error}");
    assert_eq!(error.feature, None, "{error}");
    (error.construct.unwrap_or_default(), at)
}

/// Why a component is refused when no feature is enabled: the construct, its feature, and the bytes at the offset. The
/// message names them.
pub(crate) fn gated(text: &str) -> (String, &'static str, Vec<u8>) {
    let (error, at) = refusal(text, &[]);
    assert_eq!(error.code, ErrorCode::Gated, "{error}");
    let feature = error.feature.expect("a feature is named");
    assert!(
        error.message.contains(&format!("features: ['{feature}']")),
        "{error}"
    );
    (error.construct.unwrap_or_default(), feature, at)
}

fn refusal(text: &str, features: &[Feature]) -> (CompileError, Vec<u8>) {
    let bytes = assemble(text);
    let error = compile(&bytes, &with(features)).expect_err("it has to be refused");
    let construct = error
        .construct
        .clone()
        .unwrap_or_else(|| panic!("a refusal names its construct: {error}"));
    let offset = error.offset.expect("a refusal has an offset");
    assert!(error.message.contains(&construct), "{error}");
    assert!(error.message.contains(&format!("{offset:#x}")), "{error}");
    assert!((8..bytes.len() as u64).contains(&offset), "{error}");
    (error, bytes[offset as usize..].to_vec())
}

/// Which kinds of steps there are, in order: `r`esource, s`l`ot, `s`him, `c`ore.
pub(crate) fn outline(artifact: &Artifact) -> String {
    artifact
        .steps
        .iter()
        .map(|step| match step {
            Step::Resource { .. } => 'r',
            Step::Slot { .. } => 'l',
            Step::Shim { .. } => 's',
            Step::Core { .. } => 'c',
        })
        .collect()
}

pub(crate) fn find<'a>(externs: &'a [Extern], name: &str) -> &'a Item {
    let found = externs.iter().find(|e| e.name == name);
    &found.unwrap_or_else(|| panic!("there is no {name}")).item
}

pub(crate) fn items<'a>(externs: &'a [Extern], name: &str) -> &'a [Extern] {
    match find(externs, name) {
        Item::Instance { items } => items,
        other => panic!("{name} is {other:?}"),
    }
}

/// Type kind of the parameter with this number of the function type.
pub(crate) fn param(artifact: &Artifact, func: u32, i: usize) -> &TypeKind {
    &artifact.types[artifact.funcs[func as usize].params[i].ty as usize].kind
}

/// Names of the runtime functions that a shim imports.
pub(crate) fn runtime_imports(artifact: &Artifact, shim: usize) -> Vec<&str> {
    let sources = artifact.shims[shim]
        .imports
        .iter()
        .map(|import| &import.source);
    sources
        .filter_map(|source| match source {
            Source::Runtime { name } => Some(&**name),
            _ => None,
        })
        .collect()
}

/// Where each component instance is, from the outermost inwards.
pub(crate) fn paths(artifact: &Artifact) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for instance in &artifact.instances {
        paths.push(match instance.parent {
            Some(parent) => format!("{}/{}", paths[parent as usize], instance.name),
            None => instance.name.clone(),
        });
    }
    paths
}
