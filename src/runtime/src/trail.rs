//! Which call led to which, in words that JS reads after a trap: then the runtime must not be called any more.
//!
//! Properties: an entry per thread, written when the thread is made and never again, at the thread's number; O(1). A number that
//! is used again has another serial number, so that a parent that has ended is not mistaken for its successor.

use alloc::vec::Vec;

use crate::ids::{CallId, FuncId, InstanceId, TaskId, ThreadId};
use crate::store::Store;

/// What is known of a thread: all numbers are 0 where there is none.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crumb {
    /// Which thread of the store it is, counted from the first.
    pub(crate) serial: u32,
    /// The component instance.
    pub(crate) inst: u32,
    /// The host's number of the function that the task runs.
    pub(crate) func: u32,
    /// The host's number of the call; another call's once the task has returned.
    pub(crate) call: u32,
    /// The thread that was running when it was made: the caller.
    pub(crate) parent: u32,
    /// The parent's serial number.
    pub(crate) parent_serial: u32,
}

/// The entries, by the threads' numbers.
#[derive(Debug)]
pub(crate) struct Trail {
    crumbs: Vec<Crumb>,
    last: u32,
}

impl Trail {
    pub(crate) const fn new() -> Self {
        Self {
            crumbs: Vec::new(),
            last: 0,
        }
    }

    fn get(&self, thread: u32) -> Crumb {
        self.crumbs
            .get(thread as usize)
            .copied()
            .unwrap_or_default()
    }
}

impl Store {
    /// Remembers a thread that has been made. One that a guest makes belongs to the call that its maker does.
    pub(crate) fn leave_crumb(&mut self, id: ThreadId, call: CallId, implicit: bool) {
        let near = self.control.thread;
        let maker = self.trail.get(near);
        self.trail.last = self.trail.last.wrapping_add(1);
        let inst = self.threads.get(id.0).map_or(0, |thread| thread.inst.0);
        let crumb = match implicit {
            true => Crumb {
                serial: self.trail.last,
                inst,
                func: 0,
                call: call.0,
                parent: near,
                parent_serial: maker.serial,
            },
            false => Crumb {
                serial: self.trail.last,
                ..maker
            },
        };
        let crumbs = &mut self.trail.crumbs;
        let at = id.0 as usize;
        if at >= crumbs.len() {
            crumbs.resize(at + 1, Crumb::default());
            // An address of the wasm memory has 32 bits.
            self.control.trail = crumbs.as_ptr() as usize as u32;
            self.control.trail_len = crumbs.len() as u32;
        }
        if let Some(place) = crumbs.get_mut(at) {
            *place = crumb;
        }
    }

    /// Which function a new task is a call of, for whoever reads the trail.
    pub fn task_is(&mut self, id: TaskId, func: FuncId) {
        let task = self.tasks.get(id.0);
        let thread = task.and_then(|task| task.implicit);
        let thread = thread.map_or(0, |thread| thread.0);
        if let Some(crumb) = self.trail.crumbs.get_mut(thread as usize) {
            crumb.func = func.0;
        }
    }

    /// The calls that led to what runs now, innermost first: what JS reads.
    pub fn trail(&self) -> Vec<(InstanceId, FuncId)> {
        let mut all = Vec::new();
        let mut at = self.control.thread;
        let mut crumb = self.trail.get(at);
        while at != 0 {
            all.push((InstanceId(crumb.inst), FuncId(crumb.func)));
            let parent = self.trail.get(crumb.parent);
            at = match parent.serial == crumb.parent_serial {
                true => crumb.parent,
                false => 0,
            };
            crumb = parent;
        }
        all
    }
}
