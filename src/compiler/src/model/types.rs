//! Types as they stand in the bytes.

use super::{Alias, At, CoreFuncIndex, Name, TypeIndex};

/// Spec: `deftype`.
#[derive(Debug)]
pub(crate) enum Type<'a> {
    Value(ValueType<'a>),
    Func(FuncType<'a>),
    Instance(Vec<At<InstanceDecl<'a>>>),
    /// What a component type declares matters to validation only: components are linked by what
    /// they are, and importing one from the host is refused.
    Component,
    Resource {
        dtor: Option<CoreFuncIndex>,
    },
}

/// Spec: `functype`.
#[derive(Debug)]
pub(crate) struct FuncType<'a> {
    pub(crate) is_async: bool,
    pub(crate) params: Vec<(&'a str, ValRef)>,
    pub(crate) result: Option<ValRef>,
}

/// Spec: `instancedecl`, without core types.
#[derive(Debug)]
pub(crate) enum InstanceDecl<'a> {
    Type(Type<'a>),
    Alias(Alias<'a>),
    Export { name: Name<'a>, ty: ExternType },
}

/// Spec: `externtype`. What core modules and components are declared as matters to validation only.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExternType {
    Module,
    Func(TypeIndex),
    Type(Bound),
    Instance(TypeIndex),
    Component,
}

/// Spec: `typebound`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    Eq(TypeIndex),
    SubResource,
}

/// Spec: `valtype`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ValRef {
    Primitive(Primitive),
    Index(TypeIndex),
}

/// Spec: `primvaltype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primitive {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    ErrorContext,
}

/// Spec: `defvaltype`.
#[derive(Debug)]
pub(crate) enum ValueType<'a> {
    Primitive(Primitive),
    Record(Vec<(&'a str, ValRef)>),
    Variant(Vec<(&'a str, Option<ValRef>)>),
    List(ValRef),
    /// The length is not 0.
    FixedLengthList(ValRef, u32),
    Map(ValRef, ValRef),
    Tuple(Vec<ValRef>),
    Flags(Vec<&'a str>),
    Enum(Vec<&'a str>),
    Option(ValRef),
    Result {
        ok: Option<ValRef>,
        err: Option<ValRef>,
    },
    Own(TypeIndex),
    Borrow(TypeIndex),
    Stream(Option<ValRef>),
    Future(Option<ValRef>),
}
