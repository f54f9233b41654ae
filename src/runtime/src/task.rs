//! Tasks: calls into a guest, each with its implicit thread.
//!
//! Three kinds of caller meet here: the host calls async functions (`task_new`, `task_enter`, `task_leave`), the host calls
//! sync functions (no task until a built-in observes one), and the driver calls callbacks.

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;

use crate::ids::{CallId, Handle, InstanceId, SetId, Slot, TaskId};
use crate::list::{Arena, Links};
use crate::schedule::Item;
use crate::slab::Slab;
use crate::store::{Instance, Outcome, SETTLE, Step, Store};

/// A task. Spec: `Task` and its implicit `Thread`.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) inst: InstanceId,
    pub(crate) kind: TaskKind,
    pub(crate) state: TaskState,
    pub(crate) thread: Thread,
    /// Borrowed handles it has to drop before it returns. Spec: `num_borrows`.
    pub(crate) borrows: u32,
    /// Spec: `Thread.storage`.
    storage: [u32; 2],
    /// It is in the ready queue.
    pub(crate) queued: bool,
    /// In the list that `thread` says it is in.
    links: Links<TaskId>,
}

/// How a task came to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TaskKind {
    /// A sync call, a destructor: made when first observed.
    Implicit,
    /// An async function lifted without `async`.
    Sync { call: CallId },
    /// An async function lifted with a callback.
    Callback {
        slot: Slot,
        return_key: u32,
        call: CallId,
    },
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

/// What the implicit thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thread {
    /// It runs, or has not begun.
    Running,
    /// It waits for backpressure or the exclusive lock, in `Instance.entering`.
    Entering,
    /// It may enter as soon as the host says so; it is in `Instance.entering` still.
    Granted,
    /// Its callback has returned `YIELD`.
    Yielding,
    /// Its callback has returned `WAIT`; it is in `WaitableSet.waiting`.
    Waiting { set: SetId, handle: Handle },
}

impl Task {
    fn new(inst: InstanceId, kind: TaskKind, state: TaskState) -> Self {
        Self {
            inst,
            kind,
            state,
            thread: Thread::Running,
            borrows: 0,
            storage: [0; 2],
            queued: false,
            links: Links::default(),
        }
    }

    /// The host's number of the call, unless it is implicit.
    pub(crate) fn call(&self) -> Option<CallId> {
        match self.kind {
            TaskKind::Implicit => None,
            TaskKind::Sync { call } | TaskKind::Callback { call, .. } => Some(call),
        }
    }

    pub(crate) fn callback(&self) -> Option<Slot> {
        match self.kind {
            TaskKind::Implicit | TaskKind::Sync { .. } => None,
            TaskKind::Callback { slot, .. } => Some(slot),
        }
    }
}

impl Instance {
    /// Spec: `has_backpressure` in `Task.enter_implicit_thread`; every task that enters needs the exclusive lock.
    pub(crate) fn must_wait(&self) -> bool {
        self.backpressure > 0 || self.exclusive.is_some()
    }
}

/// Calls by the host.
impl Store {
    /// A task for a call of an async function.
    pub fn task_new(
        &mut self,
        inst: InstanceId,
        callback: Option<Slot>,
        return_key: u32,
        call: CallId,
    ) -> Result<TaskId, TrapCode> {
        self.instance(inst)?;
        let kind = match callback {
            None => TaskKind::Sync { call },
            Some(slot) => TaskKind::Callback {
                slot,
                return_key,
                call,
            },
        };
        self.add_task(Task::new(inst, kind, TaskState::Initial))
    }

    /// Enters a task, or lets it wait. Spec: `Task.enter_implicit_thread`, `Task.start`.
    pub fn task_enter(&mut self, id: TaskId) -> Result<bool, TrapCode> {
        let task = self.task(id)?;
        let (inst, granted) = (task.inst, task.thread == Thread::Granted);
        let instance = self.instances.get_mut(inst.0 as usize);
        let instance = instance.ok_or(TrapCode::UnknownHandle)?;
        if granted {
            instance.entering.remove(&mut self.tasks, id);
        }
        if instance.must_wait() || !(granted || instance.entering.is_empty()) {
            match granted {
                true => instance.entering.push_front(&mut self.tasks, id),
                false => instance.entering.push_back(&mut self.tasks, id),
            }
            self.task(id)?.thread = Thread::Entering;
            return Ok(false);
        }
        self.instance(inst)?.exclusive = Some(id);
        let task = self.task(id)?;
        task.state = TaskState::Started;
        task.thread = Thread::Running;
        self.frames.push(self.current.replace(id));
        Ok(true)
    }

    /// The core function of a task has returned.
    pub fn task_leave(&mut self, id: TaskId, packed: u32) -> Result<(), TrapCode> {
        self.current = self.frames.pop().flatten();
        let task = self.task(id)?;
        if task.callback().is_some() {
            return self.callback_result(id, packed);
        }
        if task.borrows > 0 {
            return Err(TrapCode::BorrowsRemain);
        }
        task.state = TaskState::Resolved;
        self.exit(id)
    }

