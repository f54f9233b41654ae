//! Types of core modules that the outermost component imports and exports: the validator has resolved them, so that core
//! types need no model of their own.

use wasmparser::component_types::{ComponentEntityType, ModuleType};
use wasmparser::types::{CoreTypeId, EntityType, Types, TypesRef};
use wasmparser::{CompositeInnerType, MemoryType, TableType, ValType};

use crate::plan::{self, CoreExternType, CoreLimits};

/// What the validator knows of a component's imports and exports.
pub(crate) struct Externs(Types);

impl Externs {
    pub(super) fn new(types: Types) -> Self {
        Self(types)
    }

    pub(crate) fn into_types(self) -> Types {
        self.0
    }

    /// The core module that is imported under this path: a name, then names inside of instances.
    pub(crate) fn imported_module(&self, path: &[&str]) -> Option<CoreModule<'_>> {
        let types = self.0.as_ref();
        let (first, rest) = path.split_first()?;
        module(types, types.component_item_for_import(first)?.ty, rest)
    }

    /// The core module that is exported under this path, as it is seen from outside.
    pub(crate) fn exported_module(&self, path: &[&str]) -> Option<CoreModule<'_>> {
        let types = self.0.as_ref();
        let (first, rest) = path.split_first()?;
        module(types, types.component_item_for_export(first)?.ty, rest)
    }
}

fn module<'t>(
    types: TypesRef<'t>,
    mut ty: ComponentEntityType,
    path: &[&str],
) -> Option<CoreModule<'t>> {
    for name in path {
        let ComponentEntityType::Instance(id) = ty else {
            return None;
        };
        ty = types[id].exports.get(*name)?.ty;
    }
    let ComponentEntityType::Module(id) = ty else {
        return None;
    };
    Some(CoreModule {
        types,
        ty: types.get(id)?,
    })
}

/// The type of a core module.
#[derive(Clone, Copy)]
pub(crate) struct CoreModule<'t> {
    types: TypesRef<'t>,
    ty: &'t ModuleType,
}

impl<'t> CoreModule<'t> {
    /// Module and name of each import, and whether it is a memory.
    pub(crate) fn imports(self) -> impl Iterator<Item = (&'t str, &'t str, bool)> {
        self.ty.imports.iter().map(|((module, name), ty)| {
            let is_memory = matches!(ty, EntityType::Memory(_));
            (module.as_str(), name.as_str(), is_memory)
        })
    }

    /// How much there is to describe, for whoever pays for it.
    pub(crate) fn size(self) -> usize {
        let imports = self.ty.imports.keys().map(|(a, b)| a.len() + b.len());
        let exports = self.ty.exports.keys().map(String::len);
        imports.chain(exports).map(|length| 1 + length / 32).sum()
    }

    /// All of it.
    pub(crate) fn describe(self) -> plan::CoreModuleType {
        let imports = self.ty.imports.iter();
        let exports = self.ty.exports.iter();
        plan::CoreModuleType {
            imports: imports
                .map(|((module, name), ty)| plan::CoreImport {
                    module: module.clone(),
                    name: name.clone(),
                    ty: self.entity(*ty),
                })
                .collect(),
            exports: exports
                .map(|(name, ty)| plan::CoreExport {
                    name: name.clone(),
                    ty: self.entity(*ty),
                })
                .collect(),
        }
    }

    fn entity(self, ty: EntityType) -> CoreExternType {
        match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) => CoreExternType::Func {
                signature: self.signature(id),
            },
            EntityType::Tag(id) => CoreExternType::Tag {
                signature: self.signature(id),
            },
            EntityType::Table(ty) => CoreExternType::Table {
                element: value_text(ValType::Ref(ty.element_type)),
                limits: table_limits(&ty),
            },
            EntityType::Memory(ty) => CoreExternType::Memory {
                limits: memory_limits(&ty),
                shared: ty.shared,
            },
            EntityType::Global(ty) => CoreExternType::Global {
                value: value_text(ty.content_type),
                mutable: ty.mutable,
            },
        }
    }

    fn signature(self, id: CoreTypeId) -> Option<String> {
        match &self.types[id].composite_type.inner {
            CompositeInnerType::Func(func) => {
                let params = texts(func.params())?;
                let results = texts(func.results())?;
                Some(format!("({params}) -> ({results})"))
            }
            CompositeInnerType::Array(_)
            | CompositeInnerType::Struct(_)
            | CompositeInnerType::Cont(_) => None,
        }
    }
}

fn texts(types: &[ValType]) -> Option<String> {
    let texts: Option<Vec<String>> = types.iter().map(|&ty| value_text(ty)).collect();
    texts.map(|texts| texts.join(" "))
}

/// A type's name, where it means the same in every module.
fn value_text(ty: ValType) -> Option<String> {
    match ty {
        ValType::Ref(ty) if ty.is_concrete_type_ref() => None,
        other => Some(other.to_string()),
    }
}

fn table_limits(ty: &TableType) -> CoreLimits {
    CoreLimits::new(ty.table64, ty.initial, ty.maximum)
}

fn memory_limits(ty: &MemoryType) -> CoreLimits {
    CoreLimits::new(ty.memory64, ty.initial, ty.maximum)
}
