//! Tasks: calls into a guest.
//!
//! The host calls functions that may have to wait (`task_new`, `task_enter`, `task_leave`); other sync calls have no task
//! until a built-in observes one (`frame`). What a task does, its threads do (`thread`).

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::return_key;
use tidegate_abi::rule;

use crate::frame::{Base, Frame};
use crate::ids::{CallId, Handle, InstanceId, Slot, SubtaskId, TaskId, ThreadId};
use crate::schedule::Item;
use crate::store::{Instance, Outcome, Step, Store};
use crate::subtask::SubtaskState;
use crate::thread::ThreadState;

/// Spec: `Task`.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) inst: InstanceId,
    pub(crate) kind: TaskKind,
    pub(crate) state: TaskState,
    /// Borrowed handles it has to drop before it returns. Spec: `num_borrows`.
    pub(crate) borrows: u32,
    /// Threads that have not ended. Spec: `threads`.
    pub(crate) threads: u32,
    /// Its implicit thread, until that has ended.
    pub(crate) implicit: Option<ThreadId>,
}

/// How a task came to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TaskKind {
    /// A sync call, a destructor: made when first observed.
    Implicit,
    /// A call.
    Called {
        lift: Lift,
        /// Its implicit thread is to be run on a stack of its own.
        own_stack: bool,
        caller: Caller,
    },
}

/// Who waits for a task's result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller {
    Host(CallId),
    Guest(SubtaskId),
}

/// How a function is lifted. Spec: `FuncType.async`, `CanonicalOptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lift {
    /// A function of a sync type that may wait on a stack of its own.
    SyncTyped,
    /// An async function, lifted without `async`.
    Sync,
    /// An async function with a callback.
    Callback {
        /// The callback.
        slot: Slot,
        /// What `task.return` has to give.
        return_key: u32,
    },
    /// An async function lifted with `async` and without a callback.
    Stackful {
        /// What `task.return` has to give.
        return_key: u32,
    },
}

impl TaskKind {
    /// Spec: not `ft.async_`.
    pub(crate) fn is_sync_typed(&self) -> bool {
        match self {
            Self::Implicit => true,
            Self::Called { lift, .. } => *lift == Lift::SyncTyped,
        }
    }

    /// Spec: `needs_exclusive`.
    pub(crate) fn needs_exclusive(&self) -> bool {
        match self {
            Self::Implicit => false,
            Self::Called { lift, .. } => match lift {
                Lift::Sync | Lift::Callback { .. } => true,
                Lift::SyncTyped | Lift::Stackful { .. } => false,
            },
        }
    }

    pub(crate) fn wants_own_stack(&self) -> bool {
        match self {
            Self::Implicit => false,
            Self::Called { own_stack, .. } => *own_stack,
        }
    }

    /// The host's number of the call, if it is one of the host.
    pub(crate) fn host_call(&self) -> Option<CallId> {
        match self.caller() {
            Some(Caller::Host(call)) => Some(call),
            Some(Caller::Guest(_)) | None => None,
        }
    }

    /// Who waits for the result, if it may come later.
    pub(crate) fn caller(&self) -> Option<Caller> {
        match self {
            Self::Implicit => None,
            Self::Called { caller, .. } => Some(*caller),
        }
    }

    pub(crate) fn callback(&self) -> Option<Slot> {
        match self {
            Self::Called {
                lift: Lift::Callback { slot, .. },
                ..
            } => Some(*slot),
            Self::Called { .. } | Self::Implicit => None,
        }
    }

    /// What `task.return` has to give, if the task returns that way.
    fn return_key(&self) -> Option<u32> {
        match self {
            Self::Called {
                lift: Lift::Callback { return_key, .. } | Lift::Stackful { return_key },
                ..
            } => Some(*return_key),
            Self::Called { .. } | Self::Implicit => None,
        }
    }
}

/// Spec: `Task.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskState {
    Initial,
    Started,
    PendingCancel,
    CancelDelivered,
    Resolved,
}

impl Task {
    #[inline(always)]
    fn new(inst: InstanceId, kind: TaskKind, state: TaskState) -> Self {
        Self {
            inst,
            kind,
            state,
            borrows: 0,
            threads: 0,
            implicit: None,
        }
    }
}