    /// A callback has returned.
    pub fn callback_done(&mut self, id: TaskId, packed: u32) -> Outcome {
        self.current = self.frames.pop().flatten();
        self.callback_result(id, packed)?;
        Ok(Step::Value(0))
    }

    /// Spec: `unpack_callback_result` and the loop in `canon_lift`.
    fn callback_result(&mut self, id: TaskId, packed: u32) -> Result<(), TrapCode> {
        let task = self.task(id)?;
        let inst = task.inst;
        let code = packed & 0xf;
        match code {
            EXIT if task.state == TaskState::Resolved => return self.exit(id),
            EXIT => return Err(TrapCode::NotReturned),
            YIELD | WAIT if task.state == TaskState::PendingCancel => {
                // It is told at once: it keeps the lock, and what it wanted to wait for does not matter.
                task.thread = Thread::Yielding;
                self.enqueue(Item::Task(id));
                return Ok(());
            }
            YIELD => task.thread = Thread::Yielding,
            WAIT => {
                let handle = Handle(packed >> 4);
                let set = self.set_at(inst, handle)?;
                self.start_waiting(set, id);
                self.task(id)?.thread = Thread::Waiting { set, handle };
                if !self.has_pending_event(set) {
                    return self.unlock(inst);
                }
            }
            _ => return Err(TrapCode::InvalidCallbackCode),
        }
        self.unlock(inst)?;
        self.enqueue(Item::Task(id));
        Ok(())
    }

    /// Spec: `Task.exit_implicit_thread`.
    fn exit(&mut self, id: TaskId) -> Result<(), TrapCode> {
        let inst = self.task(id)?.inst;
        self.tasks.remove(id.0);
        self.unlock(inst)
    }

    fn unlock(&mut self, inst: InstanceId) -> Result<(), TrapCode> {
        self.instance(inst)?.exclusive = None;
        self.wake(inst)
    }

    /// The host does not want the result any more. Spec: `Task.request_cancellation`; here nothing is resumed at once, the
    /// task becomes ready.
    pub fn task_request_cancellation(&mut self, id: TaskId) -> Result<(), TrapCode> {
        let Some(task) = self.tasks.get_mut(id.0) else {
            return Ok(());
        };
        let inst = task.inst;
        match (task.state, task.thread) {
            (TaskState::Initial, thread) => {
                let call = task.call();
                if matches!(thread, Thread::Entering | Thread::Granted)
                    && let Some(instance) = self.instances.get_mut(inst.0 as usize)
                {
                    instance.entering.remove(&mut self.tasks, id);
                }
                self.tasks.remove(id.0);
                if let Some(call) = call {
                    self.enqueue(Item::Cancelled(call));
                }
                self.wake(inst)
            }
            (TaskState::Started, thread) => {
                task.state = TaskState::PendingCancel;
                if matches!(thread, Thread::Yielding | Thread::Waiting { .. }) {
                    self.enqueue(Item::Task(id));
                }
                Ok(())
            }
            (TaskState::PendingCancel | TaskState::CancelDelivered | TaskState::Resolved, _) => {
                Ok(())
            }
        }
    }

    /// What the `i`-th waiting task waits for, into the argument words: instance, call (0 when it has returned, as the host has
    /// forgotten it then), kind (0 to enter, 1 for its turn, 2 for a waitable set), handle of the set.
    pub fn waiting(&mut self, i: u32) -> bool {
        let call = |task: &Task| match task.state {
            TaskState::Resolved => Some(CallId(0)),
            TaskState::Initial
            | TaskState::Started
            | TaskState::PendingCancel
            | TaskState::CancelDelivered => task.call(),
        };
        let waits = |task: &Task| match (call(task), task.thread) {
            (Some(call), Thread::Entering | Thread::Granted) => Some([task.inst.0, call.0, 0, 0]),
            (Some(call), Thread::Yielding) => Some([task.inst.0, call.0, 1, 0]),
            (Some(call), Thread::Waiting { handle, .. }) => {
                Some([task.inst.0, call.0, 2, handle.0])
            }
            (None, _) | (_, Thread::Running) => None,
        };
        let found = self
            .tasks
            .iter()
            .filter_map(|(_, t)| waits(t))
            .nth(i as usize);
        if let Some(words) = found {
            self.args(words);
        }
        found.is_some()
    }
}

/// Sync calls.
impl Store {
    /// A sync call begins above what runs.
    pub fn sync_enter(&mut self) {
        self.frames.push(self.current.take());
    }

    /// It ends.
    pub fn sync_exit(&mut self) -> Result<(), TrapCode> {
        let done = self.end_implicit();
        self.current = self.frames.pop().flatten();
        done
    }

    /// A base-level sync call has ended in which a task was made.
    pub fn sync_settle(&mut self) -> Result<(), TrapCode> {
        self.control.attention &= !SETTLE;
        self.end_implicit()
    }

