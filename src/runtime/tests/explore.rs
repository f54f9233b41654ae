//! Seeded exploration: several instances and the host do random things; what must always hold is checked all the time.
//!
//! Invariants: nothing traps or panics; whatever is ready has set the attention bit, and whatever waits has nothing to wake it;
//! what is read from a stream is what was written, in order and each element once; every call ends; no handle is left over.

#![cfg(not(target_arch = "wasm32"))]

mod common;
mod flows;

use std::cell::RefCell;
use std::rc::Rc;

use common::*;
use flows::Flows;
use tidegate_runtime::{Handle, InstanceId, Limits, Slot, SubtaskId, TASK_CANCELLED, TypeId};

struct Model {
    rng: Rng,
    flows: Flows,
    instances: Vec<Guest>,
    /// Tasks return as soon as they can.
    closing: bool,
}

struct Guest {
    inst: InstanceId,
    set: Handle,
    backpressure: u32,
    subtasks: Vec<Pending>,
}

struct Pending {
    h: Handle,
    id: SubtaskId,
    resolved: bool,
    delivered: bool,
}

#[test]
fn every_seed_keeps_the_invariants() {
    each_seed(400, explore);
}

fn explore(seed: u64) {
    let mut world = World::new();
    let policy = (!seed.is_multiple_of(4)).then_some(seed);
    let limits = Limits {
        handles: HANDLES * INSTANCES,
        tasks: TASKS,
    };
    world.store.configure(limits, policy);
    let ty = world.store.type_new(true);
    let model = Rc::new(RefCell::new(Model::new(&mut world, seed, ty)));
    let seen = Rc::clone(&model);
    let slot = world.callback(move |world, event| seen.borrow_mut().callback(world, event));
    for _ in 0..500 {
        step(&mut world, &model, slot);
    }
    settle(&mut world, &model);
    close(&mut world, &model);
}

/// One random step of the host or of a guest that is called synchronously.
fn step(world: &mut World, model: &Rc<RefCell<Model>>, slot: Option<Slot>) {
    let (what, g) = {
        let rng = &mut model.borrow_mut().rng;
        (rng.below(20), rng.below(INSTANCES) as usize)
    };
    match what {
        0..=2 if world.waiting().len() < TASKS as usize => {
            let inst = model.borrow().instances[g].inst;
            let seen = Rc::clone(model);
            let id = world.calls.len() as u32;
            let function: Function = Rc::new(move |world| seen.borrow_mut().start(world, g, id));
            let sync = model.borrow_mut().rng.below(5) == 0;
            if sync {
                world.call(inst, None, Rc::new(|_| EXIT));
            } else {
                world.call(inst, slot, function);
            }
        }
        3 => {
            let pending: Vec<usize> = (0..world.calls.len())
                .filter(|c| world.state(*c) == CallState::Pending)
                .collect();
            if !pending.is_empty() {
                let at = model.borrow_mut().rng.below(pending.len() as u32);
                world.cancel(pending[at as usize]);
            }
        }
        4..=7 => {
            world.turn().expect("no turn traps");
        }
        8 => settle(world, model),
        _ => {
            let inst = model.borrow().instances[g].inst;
            world.store.sync_enter(inst, false);
            model.borrow_mut().guest_step(world, g);
            world.store.sync_exit().expect("nothing was borrowed");
        }
    }
}

/// Runs what is ready; whatever waits then must have nothing to wake it.
fn settle(world: &mut World, model: &Rc<RefCell<Model>>) {
    world.drain();
    let model = &mut *model.borrow_mut();
    for [inst, _, kind, h] in world.waiting() {
        let guest = model.instances.iter().find(|g| g.inst.0 == inst);
        let guest = guest.expect("only guests wait");
        match kind {
            0 => assert!(guest.backpressure > 0, "a call was forgotten"),
            2 => assert_eq!(
                world.poll(guest.inst, Handle(h)),
                [0, 0, 0],
                "a waiter was forgotten"
            ),
            _ => panic!("a task that yields is ready"),
        }
    }
    model.flows.check(world);
}

/// Ends everything and looks for what is left.
fn close(world: &mut World, model: &Rc<RefCell<Model>>) {
    {
        let model = &mut *model.borrow_mut();
        model.closing = true;
        for g in 0..model.instances.len() {
            while model.instances[g].backpressure > 0 {
                model.pressure(world, g, false);
            }
        }
        model.flows.close(world);
        for g in 0..model.instances.len() {
            model.close_subtasks(world, g);
        }
    }
    world.drain();
    // Who still waits is woken by a call of the host's that resolves.
    while let Some([inst, _, 2, set]) = world.waiting().first().copied() {
        let inst = InstanceId(inst);
        let (h, subtask) = world.pending_call(inst, 0);
        world.join(inst, h, Handle(set));
        world.store.call_resolve(subtask).expect("it is known");
        world.drain();
        let outcome = world.store.subtask_drop(inst, h);
        world.ok(outcome);
    }
    assert!(world.waiting().is_empty());
    for call in 0..world.calls.len() {
        assert_ne!(
            world.state(call),
            CallState::Pending,
            "call {call} never ended"
        );
    }
    for guest in &model.borrow().instances {
        let outcome = world.store.waitable_set_drop(guest.inst, guest.set);
        world.ok(outcome);
        for _ in 0..HANDLES {
            world.set_new(guest.inst);
        }
    }
}

