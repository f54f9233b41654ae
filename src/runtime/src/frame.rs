//! What runs: a frame for each call of a guest that has not returned, and the stacks of the engine they are on.
//!
//! A physical stack is a run of frames that begins with one whose [`Base`] says what kind of stack it is. When a stack is
//! suspended its frames leave together; what was below is current again, and they come back above whatever is current then.
//!
//! A sync call of the host at the base level pushes nothing: the frame below all others stands for it.

use alloc::vec::Vec;

use tidegate_abi::code::TrapCode;

use crate::guest::Then;
use crate::ids::{HOST, InstanceId, TaskId, ThreadId};
use crate::store::{SETTLE, Store};
use crate::task::{TaskKind, TaskState};

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) inst: InstanceId,
    /// `None`: a sync call whose task nothing has observed yet.
    pub(crate) thread: Option<ThreadId>,
    pub(crate) base: Base,
    /// What follows when a callback that was called out of turn has returned.
    pub(crate) then: Then,
}

impl Frame {
    pub(crate) const fn new(inst: InstanceId, thread: Option<ThreadId>, base: Base) -> Self {
        Self {
            inst,
            thread,
            base,
            then: Then::Nothing,
        }
    }
}

/// What a frame stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// It is on the stack of the frame below.
    Inner,
    /// It begins a stack that cannot be suspended.
    Plain,
    /// It begins a stack that can be suspended.
    Own,
}

impl Default for Frame {
    fn default() -> Self {
        Self::new(HOST, None, Base::Plain)
    }
}

/// A call below another one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Below {
    frame: Frame,
    /// What [`Control::thread`](crate::Control) is when it is the innermost again.
    near: u32,
}

/// Frames of a suspended stack.
#[derive(Debug, Default)]
pub(crate) struct Suspended {
    /// The thread's own.
    top: Frame,
    /// Those below it on its stack, innermost first.
    below: Vec<Frame>,
}

impl Store {
    pub(crate) fn enter(&mut self, frame: Frame) {
        let near = self.control.thread;
        if let Some(thread) = frame.thread {
            self.control.thread = thread.0;
        }
        self.control.inst = frame.inst.0;
        let frame = core::mem::replace(&mut self.frame, frame);
        self.frames.push(Below { frame, near });
    }

    /// The frame that is left.
    pub(crate) fn leave(&mut self) -> Frame {
        let Below { frame, near } = self.frames.pop().unwrap_or_default();
        self.control.thread = near;
        self.control.inst = frame.inst.0;
        core::mem::replace(&mut self.frame, frame)
    }

    /// The frames of the current stack, innermost first.
    fn stack(&self) -> impl Iterator<Item = &Frame> {
        let below = self.frames.iter().rev().map(|below| &below.frame);
        let frames = core::iter::once(&self.frame).chain(below);
        let mut ended = false;
        frames.take_while(move |frame| {
            let is_part = !ended;
            ended |= frame.base != Base::Inner;
            is_part
        })
    }

    /// Whether the current stack can be suspended.
    pub(crate) fn can_suspend(&self) -> bool {
        self.stack().any(|frame| frame.base == Base::Own)
    }

    /// The instance of the innermost call of a sync-typed function on the current stack that has not returned.
    pub(crate) fn sync_typed(&self) -> Option<InstanceId> {
        let frame = self.stack().find(|frame| self.is_sync_typed(frame))?;
        Some(frame.inst)
    }

    fn is_sync_typed(&self, frame: &Frame) -> bool {
        let Some(thread) = frame.thread.and_then(|id| self.threads.get(id.0)) else {
            return true;
        };
        let task = self.tasks.get(thread.task.0);
        thread.implicit
            && task.is_some_and(|t| t.kind.is_sync_typed() && t.state != TaskState::Resolved)
    }

    /// Takes the current stack's frames away.
    pub(crate) fn detach(&mut self) -> Suspended {
        let top = self.leave();
        let mut base = top.base;
        let mut below = Vec::new();
        while base == Base::Inner {
            let frame = self.leave();
            base = frame.base;
            below.push(frame);
        }
        Suspended { top, below }
    }

    /// Puts a suspended stack's frames above what is current.
    pub(crate) fn attach(&mut self, Suspended { top, below }: Suspended) {
        for frame in below.into_iter().rev() {
            self.enter(frame);
        }
        self.enter(top);
    }
}

/// Sync calls.
impl Store {
    /// A sync call begins above what runs. `inner`: on the stack of its caller, which is a guest.
    pub fn sync_enter(&mut self, inst: InstanceId, inner: bool) {
        let base = match inner {
            true => Base::Inner,
            false => Base::Plain,
        };
        self.enter(Frame::new(inst, None, base));
    }

    /// It ends.
    pub fn sync_exit(&mut self) -> Result<(), TrapCode> {
        let thread = self.leave().thread;
        self.end_implicit(thread)
    }

    /// A base-level sync call has ended in which a task was made.
    pub fn sync_settle(&mut self) -> Result<(), TrapCode> {
        self.control.attention &= !SETTLE;
        let thread = self.frame.thread.take();
        self.control.thread = 0;
        self.control.inst = HOST.0;
        self.end_implicit(thread)
    }

    fn end_implicit(&mut self, thread: Option<ThreadId>) -> Result<(), TrapCode> {
        let Some(id) = thread else {
            return Ok(());
        };
        let task = self.thread(id)?.task;
        self.resolve(task)?;
        self.exit(id)
    }

    /// The thread whose code runs in `inst`, made now when a sync call has none yet. Spec: `current_thread`.
    pub(crate) fn current_thread(&mut self, inst: InstanceId) -> Result<ThreadId, TrapCode> {
        if let Some(id) = self.frame.thread {
            return Ok(id);
        }
        let id = self.add_task(inst, TaskKind::Implicit, TaskState::Started)?;
        let thread = self.task(id)?.implicit.ok_or(TrapCode::UnknownHandle)?;
        self.register(thread)?;
        self.frame.inst = inst;
        self.frame.thread = Some(thread);
        self.control.inst = inst.0;
        self.control.thread = thread.0;
        if self.frames.is_empty() {
            self.control.attention |= SETTLE;
        }
        Ok(thread)
    }

    /// Spec: `current_task`.
    pub(crate) fn current_task(&mut self, inst: InstanceId) -> Result<TaskId, TrapCode> {
        let thread = self.current_thread(inst)?;
        Ok(self.thread(thread)?.task)
    }
}