impl Task {
    /// Spec: `Task.return_`, `Task.cancel`, of a task that returns by a built-in.
    fn resolve(&mut self) -> Result<Caller, TrapCode> {
        if rule!("task-return-borrows", self.borrows > 0) {
            return Err(TrapCode::BorrowsRemain);
        }
        let caller = self.kind.caller().ok_or(TrapCode::WrongTaskReturn)?;
        self.state = TaskState::Resolved;
        Ok(caller)
    }
}

impl Instance {
    /// Spec: `has_backpressure` in `Task.enter_implicit_thread`.
    pub(crate) fn must_wait(&self, kind: TaskKind) -> bool {
        if rule!("enter-sync-typed", kind.is_sync_typed()) {
            return false;
        }
        let locked = kind.needs_exclusive() && self.exclusive.is_some();
        rule!("backpressure-explicit", self.backpressure > 0) || rule!("exclusive-lock", locked)
    }
}

/// Calls by the host.
impl Store {
    /// A task for a call. `own_stack`: it may block.
    pub fn task_new(
        &mut self,
        inst: InstanceId,
        lift: Lift,
        own_stack: bool,
        call: CallId,
    ) -> Result<TaskId, TrapCode> {
        self.instance(inst)?;
        let kind = TaskKind::Called {
            lift,
            own_stack,
            caller: Caller::Host(call),
        };
        self.add_task(inst, kind, TaskState::Initial)
    }

    /// Enters a task, or lets it wait. Spec: `Task.enter_implicit_thread`, `Task.start`.
    pub fn task_enter(&mut self, id: TaskId) -> Result<bool, TrapCode> {
        let task = self.task(id)?;
        let thread = task.implicit.ok_or(TrapCode::UnknownHandle)?;
        let own_stack = task.kind.wants_own_stack();
        let held = self.frozen.is_some() || !self.restrictions.is_empty();
        if !self.may_enter(thread, held)? {
            return Ok(false);
        }
        let base = match own_stack {
            true => self.own_base(),
            false => Base::Plain,
        };
        self.start(thread, base)?;
        Ok(true)
    }

    /// Whether a thread may enter; if not, it waits. `held`: it may not, for a reason that is not its instance's.
    pub(crate) fn may_enter(&mut self, id: ThreadId, held: bool) -> Result<bool, TrapCode> {
        let thread = self.thread(id)?;
        let (inst, granted) = (thread.inst, thread.state == ThreadState::Granted);
        let task = thread.task;
        let kind = self.task(task)?.kind;
        let instance = self.instances.get_mut(inst.0 as usize);
        let instance = instance.ok_or(TrapCode::UnknownHandle)?;
        let behind = !granted && !kind.is_sync_typed() && instance.anyone_enters();
        let residual = rule!("backpressure-residual", behind);
        let waits = held || residual || instance.must_wait(kind);
        let list = instance.entering_list(kind);
        if granted {
            list.remove(&mut self.threads, id);
        }
        if !waits {
            return Ok(true);
        }
        match granted {
            true => list.push_front(&mut self.threads, id),
            false => list.push_back(&mut self.threads, id),
        }
        self.thread(id)?.state = ThreadState::Entering;
        if held {
            // Nothing else would wake it.
            self.enqueue(Item::Thread(id));
        }
        Ok(false)
    }

    /// A thread that may enter does.
    pub(crate) fn start(&mut self, id: ThreadId, base: Base) -> Result<(), TrapCode> {
        self.register(id)?;
        let thread = self.thread(id)?;
        thread.state = ThreadState::Running;
        let (inst, task) = (thread.inst, thread.task);
        let task = self.task(task)?;
        task.state = TaskState::Started;
        match task.kind.needs_exclusive() {
            true => self.instance(inst)?.exclusive = Some(id),
            // The next one may enter as well.
            false => self.wake(inst)?,
        }
        self.enter(Frame::new(inst, Some(id), base));
        Ok(())
    }

