//! The canonical option `gc`: what a function has to be like to be the same with it and without.
//!
//! In the proposal, numbers, `bool`, `char`, enums and flags are the core values that they are with linear memory. Everything
//! else becomes a reference, or a function of another form, and is refused here by name.

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentCoreTypeId, ComponentDefinedType as D, ComponentFuncTypeId,
    ComponentValType,
};
use wasmparser::types::{CoreTypeId, TypesRef};
use wasmparser::{CanonicalFunction as F, CanonicalOption, PrimitiveValType};

use tidegate_abi::limits::MAX_FLAT_PARAMS;

use super::canon::options_of;
use super::gate::Gate;
use crate::Feature;
use crate::error::Result;

/// Refuses the option where it is not enabled, and where no function is lifted or lowered with it synchronously.
pub(super) fn check(func: &F, gate: Gate) -> Result<()> {
    let options = options_of(func);
    if options
        .iter()
        .any(|option| matches!(option, CanonicalOption::CoreType(_)))
    {
        gate.need(Feature::Gc, "canonical option core-type")?;
    }
    if !options.contains(&CanonicalOption::Gc) {
        return Ok(());
    }
    gate.need(Feature::Gc, "canonical option gc")?;
    match func {
        F::Lift { .. } | F::Lower { .. } if !options.contains(&CanonicalOption::Async) => Ok(()),
        F::Lift { .. } | F::Lower { .. } => Err(unbuilt("canonical option async", gate)),
        _ => Err(unbuilt("built-in", gate)),
    }
}

/// Refuses a validated definition with values that are references, or with more parameters than are passed one by one.
pub(super) fn check_types(func: &F, types: TypesRef<'_>, gate: Gate) -> Result<()> {
    if !options_of(func).contains(&CanonicalOption::Gc) {
        return Ok(());
    }
    let (ty, core) = match func {
        F::Lift {
            core_func_index,
            type_index,
            ..
        } => {
            let ComponentAnyTypeId::Func(ty) = types.component_any_type_at(*type_index) else {
                return Ok(());
            };
            (ty, Some(types.core_function_at(*core_func_index)))
        }
        F::Lower {
            func_index,
            options,
        } => (
            types.component_function_at(*func_index),
            declared(options, types),
        ),
        _ => return Ok(()),
    };
    if core.is_some_and(|core| !stands_alone(core, types)) {
        return Err(unbuilt("core type of a recursive group", gate));
    }
    check_values(ty, types, gate)
}

fn check_values(ty: ComponentFuncTypeId, types: TypesRef<'_>, gate: Gate) -> Result<()> {
    let func = &types[ty];
    if func.params.len() > MAX_FLAT_PARAMS {
        let many = format!("function of more than {MAX_FLAT_PARAMS} parameters");
        return Err(unbuilt(&many, gate));
    }
    let params = func.params.iter().map(|(_, ty)| ty);
    match params
        .chain(&func.result)
        .find_map(|ty| reference(ty, types))
    {
        Some(construct) => Err(unbuilt(construct, gate)),
        None => Ok(()),
    }
}

fn unbuilt(construct: &str, gate: Gate) -> crate::CompileError {
    gate.unsupported(&format!("{construct} with the canonical option gc"))
}

fn declared(options: &[CanonicalOption], types: TypesRef<'_>) -> Option<CoreTypeId> {
    let index = options.iter().find_map(|option| match option {
        CanonicalOption::CoreType(index) => Some(*index),
        _ => None,
    })?;
    match types.core_type_at_in_component(index) {
        ComponentCoreTypeId::Sub(id) => Some(id),
        ComponentCoreTypeId::Module(_) => None,
    }
}

/// Whether the type is the same as that of a shim's function with the same parameters and results: engines compare groups.
fn stands_alone(id: CoreTypeId, types: TypesRef<'_>) -> bool {
    types[id].is_final
        && types.supertype_of(id).is_none()
        && types.rec_group_elements(types.rec_group_id_of(id)).len() == 1
}

/// The name of a type whose values are references; none for those that are numbers.
fn reference(ty: &ComponentValType, types: TypesRef<'_>) -> Option<&'static str> {
    let primitive = |ty: &PrimitiveValType| match ty {
        PrimitiveValType::String => Some("string"),
        PrimitiveValType::ErrorContext => Some("error-context"),
        PrimitiveValType::Bool
        | PrimitiveValType::S8
        | PrimitiveValType::U8
        | PrimitiveValType::S16
        | PrimitiveValType::U16
        | PrimitiveValType::S32
        | PrimitiveValType::U32
        | PrimitiveValType::S64
        | PrimitiveValType::U64
        | PrimitiveValType::F32
        | PrimitiveValType::F64
        | PrimitiveValType::Char => None,
    };
    let defined = match ty {
        ComponentValType::Primitive(ty) => return primitive(ty),
        ComponentValType::Type(id) => &types[*id],
    };
    match defined {
        D::Primitive(ty) => primitive(ty),
        D::Enum(_) | D::Flags(_) => None,
        D::Record(_) => Some("record"),
        D::Variant(_) => Some("variant"),
        D::List { .. } => Some("list"),
        D::Map { .. } => Some("map"),
        D::FixedLengthList { .. } => Some("fixed-length list"),
        D::Tuple(_) => Some("tuple"),
        D::Option { .. } => Some("option"),
        D::Result { .. } => Some("result"),
        D::Own(_) | D::Borrow(_) => Some("handle"),
        D::Future { .. } => Some("future"),
        D::Stream { .. } => Some("stream"),
    }
}
