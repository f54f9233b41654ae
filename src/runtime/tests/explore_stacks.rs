//! Seeded exploration of what blocks: tasks of every lift call each other in every way, wait for sets, threads, streams and
//! calls that they cancel, and read what others write, while the host calls, cancels, resolves and pushes back.
//!
//! Invariants: nothing traps; every call that is not cancelled gives its parameter and 1, and every thread ends; what is read is
//! what was written; no stack, waiter or handle is left over.
//! Calls go to later instances only, so that no two wait for each other's exclusive lock.

#![cfg(not(target_arch = "wasm32"))]

mod common;
mod stacks;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use common::*;
use stacks::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    CallSiteId, EndKind, EndRef, Handle, InstanceId, Lift, Limits, Side, Step, SubtaskId,
    TASK_CANCELLED, TypeId,
};

/// What guests and host share; a guest is the index of its instance.
struct Model {
    rng: RefCell<Rng>,
    instances: Vec<InstanceId>,
    ty: TypeId,
    /// By caller.
    sites: RefCell<Vec<Vec<Site>>>,
    /// By caller: functions that read what the caller writes.
    readers: RefCell<Vec<Vec<Site>>>,
    /// The readable ends that they read, by their parameters.
    ends: RefCell<BTreeMap<u64, EndRef>>,
    /// Calls of the host that guests wait for.
    host_calls: RefCell<Vec<SubtaskId>>,
    /// Whether a task has the exclusive lock, by instance.
    locked: RefCell<[bool; INSTANCES]>,
    /// How many were made, and how many have ended.
    threads: Cell<[u32; 2]>,
    /// A place in memory that nobody else uses.
    place: Cell<u32>,
}

#[derive(Clone, Copy)]
struct Site {
    id: CallSiteId,
    callee: usize,
    is_async: bool,
}

/// Functions by how they are lifted and whether they may block.
const LIFTS: [(Kind, bool); 7] = [
    (Kind::Sync, false),
    (Kind::Sync, true),
    (Kind::Callback, false),
    (Kind::Callback, true),
    (Kind::Stackful, true),
    (Kind::SyncTyped, false),
    (Kind::SyncTyped, true),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sync,
    Callback,
    Stackful,
    /// While it waits, nothing but its own instance goes on.
    SyncTyped,
}

impl Kind {
    fn is_exclusive(self) -> bool {
        matches!(self, Self::Sync | Self::Callback)
    }
}

/// The exclusive lock of an instance, as its holder sees it.
struct Lock {
    model: Rc<Model>,
    g: usize,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.model.locked.borrow_mut()[self.g] = false;
    }
}

/// A call by the host.
struct Call {
    id: usize,
    param: u64,
    cancelled: bool,
}

#[test]
fn every_seed_keeps_the_invariants() {
    each_seed(200, explore);
}

fn explore(seed: u64) {
    let (sim, model) = world(seed);
    let mut pressed = vec![0; INSTANCES];
    let mut calls = Vec::new();
    for _ in 0..60 {
        let g = model.below(INSTANCES as u32) as usize;
        match model.below(8) {
            0 | 1 => calls.push(model.host_call(&sim, g)),
            2 => model.host_cancel(&sim, &mut calls),
            3 if pressed[g] > 0 => press(&sim, &model, &mut pressed, g, false),
            3 => press(&sim, &model, &mut pressed, g, true),
            4 => drop(model.resolve(&sim)),
            _ => drop(sim.turn().expect("no turn traps")),
        }
    }
    for g in 0..INSTANCES {
        while pressed[g] > 0 {
            press(&sim, &model, &mut pressed, g, false);
        }
    }
    sim.run().expect("nothing traps");
    while model.resolve(&sim) {
        sim.run().expect("nothing traps");
    }
    for Call {
        id,
        param,
        cancelled,
    } in calls
    {
        match sim.state(id) {
            CallState::Returned => assert_eq!(sim.result(id), Some(param + 1)),
            state => assert_eq!(
                (state, cancelled),
                (CallState::Cancelled, true),
                "call {id}"
            ),
        }
    }
    let [made, ended] = model.threads.get();
    assert_eq!(made, ended, "threads");
    assert_eq!(sim.stacks(), 0);
    assert!(sim.world().waiting().is_empty());
    for inst in &model.instances {
        for _ in 0..HANDLES {
            sim.world().set_new(*inst);
        }
    }
}

