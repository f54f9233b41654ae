//! Calls of guests to the host.

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;

use crate::block::Wait;
use crate::ids::{CallId, Handle, InstanceId, SubtaskId};
use crate::store::{Entry, Outcome, Step, Store};
use crate::waitable::{Membership, Waitable, Waiter};

/// Spec: `Subtask`.
#[derive(Debug)]
pub(crate) struct Subtask {
    inst: InstanceId,
    state: SubtaskState,
    /// Its handle, once the call has turned out to wait.
    handle: Option<Handle>,
    call: CallId,
    /// Handles lent for the call; `None` when the resolution has been delivered. Spec: `lenders`.
    lenders: Option<Vec<Handle>>,
    cancellation_requested: bool,
    pub(crate) pending: bool,
    pub(crate) membership: Membership,
}

/// Spec: `Subtask.State`; the host starts every call at once, so that `STARTING` never shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubtaskState {
    Started = 1,
    Returned = 2,
    CancelledBeforeReturned = 4,
}

impl Subtask {
    /// Spec: `resolved`.
    pub(crate) fn is_resolved(&self) -> bool {
        match self.state {
            SubtaskState::Started => false,
            SubtaskState::Returned | SubtaskState::CancelledBeforeReturned => true,
        }
    }
}

/// The host's side.
impl Store {
    /// A guest calls an import that is async or borrows.
    pub fn call_begin(&mut self, inst: InstanceId) -> Result<SubtaskId, TrapCode> {
        self.instance(inst)?;
        Ok(SubtaskId(self.subtasks.insert(Subtask {
            inst,
            state: SubtaskState::Started,
            handle: None,
            call: CallId(0),
            lenders: Some(Vec::new()),
            cancellation_requested: false,
            pending: false,
            membership: Membership::default(),
        })))
    }

    /// The call was complete when the import returned.
    pub fn call_end(&mut self, id: SubtaskId) -> Result<(), TrapCode> {
        self.end_lends(id)?;
        self.subtasks.remove(id.0);
        Ok(())
    }

    /// The call goes on: the guest gets a handle. The result is `STARTED | handle << 4`.
    pub fn call_pending(&mut self, id: SubtaskId, call: CallId) -> Result<u32, TrapCode> {
        let inst = self.subtask(id)?.inst;
        let handle = self.add(inst, Entry::Subtask(id))?;
        let subtask = self.subtask(id)?;
        subtask.handle = Some(handle);
        subtask.call = call;
        Ok(SubtaskState::Started as u32 | handle.0 << 4)
    }

    /// The call goes on, and the guest waits for it: it has no handle.
    pub fn call_waits(&mut self, id: SubtaskId, call: CallId) -> Result<(), TrapCode> {
        self.subtask(id)?.call = call;
        Ok(())
    }

    /// The current thread waits until such a call is resolved. `freeze`: the call is of a sync-typed function of the host, so that
    /// nothing else happens meanwhile.
    pub fn subtask_wait(&mut self, id: SubtaskId, freeze: bool) -> Outcome {
        let subtask = self.subtask(id)?;
        if subtask.is_resolved() {
            self.call_end(id)?;
            return Ok(Step::Value(0));
        }
        let inst = subtask.inst;
        let thread = self.current_thread(inst)?;
        self.subtask(id)?.membership.waiter = Waiter::Thread(thread);
        if freeze {
            if self.frozen.is_some() {
                return Err(TrapCode::CannotBlock);
            }
            self.frozen = Some(thread);
        }
        self.block(inst, Wait::Subtask(id))
    }

    /// The results of a pending call have been lowered.
    pub fn call_resolve(&mut self, id: SubtaskId) -> Result<(), TrapCode> {
        let subtask = self.subtask(id)?;
        if subtask.state != SubtaskState::Started {
            return Ok(());
        }
        subtask.state = SubtaskState::Returned;
        subtask.pending = true;
        self.announce(Waitable::Subtask(id));
        Ok(())
    }

    /// The host has been told that a guest does not want the call's result; whatever it does with that, the subtask is resolved.
    pub fn aborted(&mut self, id: SubtaskId) -> Outcome {
        let subtask = self.subtask(id)?;
        subtask.membership.waiter = Waiter::Nobody;
        if subtask.state == SubtaskState::Started {
            subtask.state = SubtaskState::CancelledBeforeReturned;
            subtask.pending = true;
        }
        let (_, _, state) = self.subtask_event(id).ok_or(TrapCode::InvalidCancel)?;
        Ok(Step::Value(u64::from(state)))
    }

    /// Remembers that a handle is lent. Spec: `Subtask.add_lender`.
    pub(crate) fn lend(&mut self, id: SubtaskId, h: Handle) -> Result<(), TrapCode> {
        let lenders = self.subtask(id)?.lenders.as_mut();
        lenders.ok_or(TrapCode::UnknownHandle)?.push(h);
        Ok(())
    }

    /// Spec: `Subtask.deliver_resolve`.
    fn end_lends(&mut self, id: SubtaskId) -> Result<(), TrapCode> {
        let subtask = self.subtask(id)?;
        let inst = subtask.inst;
        for h in subtask.lenders.take().unwrap_or_default() {
            if let Ok(Entry::Resource(resource)) = self.entry(inst, h) {
                resource.lends = resource.lends.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// Spec: `subtask_event`.
    pub(crate) fn subtask_event(&mut self, id: SubtaskId) -> Option<(u32, u32, u32)> {
        let subtask = self.subtasks.get_mut(id.0)?;
        if !std::mem::take(&mut subtask.pending) {
            return None;
        }
        let event = (SUBTASK, subtask.handle?.0, subtask.state as u32);
        self.end_lends(id).ok()?;
        Some(event)
    }

    fn subtask(&mut self, id: SubtaskId) -> Result<&mut Subtask, TrapCode> {
        self.subtasks.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }
}

/// Built-ins.
impl Store {
    /// Spec: `canon subtask.cancel`. The host never makes a guest wait for it, so that the sync and async forms agree.
    pub fn subtask_cancel(&mut self, inst: InstanceId, h: Handle) -> Outcome {
        let id = self.subtask_at(inst, h)?;
        let subtask = self.subtask(id)?;
        if subtask.lenders.is_none() || subtask.cancellation_requested {
            return Err(TrapCode::InvalidCancel);
        }
        if subtask.membership.set.is_some() {
            return Err(TrapCode::InvalidCancel);
        }
        if subtask.state != SubtaskState::Started {
            return self.aborted(id);
        }
        subtask.cancellation_requested = true;
        subtask.membership.waiter = Waiter::Operation;
        let call = subtask.call;
        self.args([id.0]);
        Ok(Self::tell(ActionKind::HostAbort, call))
    }

    /// Spec: `canon subtask.drop`.
    pub fn subtask_drop(&mut self, inst: InstanceId, h: Handle) -> Outcome {
        let id = self.subtask_at(inst, h)?;
        if self.subtask(id)?.lenders.is_some() {
            return Err(TrapCode::SubtaskUnresolved);
        }
        self.remove(inst, h)?;
        self.leave_set(Waitable::Subtask(id));
        self.subtasks.remove(id.0);
        Ok(Step::Value(0))
    }

    fn subtask_at(&mut self, inst: InstanceId, h: Handle) -> Result<SubtaskId, TrapCode> {
        match self.entry(inst, h)? {
            Entry::Subtask(id) => Ok(*id),
            Entry::Resource(_) | Entry::Set(_) | Entry::End(_) => Err(TrapCode::WrongHandleType),
        }
    }
}

/// Spec: `EventCode.SUBTASK`.
const SUBTASK: u32 = 1;
