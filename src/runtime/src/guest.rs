//! Calls between guests of a store, through adapters.
//!
//! A call is a subtask of its caller and a task of its callee at once. The adapter moves the values; it asks here how the call
//! begins, and reports where it has got to. A callee that has to wait, or that gets a stack of its own, takes its parameters from the
//! subtask's stash, by the start half of the call, which the driver calls.

use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::BLOCKED;
use tidegate_abi::rule;

use crate::block::Wait;
use crate::frame::Base;
use crate::ids::{CallSiteId, FuncId, InstanceId, Slot, SubtaskId, TaskId, ThreadId};
use crate::schedule::Item;
use crate::store::{Outcome, Step, Store};
use crate::subtask::{Subtask, SubtaskState};
use crate::task::{Caller, Lift, TaskKind, TaskState};
use crate::thread::ThreadState;
use crate::waitable::Waiter;

/// A lowered function whose callee is lifted by another instance.
#[derive(Clone, Copy, Debug)]
pub struct CallSite {
    /// The instance that lowers.
    pub caller: InstanceId,
    /// The instance that lifts.
    pub callee: InstanceId,
    /// Whether it is lowered with `async`.
    pub is_async: bool,
    /// How the function is lifted. One of a sync type is called without a call site.
    pub lift: Lift,
    /// Whether the callee may block.
    pub may_block: bool,
    /// Which function it is, for messages.
    pub func: FuncId,
    /// The half of the call that starts it from the stash: `(subtask) -> ()`.
    pub start_half: Option<Slot>,
    /// The half of the call that lowers its results: `(flat results.., subtask) -> ()`.
    pub return_half: Option<Slot>,
}

impl CallSite {
    /// Whether the callee is run on a stack of its own. One that is called as a plain function is not.
    fn own_stack(&self) -> bool {
        self.may_block
            && match self.lift {
                Lift::SyncTyped | Lift::Sync => self.is_async,
                Lift::Callback { .. } | Lift::Stackful { .. } => true,
            }
    }
}

/// The callee's side of a subtask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callee {
    pub(crate) site: CallSiteId,
    /// It lives until the subtask is resolved.
    pub(crate) task: TaskId,
    /// Where the caller wants the results.
    retptr: u64,
}

/// What goes on when a thread that was begun, or whose callback was called, has suspended or finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing: it had its turn.
    Nothing,
    /// A guest has called it.
    Return(SubtaskId),
    /// A guest has cancelled its call.
    Cancel { subtask: SubtaskId, is_async: bool },
}

/// Called by the host.
impl Store {
    /// Registers a call site.
    pub fn guest_site_new(&mut self, site: CallSite) -> Result<CallSiteId, TrapCode> {
        self.instance(site.caller)?;
        self.instance(site.callee)?;
        self.sites.push(site);
        Ok(CallSiteId(self.sites.len() as u32))
    }
}

/// What adapters ask and report.
impl Store {
    /// A guest calls another. The value's lower half is 0: the callee is current; 1: it has to wait; 2: it needs a stack of its own; the
    /// upper half is the subtask. Spec: `canon_lower`.
    pub fn guest_call(&mut self, id: CallSiteId, retptr: u64) -> Outcome {
        let site = self.site(id)?;
        let subtask = SubtaskId(self.subtasks.insert(Subtask::starting(site.caller)));
        let kind = TaskKind::Called {
            lift: site.lift,
            own_stack: site.own_stack(),
            caller: Caller::Guest(subtask),
        };
        let task = self.add_task(site.callee, kind, TaskState::Initial)?;
        self.task_is(task, site.func);
        self.subtask(subtask)?.callee = Some(Callee {
            site: id,
            task,
            retptr,
        });
        self.guest_enter(subtask)
    }

    /// The callee enters, now or as soon as it may; see [`Self::guest_call`].
    pub(crate) fn guest_enter(&mut self, id: SubtaskId) -> Outcome {
        self.subtask(id)?.membership.waiter = Waiter::Nobody;
        let (site, thread) = self.callee_thread(id)?;
        let spawns = self.stacks && site.own_stack();
        let answer = |how: u64| Ok(Step::Value(how | u64::from(id.0) << 32));
        if !self.may_enter(thread, spawns && self.stacks_full)? {
            if site.is_async {
                return answer(WAITS);
            }
            let caller = self.current_thread(site.caller)?;
            self.subtask(id)?.membership.waiter = Waiter::Thread(caller);
            // For traces.
            self.args([id.0]);
            return self.block(site.caller, Wait::Start(id));
        }
        if spawns {
            return answer(SPAWNS);
        }
        self.guest_start(id, thread, Base::Inner)?;
        answer(ENTERED)
    }