fn press(sim: &Sim, model: &Model, pressed: &mut [u32], g: usize, on: bool) {
    let inst = model.instances[g];
    let outcome = match on {
        true => sim.store(|s| s.backpressure_inc(inst)),
        false => sim.store(|s| s.backpressure_dec(inst)),
    };
    assert_eq!(outcome, Ok(Step::Value(0)));
    match on {
        true => pressed[g] += 1,
        false => pressed[g] -= 1,
    }
}

/// Instances, each with functions of every kind, and call sites of both kinds for each of them.
fn world(seed: u64) -> (Sim, Rc<Model>) {
    let sim = Sim::new();
    let policy = (!seed.is_multiple_of(4)).then_some(seed);
    let limits = Limits {
        handles: HANDLES * INSTANCES as u32,
        tasks: 10_000,
    };
    sim.store(|s| s.configure(limits, policy));
    let model = Rc::new(Model {
        rng: RefCell::new(Rng::new(seed + 1)),
        instances: (0..INSTANCES)
            .map(|_| sim.store(|s| s.instance_new()))
            .collect(),
        ty: sim.store(|s| s.type_new(true)),
        sites: RefCell::new(vec![Vec::new(); INSTANCES]),
        readers: RefCell::new(vec![Vec::new(); INSTANCES]),
        ends: RefCell::default(),
        host_calls: RefCell::default(),
        locked: RefCell::default(),
        threads: Cell::default(),
        place: Cell::new(1),
    });
    for caller in 0..INSTANCES {
        for callee in caller + 1..INSTANCES {
            for (kind, blocks) in LIFTS {
                let (lift, function) = model.function(&sim, callee, kind, blocks);
                let pair = [caller, callee].map(|g| model.instances[g]);
                for is_async in [false, true] {
                    let id = sim.site(pair, is_async, lift, blocks, Rc::clone(&function));
                    let site = Site {
                        id,
                        callee,
                        is_async,
                    };
                    model.sites.borrow_mut()[caller].push(site);
                }
                // A function of a sync type would wait for its caller, which cannot go on.
                if blocks && kind != Kind::SyncTyped {
                    let function = model.reader(callee, kind);
                    let id = sim.site(pair, true, lift, true, function);
                    let site = Site {
                        id,
                        callee,
                        is_async: true,
                    };
                    model.readers.borrow_mut()[caller].push(site);
                }
            }
        }
    }
    (sim, model)
}

impl Model {
    fn below(&self, n: u32) -> u32 {
        self.rng.borrow_mut().below(n)
    }

    fn lock(self: &Rc<Self>, g: usize) -> Lock {
        let before = std::mem::replace(&mut self.locked.borrow_mut()[g], true);
        assert!(!before, "one task at a time has the lock");
        let model = Rc::clone(self);
        Lock { model, g }
    }

    fn new_place(&self) -> u32 {
        self.place.replace(self.place.get() + 8)
    }

    /// Resolves one of the host's calls, if there is any.
    fn resolve(&self, sim: &Sim) -> bool {
        let calls = self.host_calls.borrow().len() as u32;
        if calls == 0 {
            return false;
        }
        let at = self.below(calls) as usize;
        let subtask = self.host_calls.borrow_mut().swap_remove(at);
        sim.store(|s| s.call_resolve(subtask)).expect("it is known");
        true
    }

    fn host_call(self: &Rc<Self>, sim: &Sim, g: usize) -> Call {
        let param = u64::from(self.below(1000));
        let (kind, blocks) = LIFTS[self.below(LIFTS.len() as u32) as usize];
        let (lift, function) = self.function(sim, g, kind, blocks);
        let call = sim.call_on(self.instances[g], lift, blocks, param, function);
        Call {
            id: call.expect("nothing traps"),
            param,
            cancelled: false,
        }
    }

    /// Cancels a call that has not ended, if the one that is drawn is such.
    fn host_cancel(&self, sim: &Sim, calls: &mut [Call]) {
        if calls.is_empty() {
            return;
        }
        let call = &mut calls[self.below(calls.len() as u32) as usize];
        if !call.cancelled && sim.state(call.id) == CallState::Pending {
            call.cancelled = true;
            sim.cancel(call.id);
        }
    }