    /// The core function of a task has returned.
    pub fn task_leave(&mut self, id: TaskId, packed: u32) -> Result<(), TrapCode> {
        let thread = self.leave().thread.ok_or(TrapCode::UnknownHandle)?;
        let task = self.task(id)?;
        match task.kind {
            TaskKind::Called {
                lift: Lift::Callback { .. },
                ..
            } => return self.callback_result(thread, packed),
            TaskKind::Called {
                lift: Lift::Sync | Lift::SyncTyped,
                ..
            } => self.resolve(id)?,
            TaskKind::Called {
                lift: Lift::Stackful { .. },
                ..
            }
            | TaskKind::Implicit => {}
        }
        self.exit(thread)
    }

    /// A callback has returned.
    pub fn callback_done(&mut self, id: ThreadId, packed: u32) -> Outcome {
        let then = self.leave().then;
        self.callback_result(id, packed)?;
        self.go_on(then)
    }

    /// Spec: `unpack_callback_result` and the loop in `canon_lift`.
    pub(crate) fn callback_result(&mut self, id: ThreadId, packed: u32) -> Result<(), TrapCode> {
        let thread = self.thread(id)?;
        let (inst, task) = (thread.inst, thread.task);
        let cancelled = self.task(task)?.state == TaskState::PendingCancel;
        let state = match packed & 0xf {
            EXIT => return self.exit(id),
            // It is told at once: it keeps the lock, and what it wanted to wait for does not matter.
            YIELD | WAIT if cancelled => {
                self.thread(id)?.state = ThreadState::Yielding;
                self.enqueue(Item::Thread(id));
                return Ok(());
            }
            YIELD => ThreadState::Yielding,
            WAIT => {
                let handle = Handle(packed >> 4);
                let set = self.set_at(inst, handle)?;
                self.start_waiting(set, id);
                ThreadState::Waiting { set, handle }
            }
            _ if rule!("callback-code") => return Err(TrapCode::InvalidCallbackCode),
            _ => ThreadState::Yielding,
        };
        self.thread(id)?.state = state;
        if rule!("exclusive-released") {
            self.unlock(inst)?;
        }
        if self.is_ready(id) {
            self.enqueue(Item::Thread(id));
        }
        Ok(())
    }

    pub(crate) fn unlock(&mut self, inst: InstanceId) -> Result<(), TrapCode> {
        self.instance(inst)?.exclusive = None;
        self.wake(inst)
    }

    /// The host does not want the result any more. Spec: `Task.request_cancellation`; here nothing is resumed at once, the
    /// task becomes ready.
    pub fn task_request_cancellation(&mut self, id: TaskId) -> Result<(), TrapCode> {
        let Some(task) = self.tasks.get_mut(id.0) else {
            return Ok(());
        };
        let (state, implicit) = (task.state, task.implicit);
        match state {
            TaskState::Initial => self.cancel_unstarted(id),
            TaskState::Started => {
                task.state = TaskState::PendingCancel;
                if let Some(thread) = implicit
                    && self.is_cancellable(thread)
                {
                    self.enqueue(Item::Thread(thread));
                }
                Ok(())
            }
            TaskState::PendingCancel | TaskState::CancelDelivered | TaskState::Resolved => Ok(()),
        }
    }

    /// Spec: `cancellable`.
    pub(crate) fn is_cancellable(&self, id: ThreadId) -> bool {
        let thread = self.threads.get(id.0);
        thread.is_some_and(|thread| {
            matches!(
                thread.state,
                ThreadState::Yielding | ThreadState::Waiting { .. }
            )
        })
    }

    pub(crate) fn cancel_unstarted(&mut self, id: TaskId) -> Result<(), TrapCode> {
        let task = self.tasks.remove(id.0).ok_or(TrapCode::UnknownHandle)?;
        if let Some(thread) = task.implicit {
            let state = self.thread(thread)?.state;
            if matches!(state, ThreadState::Entering | ThreadState::Granted)
                && let Some(instance) = self.instances.get_mut(task.inst.0 as usize)
            {
                let list = instance.entering_list(task.kind);
                list.remove(&mut self.threads, thread);
            }
            self.threads.free(thread.0);
        }
        if let Some(Caller::Host(call)) = task.kind.caller() {
            self.enqueue(Item::Cancelled(call));
        }
        self.wake(task.inst)
    }
}