    /// Spec: `Task.start`, `on_start`.
    fn guest_start(&mut self, id: SubtaskId, thread: ThreadId, base: Base) -> Result<(), TrapCode> {
        self.start(thread, base)?;
        self.progress(id, SubtaskState::Started)
    }

    /// An async-lowered call waits, with its parameters in the stash.
    pub fn guest_wait(&mut self, id: SubtaskId) -> Outcome {
        self.give_handle(id)
    }

    /// A call gets a stack of its own, with its parameters in the stash; then what [`Self::guest_leave`] answers.
    pub fn guest_spawn(&mut self, id: SubtaskId) -> Outcome {
        let (_, thread) = self.callee_thread(id)?;
        self.thread(thread)?.state = ThreadState::Starting;
        Ok(self.spawn(thread, Then::Return(id)))
    }

    /// The start half has begun: the callee is current.
    pub fn guest_started(&mut self, id: SubtaskId) -> Outcome {
        let (_, thread) = self.callee_thread(id)?;
        if self.thread(thread)?.state != ThreadState::Starting {
            return Err(TrapCode::UnknownHandle);
        }
        let base = match self.spawning.last() {
            Some(spawning) if spawning.thread == thread => self.own_base(),
            Some(_) | None => Base::Plain,
        };
        self.guest_start(id, thread, base)?;
        Ok(Step::Value(0))
    }

    /// The callee's core function has returned, `packed` if it has a callback. What the caller gets: the packed state of an
    /// async-lowered call; 0 of another, whose flat result is word 0 of the stash.
    pub fn guest_leave(&mut self, id: SubtaskId, packed: u32) -> Outcome {
        self.core_done(packed)?;
        self.caller_goes_on(id)
    }

    /// The same at the end of the start half, whose caller goes on by itself.
    pub fn guest_core_done(&mut self, packed: u32) -> Outcome {
        self.core_done(packed)?;
        Ok(Step::Value(0))
    }

    /// The subtask may be gone: a callee goes on after it has returned.
    fn core_done(&mut self, packed: u32) -> Result<(), TrapCode> {
        let thread = self.leave().thread.ok_or(TrapCode::UnknownHandle)?;
        let task = self.thread(thread)?.task;
        match self.task(task)?.kind.callback() {
            Some(_) => self.callback_result(thread, packed),
            None => self.exit(thread),
        }
    }

    /// The results of a callee that is lifted without `async` are where the caller wants them. Spec: `on_resolve`.
    pub fn guest_returned(&mut self, id: SubtaskId) -> Outcome {
        let task = self.callee(id)?.task;
        self.resolve(task)?;
        self.progress(id, SubtaskState::Returned)?;
        Ok(Step::Value(0))
    }

    /// Where the caller wants the results; 0 when there is no such call.
    pub fn guest_retptr(&mut self, id: SubtaskId) -> u64 {
        self.callee(id).map_or(0, |callee| callee.retptr)
    }

    /// What a callee's `task.return` is told. Nobody runs before the return half has put the results where the caller wants them, but
    /// a realloc, which cannot look: so the subtask has returned already.
    pub(crate) fn return_half(&mut self, id: SubtaskId) -> Outcome {
        let Callee { site, .. } = self.callee(id)?;
        let half = self.site(site)?.return_half;
        let Slot(half) = half.ok_or(TrapCode::WrongTaskReturn)?;
        self.progress(id, SubtaskState::Returned)?;
        Ok(Step::Value(u64::from(half + 1) | u64::from(id.0) << 32))
    }

    /// What the caller of a guest goes on with.
    pub(crate) fn caller_goes_on(&mut self, id: SubtaskId) -> Outcome {
        let site = self.site_of(id)?;
        let resolved = self.subtask(id)?.is_resolved();
        match (resolved, site.is_async) {
            (true, is_async) => {
                self.call_end(id)?;
                Ok(Step::Value(match is_async {
                    true => SubtaskState::Returned as u64,
                    false => 0,
                }))
            }
            (false, true) => self.give_handle(id),
            (false, false) => self.subtask_wait(id, false),
        }
    }

    fn give_handle(&mut self, id: SubtaskId) -> Outcome {
        let packed = self.add_subtask(id)?;
        Ok(Step::Value(u64::from(packed)))
    }