    /// A function that gives its parameter and 1, after whatever its task does.
    fn function(self: &Rc<Self>, sim: &Sim, g: usize, kind: Kind, blocks: bool) -> (Lift, Core) {
        let inst = self.instances[g];
        let model = Rc::clone(self);
        let function = core(move |sim, param| {
            let model = Rc::clone(&model);
            async move {
                let _lock = kind.is_exclusive().then(|| model.lock(g));
                if kind == Kind::SyncTyped {
                    if blocks {
                        model.work_alone(&sim, g).await?;
                    }
                    return Ok(param as u32 + 1);
                }
                if blocks {
                    model.work(&sim, g).await?;
                }
                match kind {
                    Kind::Sync | Kind::SyncTyped => return Ok(param as u32 + 1),
                    Kind::Callback if model.below(2) == 0 => {
                        sim.store(|s| s.context_set(inst, 0, param)).map(drop)?;
                        return Ok(YIELD);
                    }
                    Kind::Callback | Kind::Stackful => {}
                }
                sim.task_return(inst, param + 1)?;
                if blocks {
                    model.work(&sim, g).await?;
                }
                Ok(EXIT)
            }
        });
        let lift = match kind {
            Kind::Sync => Lift::Sync,
            Kind::SyncTyped => Lift::SyncTyped,
            Kind::Stackful => STACKFUL,
            Kind::Callback => self.callback(sim, g, blocks),
        };
        (lift, function)
    }

    fn callback(self: &Rc<Self>, sim: &Sim, g: usize, blocks: bool) -> Lift {
        let inst = self.instances[g];
        let model = Rc::clone(self);
        sim.callback(move |sim, [event, ..]| {
            let model = Rc::clone(&model);
            async move {
                let _lock = model.lock(g);
                if event == TASK_CANCELLED && model.below(2) == 0 {
                    sim.task_cancel(inst).await?;
                    return Ok(EXIT);
                }
                let param = sim.store(|s| s.context_get64(inst, 0))?;
                if blocks {
                    model.work(&sim, g).await?;
                }
                sim.task_return(inst, param + 1)?;
                Ok(EXIT)
            }
        })
    }

    /// What a task does that may block.
    async fn work(self: &Rc<Self>, sim: &Sim, g: usize) -> Result<(), TrapCode> {
        let inst = self.instances[g];
        for _ in 0..self.below(3) {
            match self.below(8) {
                0 => sim.yield_(inst).await?,
                1 => {
                    let (h, subtask) = sim.world().pending_call(inst, 0);
                    self.host_calls.borrow_mut().push(subtask);
                    assert_eq!(sim.resolved(inst, h).await?, RETURNED);
                }
                2 => self.hand_over(sim, g).await?,
                3 => self.read(sim, g).await?,
                4 => self.write_to_callee(sim, g).await?,
                _ => self.call(sim, g).await?,
            }
        }
        Ok(())
    }

    /// What a function of a sync type may wait for: threads of its own.
    async fn work_alone(self: &Rc<Self>, sim: &Sim, g: usize) -> Result<(), TrapCode> {
        for _ in 0..self.below(3) {
            match self.below(3) {
                0 => sim.yield_(self.instances[g]).await?,
                1 => self.hand_over(sim, g).await?,
                _ => self.read(sim, g).await?,
            }
        }
        Ok(())
    }

    /// Waits until a thread resumes this one.
    async fn hand_over(self: &Rc<Self>, sim: &Sim, g: usize) -> Result<(), TrapCode> {
        let inst = self.instances[g];
        let main = sim.index(inst);
        self.thread(sim, g, move |sim| async move {
            sim.yield_(inst).await?;
            sim.resume_later(inst, main)
        })?;
        sim.suspend_thread(inst).await
    }

