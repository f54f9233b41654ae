//! Types and extern types. The nesting of declarations is bounded by wasmparser's reader (100).

use wasmparser::{
    ComponentDefinedType as D, ComponentExternName, ComponentType, ComponentTypeRef,
    ComponentValType, InstanceTypeDeclaration, PrimitiveValType as P, TypeBounds, ValType,
};

use super::gate::Gate;
use super::sections::alias;
use crate::Feature;
use crate::error::{CompileError, Result};
use crate::model::{
    At, Bound, CoreFuncIndex, ExternType, FuncType, InstanceDecl, Name, Primitive, Type, TypeIndex,
    ValRef, ValueType,
};

/// One item of a type section.
pub(super) fn component_type(ty: ComponentType<'_>, gate: Gate) -> Result<Type<'_>> {
    Ok(match ty {
        ComponentType::Defined(ty) => Type::Value(value_type(ty, gate)?),
        ComponentType::Func(ty) => Type::Func(FuncType {
            is_async: ty.async_,
            params: labelled(&ty.params, gate)?,
            result: ty.result.map(|ty| val_ref(ty, gate)).transpose()?,
        }),
        ComponentType::Component(_) => Type::Component,
        ComponentType::Instance(decls) => {
            let mut all = Vec::with_capacity(decls.len());
            for decl in decls {
                if let Some(item) = instance_decl(decl, gate)? {
                    all.push(At {
                        offset: gate.offset,
                        item,
                    });
                }
            }
            Type::Instance(all)
        }
        ComponentType::Resource {
            rep: ValType::I64, ..
        } => {
            gate.need(Feature::Memory64, "resource with the representation i64")?;
            let construct = "resource with the representation i64";
            // Spec: `lower_borrow` gives the representation where a borrow is lowered, and that is an `i32`.
            let why = "the specification does not say how 64 bits are passed as a borrow";
            return Err(CompileError::unsupported(construct, why, gate.offset));
        }
        ComponentType::Resource { rep: _, dtor } => Type::Resource {
            dtor: dtor.map(CoreFuncIndex),
        },
    })
}

fn instance_decl(
    decl: InstanceTypeDeclaration<'_>,
    gate: Gate,
) -> Result<Option<InstanceDecl<'_>>> {
    Ok(Some(match decl {
        InstanceTypeDeclaration::CoreType(_) => return Ok(None),
        InstanceTypeDeclaration::Type(ty) => InstanceDecl::Type(component_type(ty, gate)?),
        InstanceTypeDeclaration::Alias(item) => InstanceDecl::Alias(alias(item)),
        InstanceTypeDeclaration::Export {
            name: extern_name,
            ty,
        } => InstanceDecl::Export {
            name: name(extern_name, gate)?,
            ty: extern_type(ty, gate)?,
        },
    }))
}

/// An import's or export's name.
pub(super) fn name(name: ComponentExternName<'_>, gate: Gate) -> Result<Name<'_>> {
    for each in [Some(name.name), name.implements].into_iter().flatten() {
        if gate.is_nested(each) {
            gate.need(Feature::NestedNames, "nested name")?;
        }
    }
    Ok(Name {
        name: name.name,
        implements: name.implements,
    })
}

/// An import's or export's type.
pub(super) fn extern_type(ty: ComponentTypeRef, gate: Gate) -> Result<ExternType> {
    Ok(match ty {
        ComponentTypeRef::Module(_) => ExternType::Module,
        ComponentTypeRef::Func(index) => ExternType::Func(TypeIndex(index)),
        ComponentTypeRef::Value(_) => return Err(value_refused(gate)),
        ComponentTypeRef::Type(TypeBounds::Eq(index)) => {
            ExternType::Type(Bound::Eq(TypeIndex(index)))
        }
        ComponentTypeRef::Type(TypeBounds::SubResource) => ExternType::Type(Bound::SubResource),
        ComponentTypeRef::Instance(index) => ExternType::Instance(TypeIndex(index)),
        ComponentTypeRef::Component(_) => ExternType::Component,
    })
}

/// Values as imports, exports or arguments are refused wherever they appear.
pub(super) fn value_refused(gate: Gate) -> CompileError {
    gate.unsupported("value imports and exports")
}

/// A reference to a value type.
pub(super) fn val_ref(ty: ComponentValType, gate: Gate) -> Result<ValRef> {
    Ok(match ty {
        ComponentValType::Primitive(ty) => ValRef::Primitive(primitive(ty, gate)?),
        ComponentValType::Type(index) => ValRef::Index(TypeIndex(index)),
    })
}

fn optional(ty: Option<ComponentValType>, gate: Gate) -> Result<Option<ValRef>> {
    ty.map(|ty| val_ref(ty, gate)).transpose()
}

fn labelled<'a>(
    fields: &[(&'a str, ComponentValType)],
    gate: Gate,
) -> Result<Vec<(&'a str, ValRef)>> {
    fields
        .iter()
        .map(|&(name, ty)| Ok((name, val_ref(ty, gate)?)))
        .collect()
}

fn value_type(ty: D<'_>, gate: Gate) -> Result<ValueType<'_>> {
    Ok(match ty {
        D::Primitive(ty) => ValueType::Primitive(primitive(ty, gate)?),
        D::Record(fields) => ValueType::Record(labelled(&fields, gate)?),
        D::Variant(cases) => ValueType::Variant(
            cases
                .iter()
                .map(|case| Ok((case.name, optional(case.ty, gate)?)))
                .collect::<Result<_>>()?,
        ),
        D::List(ty) => ValueType::List(val_ref(ty, gate)?),
        D::Map(key, value) => ValueType::Map(val_ref(key, gate)?, val_ref(value, gate)?),
        D::FixedLengthList(ty, length) => {
            gate.need(Feature::FixedLengthLists, "fixed-length list")?;
            ValueType::FixedLengthList(val_ref(ty, gate)?, length)
        }
        D::Tuple(types) => ValueType::Tuple(
            types
                .iter()
                .map(|&ty| val_ref(ty, gate))
                .collect::<Result<_>>()?,
        ),
        D::Flags(labels) => ValueType::Flags(labels.into_vec()),
        D::Enum(labels) => ValueType::Enum(labels.into_vec()),
        D::Option(ty) => ValueType::Option(val_ref(ty, gate)?),
        D::Result { ok, err } => ValueType::Result {
            ok: optional(ok, gate)?,
            err: optional(err, gate)?,
        },
        D::Own(index) => ValueType::Own(TypeIndex(index)),
        D::Borrow(index) => ValueType::Borrow(TypeIndex(index)),
        D::Stream(ty) => ValueType::Stream(optional(ty, gate)?),
        D::Future(ty) => ValueType::Future(optional(ty, gate)?),
    })
}

fn primitive(ty: P, gate: Gate) -> Result<Primitive> {
    Ok(match ty {
        P::Bool => Primitive::Bool,
        P::S8 => Primitive::S8,
        P::U8 => Primitive::U8,
        P::S16 => Primitive::S16,
        P::U16 => Primitive::U16,
        P::S32 => Primitive::S32,
        P::U32 => Primitive::U32,
        P::S64 => Primitive::S64,
        P::U64 => Primitive::U64,
        P::F32 => Primitive::F32,
        P::F64 => Primitive::F64,
        P::Char => Primitive::Char,
        P::String => Primitive::String,
        P::ErrorContext => {
            gate.need(Feature::ErrorContext, "error-context")?;
            Primitive::ErrorContext
        }
    })
}
