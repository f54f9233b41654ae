//! What the tests share: assembling text, compiling, and reading plans.
#![allow(dead_code)]

use tidegate_compiler::plan::{Artifact, Extern, Item, ResourceDesc, Source, Step, TypeKind};
use tidegate_compiler::{CompileError, CompileOptions, ErrorCode, compile};

pub(crate) fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn try_compile(text: &str) -> Result<Artifact, CompileError> {
    compile(&assemble(text), &CompileOptions::default())
}

/// Compiles, and checks that the plan is in order.
pub(crate) fn compiled(text: &str) -> Artifact {
    let artifact = try_compile(text).unwrap_or_else(|error| panic!("{error}"));
    check_order(&artifact);
    artifact
}

/// Why a component that is valid but not built is refused: the construct, and the bytes at the offset. The
/// message names both.
pub(crate) fn refused(text: &str) -> (String, Vec<u8>) {
    let bytes = assemble(text);
    let error = compile(&bytes, &CompileOptions::default()).expect_err("it has to be refused");
    assert_eq!(error.code, ErrorCode::Unsupported, "{error}");
    let construct = error
        .construct
        .clone()
        .expect("a refusal names its construct");
    let offset = error.offset.expect("a refusal has an offset");
    assert!(error.message.contains(&construct), "{error}");
    assert!(error.message.contains(&format!("{offset:#x}")), "{error}");
    assert!((8..bytes.len() as u64).contains(&offset), "{error}");
    (construct, bytes[offset as usize..].to_vec())
}

/// Each step mentions only what earlier steps have made.
pub(crate) fn check_order(artifact: &Artifact) {
    let imported = |i: &u32| {
        matches!(
            artifact.resources[*i as usize],
            ResourceDesc::Imported { .. }
        )
    };
    let resources = (0..artifact.resources.len() as u32)
        .filter(imported)
        .collect();
    let mut order = Order {
        resources,
        ..Order::default()
    };
    for step in &artifact.steps {
        match step {
            Step::Resource { resource, slot } => {
                assert!(
                    slot.is_none_or(|slot| order.slots.contains(&slot)),
                    "slot before resource"
                );
                assert!(!order.resources.contains(resource));
                order.resources.push(*resource);
            }
            Step::Slot { slot, source } => {
                order.check(source);
                order.slots.push(*slot);
            }
            Step::Shim { shim } => {
                assert_eq!(*shim, order.shims);
                let shim = &artifact.shims[*shim as usize];
                let memories = shim.imports.iter().filter(
                    |i| matches!(&i.source, Source::Core { name, .. } if name.contains("mem")),
                );
                assert!(memories.count() <= 1, "a shim imports one memory");
                shim.imports
                    .iter()
                    .for_each(|import| order.check(&import.source));
                order.shims += 1;
                wasmparser::validate(&shim.code).expect("shims are valid");
            }
            Step::Core { module, imports } => {
                assert!((*module as usize) < artifact.modules.len());
                imports
                    .iter()
                    .for_each(|import| order.check(&import.source));
                order.cores += 1;
            }
        }
    }
    assert_eq!(order.shims as usize, artifact.shims.len());
    assert_eq!(order.resources.len(), artifact.resources.len());
    assert_eq!(order.slots.len(), artifact.slots as usize);
    for lifted in &artifact.lifted {
        let sources = [
            Some(&lifted.core),
            lifted.post_return.as_ref(),
            lifted.options.memory.as_ref(),
        ];
        sources
            .into_iter()
            .flatten()
            .chain(&lifted.options.realloc)
            .for_each(|s| order.check(s));
        assert!(
            lifted
                .callback
                .is_none_or(|slot| order.slots.contains(&slot))
        );
    }
    let sites = artifact.sites.iter().map(|site| &site.options);
    let lowered = artifact.lowered.iter().map(|lowered| &lowered.options);
    for options in sites.chain(lowered) {
        options
            .memory
            .iter()
            .chain(&options.realloc)
            .for_each(|source| order.check(source));
    }
    for (i, ty) in artifact.types.iter().enumerate() {
        let parts: Vec<u32> = match &ty.kind {
            TypeKind::List { ty } | TypeKind::Option { ty, .. } => vec![*ty],
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => {
                fields.iter().map(|field| field.ty).collect()
            }
            TypeKind::Variant { cases, .. } => cases.iter().filter_map(|case| case.ty).collect(),
            TypeKind::Result { ok, err, .. } => ok.iter().chain(err).copied().collect(),
            TypeKind::Map { key, value, entry } => vec![*key, *value, *entry],
            TypeKind::Stream { element } | TypeKind::Future { element } => artifact.element_types
                [*element as usize]
                .ty
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        assert!(
            parts.iter().all(|&part| (part as usize) < i),
            "parts come before wholes"
        );
    }
}

#[derive(Default)]
struct Order {
    shims: u32,
    cores: u32,
    slots: Vec<u32>,
    resources: Vec<u32>,
}

impl Order {
    fn check(&self, source: &Source) {
        match source {
            Source::Core { instance, .. } => {
                assert!(*instance < self.cores, "{source:?} too early")
            }
            Source::Shim { shim, .. } => assert!(*shim < self.shims, "{source:?} too early"),
            Source::Resource { index } => {
                assert!(self.resources.contains(index), "{source:?} too early")
            }
            _ => {}
        }
    }
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
