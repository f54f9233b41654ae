//! The store: everything that runs, and what crosses to and from it.
//!
//! Enters: numbers. Leaves: a [`Step`] (a value or an action) or a [`TrapCode`]. No method calls out: whoever receives
//! an action performs it and reports back. The methods are spread over the modules of what they are about.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use tidegate_abi::action::{ActionKind, encode};
use tidegate_abi::code::TrapCode;
use tidegate_abi::rule;

use crate::block::Restriction;
use crate::ends::{End, Operation, Owner};
use crate::frame::{Base, Below, Frame};
use crate::guest::CallSite;
use crate::ids::{
    CallId, EndId, ErrorContextId, HOST, Handle, InstanceId, ResourceId, SetId, SubtaskId, TaskId,
    ThreadId, TypeId,
};
use crate::list::List;
use crate::resource::{ResourceHandle, ResourceType};
use crate::schedule::Ready;
use crate::slab::Slab;
use crate::subtask::Subtask;
use crate::task::{Task, TaskKind};
use crate::thread::{Spawning, Thread};
use crate::trail::Trail;
use crate::waitable::WaitableSet;

/// What a built-in answers.
pub type Outcome = Result<Step, TrapCode>;

/// A value, or an action that has to be performed before there is one.
#[must_use = "an action that nobody performs is lost"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The result.
    Value(u64),
    /// To be performed; further numbers are in the argument words.
    Action(ActionKind, u32),
}

impl Step {
    /// The `i64` of ARCHITECTURE.md, "Numbers across the boundary".
    pub fn encode(self) -> i64 {
        match self {
            Self::Value(value) => value as i64,
            Self::Action(kind, operand) => encode(kind, operand),
        }
    }
}

/// A component instance. Spec: `ComponentInstance`; its `may_leave` is a global of the shims.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    pub(crate) handles: Slab<Entry>,
    pub(crate) backpressure: u32,
    /// Spec: `threads`.
    pub(crate) threads: Slab<ThreadId>,
    /// Threads that wait to enter with the exclusive lock, in order. Spec: `num_waiting_to_enter`, with the next.
    pub(crate) entering: List<ThreadId>,
    /// Threads that wait to enter without it, in order.
    pub(crate) entering_freely: List<ThreadId>,
    /// Spec: `exclusive_thread`.
    pub(crate) exclusive: Option<ThreadId>,
    /// Threads that were ready but for the exclusive lock.
    pub(crate) blocked: VecDeque<ThreadId>,
}

impl Instance {
    /// Where a task's thread waits to enter.
    pub(crate) fn entering_list(&mut self, kind: TaskKind) -> &mut List<ThreadId> {
        match kind.needs_exclusive() {
            true => &mut self.entering,
            false => &mut self.entering_freely,
        }
    }

    /// Spec: `num_waiting_to_enter > 0`.
    pub(crate) fn anyone_enters(&self) -> bool {
        !(self.entering.is_empty() && self.entering_freely.is_empty())
    }
}

/// An entry of a handle table.
#[derive(Debug)]
pub(crate) enum Entry {
    Resource(ResourceHandle),
    Subtask(SubtaskId),
    Set(SetId),
    End(EndId),
    ErrorContext(ErrorContextId),
}

/// An element type of streams and futures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElementType {
    /// Spec: `none_or_number_type`.
    pub(crate) flat_number: bool,
}

/// Limits of a store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Places in the tables of all instances together. A place stays with its table when its handle is gone.
    pub handles: u32,
    /// Threads at a time; a task has one at least.
    pub tasks: u32,
}

/// Handles stay below 2^27 so that `state | handle << 4` is positive in JS.
const MOST_HANDLES: u32 = (1 << 27) - 1;

/// Numbers of threads stay below 2^30, so that a step can hold one above 32 other bits.
const MOST_THREADS: u32 = (1 << 30) - 1;

impl Limits {
    /// Those of a store that is told of no others.
    pub const DEFAULT: Self = Self {
        handles: 1 << 20,
        tasks: 1 << 20,
    };
}

