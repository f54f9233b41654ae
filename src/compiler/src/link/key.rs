//! The keys of element types: their structure as text.
//!
//! Types with equal structures have equal keys in any artifact, so that a store can tell whether ends of
//! two components fit. A type that was written before stands as `^n`, its number in order of first
//! appearance: the text is no longer than the type's distinct parts, and both artifacts share all that can
//! be shared, hence write the same. The recursion is as deep as types are, which is bounded.

use std::collections::BTreeMap;

use super::entity::{ElementId, TypeId};
use super::types::Types;
use crate::plan::TypeKind;

/// The key of `ty`; `None` when it is longer than `limit` bytes.
pub(super) fn key(types: &Types, ty: TypeId, limit: usize) -> Option<String> {
    let mut writer = Writer {
        types,
        limit,
        text: String::new(),
        seen: BTreeMap::new(),
    };
    writer.ty(ty)?;
    Some(writer.text)
}

struct Writer<'t> {
    types: &'t Types,
    limit: usize,
    text: String,
    /// Numbers of the types that have been written.
    seen: BTreeMap<TypeId, usize>,
}

/// A part of a type: its label and its type, where it has them.
type Part<'t> = (Option<&'t str>, Option<u32>);

impl<'t> Writer<'t> {
    fn ty(&mut self, ty: TypeId) -> Option<()> {
        let kind = self.types.kind(ty);
        if let Some(name) = primitive_name(kind) {
            return self.push(name);
        }
        let number = self.seen.len();
        if let Some(first) = self.seen.get(&ty) {
            let text = format!("^{first}");
            return self.push(&text);
        }
        self.seen.insert(ty, number);
        match kind {
            TypeKind::List { ty } => self.parts("list", [(None, Some(*ty))]),
            TypeKind::FixedLengthList { ty, length } => {
                self.parts(&format!("list#{length}"), [(None, Some(*ty))])
            }
            TypeKind::Option { ty, .. } => self.parts("option", [(None, Some(*ty))]),
            TypeKind::Map {
                key,
                value,
                entry: _,
            } => self.parts("map", [(None, Some(*key)), (None, Some(*value))]),
            TypeKind::Result { ok, err, .. } => self.parts("result", [(None, *ok), (None, *err)]),
            TypeKind::Record { fields } => self.parts(
                "record",
                fields.iter().map(|f| (Some(&*f.name), Some(f.ty))),
            ),
            TypeKind::Tuple { fields } => {
                self.parts("tuple", fields.iter().map(|f| (None, Some(f.ty))))
            }
            TypeKind::Variant { cases, .. } => self.parts(
                "variant",
                cases.iter().map(|case| (Some(&*case.name), case.ty)),
            ),
            TypeKind::Enum { labels, .. } => {
                self.parts("enum", labels.iter().map(|label| (Some(&**label), None)))
            }
            TypeKind::Flags { labels } => {
                self.parts("flags", labels.iter().map(|label| (Some(&**label), None)))
            }
            TypeKind::Own { resource } => self.push(&format!("own<r{resource}>")),
            TypeKind::Borrow { resource } => self.push(&format!("borrow<r{resource}>")),
            TypeKind::Stream { element } => self.element("stream", *element),
            TypeKind::Future { element } => self.element("future", *element),
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
            | TypeKind::ErrorContext => Some(()),
        }
    }

    fn element(&mut self, name: &str, element: u32) -> Option<()> {
        let ty = self.types.element(ElementId(element)).map(|ty| ty.0);
        self.parts(name, [(None, ty)])
    }

    fn parts(&mut self, name: &str, parts: impl IntoIterator<Item = Part<'t>>) -> Option<()> {
        self.push(name)?;
        self.push("<")?;
        for (label, ty) in parts {
            if let Some(label) = label {
                self.label(label)?;
            }
            match ty {
                Some(ty) => self.ty(TypeId(ty))?,
                None => self.push("_")?,
            }
            self.push(",")?;
        }
        self.push(">")
    }

    /// A label, in which `_` (which no label has) precedes each digit: no label looks like a resource.
    fn label(&mut self, label: &str) -> Option<()> {
        for c in label.chars() {
            if c.is_ascii_digit() {
                self.text.push('_');
            }
            self.text.push(c);
        }
        self.push(":")
    }

    fn push(&mut self, text: &str) -> Option<()> {
        self.text.push_str(text);
        (self.text.len() <= self.limit).then_some(())
    }
}

fn primitive_name(kind: &TypeKind) -> Option<&'static str> {
    Some(match kind {
        TypeKind::Bool => "bool",
        TypeKind::S8 => "s8",
        TypeKind::U8 => "u8",
        TypeKind::S16 => "s16",
        TypeKind::U16 => "u16",
        TypeKind::S32 => "s32",
        TypeKind::U32 => "u32",
        TypeKind::S64 => "s64",
        TypeKind::U64 => "u64",
        TypeKind::F32 => "f32",
        TypeKind::F64 => "f64",
        TypeKind::Char => "char",
        TypeKind::String => "string",
        TypeKind::ErrorContext => "error-context",
        _ => return None,
    })
}
