//! The trail: which call led to which, as JS reads it after a trap.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::cell::RefCell;
use std::rc::Rc;

use common::*;
use tidegate_runtime::{FuncId, Handle, InstanceId, TaskId};

type Seen = Rc<RefCell<Vec<Vec<(InstanceId, FuncId)>>>>;

fn look(world: &World, seen: &Seen) {
    seen.borrow_mut().push(world.store.trail());
}

fn name(world: &mut World, task: TaskId, func: u32) {
    world.store.task_is(task, FuncId(func));
}

#[test]
fn nothing_runs_at_the_base() {
    let (mut world, inst, _) = one_instance();
    assert_eq!(world.store.trail(), []);
    world.store.sync_enter(inst, false);
    assert_eq!(world.store.control.inst, inst.0);
    assert_eq!(world.store.trail(), [], "nothing has observed its task");
    let observed = world.store.context_get(inst, 0);
    world.ok(observed);
    assert_eq!(world.store.trail(), [(inst, FuncId(0))]);
    world.store.sync_exit().expect("it holds nothing");
    assert_eq!(world.store.trail(), []);
    assert_eq!(world.store.control.inst, 0);
}

#[test]
fn a_call_leads_to_calls_inside_of_it_and_to_its_callbacks() {
    let (mut world, outer, _) = one_instance();
    let inner = world.store.instance_new();
    let seen = Seen::default();
    let set = world.set_new(inner);
    let at_callback = Rc::clone(&seen);
    let slot = world.callback(move |world, _| {
        look(world, &at_callback);
        let done = world.task_return(inner);
        done.expect("it has not returned");
        EXIT
    });
    let at_start = Rc::clone(&seen);
    let caller: Function = Rc::new(move |world: &mut World| {
        let running = TaskId(1);
        name(world, running, 10);
        look(world, &at_start);
        let inside = Rc::clone(&at_start);
        let callee: Function = Rc::new(move |world: &mut World| {
            name(world, TaskId(2), 20);
            look(world, &inside);
            YIELD
        });
        world.call(inner, slot, callee);
        look(world, &at_start);
        wait(Handle(1))
    });
    let own = world.set_new(outer);
    assert_eq!((own, set), (Handle(1), Handle(1)));
    let never = world.callback(|_, _| EXIT);
    world.call(outer, never, caller);
    assert_eq!(world.store.trail(), [], "it has given way");
    world.drain();
    let called = vec![(inner, FuncId(20)), (outer, FuncId(10))];
    let calling = vec![(outer, FuncId(10))];
    assert_eq!(
        *seen.borrow(),
        [calling.clone(), called.clone(), calling, called]
    );
}

#[test]
fn a_parent_that_has_ended_is_not_its_successor() {
    let (mut world, inst, _) = one_instance();
    let seen = Seen::default();
    let at_callback = Rc::clone(&seen);
    let slot = world.callback(move |world, _| {
        look(world, &at_callback);
        let done = world.task_return(inst);
        done.expect("it has not returned");
        EXIT
    });
    let other = world.store.instance_new();
    // It begins a call and ends at once; its thread's number is free.
    let parent: Function = Rc::new(move |world: &mut World| {
        name(world, TaskId(1), 10);
        let child: Function = Rc::new(|world: &mut World| {
            name(world, TaskId(2), 20);
            YIELD
        });
        world.call(inst, slot, child);
        let done = world.task_return(other);
        done.expect("it has not returned");
        EXIT
    });
    let never = world.callback(|_, _| EXIT);
    world.call(other, never, parent);
    let successor: Function = Rc::new(move |world: &mut World| {
        name(world, TaskId(1), 30);
        let done = world.task_return(other);
        done.expect("it has not returned");
        YIELD
    });
    world.call(other, never, successor);
    world.drain();
    assert_eq!(*seen.borrow(), [vec![(inst, FuncId(20))]]);
}
