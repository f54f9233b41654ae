//! Which ready thing is next: a policy, first in first out or seeded.
//!
//! Properties: each thread is queued at most once, here or with those blocked by the exclusive lock; adding is O(1), taking O(1)
//! amortised. A queued thread need not be ready any more when its turn comes; then it is passed over, and whatever makes it ready
//! again queues it again.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::frame::{Base, Frame};
use crate::guest::Then;
use crate::ids::{CallId, EndId, InstanceId, SubtaskId, ThreadId};
use crate::store::{Outcome, READY, Step, Store};
use crate::task::{Caller, TaskState};
use crate::thread::{Spawning, ThreadState};

/// Something that may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A thread that was ready when it was queued.
    Thread(ThreadId),
    /// An event of an end that the host holds.
    Event(EndId),
    /// A call of the host that was cancelled before it started.
    Cancelled(CallId),
}

/// The queue and its policy.
#[derive(Debug)]
pub(crate) struct Ready {
    items: VecDeque<Item>,
    /// State of the generator; 0 is first in first out.
    seed: u64,
}

impl Ready {
    pub(crate) const fn new() -> Self {
        Self {
            items: VecDeque::new(),
            seed: 0,
        }
    }

    /// Chooses the policy.
    pub(crate) fn seed(&mut self, seed: Option<u64>) {
        // Xorshift never leaves 0, which stands for no seed: the one seed that would be 0 gets another's order.
        self.seed = seed.map_or(0, |s| (s ^ SCRAMBLE).max(1));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn is_seeded(&self) -> bool {
        self.seed != 0
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
        if let Item::Thread(id) = item {
            match self.threads.get_mut(id.0) {
                Some(thread) if !thread.queued => thread.queued = true,
                _ => return,
            }
        }
        self.ready.items.push_back(item);
        self.control.attention |= READY;
    }

    /// Takes a thread out of the queue.
    pub(crate) fn unqueue(&mut self, id: ThreadId) {
        if let Some(thread) = self.threads.get_mut(id.0)
            && core::mem::take(&mut thread.queued)
        {
            self.ready.items.retain(|item| *item != Item::Thread(id));
        }
    }

    /// The next action; value 0 when nothing is ready. Spec: `Store.tick`.
    pub fn next_action(&mut self) -> Outcome {
        if self.resuming.is_some() {
            // Nothing is to happen before that thread runs.
            return self.nothing();
        }
        if let Some(id) = self.switch_to.take()
            && let Some(step) = self.turn(id)?
        {
            return Ok(step);
        }
        while let Some(item) = self.take_eligible() {
            // While a sync-typed function waits, whatever comes after this has to find out whether it can go on.
            if self.ready.is_empty() && self.restrictions.is_empty() {
                self.control.attention &= !READY;
            }
            let step = match item {
                Item::Event(end) => self.host_event(end),
                Item::Cancelled(call) => Some(Self::tell(ActionKind::HostCancelled, call)),
                Item::Thread(thread) => self.turn(thread)?,
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
        match self.restrictions.last().copied() {
            Some(waiting) if self.frozen.is_none() && !self.any_other(waiting.inst) => {
                Err(TrapCode::CannotBlock)
            }
            Some(_) | None => self.nothing(),
        }
    }

    fn nothing(&mut self) -> Outcome {
        self.control.attention &= !READY;
        Ok(Step::Value(0))
    }

    /// The next item that nothing holds back.
    fn take_eligible(&mut self) -> Option<Item> {
        if self.frozen.is_none() && self.restrictions.is_empty() && !self.stacks_full {
            return self.ready.take();
        }
        let mut eligible = Vec::new();
        for at in 0..self.ready.items.len() {
            let item = self.ready.items.get(at).copied();
            if item.is_some_and(|item| self.is_eligible(item)) {
                eligible.push(at);
                if !self.ready.is_seeded() {
                    break;
                }
            }
        }
        let at = eligible.get(self.ready.choose(eligible.len())).copied()?;
        self.ready.items.remove(at)
    }

    fn is_eligible(&mut self, item: Item) -> bool {
        let Item::Thread(id) = item else {
            return self.frozen.is_none() && self.restrictions.is_empty();
        };
        if let Some(frozen) = self.frozen {
            return frozen == id;
        }
        let allowed = match self.restrictions.last() {
            Some(waiting) => self.may_go_on_in(id, waiting.inst),
            None => true,
        };
        allowed && !(self.stacks_full && self.begins_stack(id))
    }

    /// Whether some thread is ready that a sync-typed function of `inst` may let go on while it waits.
    pub(crate) fn any_other(&mut self, inst: InstanceId) -> bool {
        if self.switch_to.is_some() {
            return true;
        }
        let items = 0..self.ready.items.len();
        items.into_iter().any(|at| match self.ready.items.get(at) {
            Some(Item::Thread(id)) => self.may_go_on_in(*id, inst),
            Some(Item::Event(_) | Item::Cancelled(_)) | None => false,
        })
    }

    /// Spec: the candidates in `canon_lift`; a thread that has not entered is none of them.
    fn may_go_on_in(&mut self, id: ThreadId, inst: InstanceId) -> bool {
        let Some(thread) = self.threads.get(id.0) else {
            return false;
        };
        let entering = thread.state == ThreadState::Entering;
        let elsewhere = rule!("sync-typed-instance", thread.inst != inst);
        !elsewhere && !entering && self.is_ready(id)
    }

    /// Whether giving a thread its turn takes a new stack.
    pub(crate) fn begins_stack(&self, id: ThreadId) -> bool {
        self.threads.get(id.0).is_some_and(|thread| {
            let task = self.tasks.get(thread.task.0);
            match thread.state {
                ThreadState::Fresh { .. } => true,
                ThreadState::Yielding | ThreadState::Waiting { .. } | ThreadState::Entering => {
                    self.stacks && task.is_some_and(|task| task.kind.wants_own_stack())
                }
                ThreadState::Running
                | ThreadState::Granted
                | ThreadState::Starting
                | ThreadState::Blocked(_) => false,
            }
        })
    }

    /// Spec: `Thread.ready`.
    pub(crate) fn is_ready(&mut self, id: ThreadId) -> bool {
        let Some(thread) = self.threads.get(id.0) else {
            return false;
        };
        let (inst, state, task) = (thread.inst, thread.state, thread.task);
        match state {
            ThreadState::Running | ThreadState::Granted | ThreadState::Starting => false,
            ThreadState::Entering => {
                let kind = self.tasks.get(task.0).map(|task| task.kind);
                let instance = self.instances.get(inst.0 as usize);
                kind.zip(instance)
                    .is_some_and(|(kind, instance)| !instance.must_wait(kind))
            }
            ThreadState::Yielding => self.is_unlocked_for(inst, id),
            ThreadState::Waiting { set, .. } => {
                let task = self.tasks.get(task.0);
                let cancelled = task.is_some_and(|task| task.state == TaskState::PendingCancel);
                (cancelled || self.has_pending_event(set)) && self.is_unlocked_for(inst, id)
            }
            ThreadState::Fresh { resumed, .. } => resumed,
            ThreadState::Blocked(wait) => self.is_over(wait),
        }
    }

    fn is_unlocked_for(&self, inst: InstanceId, id: ThreadId) -> bool {
        let instance = self.instances.get(inst.0 as usize);
        instance.is_some_and(|instance| instance.exclusive.is_none_or(|holder| holder == id))
    }

    /// Gives a thread its turn, if it still is ready.
    fn turn(&mut self, id: ThreadId) -> Result<Option<Step>, TrapCode> {
        let Some(thread) = self.threads.get_mut(id.0) else {
            return Ok(None);
        };
        thread.queued = false;
        let inst = thread.inst;
        match thread.state {
            ThreadState::Running
            | ThreadState::Granted
            | ThreadState::Starting
            | ThreadState::Fresh { resumed: false, .. } => Ok(None),
            ThreadState::Entering => self.grant(id),
            ThreadState::Fresh { resumed: true, .. } => Ok(Some(self.spawn(id, Then::Nothing))),
            ThreadState::Yielding => self.resume(id, inst),
            ThreadState::Waiting { set, .. } => {
                let task = thread.task;
                let cancelled = self.task(task)?.state == TaskState::PendingCancel;
                if rule!("cancel-wakes", cancelled) || self.has_pending_event(set) {
                    return self.resume(id, inst);
                }
                self.wake(inst)?;
                Ok(None)
            }
            ThreadState::Blocked(wait) => Ok(self.is_over(wait).then(|| self.continue_stack(id))),
        }
    }

    fn continue_stack(&mut self, id: ThreadId) -> Step {
        self.resuming = Some(id);
        Step::Action(ActionKind::Resume, id.0)
    }

    /// Lets a waiting call start, if it may by now.
    fn grant(&mut self, id: ThreadId) -> Result<Option<Step>, TrapCode> {
        if !self.is_ready(id) {
            return Ok(None);
        }
        let thread = self.thread(id)?;
        let task = thread.task;
        let caller = self.task(task)?.kind.caller();
        match caller.ok_or(TrapCode::UnknownHandle)? {
            Caller::Host(call) => {
                self.thread(id)?.state = ThreadState::Granted;
                self.args([task.0]);
                Ok(Some(Self::tell(ActionKind::Start, call)))
            }
            Caller::Guest(subtask) => self.grant_guest(id, subtask),
        }
    }

    fn grant_guest(&mut self, id: ThreadId, subtask: SubtaskId) -> Result<Option<Step>, TrapCode> {
        if let Some(caller) = self.blocked_caller(subtask)? {
            // It enters on the caller's stack.
            self.thread(id)?.state = ThreadState::Granted;
            return Ok(Some(self.continue_stack(caller)));
        }
        let spawns = self.begins_stack(id);
        self.thread(id)?.state = ThreadState::Granted;
        if !self.may_enter(id, false)? {
            return Ok(None);
        }
        self.thread(id)?.state = ThreadState::Starting;
        match spawns {
            true => Ok(Some(self.spawn(id, Then::Nothing))),
            false => self.start_call(id).map(Some),
        }
    }

    /// Has a call's start half called.
    pub(crate) fn start_call(&mut self, id: ThreadId) -> Outcome {
        let task = self.thread(id)?.task;
        let Some(Caller::Guest(subtask)) = self.task(task)?.kind.caller() else {
            return Err(TrapCode::UnknownHandle);
        };
        let half = self.site_of(subtask)?.start_half;
        self.args([subtask.0]);
        Ok(Step::Action(
            ActionKind::StartCall,
            half.ok_or(TrapCode::UnknownHandle)?.0,
        ))
    }

    /// Lets a task's callback be called, if the exclusive lock is free or its own.
    fn resume(&mut self, id: ThreadId, inst: InstanceId) -> Result<Option<Step>, TrapCode> {
        let instance = self.instance(inst)?;
        let locked = instance.exclusive.is_some_and(|holder| holder != id);
        if rule!("exclusive-callback", locked) {
            instance.blocked.push_back(id);
            // It stays marked, so that it is nowhere twice.
            self.thread(id)?.queued = true;
            return Ok(None);
        }
        instance.exclusive = Some(id);
        let task = self.thread(id)?.task;
        match self.stacks && self.task(task)?.kind.wants_own_stack() {
            true => Ok(Some(self.spawn(id, Then::Nothing))),
            false => self.call_back(id, Base::Plain).map(Some),
        }
    }

    /// Runs a thread from its beginning, or from its callback, on a new stack.
    pub(crate) fn spawn(&mut self, thread: ThreadId, then: Then) -> Step {
        self.spawning.push(Spawning { thread, then });
        let id = thread;
        Step::Action(ActionKind::Spawn, id.0)
    }

    /// Calls the callback of a thread that holds the lock.
    pub(crate) fn call_back(&mut self, id: ThreadId, base: Base) -> Outcome {
        let (code, p1, p2) = self.take_event(id)?;
        let thread = self.thread(id)?;
        thread.state = ThreadState::Running;
        let (inst, task) = (thread.inst, thread.task);
        let slot = self.task(task)?.kind.callback();
        let slot = slot.ok_or(TrapCode::InvalidCallbackCode)?;
        self.args([id.0, code, p1, p2]);
        self.enter(Frame::new(inst, Some(id), base));
        Ok(Step::Action(ActionKind::Callback, slot.0))
    }

    /// What a callback is told. Spec: the event in `canon_lift`'s loop.
    fn take_event(&mut self, id: ThreadId) -> Result<(u32, u32, u32), TrapCode> {
        let thread = self.thread(id)?;
        let (state, task) = (thread.state, thread.task);
        let task = self.task(task)?;
        let cancelled = task.state == TaskState::PendingCancel;
        if cancelled {
            task.state = TaskState::CancelDelivered;
        }
        let mut event = (NONE, 0, 0);
        if let ThreadState::Waiting { set, .. } = state {
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
        let pressed = instance.backpressure > 0;
        let locked = instance.exclusive.is_some();
        let freely = instance.entering_freely.first();
        let entering = instance.entering.first();
        if !locked && let Some(id) = instance.blocked.pop_front() {
            if let Some(thread) = self.threads.get_mut(id.0) {
                thread.queued = false;
            }
            self.enqueue(Item::Thread(id));
        }
        if let Some(id) = entering
            && !(locked || pressed)
        {
            self.enqueue(Item::Thread(id));
        }
        if let Some(id) = freely
            && !pressed
        {
            self.enqueue(Item::Thread(id));
        }
        Ok(())
    }
}

/// Spec: `EventCode.NONE`.
pub const NONE: u32 = 0;
/// Spec: `EventCode.TASK_CANCELLED`.
pub const TASK_CANCELLED: u32 = 6;

/// Sets neighbouring seeds apart.
const SCRAMBLE: u64 = 0x9e37_79b9_7f4a_7c15;
