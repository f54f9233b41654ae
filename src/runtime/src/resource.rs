//! Resource types and handles.
//!
//! The host holds guests' resources by handles of its own table (instance 0); its own resources are reps, which the host
//! gives and gets back as they are.

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::ids::{HOST, Handle, InstanceId, ResourceId, Slot, SubtaskId, TaskId};
use crate::store::{Entry, Outcome, Step, Store};

/// Spec: `ResourceType`.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
    /// The instance that implements it.
    pub inst: InstanceId,
    /// Its destructor.
    pub dtor: Option<Slot>,
}

/// Spec: `ResourceHandle`.
#[derive(Debug)]
pub(crate) struct ResourceHandle {
    ty: ResourceId,
    rep: u32,
    hold: Hold,
    /// Spec: `num_lends`.
    pub(crate) lends: u32,
}

#[derive(Clone, Copy, Debug)]
enum Hold {
    Own,
    /// Until the task returns. Spec: `borrow_scope`.
    Borrow(TaskId),
}

/// Built-ins.
impl Store {
    /// Spec: `canon resource.new`.
    pub fn resource_new(&mut self, inst: InstanceId, ty: ResourceId, rep: u32) -> Outcome {
        let h = self.add_own(inst, ty, rep)?;
        Ok(Step::Value(u64::from(h.0)))
    }

    /// Spec: `canon resource.rep`.
    pub fn resource_rep(&mut self, inst: InstanceId, ty: ResourceId, h: Handle) -> Outcome {
        let rep = self.resource(inst, ty, h)?.rep;
        Ok(Step::Value(u64::from(rep)))
    }

    /// Spec: `canon resource.drop`.
    pub fn resource_drop(&mut self, inst: InstanceId, ty: ResourceId, h: Handle) -> Outcome {
        // A destructor runs on the stack of the guest that drops.
        self.drop_handle(inst, ty, h, true)
    }

    fn drop_handle(&mut self, inst: InstanceId, ty: ResourceId, h: Handle, inner: bool) -> Outcome {
        let resource = self.resource(inst, ty, h)?;
        if rule!("drop-lent", resource.lends > 0) {
            return Err(TrapCode::HandleLent);
        }
        let (hold, rep) = (resource.hold, resource.rep);
        self.remove(inst, h)?;
        match hold {
            Hold::Own => self.destroy(ty, rep, inner),
            Hold::Borrow(scope) => {
                if let Some(task) = self.tasks.get_mut(scope.0) {
                    task.borrows = task.borrows.saturating_sub(1);
                }
                Ok(Step::Value(0))
            }
        }
    }

    fn destroy(&mut self, ty: ResourceId, rep: u32, inner: bool) -> Outcome {
        let ResourceType { inst, dtor } = self.resource_type(ty)?;
        let step = match dtor {
            _ if inst == HOST => Step::Action(ActionKind::HostDtor, ty.0),
            Some(slot) if rule!("drop-runs-dtor") => Step::Action(ActionKind::Dtor, slot.0),
            Some(_) | None => return Ok(Step::Value(0)),
        };
        self.args([rep]);
        self.sync_enter(inst, inner);
        Ok(step)
    }

    /// The destructor has run.
    pub fn dtor_done(&mut self) -> Outcome {
        self.sync_exit()?;
        Ok(Step::Value(0))
    }
}

/// Lifting and lowering by the host; results are in argument words.
impl Store {
    /// The host drops a resource that it owns.
    pub fn host_resource_drop(&mut self, h: Handle) -> Outcome {
        let ty = match self.entry(HOST, h)? {
            Entry::Resource(resource) => resource.ty,
            Entry::Subtask(_) | Entry::Set(_) | Entry::End(_) | Entry::ErrorContext(_) => {
                return Err(TrapCode::WrongHandleType);
            }
        };
        self.drop_handle(HOST, ty, h, false)
    }

    /// Spec: `lift_own`. Word 0: the rep of the host's own resource, or the host's handle of a guest's; word 1: the rep.
    pub fn lift_own(
        &mut self,
        inst: InstanceId,
        ty: ResourceId,
        h: Handle,
    ) -> Result<(), TrapCode> {
        let rep = self.take_own(inst, ty, h)?;
        let given = match self.resource_type(ty)?.inst {
            HOST => rep,
            _ => self.add_own(HOST, ty, rep)?.0,
        };
        self.args([given, rep]);
        Ok(())
    }