impl Model {
    fn new(world: &mut World, seed: u64, ty: TypeId) -> Self {
        let instances: Vec<Guest> = (0..INSTANCES)
            .map(|_| {
                let inst = world.store.instance_new();
                Guest {
                    inst,
                    set: world.set_new(inst),
                    backpressure: 0,
                    subtasks: Vec::new(),
                }
            })
            .collect();
        Self {
            rng: Rng::new(seed + 1),
            flows: Flows::new(ty, instances.iter().map(|g| (g.inst, g.set)).collect()),
            instances,
            closing: false,
        }
    }

    /// The core function of a task; it marks its context, which the callback finds again.
    fn start(&mut self, world: &mut World, g: usize, call: u32) -> u32 {
        let inst = self.instances[g].inst;
        for (place, value) in [(0, g as u32), (1, call)] {
            let outcome = world.store.context_set(inst, place, u64::from(value));
            world.ok(outcome);
        }
        self.go_on(world, g, call)
    }

    fn callback(&mut self, world: &mut World, event: [u32; 3]) -> u32 {
        // Any instance may ask: the context is the task's.
        let outcome = world.store.context_get(self.instances[0].inst, 0);
        let g = world.ok32(outcome) as usize;
        let inst = self.instances[g].inst;
        let outcome = world.store.context_get(inst, 1);
        let call = world.ok32(outcome);
        if event[0] == TASK_CANCELLED {
            assert_eq!(world.state(call as usize), CallState::Pending);
            if self.rng.below(2) == 0 {
                let outcome = world.store.task_cancel(inst);
                world.ok(outcome);
                return EXIT;
            }
        } else {
            self.deliver(world, g, event);
        }
        self.go_on(world, g, call)
    }

    fn go_on(&mut self, world: &mut World, g: usize, call: u32) -> u32 {
        if !self.closing {
            for _ in 0..self.rng.below(3) {
                self.guest_step(world, g);
            }
        }
        let inst = self.instances[g].inst;
        let returned = world.state(call as usize) == CallState::Returned;
        let leave = self.closing || self.rng.below(3) == 0;
        if !returned && (leave || self.rng.below(4) == 0) {
            world.task_return(inst).expect("the task is current");
        }
        match self.rng.below(2) {
            _ if leave => EXIT,
            0 => YIELD,
            _ => wait(self.instances[g].set),
        }
    }

    fn guest_step(&mut self, world: &mut World, g: usize) {
        let inst = self.instances[g].inst;
        match self.rng.below(12) {
            0 => {
                let on = self.instances[g].backpressure == 0 || self.rng.below(4) == 0;
                self.pressure(world, g, on);
            }
            1 => {
                let event = world.poll(inst, self.instances[g].set);
                self.deliver(world, g, event);
            }
            2 if self.instances[g].subtasks.len() < 6 => {
                let (h, id) = world.pending_call(inst, 0);
                self.instances[g].subtasks.push(Pending {
                    h,
                    id,
                    resolved: false,
                    delivered: false,
                });
            }
            2..=5 => self.subtask_step(world, g),
            _ => self.flows.step(world, &mut self.rng, g),
        }
    }

    fn subtask_step(&mut self, world: &mut World, g: usize) {
        let Guest {
            inst,
            set,
            subtasks,
            ..
        } = &mut self.instances[g];
        if subtasks.is_empty() {
            return;
        }
        let at = self.rng.below(subtasks.len() as u32) as usize;
        let pending = &mut subtasks[at];
        match self.rng.below(4) {
            _ if pending.delivered => {
                let outcome = world.store.subtask_drop(*inst, pending.h);
                world.ok(outcome);
                subtasks.remove(at);
            }
            0 => {
                world.join(*inst, pending.h, Handle(0));
                let outcome = world.store.subtask_cancel(*inst, true, pending.h);
                let expected = match pending.resolved {
                    true => RETURNED,
                    false => CANCELLED_BEFORE_RETURNED,
                };
                assert_eq!(world.ok32(outcome), expected);
                pending.delivered = true;
            }
            1 => world.join(*inst, pending.h, *set),
            _ => {
                world.store.call_resolve(pending.id).expect("it is known");
                pending.resolved = true;
            }
        }
    }

    fn deliver(&mut self, world: &mut World, g: usize, [event, h, payload]: [u32; 3]) {
        match event {
            0 => {}
            // The call that wakes it.
            SUBTASK if self.closing => {}
            SUBTASK => {
                assert_eq!(payload, RETURNED);
                let subtasks = &mut self.instances[g].subtasks;
                let pending = subtasks.iter_mut().find(|p| p.h.0 == h);
                let pending = pending.expect("the event is of a subtask of this guest");
                assert!(pending.resolved && !pending.delivered);
                pending.delivered = true;
            }
            _ => self.flows.deliver(world, g, [event, h, payload]),
        }
    }

    fn pressure(&mut self, world: &mut World, g: usize, on: bool) {
        let guest = &mut self.instances[g];
        let outcome = if on {
            guest.backpressure += 1;
            world.store.backpressure_inc(guest.inst)
        } else {
            guest.backpressure -= 1;
            world.store.backpressure_dec(guest.inst)
        };
        world.ok(outcome);
    }

    fn close_subtasks(&mut self, world: &mut World, g: usize) {
        let Guest { inst, subtasks, .. } = &mut self.instances[g];
        for pending in subtasks.drain(..) {
            if !pending.delivered {
                world.join(*inst, pending.h, Handle(0));
                let outcome = world.store.subtask_cancel(*inst, true, pending.h);
                world.ok(outcome);
            }
            let outcome = world.store.subtask_drop(*inst, pending.h);
            world.ok(outcome);
        }
    }
}

const INSTANCES: u32 = 3;
const HANDLES: u32 = 64;
const TASKS: u32 = 40;
