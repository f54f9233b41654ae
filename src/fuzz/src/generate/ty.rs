//! Value types as trees, and their flat forms.

use std::rc::Rc;

use arbitrary::{Result, Unstructured};
use tidegate_abi::layout::{self, CoreType, PtrType};
use wasm_encoder::PrimitiveValType as P;

/// A value type. Types that the Component Model wants to have a name carry one: see [`Named`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ty {
    Primitive(Primitive),
    List(Rc<Ty>),
    Map(Primitive, Rc<Ty>),
    Tuple(Rc<[Ty]>),
    Option(Rc<Ty>),
    Result(Option<Rc<Ty>>, Option<Rc<Ty>>),
    Stream(Option<Rc<Ty>>),
    Future(Option<Rc<Ty>>),
    Named(Rc<Named>),
    Own(Resource),
    Borrow(Resource),
}

/// Identity of a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Resource(pub(super) u32);

/// A type that has to be imported or exported before something imported or exported mentions it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Named {
    pub(super) id: u32,
    pub(super) kind: NamedKind,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum NamedKind {
    Record(Vec<Ty>),
    Variant(Vec<Option<Ty>>),
    Enum(u32),
    Flags(u32),
}

/// Primitive types, in the order of [`PRIMITIVES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Primitive(u8);

const PRIMITIVES: [P; 13] = [
    P::Bool,
    P::S8,
    P::U8,
    P::S16,
    P::U16,
    P::S32,
    P::U32,
    P::S64,
    P::U64,
    P::F32,
    P::F64,
    P::Char,
    P::String,
];

impl Primitive {
    pub(super) fn encoded(self) -> P {
        PRIMITIVES[usize::from(self.0)]
    }

    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(Self(u.int_in_range(0..=12)?))
    }

    /// One that maps may have as their key.
    fn key(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(Self(*u.choose(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12])?))
    }
}

/// What a random type may be made of.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) named: &'a [Rc<Named>],
    pub(super) resources: &'a [Resource],
    pub(super) borrows: bool,
}

impl Ty {
    /// A type of at most `depth` levels beyond those of the types it is made of.
    pub(super) fn arbitrary(
        u: &mut Unstructured<'_>,
        parts: Parts<'_>,
        depth: u32,
    ) -> Result<Self> {
        let inner = |u: &mut _| Self::arbitrary(u, parts, depth - 1).map(Rc::new);
        let owned = Parts {
            borrows: false,
            ..parts
        };
        let element = |u: &mut Unstructured<'_>| {
            Ok(match u.ratio(1, 8)? {
                true => None,
                false => Some(Rc::new(Self::arbitrary(u, owned, depth - 1)?.streamed())),
            })
        };
        Ok(match u.int_in_range(0..=if depth == 0 { 7 } else { 19 })? {
            6 if !parts.named.is_empty() => Self::Named(Rc::clone(u.choose(parts.named)?)),
            7 if !parts.resources.is_empty() => {
                let resource = *u.choose(parts.resources)?;
                match parts.borrows && u.arbitrary()? {
                    true => Self::Borrow(resource),
                    false => Self::Own(resource),
                }
            }
            8 | 9 => Self::List(inner(u)?),
            10 | 11 => Self::Option(inner(u)?),
            12 | 13 => Self::Tuple(
                (0..u.int_in_range(1..=6)?)
                    .map(|_| Self::arbitrary(u, parts, depth - 1))
                    .collect::<Result<_>>()?,
            ),
            14 | 15 => {
                let ok = u.arbitrary::<bool>()?.then(|| inner(u)).transpose()?;
                let err = u.arbitrary::<bool>()?.then(|| inner(u)).transpose()?;
                Self::Result(ok, err)
            }
            16 | 17 => Self::Stream(element(u)?),
            18 => Self::Future(element(u)?),
            19 => {
                let (key, value) = (Primitive::key(u)?, inner(u)?);
                match value.has_handles() {
                    true => Self::Option(value),
                    false => Self::Map(key, value),
                }
            }
            _ => Self::Primitive(Primitive::arbitrary(u)?),
        })
    }

    /// As the element of a stream, which may not be `char`.
    pub(super) fn streamed(self) -> Self {
        match self {
            Self::Primitive(p) if p.encoded() == P::Char => Self::Option(Rc::new(self)),
            other => other,
        }
    }

    pub(super) fn flat(&self) -> layout::Flat {
        use CoreType::{F32, F64, I32, I64};
        match self {
            Self::Primitive(p) => Some(match p.encoded() {
                P::S64 | P::U64 => vec![I64],
                P::F32 => vec![F32],
                P::F64 => vec![F64],
                P::String => vec![I32, I32],
                _ => vec![I32],
            }),
            Self::List(_) | Self::Map(..) => Some(vec![I32, I32]),
            Self::Tuple(types) => record(types),
            Self::Option(ty) => variant([None, Some(&**ty)]),
            Self::Result(ok, err) => variant([ok.as_deref(), err.as_deref()]),
            Self::Stream(_) | Self::Future(_) | Self::Own(_) | Self::Borrow(_) => Some(vec![I32]),
            Self::Named(named) => match &named.kind {
                NamedKind::Record(types) => record(types),
                NamedKind::Variant(cases) => variant(cases.iter().map(Option::as_ref)),
                NamedKind::Enum(_) | NamedKind::Flags(_) => Some(vec![I32]),
            },
        }
    }

    /// The types that it is made of.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Primitive(_) | Self::Own(_) | Self::Borrow(_) => Vec::new(),
            Self::List(ty) | Self::Map(_, ty) | Self::Option(ty) => vec![ty],
            Self::Tuple(types) => types.iter().collect(),
            Self::Result(ok, err) => ok.iter().chain(err).map(|ty| &**ty).collect(),
            Self::Stream(ty) | Self::Future(ty) => ty.iter().map(|ty| &**ty).collect(),
            Self::Named(named) => match &named.kind {
                NamedKind::Record(types) => types.iter().collect(),
                NamedKind::Variant(cases) => cases.iter().flatten().collect(),
                NamedKind::Enum(_) | NamedKind::Flags(_) => Vec::new(),
            },
        }
    }

    /// Calls `f` with every part that is named or a resource's, innermost first.
    pub(super) fn visit(&self, f: &mut impl FnMut(&Self)) {
        self.parts().iter().for_each(|part| part.visit(f));
        if matches!(self, Self::Named(_) | Self::Own(_) | Self::Borrow(_)) {
            f(self);
        }
    }

    /// Whether a resource is part of it.
    pub(super) fn has_resources(&self) -> bool {
        let mut found = false;
        self.visit(&mut |part| found |= matches!(part, Self::Own(_) | Self::Borrow(_)));
        found
    }

    /// Whether passing it passes a handle.
    fn has_handles(&self) -> bool {
        match self {
            Self::Stream(_) | Self::Future(_) | Self::Own(_) | Self::Borrow(_) => true,
            _ => self.parts().iter().any(|part| part.has_handles()),
        }
    }

    /// Whether anything of it is in memory wherever it is passed flat.
    fn points(&self) -> bool {
        match self {
            Self::Primitive(p) => p.encoded() == P::String,
            Self::List(_) | Self::Map(..) => true,
            Self::Stream(_) | Self::Future(_) => false,
            _ => self.parts().iter().any(|part| part.points()),
        }
    }
}

