//! What adapters want to know of types before they emit anything.

use tidegate_abi::limits::MAX_FLAT_PARAMS;

use crate::plan::{TypeDesc, TypeKind};

/// Facts of a type, found from those of its parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// About how many places of code it takes where it is translated in line.
    pub(super) weight: u32,
    /// Every byte of it is a value's, and every value of these bytes is valid: it may be copied as it is.
    pub(super) plain: bool,
    /// Spec: `contains_borrow`.
    pub(crate) borrows: bool,
    /// It contains strings.
    pub(crate) strings: bool,
    /// It contains lists, maps or strings.
    pub(crate) lists: bool,
}

/// What is heavier is translated by a function of its own.
pub(super) const MAX_INLINE: u32 = 12;
/// The weight of a call of such a function.
const CALL: u32 = 3;

impl Traits {
    const LIGHT: Self = Self {
        weight: 1,
        plain: false,
        borrows: false,
        strings: false,
        lists: false,
    };

    /// Completes `known`, the facts of the first of `types`.
    pub(crate) fn complete(known: &mut Vec<Self>, types: &[TypeDesc]) {
        for ty in &types[known.len()..] {
            known.push(Self::of(ty, known, types));
        }
    }

    fn of(ty: &TypeDesc, known: &[Self], types: &[TypeDesc]) -> Self {
        let plain = Self {
            plain: true,
            ..Self::LIGHT
        };
        match &ty.kind {
            TypeKind::S8
            | TypeKind::U8
            | TypeKind::S16
            | TypeKind::U16
            | TypeKind::S32
            | TypeKind::U32
            | TypeKind::S64
            | TypeKind::U64
            | TypeKind::F32
            | TypeKind::F64 => plain,
            TypeKind::Flags { labels } => Self {
                plain: labels.len() as u32 == ty.size * 8,
                ..Self::LIGHT
            },
            TypeKind::Bool | TypeKind::Char | TypeKind::Enum { .. } => Self::LIGHT,
            TypeKind::Own { .. }
            | TypeKind::Stream { .. }
            | TypeKind::Future { .. }
            | TypeKind::ErrorContext => Self {
                weight: CALL,
                ..Self::LIGHT
            },
            TypeKind::Borrow { .. } => Self {
                weight: CALL,
                borrows: true,
                ..Self::LIGHT
            },
            TypeKind::String => Self {
                weight: CALL,
                strings: true,
                lists: true,
                ..Self::LIGHT
            },
            TypeKind::List { ty } | TypeKind::Map { entry: ty, .. } => {
                let element = known[*ty as usize];
                Self {
                    weight: CALL,
                    plain: false,
                    lists: true,
                    ..element
                }
            }
            TypeKind::FixedLengthList { ty, length } => {
                let element = known[*ty as usize];
                // Flat, it is as many values as it has elements; in memory a loop.
                let mut whole = Self::LIGHT;
                whole.plain = true;
                for _ in 0..(*length).min(MAX_FLAT_PARAMS as u32) {
                    whole.add(element);
                }
                whole
            }
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => {
                let mut whole = plain;
                let mut size = 0_u32;
                for field in fields {
                    whole.add(known[field.ty as usize]);
                    size = size.saturating_add(types[field.ty as usize].size);
                }
                whole.plain &= size == ty.size;
                whole
            }
            TypeKind::Variant { cases, .. } => {
                Self::cased(cases.iter().filter_map(|case| case.ty), known)
            }
            TypeKind::Option { ty, .. } => Self::cased([*ty], known),
            TypeKind::Result { ok, err, .. } => Self::cased(ok.iter().chain(err).copied(), known),
        }
    }

    fn cased(payloads: impl IntoIterator<Item = u32>, known: &[Self]) -> Self {
        let mut whole = Self {
            weight: CALL,
            ..Self::LIGHT
        };
        for ty in payloads {
            whole.add(known[ty as usize]);
        }
        whole.plain = false;
        whole
    }

    fn add(&mut self, part: Self) {
        let weight = match part.weight {
            light @ 0..=MAX_INLINE => light,
            _ => CALL,
        };
        self.weight = self.weight.saturating_add(weight);
        self.plain &= part.plain;
        self.borrows |= part.borrows;
        self.strings |= part.strings;
        self.lists |= part.lists;
    }
}
