//! Threads that guests make, and how threads hand over to each other.
//!
//! A thread that is switched to goes on before anything else, through [`Store::next_action`]: the thread that switches has to
//! suspend first.

use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::block::Wait;
use crate::ids::{InstanceId, ThreadId, ThreadIndex};
use crate::schedule::Item;
use crate::store::{Outcome, READY, Step, Store};
use crate::thread::{ThreadContext, ThreadState};

/// Built-ins.
impl Store {
    /// Spec: `canon thread.index`.
    pub fn thread_index(&mut self, inst: InstanceId) -> Outcome {
        let id = self.current_thread(inst)?;
        let ThreadIndex(index) = self.thread(id)?.index;
        Ok(Step::Value(u64::from(index)))
    }

    /// Spec: `canon thread.new-indirect`; the value is the index, and the thread's number from bit 32 on. `context` is what
    /// its function gets.
    pub fn thread_new(&mut self, inst: InstanceId, context: ThreadContext) -> Outcome {
        let task = self.current_task(inst)?;
        let fresh = ThreadState::Fresh {
            context,
            resumed: false,
        };
        let id = self.add_thread(task, inst, Some(fresh))?;
        let ThreadIndex(index) = self.register(id)?;
        Ok(Step::Value(u64::from(index) | u64::from(id.0) << 32))
    }

    /// Spec: `canon thread.resume-later`.
    pub fn thread_resume_later(&mut self, inst: InstanceId, index: ThreadIndex) -> Outcome {
        let id = self.resumable(inst, index)?;
        self.enqueue(Item::Thread(id));
        Ok(Step::Value(0))
    }

    /// Spec: `canon thread.suspend`.
    pub fn thread_suspend(&mut self, inst: InstanceId) -> Outcome {
        self.block(inst, Wait::Resumption)
    }

    /// Spec: `canon thread.yield`. A stack that cannot be suspended goes on at once, as does a sync-typed function when there is
    /// nobody that it may let go on.
    pub fn thread_yield(&mut self, inst: InstanceId) -> Outcome {
        let id = self.current_thread(inst)?;
        let goes_on = match self.sync_typed() {
            _ if !self.can_suspend() => true,
            Some(waiting) => waiting != self.thread(id)?.inst || !self.any_other(waiting),
            None => false,
        };
        match goes_on {
            true => Ok(Step::Value(0)),
            false => self.give_turn(inst),
        }
    }

    /// Spec: `canon thread.suspend-then-resume`.
    pub fn thread_suspend_then_resume(&mut self, inst: InstanceId, index: ThreadIndex) -> Outcome {
        let other = self.resumable(inst, index)?;
        self.switch_to(other);
        self.block(inst, Wait::Resumption)
    }

    /// Spec: `canon thread.yield-then-resume`.
    pub fn thread_yield_then_resume(&mut self, inst: InstanceId, index: ThreadIndex) -> Outcome {
        let other = self.resumable(inst, index)?;
        self.switch_to(other);
        self.give_turn(inst)
    }

    /// Spec: `canon thread.suspend-then-promote`.
    pub fn thread_suspend_then_promote(&mut self, inst: InstanceId, index: ThreadIndex) -> Outcome {
        if let Some(other) = self.promotable(inst, index)? {
            self.switch_to(other);
        }
        self.block(inst, Wait::Resumption)
    }

    /// Spec: `canon thread.yield-then-promote`.
    pub fn thread_yield_then_promote(&mut self, inst: InstanceId, index: ThreadIndex) -> Outcome {
        match self.promotable(inst, index)? {
            Some(other) => {
                self.switch_to(other);
                self.give_turn(inst)
            }
            None => self.thread_yield(inst),
        }
    }

    fn give_turn(&mut self, inst: InstanceId) -> Outcome {
        let id = self.current_thread(inst)?;
        self.enqueue(Item::Thread(id));
        self.block(inst, Wait::Turn)
    }

    fn thread_at(&mut self, inst: InstanceId, index: ThreadIndex) -> Result<ThreadId, TrapCode> {
        let found = self.instance(inst)?.threads.get(index.0).copied();
        found.ok_or(TrapCode::UnknownHandle)
    }

    /// A suspended thread, which is ready now. Spec: `suspended`, `resume_later`.
    fn resumable(&mut self, inst: InstanceId, index: ThreadIndex) -> Result<ThreadId, TrapCode> {
        let id = self.thread_at(inst, index)?;
        let thread = self.thread(id)?;
        thread.state = match thread.state {
            ThreadState::Fresh {
                context,
                resumed: false,
            } => ThreadState::Fresh {
                context,
                resumed: true,
            },
            ThreadState::Blocked(Wait::Resumption) => ThreadState::Blocked(Wait::Turn),
            ThreadState::Running
            | ThreadState::Entering
            | ThreadState::Granted
            | ThreadState::Starting
            | ThreadState::Yielding
            | ThreadState::Waiting { .. }
            | ThreadState::Fresh { resumed: true, .. }
            | ThreadState::Blocked(_)
                if rule!("thread-suspended") =>
            {
                return Err(TrapCode::ThreadNotSuspended);
            }
            state => state,
        };
        Ok(id)
    }

    /// Another thread, if it is ready.
    fn promotable(
        &mut self,
        inst: InstanceId,
        index: ThreadIndex,
    ) -> Result<Option<ThreadId>, TrapCode> {
        let current = self.current_thread(inst)?;
        let id = self.thread_at(inst, index)?;
        if rule!("thread-promote-self", id == current) {
            return Err(TrapCode::ThreadNotSuspended);
        }
        Ok(self.is_ready(id).then_some(id))
    }

    fn switch_to(&mut self, id: ThreadId) {
        self.unqueue(id);
        self.switch_to = Some(id);
        self.control.attention |= READY;
    }
}
