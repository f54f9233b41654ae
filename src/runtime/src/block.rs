//! Blocking: a thread whose built-in cannot go on suspends its stack, and goes on when what it waits for is there.
//!
//! The runtime has no frame on that stack: the built-in answers [`ActionKind::Suspend`], the host suspends, and
//! [`Store::resumed`] answers what the built-in would have. In between microtasks run, so that what was there may be gone
//! again; then the thread suspends once more.
//!
//! Two things narrow what runs meanwhile. A sync-typed function that waits lets only its own instance go on; where
//! nothing of it can, it traps. A host function of a sync type that waits freezes the store.

use alloc::boxed::Box;

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::ids::{EndId, Handle, InstanceId, SetId, SubtaskId, ThreadId};
use crate::store::{Outcome, READY, Step, Store};
use crate::thread::ThreadState;
use crate::waitable::Waiter;

/// What a blocked thread waits for. Spec: its `ready_func`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// An event of a set; it is in `WaitableSet.waiting`.
    Set { set: SetId, handle: Handle },
    /// The event of an end, as its waiter.
    End(EndId),
    /// The resolution of a subtask, as its waiter.
    Subtask(SubtaskId),
    /// That the callee of a subtask may enter, on this stack.
    Start(SubtaskId),
    /// The resolution of a subtask that it cancels, as its waiter.
    Cancel(SubtaskId),
    /// Nothing: it gives others a turn.
    Turn,
    /// That another thread resumes it.
    Resumption,
}

/// A sync-typed function that waits, so that only its instance goes on. Spec: the loop at the end of `canon_lift`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restriction {
    pub(crate) inst: InstanceId,
    /// The thread that is suspended: the function's own, or one that it has called.
    thread: ThreadId,
}

impl Store {
    /// Suspends the current stack, whose innermost call is one of `inst`. Spec: `Thread.wait_until`, `Thread.suspend`.
    pub(crate) fn block(&mut self, inst: InstanceId, wait: Wait) -> Outcome {
        let id = self.current_thread(inst)?;
        if self.frozen != Some(id) {
            self.restrict(id)?;
        }
        let suspended = self.detach();
        let thread = self.thread(id)?;
        thread.suspended = Some(Box::new(suspended));
        thread.state = ThreadState::Blocked(wait);
        Ok(Step::Action(ActionKind::Suspend, id.0))
    }

    /// If a sync-typed function is about to wait, others of its instance have to be able to go on.
    fn restrict(&mut self, thread: ThreadId) -> Result<(), TrapCode> {
        let Some(inst) = self.sync_typed() else {
            // The function that restricts others may have lost the last of them.
            if !self.restrictions.is_empty() {
                self.control.attention |= READY;
            }
            return Ok(());
        };
        self.restrictions.push(Restriction { inst, thread });
        match rule!("sync-typed-blocks", !self.any_other(inst)) {
            true => Err(TrapCode::CannotBlock),
            false => Ok(()),
        }
    }

    /// A suspended stack goes on: what the built-in that had to wait answers, or another action.
    pub fn resumed(&mut self, id: ThreadId) -> Outcome {
        if self.resuming.take() != Some(id) {
            return Err(TrapCode::UnknownHandle);
        }
        self.restrictions.retain(|r| r.thread != id);
        if self.frozen == Some(id) {
            self.frozen = None;
        }
        self.thaw();
        let thread = self.thread(id)?;
        let ThreadState::Blocked(wait) = thread.state else {
            return Err(TrapCode::UnknownHandle);
        };
        thread.state = ThreadState::Running;
        let inst = thread.inst;
        let suspended = thread.suspended.take();
        self.attach(*suspended.ok_or(TrapCode::UnknownHandle)?);
        match wait {
            Wait::Set { set, .. } => {
                self.stop_waiting(set, id);
                let Some((code, p1, p2)) = self.take_set_event(set) else {
                    self.start_waiting(set, id);
                    return self.block(inst, wait);
                };
                self.args([p1, p2]);
                Ok(Step::Value(u64::from(code)))
            }
            Wait::End(end) => {
                let Some(payload) = self.take_payload(end) else {
                    return self.block(inst, wait);
                };
                self.end(end)?.membership.waiter = Waiter::Nobody;
                Ok(Step::Value(u64::from(payload)))
            }
            Wait::Subtask(subtask) => self.subtask_wait(subtask, false),
            Wait::Start(subtask) => self.guest_enter(subtask),
            Wait::Cancel(subtask) => self.cancel_goes_on(subtask, false),
            Wait::Turn | Wait::Resumption => Ok(Step::Value(0)),
        }
    }

    /// Whether a blocked thread may go on.
    pub(crate) fn is_over(&mut self, wait: Wait) -> bool {
        match wait {
            Wait::Set { set, .. } => self.has_pending_event(set),
            Wait::End(id) => {
                let end = self.ends.get(id.0);
                end.is_none_or(|end| end.pending.is_some())
            }
            Wait::Subtask(id) | Wait::Cancel(id) => {
                let subtask = self.subtasks.get(id.0);
                subtask.is_none_or(|subtask| subtask.is_resolved())
            }
            // Whoever lets the callee enter lets this go on.
            Wait::Start(_) => false,
            Wait::Turn => true,
            Wait::Resumption => false,
        }
    }

    /// What was held back may go on.
    pub(crate) fn thaw(&mut self) {
        if !self.ready.is_empty() {
            self.control.attention |= READY;
        }
    }
}