    /// Spec: `lift_borrow`. Word 0: the rep. The handle is lent until the subtask's resolution is delivered.
    pub fn lift_borrow(
        &mut self,
        inst: InstanceId,
        ty: ResourceId,
        h: Handle,
        subtask: SubtaskId,
    ) -> Result<(), TrapCode> {
        let rep = self.resource(inst, ty, h)?.rep;
        self.lend(subtask, h)?;
        self.resource(inst, ty, h)?.lends += u32::from(rule!("borrow-lends"));
        self.args([rep]);
        Ok(())
    }

    /// Spec: `lower_own`, of a rep of the host or of a handle that the host holds. Word 0: the guest's handle.
    pub fn lower_own(
        &mut self,
        inst: InstanceId,
        ty: ResourceId,
        given: u32,
    ) -> Result<(), TrapCode> {
        let rep = match self.resource_type(ty)?.inst {
            HOST => given,
            _ => self.take_own(HOST, ty, Handle(given))?,
        };
        let h = self.add_own(inst, ty, rep)?;
        self.args([h.0]);
        Ok(())
    }

    /// Spec: `lower_borrow`. Word 0: a handle that the current task has to drop, or the rep in the instance that implements it.
    pub fn lower_borrow(
        &mut self,
        inst: InstanceId,
        ty: ResourceId,
        rep: u32,
    ) -> Result<(), TrapCode> {
        let own = self.resource_type(ty)?.inst == inst;
        if rule!("borrow-own-instance", own) {
            self.args([rep]);
            return Ok(());
        }
        let scope = self.current_task(inst)?;
        let h = self.add(
            inst,
            Entry::Resource(ResourceHandle {
                ty,
                rep,
                hold: Hold::Borrow(scope),
                lends: 0,
            }),
        )?;
        self.task(scope)?.borrows += u32::from(rule!("borrow-counts"));
        self.args([h.0]);
        Ok(())
    }

    /// Spec: `lift_own` and `lower_own`, between guests.
    pub fn transfer_own(
        &mut self,
        from: InstanceId,
        ty: ResourceId,
        h: Handle,
        to: InstanceId,
    ) -> Outcome {
        let rep = self.take_own(from, ty, h)?;
        let h = self.add_own(to, ty, rep)?;
        Ok(Step::Value(u64::from(h.0)))
    }

    /// Spec: `lift_borrow` and `lower_borrow`, between guests; the callee is current.
    pub fn transfer_borrow(
        &mut self,
        from: InstanceId,
        ty: ResourceId,
        h: Handle,
        subtask: SubtaskId,
        to: InstanceId,
    ) -> Outcome {
        self.lift_borrow(from, ty, h, subtask)?;
        let [rep, ..] = self.control.args;
        self.lower_borrow(to, ty, rep)?;
        let [given, ..] = self.control.args;
        Ok(Step::Value(u64::from(given)))
    }

    fn add_own(&mut self, inst: InstanceId, ty: ResourceId, rep: u32) -> Result<Handle, TrapCode> {
        self.add(
            inst,
            Entry::Resource(ResourceHandle {
                ty,
                rep,
                hold: Hold::Own,
                lends: 0,
            }),
        )
    }

    fn take_own(&mut self, inst: InstanceId, ty: ResourceId, h: Handle) -> Result<u32, TrapCode> {
        let resource = self.resource(inst, ty, h)?;
        if rule!("own-lent", resource.lends > 0) {
            return Err(TrapCode::HandleLent);
        }
        if rule!("own-not-owned", !matches!(resource.hold, Hold::Own)) {
            return Err(TrapCode::NotOwned);
        }
        let rep = resource.rep;
        self.remove(inst, h)?;
        Ok(rep)
    }

    fn resource(
        &mut self,
        inst: InstanceId,
        ty: ResourceId,
        h: Handle,
    ) -> Result<&mut ResourceHandle, TrapCode> {
        match self.entry(inst, h)? {
            Entry::Resource(resource) if rule!("resource-type", resource.ty != ty) => {
                Err(TrapCode::WrongHandleType)
            }
            Entry::Resource(resource) => Ok(resource),
            Entry::Subtask(_) | Entry::Set(_) | Entry::End(_) | Entry::ErrorContext(_) => {
                Err(TrapCode::WrongHandleType)
            }
        }
    }

    fn resource_type(&self, ty: ResourceId) -> Result<ResourceType, TrapCode> {
        let found = self.resources.get((ty.0 as usize).wrapping_sub(1)).copied();
        found.ok_or(TrapCode::WrongHandleType)
    }
}
