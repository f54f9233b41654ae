//! Subtasks: calls by guests, of the host or of each other.

use alloc::vec::Vec;

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::block::Wait;
use crate::guest::Callee;
use crate::ids::{CallId, Handle, InstanceId, SubtaskId, ThreadId};
use crate::store::{Entry, Outcome, Step, Store};
use crate::thread::ThreadState;
use crate::waitable::{Membership, Waitable, Waiter};

/// Spec: `Subtask`.
#[derive(Debug)]
pub(crate) struct Subtask {
    /// The caller's instance.
    pub(crate) inst: InstanceId,
    pub(crate) state: SubtaskState,
    /// Its handle, once the call has turned out to wait.
    pub(crate) handle: Option<Handle>,
    /// The host's number of the call, when the host is called.
    pub(crate) call: CallId,
    /// The callee, when that is a guest.
    pub(crate) callee: Option<Callee>,
    /// Handles lent for the call; `None` when the resolution has been delivered. Spec: `lenders`.
    lenders: Option<Vec<Handle>>,
    cancellation_requested: bool,
    /// Word 0 of what adapters put aside: in the end, the flat result.
    pub(crate) result: u64,
    /// The other words.
    pub(crate) stash: Vec<u64>,
    pub(crate) pending: bool,
    pub(crate) membership: Membership,
}

/// Spec: `Subtask.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubtaskState {
    Starting = 0,
    Started = 1,
    Returned = 2,
    CancelledBeforeStarted = 3,
    CancelledBeforeReturned = 4,
}

impl Subtask {
    #[inline(always)]
    pub(crate) fn starting(inst: InstanceId) -> Self {
        Self {
            inst,
            state: SubtaskState::Starting,
            handle: None,
            call: CallId(0),
            callee: None,
            lenders: Some(Vec::new()),
            cancellation_requested: false,
            result: 0,
            stash: Vec::new(),
            pending: false,
            membership: Membership::default(),
        }
    }

    /// Spec: `resolved`.
    pub(crate) fn is_resolved(&self) -> bool {
        match self.state {
            SubtaskState::Starting | SubtaskState::Started => false,
            SubtaskState::Returned
            | SubtaskState::CancelledBeforeStarted
            | SubtaskState::CancelledBeforeReturned => true,
        }
    }
}

/// The host's side. The host starts every call at once.
impl Store {
    /// A guest calls an import that is async or borrows.
    pub fn call_begin(&mut self, inst: InstanceId) -> Result<SubtaskId, TrapCode> {
        self.instance(inst)?;
        let mut subtask = Subtask::starting(inst);
        subtask.state = SubtaskState::Started;
        Ok(SubtaskId(self.subtasks.insert(subtask)))
    }

    /// The call is over, and its subtask has no handle.
    pub fn call_end(&mut self, id: SubtaskId) -> Result<(), TrapCode> {
        self.end_lends(id)?;
        let result = self.subtask(id)?.result;
        self.last_result = (id.0, result);
        self.subtasks.free(id.0);
        Ok(())
    }

    /// The call goes on: the guest gets a handle. The result is `STARTED | handle << 4`.
    pub fn call_pending(&mut self, id: SubtaskId, call: CallId) -> Result<u32, TrapCode> {
        self.call_waits(id, call)?;
        self.add_subtask(id)
    }

    /// The call goes on, and the guest waits for it: it has no handle.
    pub fn call_waits(&mut self, id: SubtaskId, call: CallId) -> Result<(), TrapCode> {
        self.subtask(id)?.call = call;
        Ok(())
    }

    /// The results of a pending call have been lowered.
    pub fn call_resolve(&mut self, id: SubtaskId) -> Result<(), TrapCode> {
        match self.subtask(id)?.is_resolved() {
            true => Ok(()),
            false => self.progress(id, SubtaskState::Returned),
        }
    }

    /// The host has been told that a guest does not want the call's result; whatever it does with that, the subtask is resolved.
    pub fn aborted(&mut self, id: SubtaskId) -> Outcome {
        if !self.subtask(id)?.is_resolved() {
            self.progress(id, SubtaskState::CancelledBeforeReturned)?;
        }
        self.take_state(id)
    }
}