/// The words that JS reads.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Control {
    /// Word 0, see [`SETTLE`] and [`READY`].
    pub attention: u32,
    /// Argument words.
    pub args: [u32; 15],
    /// The instance of the innermost call, 0 when nothing runs or nothing has observed the call yet.
    pub inst: u32,
    /// The thread of the innermost call that has one.
    pub thread: u32,
    /// Address and number of the entries of `Crumb`.
    pub trail: u32,
    /// See `trail`.
    pub trail_len: u32,
}

/// Attention: an implicit task was made at the base level.
pub const SETTLE: u32 = 1;
/// Attention: something is ready.
pub const READY: u32 = 2;

/// The state machine of one store.
#[derive(Debug)]
pub struct Store {
    /// What JS reads after a call.
    pub control: Control,
    pub(crate) limits: Limits,
    /// Instance 0 is the host.
    pub(crate) instances: Vec<Instance>,
    pub(crate) types: Vec<ElementType>,
    pub(crate) resources: Vec<ResourceType>,
    pub(crate) tasks: Slab<Task>,
    pub(crate) threads: Slab<Thread>,
    pub(crate) subtasks: Slab<Subtask>,
    pub(crate) sites: Vec<CallSite>,
    /// The subtask that was finished last, and its flat result.
    pub(crate) last_result: (u32, u64),
    pub(crate) sets: Slab<WaitableSet>,
    /// Places in the tables of all instances.
    places: u32,
    /// How many handles each error context has, by its number.
    pub(crate) error_contexts: Vec<u32>,
    pub(crate) ends: Slab<End>,
    /// The innermost call that runs.
    pub(crate) frame: Frame,
    /// The calls below it.
    pub(crate) frames: Vec<Below>,
    /// Whether the engine can suspend stacks.
    pub(crate) stacks: bool,
    /// No new stack may be begun for now.
    pub(crate) stacks_full: bool,
    /// The thread that is resumed but has not said so yet.
    pub(crate) resuming: Option<ThreadId>,
    /// Threads that begin on new stacks, innermost last.
    pub(crate) spawning: Vec<Spawning>,
    /// The thread that goes on before any other.
    pub(crate) switch_to: Option<ThreadId>,
    /// The thread that waits for a host function of a sync type: nothing else happens.
    pub(crate) frozen: Option<ThreadId>,
    /// Sync-typed functions that wait, innermost last.
    pub(crate) restrictions: Vec<Restriction>,
    pub(crate) ready: Ready,
    pub(crate) trail: Trail,
    /// Operations that wait for a copy to be done, innermost last.
    pub(crate) copying: Vec<Operation>,
    /// Reads that have asked the host for elements, innermost last.
    pub(crate) pulling: Vec<Operation>,
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// A store without guests.
    pub fn new() -> Self {
        let mut store = Self::EMPTY;
        store.instances.push(Instance::default());
        store
    }

    /// Not even the host has an instance before [`Self::configure`].
    pub(crate) const EMPTY: Self = Self {
        control: Control {
            attention: 0,
            args: [0; 15],
            inst: 0,
            thread: 0,
            trail: 0,
            trail_len: 0,
        },
        limits: Limits::DEFAULT,
        instances: Vec::new(),
        types: Vec::new(),
        resources: Vec::new(),
        tasks: Slab::new(),
        threads: Slab::new(),
        subtasks: Slab::new(),
        sites: Vec::new(),
        last_result: (0, 0),
        sets: Slab::new(),
        error_contexts: Vec::new(),
        ends: Slab::new(),
        frame: Frame::new(HOST, None, Base::Plain),
        frames: Vec::new(),
        stacks: false,
        stacks_full: false,
        resuming: None,
        spawning: Vec::new(),
        switch_to: None,
        places: 0,
        frozen: None,
        restrictions: Vec::new(),
        ready: Ready::new(),
        trail: Trail::new(),
        copying: Vec::new(),
        pulling: Vec::new(),
    };

    /// Sets limits and policy. Called before anything else.
    pub fn configure(&mut self, limits: Limits, seed: Option<u64>) {
        if self.instances.is_empty() {
            self.instances.push(Instance::default());
        }
        self.limits = Limits {
            handles: limits.handles.min(MOST_HANDLES),
            tasks: limits.tasks.min(MOST_THREADS),
        };
        self.ready.seed(seed);
    }