    fn end_implicit(&mut self) -> Result<(), TrapCode> {
        let Some(id) = self.current else {
            return Ok(());
        };
        match self.tasks.get(id.0) {
            Some(task) if matches!(task.kind, TaskKind::Implicit) => {
                let borrows = task.borrows;
                self.tasks.remove(id.0);
                self.current = None;
                match borrows {
                    0 => Ok(()),
                    _ => Err(TrapCode::BorrowsRemain),
                }
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The task whose code runs in `inst`, made now when a sync call has none yet. Spec: `current_task`.
    pub(crate) fn current_task(&mut self, inst: InstanceId) -> Result<TaskId, TrapCode> {
        if let Some(id) = self.current {
            return Ok(id);
        }
        let id = self.add_task(Task::new(inst, TaskKind::Implicit, TaskState::Started))?;
        self.current = Some(id);
        if self.frames.is_empty() {
            self.control.attention |= SETTLE;
        }
        Ok(id)
    }

    fn add_task(&mut self, task: Task) -> Result<TaskId, TrapCode> {
        if self.tasks.len() >= self.limits.tasks as usize {
            return Err(TrapCode::LimitExceeded);
        }
        Ok(TaskId(self.tasks.insert(task)))
    }

    pub(crate) fn task(&mut self, id: TaskId) -> Result<&mut Task, TrapCode> {
        self.tasks.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }
}

/// Built-ins.
impl Store {
    /// Spec: `canon context.get`.
    pub fn context_get(&mut self, inst: InstanceId, slot: u32) -> Outcome {
        let id = self.current_task(inst)?;
        let value = self.task(id)?.storage.get(slot as usize).copied();
        Ok(Step::Value(u64::from(value.unwrap_or(0))))
    }

    /// Spec: `canon context.set`.
    pub fn context_set(&mut self, inst: InstanceId, slot: u32, value: u32) -> Outcome {
        let id = self.current_task(inst)?;
        if let Some(place) = self.task(id)?.storage.get_mut(slot as usize) {
            *place = value;
        }
        Ok(Step::Value(0))
    }

    /// Spec: `canon backpressure.inc`.
    pub fn backpressure_inc(&mut self, inst: InstanceId) -> Outcome {
        let count = &mut self.instance(inst)?.backpressure;
        *count += 1;
        match *count {
            BACKPRESSURE_END.. => Err(TrapCode::BackpressureRange),
            _ => Ok(Step::Value(0)),
        }
    }

    /// Spec: `canon backpressure.dec`.
    pub fn backpressure_dec(&mut self, inst: InstanceId) -> Outcome {
        let count = &mut self.instance(inst)?.backpressure;
        *count = count.checked_sub(1).ok_or(TrapCode::BackpressureRange)?;
        self.wake(inst)?;
        Ok(Step::Value(0))
    }

    /// Spec: `canon task.return`; the caller lifts the values when this has succeeded.
    pub fn task_return(&mut self, inst: InstanceId, return_key: u32) -> Outcome {
        let id = self.current.ok_or(TrapCode::WrongTaskReturn)?;
        let task = self.task(id)?;
        let call = match task.kind {
            TaskKind::Callback {
                return_key: k,
                call,
                ..
            } if k == return_key => call,
            TaskKind::Implicit | TaskKind::Sync { .. } | TaskKind::Callback { .. } => {
                return Err(TrapCode::WrongTaskReturn);
            }
        };
        if task.inst != inst {
            return Err(TrapCode::WrongTaskReturn);
        }
        if task.state == TaskState::Resolved {
            return Err(TrapCode::AlreadyReturned);
        }
        if task.borrows > 0 {
            return Err(TrapCode::BorrowsRemain);
        }
        task.state = TaskState::Resolved;
        self.args([call.0]);
        Ok(Step::Value(0))
    }

    /// Spec: `canon task.cancel`.
    pub fn task_cancel(&mut self, inst: InstanceId) -> Outcome {
        let id = self.current.ok_or(TrapCode::WrongTaskReturn)?;
        let task = self.task(id)?;
        let TaskKind::Callback { call, .. } = task.kind else {
            return Err(TrapCode::WrongTaskReturn);
        };
        if task.inst != inst {
            return Err(TrapCode::WrongTaskReturn);
        }
        match task.state {
            TaskState::CancelDelivered if task.borrows > 0 => Err(TrapCode::BorrowsRemain),
            TaskState::CancelDelivered => {
                task.state = TaskState::Resolved;
                Ok(Self::tell(ActionKind::HostCancelled, call))
            }
            TaskState::Resolved => Err(TrapCode::AlreadyReturned),
            TaskState::Initial | TaskState::Started | TaskState::PendingCancel => {
                Err(TrapCode::NotCancelled)
            }
        }
    }
}

impl Arena<TaskId> for Slab<Task> {
    fn links(&mut self, id: TaskId) -> Option<&mut Links<TaskId>> {
        Some(&mut self.get_mut(id.0)?.links)
    }
}

/// Spec: `CallbackCode`.
const EXIT: u32 = 0;
const YIELD: u32 = 1;
const WAIT: u32 = 2;

const BACKPRESSURE_END: u32 = 1 << 16;