    /// Makes a thread that is ready.
    fn thread<F: Future<Output = Result<(), TrapCode>> + 'static>(
        self: &Rc<Self>,
        sim: &Sim,
        g: usize,
        body: impl Fn(Sim) -> F + 'static,
    ) -> Result<(), TrapCode> {
        let inst = self.instances[g];
        let model = Rc::clone(self);
        let [made, ended] = self.threads.get();
        self.threads.set([made + 1, ended]);
        let function = core(move |sim, _| {
            let model = Rc::clone(&model);
            let ran = body(sim);
            async move {
                ran.await?;
                let [made, ended] = model.threads.get();
                model.threads.set([made, ended + 1]);
                Ok(0)
            }
        });
        let thread = sim.new_thread(inst, 0, function);
        sim.resume_later(inst, thread)
    }

    /// Reads synchronously what another thread writes synchronously.
    async fn read(self: &Rc<Self>, sim: &Sim, g: usize) -> Result<(), TrapCode> {
        let inst = self.instances[g];
        let (reader, writer) = stream(&mut sim.world(), inst, self.ty);
        let (from, to) = (self.new_place(), self.new_place());
        sim.world().put(inst, from, &[from, to]);
        self.thread(sim, g, move |sim| async move {
            both(sim.copy(writer, from, 2, false).await?);
            sim.world().drop_end(writer)
        })?;
        both(sim.copy(reader, to, 2, false).await?);
        assert_eq!(sim.world().get(inst, to, 2), [from, to]);
        sim.world().drop_end(reader)
    }

    /// A function that reads what its caller writes, and gives its parameter and 1.
    fn reader(self: &Rc<Self>, g: usize, kind: Kind) -> Core {
        let inst = self.instances[g];
        let model = Rc::clone(self);
        core(move |sim, param| {
            let model = Rc::clone(&model);
            async move {
                let _lock = kind.is_exclusive().then(|| model.lock(g));
                let end = model.ends.borrow_mut().remove(&param);
                let end = end.expect("the caller has given an end");
                let to = model.new_place();
                both(sim.copy(end, to, 2, false).await?);
                assert_eq!(sim.world().get(inst, to, 2), [param as u32, g as u32]);
                sim.world().drop_end(end)?;
                if kind == Kind::Sync {
                    return Ok(param as u32 + 1);
                }
                sim.task_return(inst, param + 1)?;
                Ok(EXIT)
            }
        })
    }

    /// Calls a function that reads, and writes what it reads.
    async fn write_to_callee(&self, sim: &Sim, g: usize) -> Result<(), TrapCode> {
        let inst = self.instances[g];
        let sites = self.readers.borrow()[g].clone();
        if sites.is_empty() {
            return Ok(());
        }
        let site = sites[self.below(sites.len() as u32) as usize];
        let callee = self.instances[site.callee];
        let (reader, writer) = stream(&mut sim.world(), inst, self.ty);
        let moved = sim.store(|s| s.transfer_end(reader, callee))?;
        let Step::Value(handle) = moved else {
            panic!("it is a value");
        };
        let handle = Handle(handle as u32);
        let end = end(EndKind::Stream, Side::Readable, callee, self.ty, handle);
        let from = self.new_place();
        self.ends.borrow_mut().insert(from.into(), end);
        sim.world().put(inst, from, &[from, site.callee as u32]);
        let place = self.new_place();
        let Answer::Pending(_, h) = sim.call_async(site.id, from.into(), place).await? else {
            panic!("the callee waits for its caller");
        };
        both(sim.copy(writer, from, 2, false).await?);
        sim.world().drop_end(writer)?;
        assert_eq!(sim.resolved(inst, h).await?, RETURNED);
        assert_eq!(sim.memory(place), Some(u64::from(from) + 1));
        Ok(())
    }

    async fn call(&self, sim: &Sim, g: usize) -> Result<(), TrapCode> {
        let inst = self.instances[g];
        let sites = self.sites.borrow()[g].clone();
        if sites.is_empty() {
            return Ok(());
        }
        let site = sites[self.below(sites.len() as u32) as usize];
        let param = u64::from(self.below(1000));
        if !site.is_async {
            assert_eq!(sim.call_sync(site.id, param).await?, param + 1);
            return Ok(());
        }
        let place = self.new_place();
        let state = match sim.call_async(site.id, param, place).await? {
            Answer::Returned => RETURNED,
            Answer::Pending(_, h) if self.below(3) == 0 => self.cancel(sim, inst, h).await?,
            Answer::Pending(_, h) => sim.resolved(inst, h).await?,
        };
        let result = sim.memory(place);
        assert_eq!(result, (state == RETURNED).then_some(param + 1));
        Ok(())
    }

    /// Cancels a call, of which its callee may take notice or not.
    async fn cancel(&self, sim: &Sim, inst: InstanceId, h: Handle) -> Result<u32, TrapCode> {
        let is_async = self.below(2) == 0;
        let state = match sim.subtask_cancel(inst, is_async, h).await? {
            BLOCKS => {
                assert!(is_async, "a call that waits has an answer");
                return sim.resolved(inst, h).await;
            }
            state => state,
        };
        assert!(state >= RETURNED, "{state}");
        sim.store(|s| s.subtask_drop(inst, h)).map(drop)?;
        Ok(state)
    }
}

/// Both elements were copied, and the other end may have been dropped since.
fn both(payload: u32) {
    assert!(
        [completed(2), dropped(2)].contains(&payload),
        "{payload:#x}"
    );
}

const INSTANCES: usize = 3;
const HANDLES: u32 = 256;