    /// Puts a word aside for a call.
    pub fn guest_stash(&mut self, id: SubtaskId, i: u32, word: u64) {
        let Some(subtask) = self.subtasks.get_mut(id.0) else {
            return;
        };
        match i {
            0 => subtask.result = word,
            1..STASH_END => {
                let i = i as usize;
                if subtask.stash.len() < i {
                    subtask.stash.resize(i, 0);
                }
                if let Some(place) = subtask.stash.get_mut(i - 1) {
                    *place = word;
                }
            }
            STASH_END.. => {}
        }
    }

    /// A word of a call's stash; 0 when there is none.
    pub fn guest_unstash(&self, id: SubtaskId, i: u32) -> u64 {
        let Some(subtask) = self.subtasks.get(id.0) else {
            return match (self.last_result, i) {
                ((last, word), 0) if last == id.0 => word,
                (_, _) => 0,
            };
        };
        match i.checked_sub(1) {
            None => subtask.result,
            Some(i) => subtask.stash.get(i as usize).copied().unwrap_or(0),
        }
    }
}

/// Cancellation.
impl Store {
    /// Spec: `canon_subtask_cancel`, for a call of another guest.
    pub(crate) fn cancel_guest(&mut self, id: SubtaskId, is_async: bool) -> Outcome {
        let task = self.callee(id)?.task;
        let callee = self.task(task)?;
        let implicit = callee.implicit;
        match callee.state {
            TaskState::Initial if rule!("cancel-unstarted") => {
                self.cancel_unstarted(task)?;
                self.progress(id, SubtaskState::CancelledBeforeStarted)?;
            }
            TaskState::Started => {
                callee.state = TaskState::PendingCancel;
                if rule!("cancel-tells")
                    && let Some(thread) = implicit.filter(|thread| self.is_cancellable(*thread))
                {
                    let then = Then::Cancel {
                        subtask: id,
                        is_async,
                    };
                    if let Some(step) = self.cancel_now(thread, then)? {
                        return Ok(step);
                    }
                }
            }
            TaskState::Initial
            | TaskState::PendingCancel
            | TaskState::CancelDelivered
            | TaskState::Resolved => {}
        }
        self.cancel_goes_on(id, is_async)
    }

    /// Tells a waiting callback of its cancellation at once, if it may run.
    fn cancel_now(&mut self, thread: ThreadId, then: Then) -> Result<Option<Step>, TrapCode> {
        let spawns = self.begins_stack(thread);
        if !self.is_ready(thread) || (spawns && self.stacks_full) {
            self.enqueue(Item::Thread(thread));
            return Ok(None);
        }
        self.unqueue(thread);
        let inst = self.thread(thread)?.inst;
        self.instance(inst)?.exclusive = Some(thread);
        if spawns {
            return Ok(Some(self.spawn(thread, then)));
        }
        let step = self.call_back(thread, Base::Inner)?;
        self.frame.then = then;
        Ok(Some(step))
    }

    /// The callee has had its chance to react.
    pub(crate) fn cancel_goes_on(&mut self, id: SubtaskId, is_async: bool) -> Outcome {
        let subtask = self.subtask(id)?;
        if subtask.is_resolved() {
            return self.take_state(id);
        }
        if is_async {
            subtask.membership.waiter = Waiter::Nobody;
            return Ok(Step::Value(u64::from(BLOCKED)));
        }
        let inst = subtask.inst;
        let thread = self.current_thread(inst)?;
        self.subtask(id)?.membership.waiter = Waiter::Thread(thread);
        self.block(inst, Wait::Cancel(id))
    }
}

impl Store {
    #[inline(always)]
    pub(crate) fn site(&self, CallSiteId(n): CallSiteId) -> Result<CallSite, TrapCode> {
        let found = self.sites.get((n as usize).wrapping_sub(1)).copied();
        found.ok_or(TrapCode::UnknownHandle)
    }

    pub(crate) fn callee(&mut self, id: SubtaskId) -> Result<Callee, TrapCode> {
        self.subtask(id)?.callee.ok_or(TrapCode::UnknownHandle)
    }

    #[inline(always)]
    pub(crate) fn site_of(&mut self, id: SubtaskId) -> Result<CallSite, TrapCode> {
        let site = self.callee(id)?.site;
        self.site(site)
    }

    #[inline(always)]
    fn callee_thread(&mut self, id: SubtaskId) -> Result<(CallSite, ThreadId), TrapCode> {
        let Callee { site, task, .. } = self.callee(id)?;
        let thread = self.task(task)?.implicit;
        Ok((self.site(site)?, thread.ok_or(TrapCode::UnknownHandle)?))
    }
}

/// Answers of [`Store::guest_call`], in the lower half.
const ENTERED: u64 = 0;
const WAITS: u64 = 1;
const SPAWNS: u64 = 2;

/// Most words of a stash.
const STASH_END: u32 = 16;