impl Store {
    /// Adds a task and its implicit thread.
    pub(crate) fn add_task(
        &mut self,
        inst: InstanceId,
        kind: TaskKind,
        state: TaskState,
    ) -> Result<TaskId, TrapCode> {
        let id = TaskId(self.tasks.insert(Task::new(inst, kind, state)));
        match self.add_thread(id, inst, None) {
            Ok(thread) => {
                self.task(id)?.implicit = Some(thread);
                Ok(id)
            }
            Err(code) => {
                self.tasks.free(id.0);
                Err(code)
            }
        }
    }

    /// A sync call has its result. Spec: `Task.return_`.
    pub(crate) fn resolve(&mut self, id: TaskId) -> Result<(), TrapCode> {
        let task = self.task(id)?;
        if rule!("borrows-remain", task.borrows > 0) {
            return Err(TrapCode::BorrowsRemain);
        }
        task.state = TaskState::Resolved;
        Ok(())
    }

    pub(crate) fn task(&mut self, id: TaskId) -> Result<&mut Task, TrapCode> {
        self.tasks.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }

    /// The current thread's task, if it is one of `inst` that returns by `task.return`.
    fn returning_task(&mut self, inst: InstanceId) -> Result<&mut Task, TrapCode> {
        let thread = self.frame.thread.ok_or(TrapCode::WrongTaskReturn)?;
        let id = self.thread(thread)?.task;
        let task = self.task(id)?;
        let other = task.inst != inst || task.kind.return_key().is_none();
        match rule!("task-return-async", other) {
            true => Err(TrapCode::WrongTaskReturn),
            false => Ok(task),
        }
    }
}

/// Built-ins.
impl Store {
    /// Spec: `canon backpressure.inc`.
    pub fn backpressure_inc(&mut self, inst: InstanceId) -> Outcome {
        let count = &mut self.instance(inst)?.backpressure;
        *count += 1;
        match rule!("backpressure-overflow", *count >= BACKPRESSURE_END) {
            true => Err(TrapCode::BackpressureRange),
            false => Ok(Step::Value(0)),
        }
    }

    /// Spec: `canon backpressure.dec`.
    pub fn backpressure_dec(&mut self, inst: InstanceId) -> Outcome {
        let count = &mut self.instance(inst)?.backpressure;
        if rule!("backpressure-underflow", *count == 0) {
            return Err(TrapCode::BackpressureRange);
        }
        *count = count.saturating_sub(1);
        self.wake(inst)?;
        Ok(Step::Value(0))
    }

    /// Spec: `canon task.return`; the values are lifted when this has succeeded. Value 0: for the host, argument word 0 is its
    /// call. Otherwise for a guest: the lower half is the slot of the return half and 1, the upper half the subtask.
    pub fn task_return(&mut self, inst: InstanceId, return_key: u32) -> Outcome {
        let task = self.returning_task(inst)?;
        let lifted = task.kind.return_key();
        let fits = lifted.is_some_and(|lifted| return_key::fits(lifted, return_key));
        if rule!("task-return-type", !fits) {
            return Err(TrapCode::WrongTaskReturn);
        }
        if rule!("task-return-once", task.state == TaskState::Resolved) {
            return Err(TrapCode::AlreadyReturned);
        }
        match task.resolve()? {
            Caller::Guest(subtask) => self.return_half(subtask),
            Caller::Host(call) => {
                self.args([call.0]);
                Ok(Step::Value(0))
            }
        }
    }

    /// Spec: `canon task.cancel`.
    pub fn task_cancel(&mut self, inst: InstanceId) -> Outcome {
        let task = self.returning_task(inst)?;
        if rule!("task-cancel-once", task.state == TaskState::Resolved) {
            return Err(TrapCode::AlreadyReturned);
        }
        if rule!("task-cancel-told", task.state != TaskState::CancelDelivered) {
            return Err(TrapCode::NotCancelled);
        }
        match task.resolve()? {
            Caller::Host(call) => Ok(Self::tell(ActionKind::HostCancelled, call)),
            Caller::Guest(subtask) => {
                self.progress(subtask, SubtaskState::CancelledBeforeReturned)?;
                Ok(Step::Value(0))
            }
        }
    }
}

/// Spec: `CallbackCode`.
const EXIT: u32 = 0;
const YIELD: u32 = 1;
const WAIT: u32 = 2;

const BACKPRESSURE_END: u32 = 1 << 16;
