//! Resources of guests and of the host: own and borrow, lends, destructors.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::rc::Rc;

use common::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{HOST, Handle, InstanceId, ResourceId, Slot};

fn new(world: &mut World, inst: InstanceId, res: ResourceId, rep: u32) -> Handle {
    let outcome = world.store.resource_new(inst, res, rep);
    Handle(world.ok32(outcome))
}

fn drop(world: &mut World, inst: InstanceId, res: ResourceId, h: Handle) -> Result<u64, TrapCode> {
    let outcome = world.store.resource_drop(inst, res, h);
    world.perform(outcome)
}

#[test]
fn a_guests_resource_travels_through_the_host() {
    let (mut world, maker, _) = one_instance();
    let user = world.store.instance_new();
    let res = resource_type(&mut world, maker, None);
    let h = new(&mut world, maker, res, u32::MAX);
    let outcome = world.store.resource_rep(maker, res, h);
    assert_eq!(world.ok(outcome), u64::from(u32::MAX));
    world.store.lift_own(maker, res, h).expect("it is owned");
    let (held, rep) = (world.arg(0), world.arg(1));
    assert_eq!(rep, u32::MAX);
    world.store.lower_own(user, res, held).expect("it is held");
    let h = Handle(world.arg(0));
    // It is the user's now, not the host's.
    assert_eq!(
        world.store.lower_own(user, res, held),
        Err(TrapCode::UnknownHandle)
    );
    assert_eq!(drop(&mut world, user, res, h), Ok(0));
}

#[test]
fn the_hosts_resource_is_its_rep() {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, HOST, None);
    world.store.lower_own(inst, res, 55).expect("there is room");
    let h = Handle(world.arg(0));
    world.store.lift_own(inst, res, h).expect("it is owned");
    assert_eq!([world.arg(0), world.arg(1)], [55, 55]);
    world.store.lower_own(inst, res, 55).expect("there is room");
    let h = Handle(world.arg(0));
    assert_eq!(drop(&mut world, inst, res, h), Ok(0));
    assert_eq!(world.destroyed, [55]);
}

#[test]
fn destructors_run_in_a_task_of_their_own() {
    let (mut world, maker, _) = one_instance();
    let user = world.store.instance_new();
    let res = resource_type(&mut world, maker, Some(Slot(4)));
    let inner = resource_type(&mut world, HOST, None);
    let slot = world.callback(|_, _| EXIT);
    world.dtors.insert(
        4,
        Rc::new(move |world, rep| {
            assert_eq!(rep, 9);
            let outcome = world.store.context_get(maker, 0);
            assert_eq!(world.ok(outcome), 0);
            // It drops what it holds itself.
            world
                .store
                .lower_own(maker, inner, 5)
                .expect("there is room");
            let h = Handle(world.arg(0));
            assert_eq!(drop(world, maker, inner, h), Ok(0));
        }),
    );
    world.call(
        user,
        slot,
        Rc::new(move |world| {
            let outcome = world.store.context_set(user, 0, 3);
            world.ok(outcome);
            let held = new(world, maker, res, 9);
            world.store.lift_own(maker, res, held).expect("it is owned");
            let held = world.arg(0);
            world.store.lower_own(user, res, held).expect("it is held");
            let h = Handle(world.arg(0));
            assert_eq!(drop(world, user, res, h), Ok(0));
            let outcome = world.store.context_get(user, 0);
            assert_eq!(world.ok(outcome), 3);
            world.task_return(user).expect("the key is right");
            EXIT
        }),
    );
    assert_eq!(world.destroyed, [5]);
    assert!(!world.settle_due());
}

#[test]
fn the_host_drops_what_it_holds() {
    let (mut world, maker, _) = one_instance();
    let res = resource_type(&mut world, maker, Some(Slot(4)));
    world
        .dtors
        .insert(4, Rc::new(|world, rep| world.destroyed.push(rep)));
    let h = new(&mut world, maker, res, 9);
    world.store.lift_own(maker, res, h).expect("it is owned");
    let held = Handle(world.arg(0));
    let outcome = world.store.host_resource_drop(held);
    world.ok(outcome);
    assert_eq!(world.destroyed, [9]);
    assert_eq!(
        world.store.host_resource_drop(held),
        Err(TrapCode::UnknownHandle)
    );
}

#[test]
fn lends_end_with_the_call_or_when_its_result_is_delivered() {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, HOST, None);
    world.store.lower_own(inst, res, 5).expect("there is room");
    let h = Handle(world.arg(0));
    let lent = Err(TrapCode::HandleLent);
    // Completed at once.
    let subtask = world.store.call_begin(inst).expect("it is known");
    for _ in 0..2 {
        world
            .store
            .lift_borrow(inst, res, h, subtask)
            .expect("it is there");
        assert_eq!(world.arg(0), 5);
    }
    assert_eq!(drop(&mut world, inst, res, h), lent);
    world.store.call_end(subtask).expect("it is known");
    // Resolved later: the lend lasts until the guest is told.
    let (sub, subtask) = world.pending_call(inst, 0);
    world
        .store
        .lift_borrow(inst, res, h, subtask)
        .expect("it is there");
    world.store.call_resolve(subtask).expect("it is known");
    assert_eq!(drop(&mut world, inst, res, h), lent);
    let set = world.set_new(inst);
    world.join(inst, sub, set);
    assert_eq!(world.poll(inst, set), [SUBTASK, sub.0, RETURNED]);
    // Cancelled.
    let (sub, subtask) = world.pending_call(inst, 1);
    world
        .store
        .lift_borrow(inst, res, h, subtask)
        .expect("it is there");
    let outcome = world.store.subtask_cancel(inst, true, sub);
    world.ok(outcome);
    assert_eq!(drop(&mut world, inst, res, h), Ok(0));
    assert_eq!(world.destroyed, [5]);
}

#[test]
fn borrows_are_dropped_before_the_task_returns() {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, HOST, None);
    let slot = world.callback(|_, _| EXIT);
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world
                .store
                .lower_borrow(inst, res, 5)
                .expect("there is room");
            let h = Handle(world.arg(0));
            let outcome = world.store.resource_rep(inst, res, h);
            assert_eq!(world.ok(outcome), 5);
            // A borrowed handle can be lent on.
            let subtask = world.store.call_begin(inst).expect("it is known");
            world
                .store
                .lift_borrow(inst, res, h, subtask)
                .expect("it is there");
            world.store.call_end(subtask).expect("it is known");
            assert_eq!(drop(world, inst, res, h), Ok(0));
            world.task_return(inst).expect("nothing is borrowed");
            EXIT
        }),
    );
    assert_eq!(world.state(call), CallState::Returned);
    assert!(world.destroyed.is_empty());
}

#[test]
fn a_borrow_of_its_own_resource_is_the_rep() {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, inst, None);
    world
        .store
        .lower_borrow(inst, res, 5)
        .expect("there is room");
    assert_eq!(world.arg(0), 5);
    assert!(!world.settle_due());
    assert_eq!(
        world.store.resource_rep(inst, res, Handle(1)),
        Err(TrapCode::UnknownHandle)
    );
}

#[test]
fn a_sync_call_accounts_for_its_borrows() {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, HOST, None);
    world.store.sync_enter(inst, false);
    world
        .store
        .lower_borrow(inst, res, 5)
        .expect("there is room");
    let h = Handle(world.arg(0));
    assert_eq!(drop(&mut world, inst, res, h), Ok(0));
    world.store.sync_exit().expect("nothing is borrowed");
}
