//! What the host does while an action of the runtime waits for it, it may do by way of guests: an operation that has not
//! returned keeps its waitable to itself.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::rc::Rc;

use common::*;
use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::BLOCKED;
use tidegate_runtime::{
    CallId, EndId, EndKind, EndRef, GuestBuffer, Handle, InstanceId, Side, SiteId, Step, TypeId,
};

/// A guest's read that has asked the host for elements, and the host's end that was asked.
fn pulling(world: &mut World, inst: InstanceId, ty: TypeId) -> (EndRef, EndId) {
    world
        .store
        .ends_new(EndKind::Stream, ty)
        .expect("the type exists");
    let (readable, writable) = (EndId(world.arg(0)), EndId(world.arg(1)));
    world
        .store
        .lower_end(inst, ty, readable)
        .expect("the host holds it");
    let at = end(
        EndKind::Stream,
        Side::Readable,
        inst,
        ty,
        Handle(world.arg(0)),
    );
    let buffer = GuestBuffer {
        site: SiteId(1),
        ptr: 0,
        len: 4,
        size: 1,
    };
    let pull = Step::Action(ActionKind::HostPull, writable.0);
    assert_eq!(world.store.end_copy(at, buffer, true), Ok(pull));
    (at, writable)
}

#[test]
fn a_read_that_pulls_is_not_cancelled() {
    let (mut world, inst, ty) = one_instance();
    let (at, _) = pulling(&mut world, inst, ty);
    assert_eq!(world.store.end_cancel(at, true), Err(TrapCode::SyncWaiter));
}

#[test]
fn a_read_that_pulls_joins_no_set() {
    let (mut world, inst, ty) = one_instance();
    let set = world.set_new(inst);
    let (at, _) = pulling(&mut world, inst, ty);
    let joined = world.store.waitable_join(inst, at.h, set);
    assert_eq!(joined, Err(TrapCode::SyncWaiter));
}

#[test]
fn what_a_pull_brings_is_for_the_read_and_not_for_its_set() {
    let (mut world, inst, ty) = one_instance();
    let set = world.set_new(inst);
    world
        .store
        .ends_new(EndKind::Stream, ty)
        .expect("it exists");
    let (r, w) = (EndId(world.arg(0)), EndId(world.arg(1)));
    let h = world.lower_end(inst, ty, r);
    world.join(inst, h, set);
    let at = end(EndKind::Stream, Side::Readable, inst, ty, h);
    let buffer = GuestBuffer {
        site: SiteId(1),
        ptr: 0,
        len: 4,
        size: 1,
    };
    let pull = Step::Action(ActionKind::HostPull, w.0);
    assert_eq!(world.store.end_copy(at, buffer, true), Ok(pull));
    let copy = world.store.host_copy(Side::Writable, w, 3);
    assert_eq!(copy, Ok(Step::Action(ActionKind::Copy, w.0)));
    assert_eq!(world.store.copied(), Ok(Step::Value(3 << 4)));
    assert_eq!(world.poll(inst, set), [0, 0, 0]);
    assert_eq!(world.store.pulled(), Ok(Step::Value(3 << 4)));
    assert_eq!(world.poll(inst, set), [0, 0, 0]);
}

#[test]
fn a_subtask_that_is_being_cancelled_joins_no_set() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, subtask) = world.pending_call(inst, 7);
    let abort = Step::Action(ActionKind::HostAbort, CallId(7).0);
    assert_eq!(world.store.subtask_cancel(inst, true, h), Ok(abort));
    let joined = world.store.waitable_join(inst, h, set);
    assert_eq!(joined, Err(TrapCode::SyncWaiter));
    let cancelled = Step::Value(u64::from(CANCELLED_BEFORE_RETURNED));
    assert_eq!(world.store.aborted(subtask), Ok(cancelled));
    world.join(inst, h, set);
}

#[test]
fn a_reader_that_the_host_drops_inside_of_its_pull_gets_nobody_elses_event() {
    let (mut world, _, ty) = one_instance();
    world
        .store
        .ends_new(EndKind::Stream, ty)
        .expect("it exists");
    let (r, w) = (EndId(world.arg(0)), EndId(world.arg(1)));
    let pull = Step::Action(ActionKind::HostPull, w.0);
    assert_eq!(world.store.host_copy(Side::Readable, r, 1), Ok(pull));
    world.ok_drop(r);
    // Another end takes the number, and has an event.
    world
        .store
        .ends_new(EndKind::Stream, ty)
        .expect("it exists");
    let (again, other) = (EndId(world.arg(0)), EndId(world.arg(1)));
    assert_eq!(again, r);
    world.ok_drop(other);
    let blocked = Step::Value(u64::from(BLOCKED));
    assert_eq!(world.store.pulled(), Ok(blocked));
    let dropped = Step::Value(1);
    assert_eq!(world.store.host_copy(Side::Readable, again, 1), Ok(dropped));
}

#[test]
fn a_waiting_task_that_has_returned_is_reported_without_its_call() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let slot = world.callback(|_, _| EXIT);
    // The host's numbers of calls begin at 0 here and at 1 in JS: the second one is telling.
    world.call(inst, slot, Rc::new(move |_| wait(set)));
    world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.task_return(inst).expect("the key is right");
            wait(set)
        }),
    );
    let reported: Vec<_> = world.waiting().iter().map(|words| words[1]).collect();
    assert_eq!(reported, [0, 0]);
}

trait OkDrop {
    fn ok_drop(&mut self, id: EndId);
}

impl OkDrop for World {
    fn ok_drop(&mut self, id: EndId) {
        assert_eq!(self.store.host_drop(id), Ok(Step::Value(0)));
    }
}
