//! A simulated store whose guests block: every guest's function is a future, and a stack is a future that is polled.
//!
//! [`Sim::perform`] does what the driver does, [`Sim::run`] its `run`, and the rest what the JS host and adapters do. A future that
//! is pending is a stack that is suspended; it is kept by the number of its thread until that is resumed.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file is a crate that uses a part of the simulated store"
)]

mod calls;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    CallId, EndRef, GuestBuffer, Handle, InstanceId, Lift, Outcome, SiteId, Step, Store, SubtaskId,
    TaskId, ThreadContext, ThreadId, ThreadIndex,
};

use super::common::*;
pub use calls::*;

pub type Guest<T> = Pin<Box<dyn Future<Output = Result<T, TrapCode>>>>;
/// A core function: its parameter; its flat result or callback code.
pub type Core = Rc<dyn Fn(Sim, u64) -> Guest<u32>>;
/// A callback: `[event, p1, p2]`.
pub type CallbackCore = Rc<dyn Fn(Sim, [u32; 3]) -> Guest<u32>>;

/// A core function from an async closure.
pub fn core<F: Future<Output = Result<u32, TrapCode>> + 'static>(
    body: impl Fn(Sim, u64) -> F + 'static,
) -> Core {
    Rc::new(move |sim, param| Box::pin(body(sim, param)))
}

/// A call by the host.
pub struct HostCall {
    pub task: TaskId,
    pub state: CallState,
    pub result: Option<u64>,
    function: Core,
    param: u64,
    own_stack: bool,
    lift: Lift,
}

#[derive(Default)]
struct Inner {
    /// Suspended stacks by the thread that blocks.
    stacks: BTreeMap<u32, Guest<()>>,
    threads: BTreeMap<u32, Core>,
    callbacks: Vec<CallbackCore>,
    calls: Vec<HostCall>,
    sites: BTreeMap<u32, Site>,
    /// What calls have left where the caller wanted it.
    memory: BTreeMap<u32, u64>,
}

#[derive(Clone)]
pub struct Sim {
    world: Rc<RefCell<World>>,
    inner: Rc<RefCell<Inner>>,
    /// Whether the current stack can be suspended.
    own: Rc<Cell<bool>>,
    /// The thread that is about to suspend.
    blocks: Rc<Cell<u32>>,
    /// The most stacks that were suspended at a time.
    pub most: Rc<Cell<usize>>,
}

impl Sim {
    pub fn new() -> Self {
        let world = World::new();
        let sim = Self {
            world: Rc::new(RefCell::new(world)),
            inner: Rc::default(),
            own: Rc::default(),
            blocks: Rc::default(),
            most: Rc::default(),
        };
        sim.world().store.configure_stacks(true);
        sim
    }

    pub fn world(&self) -> std::cell::RefMut<'_, World> {
        self.world.borrow_mut()
    }

    pub fn store<T>(&self, f: impl FnOnce(&mut Store) -> T) -> T {
        f(&mut self.world().store)
    }

    pub fn arg(&self, i: usize) -> u32 {
        self.world().arg(i)
    }

    pub fn stacks(&self) -> usize {
        self.inner.borrow().stacks.len()
    }
}

/// What the driver does.
impl Sim {
    pub fn perform(&self, outcome: Outcome) -> Guest<u64> {
        let sim = self.clone();
        Box::pin(async move { sim.perform_all(outcome).await })
    }

    async fn perform_all(&self, outcome: Outcome) -> Result<u64, TrapCode> {
        let mut step = outcome?;
        loop {
            step = match step {
                Step::Value(value) => return Ok(value),
                Step::Action(ActionKind::Suspend, thread) => {
                    self.suspend(thread).await?;
                    self.store(|s| s.resumed(ThreadId(thread)))?
                }
                Step::Action(ActionKind::Spawn, thread) => {
                    let sim = self.clone();
                    self.own_stack(async move {
                        let outcome = sim.store(|s| s.thread_begin(ThreadId(thread)));
                        sim.perform(outcome).await.map(drop)
                    })?;
                    self.store(Store::spawned)?
                }
                Step::Action(ActionKind::StartCall, site) => {
                    self.start_half(site, SubtaskId(self.arg(0))).await?;
                    return Ok(0);
                }
                Step::Action(ActionKind::ThreadStart, thread) => {
                    let function = self.inner.borrow_mut().threads.remove(&thread);
                    let function = function.expect("the thread has a function");
                    let context = u64::from(self.arg(0));
                    function(self.clone(), context).await?;
                    self.store(|s| s.thread_done(ThreadId(thread)))?
                }
                Step::Action(ActionKind::Callback, slot) => {
                    let [thread, event, p1, p2] = [0, 1, 2, 3].map(|i| self.arg(i));
                    let callback = Rc::clone(&self.inner.borrow().callbacks[slot as usize]);
                    let packed = callback(self.clone(), [event, p1, p2]).await?;
                    self.store(|s| s.callback_done(ThreadId(thread), packed))?
                }
                Step::Action(ActionKind::Start, call) => {
                    self.start(call as usize)?;
                    return Ok(0);
                }
                Step::Action(ActionKind::HostCancelled, call) => {
                    let call = &mut self.inner.borrow_mut().calls[call as usize];
                    assert_eq!(call.state, CallState::Pending, "a call ends once");
                    call.state = CallState::Cancelled;
                    Step::Value(0)
                }
                Step::Action(ActionKind::Resume, _) => unreachable!("only `run` sees it"),
                Step::Action(kind, operand) => self.world().act(kind, operand)?,
            };
        }
    }

