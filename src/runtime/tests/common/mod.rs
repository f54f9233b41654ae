//! A simulated store: driver, JS host and guests in plain Rust around a [`Store`].
//!
//! Guests' functions are closures that call built-ins; [`World::perform`] does what the driver module does. Each instance has a
//! memory of tokens (one token is one element) whose site has the instance's number; the host's ends keep theirs in queues.
//! After everything that the host does, the attention word must agree with what is ready.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file is a crate that uses a part of the simulated store"
)]

mod roles;
mod shapes;

pub use shapes::*;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    CallId, EndId, Outcome, READY, SETTLE, Step, Store, SubtaskId, TaskId, ThreadId,
};

/// A guest's core function: parameters are lowered when it starts; the result is a callback code.
pub type Function = Rc<dyn Fn(&mut World) -> u32>;
/// A guest's callback: `[event, p1, p2]`.
pub type Callback = Rc<dyn Fn(&mut World, [u32; 3]) -> u32>;
/// A guest's destructor, given the rep.
pub type Dtor = Rc<dyn Fn(&mut World, u32)>;

/// How a call of the host has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    Pending,
    Returned,
    Cancelled,
}

/// A call of a guest by the host.
pub struct Call {
    pub task: TaskId,
    pub state: CallState,
    function: Function,
    sync: bool,
}

/// An end that the host holds.
#[derive(Default)]
pub struct HostEnd {
    /// What has been read.
    pub read: Vec<u32>,
    /// What is to be written.
    pub source: VecDeque<u32>,
    /// A pull is answered at once, with at most so many elements.
    pub eager: u32,
    /// Every pull: how many elements were asked for.
    pub pulls: Vec<u32>,
    /// Every event: its payload.
    pub events: Vec<u32>,
    /// Copies of this end so far.
    pub copies: u32,
    /// What answered a pull was not taken at once, and stands.
    pub stands: bool,
}

pub struct World {
    pub store: Store,
    pub calls: Vec<Call>,
    pub callbacks: Vec<Callback>,
    pub dtors: BTreeMap<u32, Dtor>,
    /// Reps of host resources whose destructor was called.
    pub destroyed: Vec<u32>,
    /// Calls of guests to the host that were aborted.
    pub aborted: Vec<CallId>,
    pub ends: BTreeMap<EndId, HostEnd>,
    pub memory: BTreeMap<(u32, u32), u32>,
}

impl World {
    pub fn new() -> Self {
        Self {
            store: Store::new(),
            calls: Vec::new(),
            callbacks: Vec::new(),
            dtors: BTreeMap::new(),
            destroyed: Vec::new(),
            aborted: Vec::new(),
            ends: BTreeMap::new(),
            memory: BTreeMap::new(),
        }
    }

    pub fn arg(&self, i: usize) -> u32 {
        self.store.control.args[i]
    }

    pub fn ready(&self) -> bool {
        self.store.control.attention & READY != 0
    }

    pub fn settle_due(&self) -> bool {
        self.store.control.attention & SETTLE != 0
    }
}

/// What the driver does.
impl World {
    /// Performs actions until there is a value.
    pub fn perform(&mut self, outcome: Outcome) -> Result<u64, TrapCode> {
        let mut step = outcome?;
        loop {
            step = match step {
                Step::Value(value) => return Ok(value),
                Step::Action(kind, operand) => self.act(kind, operand)?,
            };
        }
    }

    /// The value of a built-in that must succeed.
    #[track_caller]
    pub fn ok(&mut self, outcome: Outcome) -> u64 {
        self.perform(outcome).expect("the built-in succeeds")
    }

    /// The same for 32 bits.
    #[track_caller]
    pub fn ok32(&mut self, outcome: Outcome) -> u32 {
        let value = self.ok(outcome);
        u32::try_from(value).expect("the value has 32 bits")
    }

    pub fn act(&mut self, kind: ActionKind, operand: u32) -> Outcome {
        let args = self.store.control.args;
        match kind {
            ActionKind::Trap => unreachable!("traps are the error of an outcome"),
            ActionKind::Copy => {
                self.copy(operand, args);
                self.store.copied()
            }
            ActionKind::Dtor => {
                let dtor = Rc::clone(&self.dtors[&operand]);
                dtor(self, args[0]);
                self.store.dtor_done()
            }
            ActionKind::HostDtor => {
                self.destroyed.push(args[0]);
                self.store.dtor_done()
            }
            ActionKind::HostPull => {
                self.pull(EndId(operand), args[0])?;
                self.store.pulled()
            }
            ActionKind::HostEvent => {
                let end = self.ends.entry(EndId(operand)).or_default();
                end.events.push(args[0]);
                Ok(Step::Value(0))
            }
            ActionKind::HostAbort => {
                self.aborted.push(CallId(operand));
                self.store.aborted(SubtaskId(args[0]))
            }
            ActionKind::Callback => {
                let callback = Rc::clone(&self.callbacks[operand as usize]);
                let packed = callback(self, [args[1], args[2], args[3]]);
                self.store.callback_done(ThreadId(args[0]), packed)
            }
            ActionKind::Start => {
                self.run(operand)?;
                Ok(Step::Value(0))
            }
            ActionKind::Suspend
            | ActionKind::Resume
            | ActionKind::Spawn
            | ActionKind::StartCall
            | ActionKind::ThreadStart => unreachable!("nothing blocks here"),
            ActionKind::HostCancelled => {
                let call = &mut self.calls[operand as usize];
                assert_eq!(call.state, CallState::Pending, "a call ends once");
                call.state = CallState::Cancelled;
                Ok(Step::Value(0))
            }
        }
    }

    fn copy(&mut self, operand: u32, args: [u32; 15]) {
        if operand == 0 {
            let [_, src, from, n, dst, to, ..] = args;
            for i in 0..n {
                let token = self.take_token(src, from + i);
                self.memory.insert((dst, to + i), token);
            }
            return;
        }
        let [end, is_reading, site, ptr, n, ..] = args;
        assert_eq!(end, operand);
        match (is_reading, site) {
            (1, 0) => {
                let mut source = std::mem::take(&mut self.host(ptr).source);
                let reader = self.host(end);
                reader.copies += 1;
                reader.read.extend(source.drain(..n as usize));
                let writer = self.host(ptr);
                writer.source = source;
                writer.copies += 1;
            }
            (1, _) => {
                let tokens: Vec<u32> = (0..n).map(|i| self.take_token(site, ptr + i)).collect();
                let reader = self.host(end);
                reader.copies += 1;
                reader.read.extend(tokens);
            }
            (0, _) => {
                for i in 0..n {
                    let token = self.host(end).source.pop_front();
                    let token = token.expect("no more is copied than was offered");
                    self.memory.insert((site, ptr + i), token);
                }
                self.host(end).copies += 1;
            }
            (_, _) => unreachable!("the flag is 0 or 1"),
        }
    }

    /// Elements move: what was read is not in the writer's memory any more.
    fn take_token(&mut self, site: u32, ptr: u32) -> u32 {
        self.memory
            .remove(&(site, ptr))
            .expect("no more is copied than was offered")
    }

    fn pull(&mut self, id: EndId, n: u32) -> Result<(), TrapCode> {
        let end = self.ends.entry(id).or_default();
        end.pulls.push(n);
        let offered = end.eager.min(end.source.len() as u32);
        if offered > 0 {
            let payload = self.host_write(id, offered)?;
            self.host(id.0).stands = payload == BLOCKS;
        }
        Ok(())
    }

    fn host(&mut self, id: u32) -> &mut HostEnd {
        self.ends.entry(EndId(id)).or_default()
    }
}
