//! Waitables and the sets that threads wait on.
//!
//! Properties: a set keeps a queue of members that may have an event, each at most once, so that finding the next event is
//! O(1) amortised however many members it has. A member whose event was taken otherwise is passed over. An event wakes one of
//! the threads that wait, and that one wakes the next when it leaves events behind.

use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::block::Wait;
use crate::ends::End;
use crate::ids::{EndId, Handle, InstanceId, SetId, SubtaskId, ThreadId};
use crate::list::{Arena, Links, List, REACH};
use crate::schedule::{Item, NONE};
use crate::slab::Slab;
use crate::store::{Entry, Outcome, Step, Store};
use crate::subtask::Subtask;

/// Something that events happen to. Spec: `Waitable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waitable {
    Subtask(SubtaskId),
    End(EndId),
}

/// A waitable's membership.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    pub(crate) set: Option<SetId>,
    /// It is in its set's queue.
    queued: bool,
    links: Links<Waitable>,
    /// Who takes its event instead of its set. Spec: `has_sync_waiter`.
    pub(crate) waiter: Waiter,
}

/// Spec: `has_sync_waiter`, and who that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Waiter {
    #[default]
    Nobody,
    /// An operation that has not returned.
    Operation,
    /// A thread that is blocked.
    Thread(ThreadId),
}

/// The arenas that waitables are in.
struct Members<'a> {
    subtasks: &'a mut Slab<Subtask>,
    ends: &'a mut Slab<End>,
}

/// The arenas of a store, while something else of it is borrowed.
macro_rules! members {
    ($store:ident) => {
        Members {
            subtasks: &mut $store.subtasks,
            ends: &mut $store.ends,
        }
    };
}

impl Arena<Waitable> for Members<'_> {
    fn links(&mut self, waitable: Waitable) -> Option<&mut Links<Waitable>> {
        Some(match waitable {
            Waitable::Subtask(id) => &mut self.subtasks.get_mut(id.0)?.membership.links,
            Waitable::End(id) => &mut self.ends.get_mut(id.0)?.membership.links,
        })
    }
}

/// Spec: `WaitableSet`.
#[derive(Debug, Default)]
pub(crate) struct WaitableSet {
    members: u32,
    queue: List<Waitable>,
    /// Threads that wait on it, in order. Spec: `num_waiting`.
    waiting: List<ThreadId>,
}

/// Built-ins.
impl Store {
    /// Spec: `canon waitable-set.new`.
    pub fn waitable_set_new(&mut self, inst: InstanceId) -> Outcome {
        let set = SetId(self.sets.insert(WaitableSet::default()));
        match self.add(inst, Entry::Set(set)) {
            Ok(h) => Ok(Step::Value(u64::from(h.0))),
            Err(code) => {
                self.sets.free(set.0);
                Err(code)
            }
        }
    }

    /// Spec: `canon waitable-set.poll`; the payload is in argument words 0 and 1.
    pub fn waitable_set_poll(&mut self, inst: InstanceId, h: Handle) -> Outcome {
        let set = self.set_at(inst, h)?;
        let (code, p1, p2) = self.poll_event(set).unwrap_or((NONE, 0, 0));
        self.args([p1, p2]);
        Ok(Step::Value(u64::from(code)))
    }

    /// Spec: `canon waitable-set.wait`; the payload is in argument words 0 and 1.
    pub fn waitable_set_wait(&mut self, inst: InstanceId, h: Handle) -> Outcome {
        let set = self.set_at(inst, h)?;
        if self.has_pending_event(set) {
            return self.waitable_set_poll(inst, h);
        }
        let thread = self.current_thread(inst)?;
        self.start_waiting(set, thread);
        self.block(inst, Wait::Set { set, handle: h })
    }

    /// Spec: `canon waitable-set.drop`.
    pub fn waitable_set_drop(&mut self, inst: InstanceId, h: Handle) -> Outcome {
        let id = self.set_at(inst, h)?;
        let set = self.sets.get(id.0);
        let (members, waiters) =
            set.map_or((0, false), |set| (set.members, !set.waiting.is_empty()));
        if rule!("set-drop-members", members > 0) || rule!("set-drop-waiters", waiters) {
            return Err(TrapCode::WaitableSetInUse);
        }
        self.remove(inst, h)?;
        self.sets.free(id.0);
        Ok(Step::Value(0))
    }

    /// Spec: `canon waitable.join`.
    pub fn waitable_join(&mut self, inst: InstanceId, h: Handle, set: Handle) -> Outcome {
        let waitable = match self.entry(inst, h)? {
            Entry::Subtask(id) => Waitable::Subtask(*id),
            Entry::End(id) => Waitable::End(*id),
            Entry::Resource(_) | Entry::Set(_) | Entry::ErrorContext(_) => {
                return Err(TrapCode::WrongHandleType);
            }
        };
        let waiter = self.membership(waitable).map(|m| m.waiter);
        let waited_for = waiter.is_some_and(|waiter| waiter != Waiter::Nobody);
        if rule!("join-sync-waiter", waited_for) {
            return Err(TrapCode::SyncWaiter);
        }
        let set = match set {
            Handle(0) => None,
            set => Some(self.set_at(inst, set)?),
        };
        if rule!("join-leaves") {
            self.leave_set(waitable);
        }
        if let Some(id) = set {
            if let Some(set) = self.sets.get_mut(id.0) {
                set.members += 1;
            }
            if let Some(membership) = self.membership(waitable) {
                membership.set = Some(id);
            }
            if self.has_event(waitable) {
                self.announce(waitable);
            }
        }
        Ok(Step::Value(0))
    }

