//! Which code may have to wait on its stack.
//!
//! Enters: functions that a core module imports, as they are placed. Leaves: for each component instance what its code
//! may wait for, as far as canonical definitions tell. That a core function never gets there is not looked
//! for: whatever is given to one of an instance's core modules, all of its functions may call. What waiting in one
//! instance means for those that call it is left to the JS host, which knows the imports.

use std::collections::BTreeSet;

use super::Linker;
use super::canon::lift_call;
use super::entity::{FuncId, FuncKind, FuncTypeId, InstanceNumber, Lift, ResourceId};
use super::types::core_type;
use crate::emit::{ShimFunc, ShimFuncKind, ShimSpec};
use crate::plan::{self, ResourceDesc, Source};

/// What the code of a component instance may wait for.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocking {
    builtins: BTreeSet<String>,
    lowered: Vec<u32>,
    calls: BTreeSet<u32>,
    spawns: BTreeSet<u32>,
    /// `subtask.cancel` without `async`: it waits for guests only.
    cancels: bool,
}

impl Blocking {
    /// Some function of the instance may have to wait on its own stack.
    pub(super) fn possible(&self) -> bool {
        !(self.builtins.is_empty() && self.lowered.is_empty() && self.calls.is_empty())
            || self.waits_for_cancelled()
    }

    fn waits_for_cancelled(&self) -> bool {
        self.cancels && !self.spawns.is_empty()
    }

    /// As the artifact has it.
    pub(super) fn finish(mut self) -> plan::Blocking {
        if self.waits_for_cancelled() {
            self.builtins.insert(SUBTASK_CANCEL.to_owned());
        }
        plan::Blocking {
            builtins: self.builtins.into_iter().collect(),
            lowered: self.lowered,
            calls: self.calls.into_iter().collect(),
            spawns: self.spawns.into_iter().collect(),
        }
    }
}

impl Linker<'_> {
    /// What is known of an instance so far.
    pub(super) fn blocking(&mut self, instance: InstanceNumber) -> &mut Blocking {
        let at = instance.0 as usize;
        if self.blocking.len() <= at {
            self.blocking.resize_with(at + 1, Blocking::default);
        }
        &mut self.blocking[at]
    }

    /// Notes a built-in that a core module of `instance` gets.
    pub(super) fn note_builtin(&mut self, instance: InstanceNumber, kind: &ShimFuncKind) {
        match kind {
            ShimFuncKind::SubtaskCancel { is_async: false } => {
                self.blocking(instance).cancels = true;
            }
            ShimFuncKind::ResourceDrop { resource } => {
                if let Some(owner) = self.owner(ResourceId(*resource))
                    && owner != instance
                {
                    self.blocking(instance).calls.insert(owner.0);
                }
            }
            kind if kind.blocks() => {
                let name = kind.name();
                self.blocking(instance).builtins.insert(name);
            }
            _ => {}
        }
    }

    /// Notes a function of the host that `instance` calls without `async`: `index` of the artifact's `lowered`.
    pub(super) fn note_import(&mut self, instance: InstanceNumber, index: u32) {
        self.blocking(instance).lowered.push(index);
    }

    /// Notes that `instance` calls a function which this binary lifts.
    pub(super) fn note_call(&mut self, instance: InstanceNumber, callee: FuncId, is_async: bool) {
        let func = &self.funcs[callee.0 as usize];
        let FuncKind::Lifted(lift) = &func.kind else {
            return;
        };
        let waits = self.types.func(func.ty).is_async;
        let callee = lift.options.instance.0;
        let facts = self.blocking(instance);
        if is_async {
            facts.spawns.insert(callee);
            return;
        }
        facts.calls.insert(callee);
        if waits {
            facts.builtins.insert(SYNC_LOWER.to_owned());
        }
    }

    /// Adds what calls of a lifted function enter on a stack of their own to `guards`, if it may ever wait.
    pub(super) fn lift_guard(
        &mut self,
        ty: FuncTypeId,
        lift: &Lift<'_>,
        core: &Source,
        guards: &mut ShimSpec,
    ) -> Option<u32> {
        let instance = lift.options.instance;
        if !self.blocking(instance).possible() {
            return None;
        }
        let call = lift_call(lift.is_async, lift.callback.is_some());
        let signature = self.types.signature(ty, call, lift.options.ptr);
        guards.funcs.push(ShimFunc {
            instance: instance.0,
            kind: ShimFuncKind::LiftGuard {
                core: core.clone(),
                params: signature.params.into_iter().map(core_type).collect(),
                result: signature.result.map(core_type),
            },
        });
        Some(guards.funcs.len() as u32 - 1)
    }

    /// The component instance whose destructor runs when a resource is dropped.
    fn owner(&self, resource: ResourceId) -> Option<InstanceNumber> {
        match self.resources.get(resource.0 as usize)? {
            ResourceDesc::Defined { instance, .. } => Some(InstanceNumber(*instance)),
            ResourceDesc::Imported { .. } => None,
        }
    }
}

/// An async function that is lowered without `async`.
const SYNC_LOWER: &str = "canon lower";
const SUBTASK_CANCEL: &str = "subtask.cancel";