    fn suspend(&self, thread: u32) -> Suspend {
        Suspend {
            sim: self.clone(),
            thread,
            suspended: false,
        }
    }

    /// Runs what must not be suspended.
    pub fn plain<T>(&self, body: impl Future<Output = T>) -> T {
        let own = self.own.replace(false);
        let mut body = Box::pin(body);
        let polled = poll(body.as_mut());
        self.own.set(own);
        match polled {
            Poll::Ready(value) => value,
            Poll::Pending => unreachable!("what blocks on a plain stack traps"),
        }
    }

    /// Runs on a stack of its own until that is suspended or finished.
    fn own_stack(
        &self,
        body: impl Future<Output = Result<(), TrapCode>> + 'static,
    ) -> Result<(), TrapCode> {
        self.go_on(Box::pin(body))
    }

    fn go_on(&self, mut stack: Guest<()>) -> Result<(), TrapCode> {
        let own = self.own.replace(true);
        let polled = poll(stack.as_mut());
        self.own.set(own);
        match polled {
            Poll::Ready(ended) => ended,
            Poll::Pending => {
                let inner = &mut *self.inner.borrow_mut();
                let before = inner.stacks.insert(self.blocks.get(), stack);
                assert!(before.is_none(), "a thread blocks on one stack");
                self.most.set(self.most.get().max(inner.stacks.len()));
                Ok(())
            }
        }
    }

    /// One turn; false when nothing is ready.
    pub fn turn(&self) -> Result<bool, TrapCode> {
        let step = self.store(Store::next_action)?;
        match step {
            Step::Value(_) => {
                assert!(
                    !self.world().ready(),
                    "nothing is ready when nothing is done"
                );
                Ok(false)
            }
            Step::Action(ActionKind::Resume, thread) => {
                // Until the stack has said that it goes on, nothing else happens.
                assert_eq!(self.store(Store::next_action), Ok(Step::Value(0)));
                let stack = self.inner.borrow_mut().stacks.remove(&thread);
                self.go_on(stack.expect("a suspended stack is resumed"))?;
                Ok(true)
            }
            action @ Step::Action(..) => {
                self.plain(self.perform(Ok(action)))?;
                Ok(true)
            }
        }
    }

    /// Turns until nothing is ready; how many there were.
    pub fn run(&self) -> Result<usize, TrapCode> {
        let mut turns = 0;
        while self.world().ready() {
            turns += usize::from(self.turn()?);
            assert!(turns < 100_000, "it goes on for ever");
        }
        assert_eq!(
            self.store(Store::next_action),
            Ok(Step::Value(0)),
            "ready without attention"
        );
        Ok(turns)
    }
}

/// A stack that suspends once.
struct Suspend {
    sim: Sim,
    thread: u32,
    suspended: bool,
}

impl Future for Suspend {
    type Output = Result<(), TrapCode>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match (self.suspended, self.sim.own.get()) {
            (true, _) => Poll::Ready(Ok(())),
            (false, false) => Poll::Ready(Err(TrapCode::CannotBlock)),
            (false, true) => {
                self.suspended = true;
                self.sim.blocks.set(self.thread);
                Poll::Pending
            }
        }
    }
}

fn poll<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Built-ins as guests call them.
impl Sim {
    pub async fn wait(&self, inst: InstanceId, set: Handle) -> Result<[u32; 3], TrapCode> {
        let outcome = self.store(|s| s.waitable_set_wait(inst, set));
        let event = self.perform(outcome).await?;
        Ok([event as u32, self.arg(0), self.arg(1)])
    }

    pub async fn yield_(&self, inst: InstanceId) -> Result<(), TrapCode> {
        let outcome = self.store(|s| s.thread_yield(inst));
        self.perform(outcome).await.map(drop)
    }

