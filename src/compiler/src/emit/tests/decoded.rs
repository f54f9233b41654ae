//! A shim module read back: validated, and as text that tests compare.

use wasmparser::{
    BinaryReaderError, ExternalKind, FuncType, Operator, Parser, Payload, TypeRef, Validator,
    WasmFeatures,
};

use crate::plan::{Shim, Source};

/// What a decoded shim says about itself.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) types: Vec<FuncType>,
    /// `module.name: type`
    pub(super) imports: Vec<String>,
    /// `name: type`
    pub(super) exports: Vec<String>,
    /// Instructions of each function, as wasmparser prints them.
    pub(super) bodies: Vec<Vec<String>>,
}

/// Validates a shim after what Node 20 supports, unless it is for explicit threads, and decodes it; its list of
/// imports must be the module's.
pub(super) fn decode(shim: &Shim) -> Decoded {
    let threads = shim.imports.iter().any(|i| i.source == Source::Threads);
    // Mutable globals as imports are part of it; multi-memory and exceptions are not. Memories with 64-bit addresses are a
    // component's own choice.
    let features = match threads {
        true => WasmFeatures::WASM3,
        false => WasmFeatures::WASM2 | WasmFeatures::MEMORY64,
    };
    let mut validator = Validator::new_with_features(features);
    validator.validate_all(&shim.code).expect("a shim is valid");
    let decoded = parse(&shim.code).expect("a shim is well-formed");
    assert_eq!(decoded.imports.len(), shim.imports.len());
    for (text, import) in decoded.imports.iter().zip(&shim.imports) {
        assert!(
            text.starts_with(&format!("{}.{}: ", import.module, import.name)),
            "{text}"
        );
    }
    let mut names: Vec<_> = shim.imports.iter().map(|i| (&i.module, &i.name)).collect();
    names.sort();
    names.dedup();
    assert_eq!(
        names.len(),
        shim.imports.len(),
        "names of imports are unique"
    );
    decoded
}

fn parse(code: &[u8]) -> Result<Decoded, BinaryReaderError> {
    let mut decoded = Decoded::default();
    let mut funcs = Vec::new();
    for payload in Parser::new(0).parse_all(code) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    decoded.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let ty = match import.ty {
                        TypeRef::Func(ty) => {
                            funcs.push(ty);
                            signature(&decoded.types[ty as usize])
                        }
                        TypeRef::Global(ty) if ty.mutable => format!("(mut {})", ty.content_type),
                        TypeRef::Global(ty) => ty.content_type.to_string(),
                        TypeRef::Memory(_) => "memory".to_owned(),
                        TypeRef::Table(_) => "table".to_owned(),
                        other => panic!("a shim imports no {other:?}"),
                    };
                    decoded
                        .imports
                        .push(format!("{}.{}: {ty}", import.module, import.name));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    funcs.push(ty?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    assert_eq!(export.kind, ExternalKind::Func);
                    let ty = &decoded.types[funcs[export.index as usize] as usize];
                    decoded
                        .exports
                        .push(format!("{}: {}", export.name, signature(ty)));
                }
            }
            Payload::CodeSectionEntry(body) => {
                let mut ops = Vec::new();
                for op in body.get_operators_reader()? {
                    ops.push(operator(&op?));
                }
                decoded.bodies.push(ops);
            }
            _ => {}
        }
    }
    Ok(decoded)
}

pub(super) fn signature(ty: &FuncType) -> String {
    let list = |types: &[wasmparser::ValType]| {
        types
            .iter()
            .map(|ty| ty.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

fn operator(op: &Operator) -> String {
    format!("{op:?}")
}
