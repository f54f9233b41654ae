//! Who waits for what: the report behind a deadlock's diagnostic.

use crate::block::Wait;
use crate::ends::Owner;
use crate::ids::{CallId, EndId};
use crate::store::Store;
use crate::task::{Caller, TaskState};
use crate::thread::{Thread, ThreadState};

impl Store {
    /// What the `i`-th waiting thread waits for, into the argument words: instance, call (0 when it has returned, as the host has
    /// forgotten it then), kind (0 to enter, 1 for its turn, 2 for a waitable set, 3 for an end of a stream or future, 4 for a call,
    /// 5 to be resumed), handle of the set.
    pub fn waiting(&mut self, i: u32) -> bool {
        let found = self
            .threads
            .iter()
            .filter_map(|(_, thread)| self.wait_of(thread))
            .nth(i as usize);
        if let Some(words) = found {
            self.args(words);
        }
        found.is_some()
    }

    fn end_handle(&self, id: EndId) -> u32 {
        match self.ends.get(id.0).map(|end| end.owner) {
            Some(Owner::Guest(_, h)) => h.0,
            Some(Owner::Host) | None => 0,
        }
    }

    fn wait_of(&self, thread: &Thread) -> Option<[u32; 4]> {
        let task = self.tasks.get(thread.task.0)?;
        let call = match task.state {
            TaskState::Resolved => CallId(0),
            TaskState::Initial
            | TaskState::Started
            | TaskState::PendingCancel
            | TaskState::CancelDelivered => match task.kind.caller() {
                Some(Caller::Host(call)) => call,
                Some(Caller::Guest(_)) | None => CallId(0),
            },
        };
        let (kind, handle) = match thread.state {
            ThreadState::Running | ThreadState::Starting => return None,
            ThreadState::Entering | ThreadState::Granted => (0, 0),
            ThreadState::Yielding | ThreadState::Fresh { resumed: true, .. } => (1, 0),
            ThreadState::Waiting { handle, .. } => (2, handle.0),
            ThreadState::Fresh { resumed: false, .. } => (5, 0),
            ThreadState::Blocked(wait) => match wait {
                Wait::Set { handle, .. } => (2, handle.0),
                Wait::End(end) => (3, self.end_handle(end)),
                Wait::Subtask(_) | Wait::Start(_) | Wait::Cancel(_) => (4, 0),
                Wait::Turn => (1, 0),
                Wait::Resumption => (5, 0),
            },
        };
        Some([thread.inst.0, call.0, kind, handle])
    }
}