    pub async fn suspend_thread(&self, inst: InstanceId) -> Result<(), TrapCode> {
        let outcome = self.store(|s| s.thread_suspend(inst));
        self.perform(outcome).await.map(drop)
    }

    pub async fn copy(
        &self,
        at: EndRef,
        ptr: u32,
        len: u32,
        is_async: bool,
    ) -> Result<u32, TrapCode> {
        let buffer = GuestBuffer {
            site: SiteId(at.inst.0),
            ptr: ptr.into(),
            len,
            size: 1,
        };
        let outcome = self.store(|s| s.end_copy(at, buffer, is_async));
        Ok(self.perform(outcome).await? as u32)
    }

    pub fn index(&self, inst: InstanceId) -> ThreadIndex {
        let outcome = self.store(|s| s.thread_index(inst));
        match outcome {
            Ok(Step::Value(index)) => ThreadIndex(index as u32),
            other => panic!("the current thread has an index: {other:?}"),
        }
    }

    pub fn new_thread(&self, inst: InstanceId, context: u32, function: Core) -> ThreadIndex {
        let Ok(Step::Value(made)) = self.store(|s| s.thread_new(inst, ThreadContext::I32(context)))
        else {
            panic!("there is room for a thread");
        };
        let threads = &mut self.inner.borrow_mut().threads;
        threads.insert((made >> 32) as u32, function);
        ThreadIndex(made as u32)
    }

    pub fn resume_later(&self, inst: InstanceId, index: ThreadIndex) -> Result<(), TrapCode> {
        self.store(|s| s.thread_resume_later(inst, index)).map(drop)
    }
}

/// What the JS host does.
impl Sim {
    pub fn callback<F: Future<Output = Result<u32, TrapCode>> + 'static>(
        &self,
        body: impl Fn(Sim, [u32; 3]) -> F + 'static,
    ) -> Lift {
        let callbacks = &mut self.inner.borrow_mut().callbacks;
        callbacks.push(Rc::new(move |sim, event| Box::pin(body(sim, event))));
        Lift::Callback {
            slot: tidegate_runtime::Slot(callbacks.len() as u32 - 1),
            return_key: KEY,
        }
    }

    /// Calls a function that may block.
    pub fn call(
        &self,
        inst: InstanceId,
        lift: Lift,
        param: u64,
        function: Core,
    ) -> Result<usize, TrapCode> {
        self.call_on(inst, lift, true, param, function)
    }

    pub fn call_on(
        &self,
        inst: InstanceId,
        lift: Lift,
        own_stack: bool,
        param: u64,
        function: Core,
    ) -> Result<usize, TrapCode> {
        let id = self.inner.borrow().calls.len();
        let task = self.store(|s| s.task_new(inst, lift, own_stack, CallId(id as u32)))?;
        self.inner.borrow_mut().calls.push(HostCall {
            task,
            state: CallState::Pending,
            result: None,
            function,
            param,
            own_stack,
            lift,
        });
        self.start(id)?;
        Ok(id)
    }

    fn start(&self, id: usize) -> Result<(), TrapCode> {
        let (task, lift, own, param, function) = {
            let inner = self.inner.borrow();
            let call = &inner.calls[id];
            let function = Rc::clone(&call.function);
            (call.task, call.lift, call.own_stack, call.param, function)
        };
        if !self.store(|s| s.task_enter(task))? {
            return Ok(());
        }
        let sim = self.clone();
        let body = async move {
            let result = function(sim.clone(), param).await?;
            if matches!(lift, Lift::Sync | Lift::SyncTyped) {
                sim.returned(id, u64::from(result));
            }
            sim.store(|s| s.task_leave(task, result))
        };
        match own {
            true => self.own_stack(body),
            false => self.plain(body),
        }
    }

    fn returned(&self, call: usize, result: u64) {
        let call = &mut self.inner.borrow_mut().calls[call];
        assert_eq!(call.state, CallState::Pending, "a call ends once");
        call.state = CallState::Returned;
        call.result = Some(result);
    }

    pub fn state(&self, call: usize) -> CallState {
        self.inner.borrow().calls[call].state
    }

    pub fn result(&self, call: usize) -> Option<u64> {
        self.inner.borrow().calls[call].result
    }

    pub fn cancel(&self, call: usize) {
        let task = self.inner.borrow().calls[call].task;
        self.store(|s| s.task_request_cancellation(task))
            .expect("cancellation does not trap");
    }
}

/// A stackful lift.
pub const STACKFUL: Lift = Lift::Stackful { return_key: KEY };
