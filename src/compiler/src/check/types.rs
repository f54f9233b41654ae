//! Types: parts come before wholes and lie inside of them.

use super::{Result, ensure};
use crate::plan::{Artifact, TypeDesc, TypeKind};

/// Most flat parameters of a core function. Spec: `MAX_FLAT_PARAMS`.
const MOST_FLAT: usize = tidegate_abi::limits::MAX_FLAT_PARAMS;

pub(super) fn check(artifact: &Artifact) -> Result<()> {
    ensure!(
        artifact.types64.is_empty() || artifact.types64.len() == artifact.types.len(),
        "some types have no layout in memories with 64-bit addresses"
    );
    layouts(artifact, &artifact.types)?;
    layouts(artifact, &artifact.types64)?;
    for element in &artifact.element_types {
        let ty = element.ty.map(|ty| ty as usize);
        ensure!(
            ty.is_none_or(|ty| ty < artifact.types.len()),
            "there is no type {ty:?}"
        );
    }
    funcs(artifact)
}

fn layouts(artifact: &Artifact, types: &[TypeDesc]) -> Result<()> {
    for (i, ty) in types.iter().enumerate() {
        ensure!(
            matches!(ty.align, 1 | 2 | 4 | 8) && ty.size.is_multiple_of(ty.align),
            "type {i} is laid out wrongly: {ty:?}"
        );
        ensure!(
            ty.flat.as_ref().is_none_or(|flat| flat.len() <= MOST_FLAT),
            "type {i} is too long to be flat"
        );
        for (part, offset) in parts(artifact, &ty.kind)? {
            ensure!((part as usize) < i, "type {i} comes before its part {part}");
            let desc = &types[part as usize];
            // Of a function without parameters there is an empty tuple, but no value is one: a list of them would
            // have any length in no memory.
            ensure!(desc.size > 0, "type {i} has a part without a size");
            if let Some(offset) = offset {
                inside(ty, desc, offset).map_err(|error| format!("type {i}: {error}"))?;
            }
        }
    }
    Ok(())
}

fn funcs(artifact: &Artifact) -> Result<()> {
    for func in &artifact.funcs {
        let params = func.params.iter().map(|param| param.ty);
        let has = |ty| (ty as usize) < artifact.types.len();
        ensure!(
            params.chain(func.result).all(has),
            "{func:?} has a type that is none"
        );
        let tuple = artifact.types.get(func.params_tuple as usize);
        let arity = match tuple.map(|ty| &ty.kind) {
            Some(TypeKind::Tuple { fields }) => fields.len(),
            other => return Err(format!("parameters are {other:?}")),
        };
        ensure!(
            arity == func.params.len(),
            "{func:?} has {arity} parameters"
        );
    }
    Ok(())
}

fn inside(whole: &TypeDesc, part: &TypeDesc, offset: u32) -> Result<()> {
    let end = u64::from(offset) + u64::from(part.size);
    ensure!(
        offset.is_multiple_of(part.align)
            && end <= u64::from(whole.size)
            && part.align <= whole.align,
        "{part:?} is not inside at {offset}"
    );
    Ok(())
}

/// A type's parts, with their offsets where they are stored in it.
fn parts(artifact: &Artifact, kind: &TypeKind) -> Result<Vec<(u32, Option<u32>)>> {
    Ok(match kind {
        TypeKind::List { ty } => vec![(*ty, None)],
        TypeKind::FixedLengthList { ty, length: _ } => vec![(*ty, Some(0))],
        TypeKind::Map { key, value, entry } => {
            vec![(*key, None), (*value, None), (*entry, None)]
        }
        TypeKind::Record { fields } | TypeKind::Tuple { fields } => fields
            .iter()
            .map(|field| (field.ty, Some(field.offset)))
            .collect(),
        TypeKind::Variant {
            cases,
            payload_offset,
            ..
        } => cases
            .iter()
            .filter_map(|case| Some((case.ty?, Some(*payload_offset))))
            .collect(),
        TypeKind::Option { ty, payload_offset } => vec![(*ty, Some(*payload_offset))],
        TypeKind::Result {
            ok,
            err,
            payload_offset,
        } => ok
            .iter()
            .chain(err)
            .map(|ty| (*ty, Some(*payload_offset)))
            .collect(),
        TypeKind::Own { resource } | TypeKind::Borrow { resource } => {
            ensure!(
                (*resource as usize) < artifact.resources.len(),
                "there is no resource {resource}"
            );
            Vec::new()
        }
        TypeKind::Stream { element } | TypeKind::Future { element } => {
            let desc = artifact.element_types.get(*element as usize);
            let desc = desc.ok_or_else(|| format!("there is no element type {element}"))?;
            desc.ty.map(|ty| (ty, None)).into_iter().collect()
        }
        TypeKind::Bool
        | TypeKind::S8
        | TypeKind::U8
        | TypeKind::S16
        | TypeKind::U16
        | TypeKind::S32
        | TypeKind::U32
        | TypeKind::S64
        | TypeKind::U64
        | TypeKind::F32
        | TypeKind::F64
        | TypeKind::Char
        | TypeKind::String
        | TypeKind::ErrorContext
        | TypeKind::Enum { .. }
        | TypeKind::Flags { .. } => Vec::new(),
    })
}