impl Store {
    /// The current thread waits until a call without a handle is resolved. `freeze`: the call is of a sync-typed function of
    /// the host, so that nothing else happens meanwhile.
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

    /// Gives a subtask its handle: `state | handle << 4`.
    pub(crate) fn add_subtask(&mut self, id: SubtaskId) -> Result<u32, TrapCode> {
        let inst = self.subtask(id)?.inst;
        let handle = self.add(inst, Entry::Subtask(id))?;
        let subtask = self.subtask(id)?;
        subtask.handle = Some(handle);
        Ok(subtask.state as u32 | handle.0 << 4)
    }

    /// Something has happened to a call: who waits for it is told. Spec: `on_progress`.
    pub(crate) fn progress(&mut self, id: SubtaskId, state: SubtaskState) -> Result<(), TrapCode> {
        let subtask = self.subtask(id)?;
        subtask.state = state;
        subtask.pending = subtask.handle.is_some();
        self.announce(Waitable::Subtask(id));
        Ok(())
    }

    /// The thread that is blocked until a subtask's callee enters.
    pub(crate) fn blocked_caller(&mut self, id: SubtaskId) -> Result<Option<ThreadId>, TrapCode> {
        let Waiter::Thread(thread) = self.subtask(id)?.membership.waiter else {
            return Ok(None);
        };
        let state = self.thread(thread)?.state;
        Ok((state == ThreadState::Blocked(Wait::Start(id))).then_some(thread))
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
        if !core::mem::take(&mut subtask.pending) {
            return None;
        }
        let event = (SUBTASK, subtask.handle?.0, subtask.state as u32);
        if rule!("lend-ends", subtask.is_resolved()) {
            self.end_lends(id).ok()?;
        }
        Some(event)
    }

    /// The state of a subtask that is resolved, which its waiter gets instead of an event.
    pub(crate) fn take_state(&mut self, id: SubtaskId) -> Outcome {
        self.subtask(id)?.membership.waiter = Waiter::Nobody;
        let (_, _, state) = self.subtask_event(id).ok_or(TrapCode::InvalidCancel)?;
        Ok(Step::Value(u64::from(state)))
    }

    pub(crate) fn subtask(&mut self, id: SubtaskId) -> Result<&mut Subtask, TrapCode> {
        self.subtasks.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }
}

/// Built-ins.
impl Store {
    /// Spec: `canon subtask.cancel`. The host never makes a guest wait for it; another guest may.
    pub fn subtask_cancel(&mut self, inst: InstanceId, is_async: bool, h: Handle) -> Outcome {
        let id = self.subtask_at(inst, h)?;
        let subtask = self.subtask(id)?;
        let in_set = subtask.membership.set.is_some();
        if rule!("subtask-cancel-once", subtask.cancellation_requested)
            || rule!("subtask-cancel-in-set", in_set)
        {
            return Err(TrapCode::InvalidCancel);
        }
        if subtask.is_resolved() {
            // Its caller has not been told, or this traps.
            return self.take_state(id);
        }
        subtask.cancellation_requested = true;
        subtask.membership.waiter = Waiter::Operation;
        if subtask.callee.is_some() {
            return self.cancel_guest(id, is_async);
        }
        let call = subtask.call;
        self.args([id.0]);
        Ok(Self::tell(ActionKind::HostAbort, call))
    }

    /// Spec: `canon subtask.drop`.
    pub fn subtask_drop(&mut self, inst: InstanceId, h: Handle) -> Outcome {
        let id = self.subtask_at(inst, h)?;
        if rule!("subtask-drop-told", self.subtask(id)?.lenders.is_some()) {
            return Err(TrapCode::SubtaskUnresolved);
        }
        self.remove(inst, h)?;
        self.leave_set(Waitable::Subtask(id));
        self.subtasks.free(id.0);
        Ok(Step::Value(0))
    }

    fn subtask_at(&mut self, inst: InstanceId, h: Handle) -> Result<SubtaskId, TrapCode> {
        match self.entry(inst, h)? {
            Entry::Subtask(id) => Ok(*id),
            Entry::Resource(_) | Entry::Set(_) | Entry::End(_) | Entry::ErrorContext(_) => {
                Err(TrapCode::WrongHandleType)
            }
        }
    }
}

/// Spec: `EventCode.SUBTASK`.
const SUBTASK: u32 = 1;
