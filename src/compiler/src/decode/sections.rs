//! Instances, aliases, imports and exports, item by item.

use wasmparser::{
    ComponentAlias, ComponentExport, ComponentExternalKind, ComponentImport, ComponentInstance,
    ComponentOuterAliasKind, Export as CoreExport, ExternalKind, Instance as WasmInstance,
};

use super::gate::Gate;
use super::types::{extern_type, name, value_refused};
use crate::error::Result;
use crate::model::{
    Alias, ComponentIndex, CoreFuncIndex, CoreGlobalIndex, CoreInstance, CoreInstanceIndex,
    CoreItem, CoreMemoryIndex, CoreSort, CoreTableIndex, CoreTagIndex, Export, FuncIndex, Import,
    Instance, InstanceIndex, Item, ModuleIndex, OuterSort, TypeIndex,
};

pub(super) fn core_instance(instance: WasmInstance<'_>) -> CoreInstance<'_> {
    match instance {
        WasmInstance::Instantiate { module_index, args } => CoreInstance::Instantiate {
            module: ModuleIndex(module_index),
            args: args
                .iter()
                .map(|arg| (arg.name, CoreInstanceIndex(arg.index)))
                .collect(),
        },
        WasmInstance::FromExports(exports) => {
            CoreInstance::Exports(exports.iter().map(|e| (e.name, core_item(e))).collect())
        }
    }
}

fn core_item(export: &CoreExport<'_>) -> CoreItem {
    match core_sort(export.kind) {
        CoreSort::Func => CoreItem::Func(CoreFuncIndex(export.index)),
        CoreSort::Table => CoreItem::Table(CoreTableIndex(export.index)),
        CoreSort::Memory => CoreItem::Memory(CoreMemoryIndex(export.index)),
        CoreSort::Global => CoreItem::Global(CoreGlobalIndex(export.index)),
        CoreSort::Tag => CoreItem::Tag(CoreTagIndex(export.index)),
    }
}

fn core_sort(kind: ExternalKind) -> CoreSort {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => CoreSort::Func,
        ExternalKind::Table => CoreSort::Table,
        ExternalKind::Memory => CoreSort::Memory,
        ExternalKind::Global => CoreSort::Global,
        ExternalKind::Tag => CoreSort::Tag,
    }
}

pub(super) fn instance(instance: ComponentInstance<'_>, gate: Gate) -> Result<Instance<'_>> {
    Ok(match instance {
        ComponentInstance::Instantiate {
            component_index,
            args,
        } => Instance::Instantiate {
            component: ComponentIndex(component_index),
            args: args
                .iter()
                .map(|arg| Ok((arg.name, item(arg.kind, arg.index, gate)?)))
                .collect::<Result<_>>()?,
        },
        ComponentInstance::FromExports(exports) => Instance::Exports(
            exports
                .iter()
                .map(|e| Ok((e.name.name, item(e.kind, e.index, gate)?)))
                .collect::<Result<_>>()?,
        ),
    })
}

fn item(kind: ComponentExternalKind, index: u32, gate: Gate) -> Result<Item> {
    Ok(match kind {
        ComponentExternalKind::Module => Item::Module(ModuleIndex(index)),
        ComponentExternalKind::Func => Item::Func(FuncIndex(index)),
        ComponentExternalKind::Value => return Err(value_refused(gate)),
        ComponentExternalKind::Type => Item::Type(TypeIndex(index)),
        ComponentExternalKind::Instance => Item::Instance(InstanceIndex(index)),
        ComponentExternalKind::Component => Item::Component(ComponentIndex(index)),
    })
}

pub(super) fn alias(alias: ComponentAlias<'_>) -> Alias<'_> {
    match alias {
        ComponentAlias::InstanceExport {
            kind: _,
            instance_index,
            name,
        } => Alias::Export {
            instance: InstanceIndex(instance_index),
            name,
        },
        ComponentAlias::CoreInstanceExport {
            kind,
            instance_index,
            name,
        } => Alias::CoreExport {
            sort: core_sort(kind),
            instance: CoreInstanceIndex(instance_index),
            name,
        },
        ComponentAlias::Outer { kind, count, index } => Alias::Outer {
            sort: match kind {
                ComponentOuterAliasKind::CoreModule => OuterSort::Module,
                ComponentOuterAliasKind::CoreType => OuterSort::CoreType,
                ComponentOuterAliasKind::Type => OuterSort::Type,
                ComponentOuterAliasKind::Component => OuterSort::Component,
            },
            count,
            index,
        },
    }
}

pub(super) fn import(import: ComponentImport<'_>, gate: Gate) -> Result<Import<'_>> {
    Ok(Import {
        name: name(import.name, gate)?,
        ty: extern_type(import.ty, gate)?,
    })
}

pub(super) fn export(export: ComponentExport<'_>, gate: Gate) -> Result<Export<'_>> {
    Ok(Export {
        name: name(export.name, gate)?,
        item: item(export.kind, export.index, gate)?,
        ty: export.ty.map(|ty| extern_type(ty, gate)).transpose()?,
    })
}
