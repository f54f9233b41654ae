//! The bytes of the component around the composed ones, and how many items each of its index spaces has.
//!
//! Each item has a section to itself, so that the offset of what is wrong tells which one it is.

use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection,
    ComponentExternName, ComponentImportSection, ComponentInstanceSection, ComponentNameSection,
    ComponentSection, ComponentSectionId, ComponentTypeEncoder, ComponentTypeRef,
    ComponentTypeSection, Encode, NameMap,
};

/// An item of the outer component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) kind: ComponentExportKind,
    pub(super) index: u32,
}

#[derive(Default)]
pub(super) struct Outer {
    component: Component,
    components: u32,
    funcs: u32,
    instances: u32,
    types: u32,
    names: NameMap,
    /// Where the instantiations begin, in order.
    pub(super) instantiations: Vec<u64>,
}

impl Outer {
    /// Adds a type, and returns its index.
    pub(super) fn define(&mut self, encode: impl FnOnce(ComponentTypeEncoder<'_>)) -> u32 {
        let mut section = ComponentTypeSection::new();
        encode(section.ty());
        self.component.section(&section);
        next(&mut self.types)
    }

    pub(super) fn import(&mut self, name: ComponentExternName<'_>, ty: ComponentTypeRef) -> Placed {
        let mut section = ComponentImportSection::new();
        section.import(name, ty);
        self.component.section(&section);
        self.added(ty.kind())
    }

    /// An export of an instance.
    pub(super) fn alias(&mut self, instance: u32, kind: ComponentExportKind, name: &str) -> Placed {
        let mut section = ComponentAliasSection::new();
        section.alias(Alias::InstanceExport {
            instance,
            kind,
            name,
        });
        self.component.section(&section);
        self.added(kind)
    }

    /// Nests a component and instantiates it; `name` is for messages.
    pub(super) fn instantiate(&mut self, bytes: &[u8], name: &str, args: &[(&str, Placed)]) -> u32 {
        self.component.section(&Nested(bytes));
        self.instantiations
            .push(self.component.as_slice().len() as u64);
        let mut section = ComponentInstanceSection::new();
        let args: Vec<_> = args
            .iter()
            .map(|&(name, item)| (name, item.kind, item.index))
            .collect();
        section.instantiate(next(&mut self.components), args);
        self.component.section(&section);
        self.names.append(self.instances, name);
        next(&mut self.instances)
    }

    pub(super) fn export(&mut self, name: ComponentExternName<'_>, item: Placed) {
        let mut section = ComponentExportSection::new();
        section.export(name, item.kind, item.index, None);
        self.component.section(&section);
        self.added(item.kind);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let mut names = ComponentNameSection::new();
        names.instances(&self.names);
        self.component.section(&names);
        self.component.finish()
    }

    fn added(&mut self, kind: ComponentExportKind) -> Placed {
        let space = match kind {
            ComponentExportKind::Func => &mut self.funcs,
            ComponentExportKind::Type => &mut self.types,
            ComponentExportKind::Instance => &mut self.instances,
            // What can be imported and exported has been checked.
            ComponentExportKind::Component
            | ComponentExportKind::Module
            | ComponentExportKind::Value => &mut self.components,
        };
        let index = next(space);
        Placed { kind, index }
    }
}

fn next(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}

/// A component's bytes as they are.
struct Nested<'a>(&'a [u8]);

impl Encode for Nested<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.0.encode(sink);
    }
}

impl ComponentSection for Nested<'_> {
    fn id(&self) -> u8 {
        ComponentSectionId::Component.into()
    }
}