    /// Whether the engine can suspend stacks. Called before anything runs.
    pub fn configure_stacks(&mut self, available: bool) {
        self.stacks = available;
    }

    /// Whether what would begin a new stack has to wait.
    pub fn stacks_full(&mut self, full: bool) {
        self.stacks_full = full;
        if !full {
            self.thaw();
        }
    }

    /// A new component instance.
    pub fn instance_new(&mut self) -> InstanceId {
        self.instances.push(Instance::default());
        InstanceId(self.instances.len() as u32 - 1)
    }

    /// A new element type.
    pub fn type_new(&mut self, flat_number: bool) -> TypeId {
        self.types.push(ElementType { flat_number });
        TypeId(self.types.len() as u32)
    }

    /// A new resource type.
    pub fn resource_type_new(&mut self, ty: ResourceType) -> ResourceId {
        self.resources.push(ty);
        ResourceId(self.resources.len() as u32)
    }

    /// The element type with this number.
    pub(crate) fn element_type(&self, ty: TypeId) -> Result<ElementType, TrapCode> {
        let found = self.types.get((ty.0 as usize).wrapping_sub(1)).copied();
        found.ok_or(TrapCode::WrongHandleType)
    }

    /// An instance. Shims carry numbers that the host handed out; another number is a wrong one, never a panic.
    pub(crate) fn instance(&mut self, inst: InstanceId) -> Result<&mut Instance, TrapCode> {
        self.instances
            .get_mut(inst.0 as usize)
            .ok_or(TrapCode::UnknownHandle)
    }

    /// Adds to an instance's table. Spec: `Table.add`.
    pub(crate) fn add(&mut self, inst: InstanceId, entry: Entry) -> Result<Handle, TrapCode> {
        let full = self.places >= self.limits.handles;
        let table = &mut self.instance(inst)?.handles;
        let grows = !table.has_free();
        if rule!("handle-limit", grows && full) {
            return Err(TrapCode::TableFull);
        }
        let handle = Handle(table.insert(entry));
        self.places += u32::from(grows);
        Ok(handle)
    }

    /// Looks into an instance's table. Spec: `Table.get`.
    pub(crate) fn entry(&mut self, inst: InstanceId, h: Handle) -> Result<&mut Entry, TrapCode> {
        self.instance(inst)?
            .handles
            .get_mut(h.0)
            .ok_or(TrapCode::UnknownHandle)
    }

    /// Takes an entry out that has been looked at before. Spec: `Table.remove`.
    pub(crate) fn remove(&mut self, inst: InstanceId, h: Handle) -> Result<Entry, TrapCode> {
        self.instance(inst)?
            .handles
            .remove(h.0)
            .ok_or(TrapCode::UnknownHandle)
    }

    /// Fills argument words from 0 on.
    pub(crate) fn args<const N: usize>(&mut self, words: [u32; N]) {
        self.control.args[..N].copy_from_slice(&words);
    }

    /// An action for a call of the host.
    pub(crate) fn tell(kind: ActionKind, call: CallId) -> Step {
        Step::Action(kind, call.0)
    }
}

/// Whether numbers are ones that were given out.
impl Store {
    /// There is a component instance with this number; the host counts.
    pub fn has_instance(&self, inst: InstanceId) -> bool {
        self.instances.get(inst.0 as usize).is_some()
    }

    /// There is a resource type with this number.
    pub fn has_resource(&self, ResourceId(number): ResourceId) -> bool {
        (1..=self.resources.len()).contains(&(number as usize))
    }

    /// There is a task with this number.
    pub fn has_task(&self, id: TaskId) -> bool {
        self.tasks.get(id.0).is_some()
    }

    /// There is a call of the host with this number.
    pub fn has_subtask(&self, id: SubtaskId) -> bool {
        self.subtasks.get(id.0).is_some()
    }

    /// Whether the host holds this end.
    pub fn holds(&self, id: EndId) -> bool {
        self.ends
            .get(id.0)
            .is_some_and(|end| end.owner == Owner::Host)
    }
}
