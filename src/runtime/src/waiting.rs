//! Who waits for what: the report behind a deadlock's diagnostic. It walks over everything, so nobody asks while all is well.

use crate::block::Wait;
use crate::ends::{End, EndKind, Owner, Side};
use crate::ids::{CallId, EndId, Handle, InstanceId, SetId, SubtaskId};
use crate::store::{Entry, Store};
use crate::subtask::Subtask;
use crate::task::{Caller, Task, TaskState};
use crate::thread::{Thread, ThreadState};

/// Argument words.
type Words = [u32; 8];

impl Store {
    /// What the `i`-th waiting thread waits for, into argument words 0 to 7: instance; the host's call, 0 when a guest has called or
    /// the task has returned; what it waits for; three words about that; the subtask of the guest that has called, or 0; the thread.
    ///
    /// | it waits | | words 3 to 5 |
    /// |---|--:|---|
    /// | to enter | 0 | because of: 1 backpressure, 2 the exclusive lock, 3 both, 0 neither: the store is held, or others are before it |
    /// | for its turn | 1 | |
    /// | on a waitable set | 2 | handle, members |
    /// | for an end of its own | 3 | handle, the event's code, the other end's instance (0 the host, [`GONE`] nobody) |
    /// | for a call that it has made | 4 | state of the subtask; the host's call or 0; the host's number of the guest's function or 0 |
    /// | to be resumed | 5 | |
    pub fn waiting(&mut self, i: u32) -> bool {
        let found = self
            .threads
            .iter()
            .filter_map(|(id, thread)| self.thread_words(id, thread))
            .nth(i as usize);
        if let Some(words) = found {
            self.args(words);
        }
        found.is_some()
    }

    /// The `i`-th member of a waitable set, into argument words 0 to 4: the code of its events, its handle, and three words as of
    /// those who wait for it.
    pub fn waiting_member(&mut self, inst: InstanceId, set: Handle, i: u32) -> bool {
        let Ok(Entry::Set(set)) = self.entry(inst, set) else {
            return false;
        };
        let set = *set;
        let found = self.members(set).nth(i as usize);
        if let Some(words) = found {
            self.args(words);
        }
        found.is_some()
    }

    fn thread_words(&self, id: u32, thread: &Thread) -> Option<Words> {
        let task = self.tasks.get(thread.task.0)?;
        let (CallId(call), SubtaskId(subtask)) = match task.kind.caller() {
            Some(_) if task.state == TaskState::Resolved => (CallId(0), SubtaskId(0)),
            Some(Caller::Host(call)) => (call, SubtaskId(0)),
            Some(Caller::Guest(subtask)) => (CallId(0), subtask),
            None => (CallId(0), SubtaskId(0)),
        };
        let (kind, [a, b, c]) = match thread.state {
            ThreadState::Running | ThreadState::Starting => return None,
            ThreadState::Entering | ThreadState::Granted => (0, [self.hindrance(task), 0, 0]),
            ThreadState::Yielding | ThreadState::Fresh { resumed: true, .. } => (1, [0; 3]),
            ThreadState::Waiting { set, handle } => (2, self.set_words(set, handle)),
            ThreadState::Fresh { resumed: false, .. } => (5, [0; 3]),
            ThreadState::Blocked(wait) => match wait {
                Wait::Set { set, handle } => (2, self.set_words(set, handle)),
                Wait::End(end) => (3, self.end_words(end)),
                Wait::Subtask(id) | Wait::Start(id) | Wait::Cancel(id) => {
                    (4, self.subtask_words(self.subtasks.get(id.0)?))
                }
                Wait::Turn => (1, [0; 3]),
                Wait::Resumption => (5, [0; 3]),
            },
        };
        Some([thread.inst.0, call, kind, a, b, c, subtask, id])
    }

    fn hindrance(&self, task: &Task) -> u32 {
        let Some(instance) = self.instances.get(task.inst.0 as usize) else {
            return 0;
        };
        let typed = !task.kind.is_sync_typed();
        let pressed = typed && instance.backpressure > 0;
        let locked = task.kind.needs_exclusive() && instance.exclusive.is_some();
        u32::from(pressed) | u32::from(locked) << 1
    }

    fn set_words(&self, set: SetId, handle: Handle) -> [u32; 3] {
        [handle.0, self.members(set).count() as u32, 0]
    }

    fn members(&self, set: SetId) -> impl Iterator<Item = [u32; 5]> {
        let subtasks = self.subtasks.iter().filter_map(move |(_, subtask)| {
            let [a, b, c] = self.subtask_words(subtask);
            let handle = subtask
                .handle
                .filter(|_| subtask.membership.set == Some(set));
            Some([SUBTASK, handle?.0, a, b, c])
        });
        let ends = self.ends.iter().filter_map(move |(id, end)| {
            let [handle, code, other] = self.end_words(EndId(id));
            (end.membership.set == Some(set)).then_some([code, handle, other, 0, 0])
        });
        subtasks.chain(ends)
    }

    fn subtask_words(&self, subtask: &Subtask) -> [u32; 3] {
        let callee = subtask
            .callee
            .and_then(|callee| self.site(callee.site).ok());
        match callee {
            Some(site) => [subtask.state as u32, 0, site.func.0],
            None => [subtask.state as u32, subtask.call.0, 0],
        }
    }

    fn end_words(&self, id: EndId) -> [u32; 3] {
        let Some(end) = self.ends.get(id.0) else {
            return [0; 3];
        };
        let Owner::Guest(_, Handle(handle)) = end.owner else {
            return [0; 3];
        };
        let other = end.other.and_then(|other| self.ends.get(other.0));
        let other = match other.map(|other| other.owner) {
            Some(Owner::Guest(InstanceId(inst), _)) => inst,
            Some(Owner::Host) => 0,
            None => GONE,
        };
        [handle, end.event_code(), other]
    }
}

impl End {
    /// Spec: `event_code`.
    pub(crate) fn event_code(&self) -> u32 {
        match (self.kind, self.side) {
            (EndKind::Stream, Side::Readable) => 2,
            (EndKind::Stream, Side::Writable) => 3,
            (EndKind::Future, Side::Readable) => 4,
            (EndKind::Future, Side::Writable) => 5,
        }
    }
}

/// Spec: `EventCode.SUBTASK`.
const SUBTASK: u32 = 1;
/// The instance of an end that is dropped.
pub const GONE: u32 = u32::MAX;
