//! Threads: what runs, waits and is scheduled. Every task has an implicit one; guests make more, explicitly.

use alloc::boxed::Box;

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::block::Wait;
use crate::frame::{Base, Frame, Suspended};
use crate::guest::Then;
use crate::ids::{CallId, Handle, InstanceId, SetId, TaskId, ThreadId, ThreadIndex};
use crate::list::{Arena, Links};
use crate::slab::Slab;
use crate::store::{Outcome, Step, Store};
use crate::task::TaskState;

/// Spec: `Thread`.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) task: TaskId,
    pub(crate) inst: InstanceId,
    /// Whether it is its task's implicit thread.
    pub(crate) implicit: bool,
    /// 0 before it has entered.
    pub(crate) index: ThreadIndex,
    pub(crate) state: ThreadState,
    /// Spec: `storage`.
    storage: [u64; 2],
    /// It is in the ready queue, or with those blocked by the exclusive lock.
    pub(crate) queued: bool,
    /// The list that `state` says it is in.
    links: Links<ThreadId>,
    /// Its stack's frames, while that is suspended.
    pub(crate) suspended: Option<Box<Suspended>>,
}

/// A thread that begins on a new stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawning {
    pub(crate) thread: ThreadId,
    pub(crate) then: Then,
}

/// What the function of an explicit thread gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadContext {
    /// It is of the type `(i32) -> ()`.
    I32(u32),
    /// It is of the type `(i64) -> ()`.
    I64(u64),
}

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadState {
    /// It runs, or has not begun.
    Running,
    /// It waits for backpressure or the exclusive lock, in `Instance.entering` or `Instance.entering_freely`.
    Entering,
    /// It may enter as soon as the host says so; it is in that list still.
    Granted,
    /// A guest has called it: it is to be begun by its start half.
    Starting,
    /// Its callback has returned `YIELD`.
    Yielding,
    /// Its callback has returned `WAIT`; it is in `WaitableSet.waiting`.
    Waiting { set: SetId, handle: Handle },
    /// It is explicit and has not begun; whether it may.
    Fresh {
        context: ThreadContext,
        resumed: bool,
    },
    /// Its stack is suspended.
    Blocked(Wait),
}

impl Thread {
    #[inline(always)]
    fn new(task: TaskId, inst: InstanceId, explicit: Option<ThreadState>) -> Self {
        Self {
            task,
            inst,
            implicit: explicit.is_none(),
            index: ThreadIndex(0),
            state: explicit.unwrap_or(ThreadState::Running),
            storage: [0; 2],
            queued: false,
            links: Links::default(),
            suspended: None,
        }
    }
}

/// Where threads begin and end.
impl Store {
    /// A thread of a task: its implicit one, or one that begins in state `explicit`.
    pub(crate) fn add_thread(
        &mut self,
        of: TaskId,
        inst: InstanceId,
        explicit: Option<ThreadState>,
    ) -> Result<ThreadId, TrapCode> {
        if self.threads.len() >= self.limits.tasks as usize {
            return Err(TrapCode::LimitExceeded);
        }
        let task = self.task(of)?;
        task.threads += 1;
        let call = task.kind.host_call().unwrap_or(CallId(0));
        let thread = Thread::new(of, inst, explicit);
        let implicit = thread.implicit;
        let id = ThreadId(self.threads.insert(thread));
        self.leave_crumb(id, call, implicit);
        Ok(id)
    }

    pub(crate) fn thread(&mut self, id: ThreadId) -> Result<&mut Thread, TrapCode> {
        self.threads.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }

    /// Gives a thread its index. Spec: `register_thread`.
    pub(crate) fn register(&mut self, id: ThreadId) -> Result<ThreadIndex, TrapCode> {
        let inst = self.thread(id)?.inst;
        let index = ThreadIndex(self.instance(inst)?.threads.insert(id));
        self.thread(id)?.index = index;
        Ok(index)
    }

