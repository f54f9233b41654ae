//! The `component-name` section: what the tools call a component and the instances in it. Spec: `Binary.md`, "Name Section".
//!
//! Names are for messages. A custom section makes no component invalid, so that what is wrong in one is passed over.

use wasmparser::{BinaryReader, ComponentName, ComponentNameSectionReader, CustomSectionReader};

use crate::model::Names;

/// Adds what a custom section says to `names`; the first of two names stays.
pub(super) fn read<'a>(section: &CustomSectionReader<'a>, names: &mut Names<'a>) {
    if section.name() != "component-name" {
        return;
    }
    let reader = BinaryReader::new(section.data(), section.data_offset());
    for subsection in ComponentNameSectionReader::new(reader).map_while(Result::ok) {
        match subsection {
            ComponentName::Component { name, .. } => {
                names.component.get_or_insert(name);
            }
            ComponentName::Instances(map) => {
                for naming in map.into_iter().map_while(Result::ok) {
                    names.instances.entry(naming.index).or_insert(naming.name);
                }
            }
            _ => {}
        }
    }
}