fn record(types: &[Ty]) -> layout::Flat {
    let flats: Vec<_> = types.iter().map(Ty::flat).collect();
    layout::flatten_record(flats.iter().map(Option::as_deref))
}

fn variant<'a>(cases: impl IntoIterator<Item = Option<&'a Ty>>) -> layout::Flat {
    let flats: Vec<_> = cases.into_iter().flatten().map(Ty::flat).collect();
    layout::flatten_variant(flats.iter().map(Option::as_deref))
}

/// A component function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FuncTy {
    pub(super) params: Vec<Ty>,
    pub(super) result: Option<Ty>,
    pub(super) is_async: bool,
}

impl FuncTy {
    pub(super) fn arbitrary(u: &mut Unstructured<'_>, parts: Parts<'_>) -> Result<Self> {
        let owned = Parts {
            borrows: false,
            ..parts
        };
        let count = *u.choose(&[0, 1, 1, 2, 2, 3, 5, 17])?;
        let params = (0..count).map(|_| Ty::arbitrary(u, parts, 2));
        Ok(Self {
            params: params.collect::<Result<_>>()?,
            result: match u.ratio(1, 4)? {
                true => None,
                false => Some(Ty::arbitrary(u, owned, 3)?),
            },
            is_async: u.arbitrary()?,
        })
    }

    pub(super) fn types(&self) -> impl Iterator<Item = &Ty> {
        self.params.iter().chain(&self.result)
    }

    /// The type of the core function that stands for it.
    pub(super) fn core(&self, call: layout::Call) -> CoreFuncTy {
        let result = match &self.result {
            Some(ty) => ty.flat(),
            None => Some(Vec::new()),
        };
        let signature = layout::flatten_func(
            call,
            PtrType::I32,
            record(&self.params).as_deref(),
            result.as_deref(),
        );
        CoreFuncTy {
            params: signature.params,
            results: signature.result.into_iter().collect(),
        }
    }

    /// Whether its values need a memory, however it is called.
    pub(super) fn needs_memory(&self) -> bool {
        let result = self.result.as_ref().map_or(Some(Vec::new()), Ty::flat);
        self.types().any(Ty::points)
            || record(&self.params).is_none_or(|flat| flat.len() > 4)
            || result.is_none_or(|flat| flat.len() > 1)
            || self.is_async && self.result.is_some()
    }
}

/// A core function type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CoreFuncTy {
    pub(super) params: Vec<CoreType>,
    pub(super) results: Vec<CoreType>,
}

impl CoreFuncTy {
    /// As many `i32` parameters and results.
    pub(super) fn ints(params: usize, results: usize) -> Self {
        Self {
            params: vec![CoreType::I32; params],
            results: vec![CoreType::I32; results],
        }
    }
}
