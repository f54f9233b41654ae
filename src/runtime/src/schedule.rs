//! Which ready thing is next: a policy, first in first out or seeded.
//!
//! Properties: each task is queued at most once, here or with those blocked by the exclusive lock; adding is O(1), taking O(1)
//! amortised. A queued task need not be ready any more when its turn comes; then it is passed over, and whatever makes it ready
//! again queues it again.

use std::collections::VecDeque;

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;

use crate::ids::{CallId, EndId, InstanceId, TaskId};
use crate::store::{Outcome, READY, Step, Store};
use crate::task::{TaskState, Thread};

/// Something that may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A task that was ready when it was queued.
    Task(TaskId),
    /// An event of an end that the host holds.
    Event(EndId),
    /// A call of the host that was cancelled before it started.
    Cancelled(CallId),
}

/// The queue and its policy.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    items: VecDeque<Item>,
    /// State of the generator; 0 is first in first out.
    seed: u64,
}

impl Ready {
    /// Chooses the policy.
    pub(crate) fn seed(&mut self, seed: Option<u64>) {
        self.seed = seed.map_or(0, |s| s ^ 0x9e37_79b9_7f4a_7c15 | 1);
    }

    fn take(&mut self) -> Option<Item> {
        match self.choose(self.items.len()) {
            0 => self.items.pop_front(),
            at => self.items.swap_remove_front(at),
        }
    }

    /// A number below `n` under the policy: 0 when it is first in first out. (xorshift64)
    pub(crate) fn choose(&mut self, n: usize) -> usize {
        if self.seed == 0 || n < 2 {
            return 0;
        }
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed % n as u64) as usize
    }
}

impl Store {
    /// Queues what is ready.
    pub(crate) fn enqueue(&mut self, item: Item) {
        if let Item::Task(id) = item {
            match self.tasks.get_mut(id.0) {
                Some(task) if !task.queued => task.queued = true,
                _ => return,
            }
        }
        self.ready.items.push_back(item);
        self.control.attention |= READY;
    }

    /// The next action; value 0 when nothing is ready. Spec: `Store.tick`.
    pub fn next_action(&mut self) -> Outcome {
        while let Some(item) = self.ready.take() {
            if self.ready.items.is_empty() {
                self.control.attention &= !READY;
            }
            let step = match item {
                Item::Event(end) => self.host_event(end),
                Item::Cancelled(call) => Some(Self::tell(ActionKind::HostCancelled, call)),
                Item::Task(task) => self.turn(task)?,
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
        self.control.attention &= !READY;
        Ok(Step::Value(0))
    }

    /// Gives a task its turn, if it still is ready.
    fn turn(&mut self, id: TaskId) -> Result<Option<Step>, TrapCode> {
        let Some(task) = self.tasks.get_mut(id.0) else {
            return Ok(None);
        };
        task.queued = false;
        let inst = task.inst;
        match task.thread {
            Thread::Running | Thread::Granted => Ok(None),
            Thread::Entering => self.grant(id, inst),
            Thread::Yielding => self.resume(id, inst),
            Thread::Waiting { set, .. } => {
                let cancelled = task.state == TaskState::PendingCancel;
                if cancelled || self.has_pending_event(set) {
                    return self.resume(id, inst);
                }
                self.wake(inst)?;
                Ok(None)
            }
        }
    }

    /// Lets a waiting call of the host start, if it may by now.
    fn grant(&mut self, id: TaskId, inst: InstanceId) -> Result<Option<Step>, TrapCode> {
        if self.instance(inst)?.must_wait() {
            return Ok(None);
        }
        let task = self.task(id)?;
        task.thread = Thread::Granted;
        let call = task.call();
        self.args([id.0]);
        Ok(call.map(|call| Self::tell(ActionKind::Start, call)))
    }

    /// Calls a task's callback, if the exclusive lock is free or its own.
    fn resume(&mut self, id: TaskId, inst: InstanceId) -> Result<Option<Step>, TrapCode> {
        let instance = self.instance(inst)?;
        if instance.exclusive.is_some_and(|holder| holder != id) {
            instance.blocked.push_back(id);
            // It stays marked, so that it is nowhere twice.
            self.task(id)?.queued = true;
            return Ok(None);
        }
        instance.exclusive = Some(id);
        let (code, p1, p2) = self.take_event(id)?;
        let task = self.task(id)?;
        task.thread = Thread::Running;
        let slot = task.callback().ok_or(TrapCode::InvalidCallbackCode)?;
        self.args([id.0, code, p1, p2]);
        self.frames.push(self.current.replace(id));
        Ok(Some(Step::Action(ActionKind::Callback, slot.0)))
    }

    /// What a callback is told. Spec: the event in `canon_lift`'s loop.
    fn take_event(&mut self, id: TaskId) -> Result<(u32, u32, u32), TrapCode> {
        let task = self.task(id)?;
        let thread = task.thread;
        let cancelled = task.state == TaskState::PendingCancel;
        if cancelled {
            task.state = TaskState::CancelDelivered;
        }
        let mut event = (NONE, 0, 0);
        if let Thread::Waiting { set, .. } = thread {
            self.stop_waiting(set, id);
            if !cancelled {
                event = self.poll_event(set).unwrap_or(event);
            }
            // Events that are left are for the next one who waits.
            if self.has_pending_event(set) {
                self.wake_waiter(set);
            }
        }
        Ok(match cancelled {
            true => (TASK_CANCELLED, 0, 0),
            false => event,
        })
    }

    /// The exclusive lock or the backpressure was released: the first of those who waited for it may try.
    pub(crate) fn wake(&mut self, inst: InstanceId) -> Result<(), TrapCode> {
        let instance = self.instance(inst)?;
        if instance.exclusive.is_some() {
            return Ok(());
        }
        let blocked = instance.blocked.pop_front();
        let entering = match instance.must_wait() {
            true => None,
            false => instance.entering.first(),
        };
        if let Some(id) = blocked {
            if let Some(task) = self.tasks.get_mut(id.0) {
                task.queued = false;
            }
            self.enqueue(Item::Task(id));
        }
        if let Some(id) = entering {
            self.enqueue(Item::Task(id));
        }
        Ok(())
    }
}

/// Spec: `EventCode.NONE`.
pub const NONE: u32 = 0;
/// Spec: `EventCode.TASK_CANCELLED`.
pub const TASK_CANCELLED: u32 = 6;