    pub(crate) fn set_at(&mut self, inst: InstanceId, h: Handle) -> Result<SetId, TrapCode> {
        match self.entry(inst, h)? {
            Entry::Set(set) => Ok(*set),
            Entry::Resource(_) | Entry::Subtask(_) | Entry::End(_) | Entry::ErrorContext(_) => {
                Err(TrapCode::WrongHandleType)
            }
        }
    }
}

/// Events.
impl Store {
    /// A waitable has got an event: its set's waiters may become ready.
    pub(crate) fn announce(&mut self, waitable: Waitable) {
        let Some(membership) = self.membership(waitable) else {
            return;
        };
        match membership.waiter {
            Waiter::Nobody => {}
            Waiter::Operation => return,
            Waiter::Thread(thread) => return self.enqueue(Item::Thread(thread)),
        }
        let Some(id) = membership.set else {
            return;
        };
        let queued = core::mem::replace(&mut membership.queued, true);
        if !queued && let Some(set) = self.sets.get_mut(id.0) {
            set.queue.push_back(&mut members!(self), waitable);
        }
        self.wake_waiter(id);
    }

    /// Some thread that waits on a set becomes ready.
    pub(crate) fn wake_waiter(&mut self, id: SetId) {
        let Some(set) = self.sets.get(id.0) else {
            return;
        };
        let at = self.ready.choose(set.waiting.len().min(REACH));
        if let Some(thread) = set.waiting.nth(&mut self.threads, at) {
            self.enqueue(Item::Thread(thread));
        }
    }

    /// Whether a member has an event; members that have none any more leave the queue. Spec: `has_pending_event`.
    pub(crate) fn has_pending_event(&mut self, id: SetId) -> bool {
        while let Some(front) = self.sets.get(id.0).and_then(|set| set.queue.first()) {
            if self.has_event(front) {
                return true;
            }
            self.pop_queue(id, 0);
        }
        false
    }

    /// Takes an event of some member under the policy. Spec: `WaitableSet.poll`.
    pub(crate) fn poll_event(&mut self, id: SetId) -> Option<(u32, u32, u32)> {
        while self.has_pending_event(id) {
            let len = self.sets.get(id.0)?.queue.len();
            let at = self.ready.choose(len.min(REACH));
            let waitable = self.pop_queue(id, at)?;
            if let Some(event) = self.deliver(waitable) {
                return Some(event);
            }
        }
        None
    }

    fn pop_queue(&mut self, id: SetId, at: usize) -> Option<Waitable> {
        let queue = &mut self.sets.get_mut(id.0)?.queue;
        let waitable = queue.nth(&mut members!(self), at)?;
        queue.remove(&mut members!(self), waitable);
        if let Some(membership) = self.membership(waitable) {
            membership.queued = false;
        }
        Some(waitable)
    }

    /// Spec: `Waitable.join(None)`.
    pub(crate) fn leave_set(&mut self, waitable: Waitable) {
        let Some(membership) = self.membership(waitable) else {
            return;
        };
        let Some(id) = membership.set.take() else {
            return;
        };
        let queued = core::mem::take(&mut membership.queued);
        if let Some(set) = self.sets.get_mut(id.0) {
            set.members = set.members.saturating_sub(1);
            if queued {
                set.queue.remove(&mut members!(self), waitable);
            }
        }
    }

    /// A thread begins to wait on a set.
    pub(crate) fn start_waiting(&mut self, id: SetId, thread: ThreadId) {
        if let Some(set) = self.sets.get_mut(id.0) {
            set.waiting.push_back(&mut self.threads, thread);
        }
    }

    /// It waits no more.
    pub(crate) fn stop_waiting(&mut self, id: SetId, thread: ThreadId) {
        if let Some(set) = self.sets.get_mut(id.0) {
            set.waiting.remove(&mut self.threads, thread);
        }
    }

    /// The event of a set for a thread that has waited. Events that are left are for the next one who waits.
    pub(crate) fn take_set_event(&mut self, id: SetId) -> Option<(u32, u32, u32)> {
        let event = self.poll_event(id);
        if self.has_pending_event(id) {
            self.wake_waiter(id);
        }
        event
    }

    fn membership(&mut self, waitable: Waitable) -> Option<&mut Membership> {
        match waitable {
            Waitable::Subtask(id) => Some(&mut self.subtasks.get_mut(id.0)?.membership),
            Waitable::End(id) => Some(&mut self.ends.get_mut(id.0)?.membership),
        }
    }

    fn has_event(&self, waitable: Waitable) -> bool {
        match waitable {
            Waitable::Subtask(id) => {
                let subtask = self.subtasks.get(id.0);
                subtask.is_some_and(|s| s.pending && s.membership.waiter == Waiter::Nobody)
            }
            Waitable::End(id) => {
                let end = self.ends.get(id.0);
                end.is_some_and(|e| e.pending.is_some() && e.membership.waiter == Waiter::Nobody)
            }
        }
    }

    /// Takes a waitable's event. Spec: `get_pending_event`.
    fn deliver(&mut self, waitable: Waitable) -> Option<(u32, u32, u32)> {
        match waitable {
            Waitable::Subtask(id) => self.subtask_event(id),
            Waitable::End(id) => self.end_event(id),
        }
    }
}