    /// A thread has ended. A task that nobody is left to resolve traps. Spec: `unregister_thread`, `exit_implicit_thread`.
    pub(crate) fn exit(&mut self, id: ThreadId) -> Result<(), TrapCode> {
        let &mut Thread {
            inst,
            index,
            implicit,
            task: of,
            ..
        } = self.thread(id)?;
        self.threads.free(id.0);
        let instance = self.instance(inst)?;
        instance.threads.free(index.0);
        let unlocks = instance.exclusive == Some(id);
        let task = self.task(of)?;
        if implicit {
            task.implicit = None;
        }
        task.threads -= 1;
        if task.threads == 0 {
            if rule!("exit-unreturned", task.state != TaskState::Resolved) {
                return Err(TrapCode::NotReturned);
            }
            self.tasks.free(of.0);
        }
        match unlocks {
            true => self.unlock(inst),
            false => Ok(()),
        }
    }
}

/// What the driver asks and reports.
impl Store {
    /// A new stack runs a thread from its beginning.
    pub fn thread_begin(&mut self, id: ThreadId) -> Outcome {
        if self.spawning.last().map(|spawning| spawning.thread) != Some(id) {
            return Err(TrapCode::UnknownHandle);
        }
        let base = self.own_base();
        let thread = self.thread(id)?;
        match thread.state {
            ThreadState::Yielding | ThreadState::Waiting { .. } => self.call_back(id, base),
            ThreadState::Fresh { context, .. } => {
                thread.state = ThreadState::Running;
                let inst = thread.inst;
                self.enter(Frame::new(inst, Some(id), base));
                match context {
                    ThreadContext::I32(low) => self.args([low, 0, 0]),
                    ThreadContext::I64(whole) => self.args([whole as u32, (whole >> 32) as u32, 1]),
                }
                Ok(Step::Action(ActionKind::ThreadStart, id.0))
            }
            ThreadState::Starting => self.start_call(id),
            ThreadState::Running
            | ThreadState::Entering
            | ThreadState::Granted
            | ThreadState::Blocked(_) => Err(TrapCode::UnknownHandle),
        }
    }

    /// An explicit thread's function has returned.
    pub fn thread_done(&mut self, id: ThreadId) -> Outcome {
        self.leave();
        self.exit(id)?;
        Ok(Step::Value(0))
    }

    /// The stack of the thread that was begun last has finished, or is suspended.
    pub fn spawned(&mut self) -> Outcome {
        let spawning = self.spawning.pop().ok_or(TrapCode::UnknownHandle)?;
        self.go_on(spawning.then)
    }

    /// A thread that ran out of turn has suspended or finished.
    pub(crate) fn go_on(&mut self, then: Then) -> Outcome {
        match then {
            Then::Nothing => Ok(Step::Value(0)),
            Then::Return(subtask) => self.caller_goes_on(subtask),
            Then::Cancel { subtask, is_async } => self.cancel_goes_on(subtask, is_async),
        }
    }

    /// What a stack made for a thread is.
    pub(crate) fn own_base(&self) -> Base {
        match self.stacks {
            true => Base::Own,
            false => Base::Plain,
        }
    }
}

/// Built-ins.
impl Store {
    /// Spec: `canon context.get`.
    pub fn context_get(&mut self, inst: InstanceId, slot: u32) -> Outcome {
        let value = self.context_get64(inst, slot)?;
        Ok(Step::Value(value & u64::from(u32::MAX)))
    }

    /// The same of an `i64`, as its bits.
    pub fn context_get64(&mut self, inst: InstanceId, slot: u32) -> Result<u64, TrapCode> {
        let value = self.context(inst, slot)?.copied();
        Ok(value.unwrap_or(0))
    }

    /// Spec: `canon context.set`.
    pub fn context_set(&mut self, inst: InstanceId, slot: u32, value: u64) -> Outcome {
        if let Some(place) = self.context(inst, slot)? {
            *place = value;
        }
        Ok(Step::Value(0))
    }

    fn context(&mut self, inst: InstanceId, slot: u32) -> Result<Option<&mut u64>, TrapCode> {
        let id = self.current_thread(inst)?;
        Ok(self.thread(id)?.storage.get_mut(slot as usize))
    }
}

impl Arena<ThreadId> for Slab<Thread> {
    fn links(&mut self, id: ThreadId) -> Option<&mut Links<ThreadId>> {
        Some(&mut self.get_mut(id.0)?.links)
    }
}
