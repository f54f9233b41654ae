//! What the code of guests may notice or catch, as far as its definitions tell.

use std::collections::BTreeMap;

use super::Linker;
use super::entity::InstanceNumber;
use crate::model::{Canon, ComponentId, Definition};

/// What has been found out.
#[derive(Default)]
pub(super) struct Noticing {
    /// Of each component instance with a number, what it is an instance of.
    components: Vec<Option<ComponentId>>,
    known: BTreeMap<ComponentId, Notices>,
}

impl Noticing {
    /// The next component instance has got its number.
    pub(super) fn number(&mut self, component: Option<ComponentId>) {
        self.components.push(component);
    }
}

/// How the code of a component may notice which task it is in.
#[derive(Clone, Copy)]
pub(super) struct Notices {
    /// By a built-in that has to do with tasks, or by a call of its own.
    pub(super) task: bool,
    /// By `context.get`, which may be called even where the instance may not leave.
    pub(super) context: bool,
}

impl Linker<'_> {
    /// How the code of an instance may notice which task it is in.
    pub(super) fn notices(&mut self, instance: InstanceNumber) -> Notices {
        let component = self.noticing.components.get(instance.0 as usize);
        let Some(component) = component.copied().flatten() else {
            return Notices {
                task: true,
                context: true,
            };
        };
        let binary = self.binary;
        *self.noticing.known.entry(component).or_insert_with(|| {
            let definitions = &binary.components[component.0 as usize].definitions;
            let canons = definitions.iter().filter_map(|definition| {
                let Definition::Canon(canon) = &definition.item else {
                    return None;
                };
                Some(canon)
            });
            Notices {
                task: canons.clone().any(notices_task),
                context: canons
                    .clone()
                    .any(|canon| matches!(canon, Canon::ContextGet(_) | Canon::ContextSet(_))),
            }
        })
    }

    /// Whether guests may throw exceptions; of modules that are imported nobody knows.
    pub(super) fn catches(&self) -> bool {
        !self.module_imports.is_empty() || self.binary.modules.iter().any(|module| module.has_tags)
    }
}

fn notices_task(canon: &Canon) -> bool {
    !matches!(
        canon,
        Canon::Lift { .. }
            | Canon::ResourceNew(_)
            | Canon::ResourceDrop(_)
            | Canon::ResourceRep(_)
            | Canon::BackpressureInc
            | Canon::BackpressureDec
    )
}
