//! Waitable sets and subtasks.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::cell::RefCell;
use std::rc::Rc;

use common::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{CallId, Handle, Limits};

#[test]
fn subtask_resolves_later() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, subtask) = world.pending_call(inst, 3);
    world.join(inst, h, set);
    assert_eq!(world.poll(inst, set), [0, 0, 0]);
    world.store.call_resolve(subtask).expect("it is known");
    assert_eq!(world.poll(inst, set), [SUBTASK, h.0, RETURNED]);
    assert_eq!(world.poll(inst, set), [0, 0, 0]);
    let outcome = world.store.subtask_drop(inst, h);
    world.ok(outcome);
    let outcome = world.store.waitable_set_drop(inst, set);
    world.ok(outcome);
}

#[test]
fn a_call_that_completes_at_once_has_no_handle() {
    let (mut world, inst, _) = one_instance();
    let subtask = world.store.call_begin(inst).expect("it is known");
    world.store.call_end(subtask).expect("it is known");
    assert_eq!(world.set_new(inst), Handle(1));
    assert_eq!(world.store.call_end(subtask), Err(TrapCode::UnknownHandle));
}

#[test]
fn cancelled_calls_are_aborted_at_once() {
    let (mut world, inst, _) = one_instance();
    let (h, subtask) = world.pending_call(inst, 3);
    let outcome = world.store.subtask_cancel(inst, true, h);
    assert_eq!(world.ok32(outcome), CANCELLED_BEFORE_RETURNED);
    assert_eq!(world.aborted, [CallId(3)]);
    // The host resolves it all the same: nothing happens.
    world.store.call_resolve(subtask).expect("it is known");
    assert!(!world.ready());
    let outcome = world.store.subtask_drop(inst, h);
    world.ok(outcome);
}

#[test]
fn cancelling_a_resolved_call_delivers_its_result() {
    let (mut world, inst, _) = one_instance();
    let (h, subtask) = world.pending_call(inst, 3);
    world.store.call_resolve(subtask).expect("it is known");
    let outcome = world.store.subtask_cancel(inst, true, h);
    assert_eq!(world.ok32(outcome), RETURNED);
    assert!(world.aborted.is_empty());
}

#[test]
fn a_call_that_resolves_while_it_is_aborted_has_returned() {
    let (mut world, inst, _) = one_instance();
    let (h, subtask) = world.pending_call(inst, 3);
    let outcome = world.store.subtask_cancel(inst, true, h);
    assert!(outcome.is_ok());
    world.store.call_resolve(subtask).expect("it is known");
    let outcome = world.store.aborted(subtask);
    assert_eq!(world.ok32(outcome), RETURNED);
}

#[test]
fn an_event_wakes_the_task_that_waits() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, subtask) = world.pending_call(inst, 3);
    world.join(inst, h, set);
    let slot = world.callback(move |world, event| {
        assert_eq!(event, [SUBTASK, h.0, RETURNED]);
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let call = world.call(inst, slot, Rc::new(move |_| wait(set)));
    assert_eq!(world.drain(), 0);
    world.store.call_resolve(subtask).expect("it is known");
    assert_eq!(world.drain(), 1);
    assert_eq!(world.state(call), CallState::Returned);
}

#[test]
fn a_task_that_waits_when_the_event_is_there_is_ready() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, subtask) = world.pending_call(inst, 3);
    world.store.call_resolve(subtask).expect("it is known");
    let slot = world.callback(move |world, event| {
        assert_eq!(event, [SUBTASK, h.0, RETURNED]);
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.join(inst, h, set);
            wait(set)
        }),
    );
    assert_eq!(world.drain(), 1);
}

#[test]
fn joining_with_an_event_wakes() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, subtask) = world.pending_call(inst, 3);
    world.store.call_resolve(subtask).expect("it is known");
    let slot = world.callback(move |world, _| {
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let call = world.call(inst, slot, Rc::new(move |_| wait(set)));
    world.join(inst, h, set);
    assert_eq!(world.drain(), 1);
    assert_eq!(world.state(call), CallState::Returned);
}

#[test]
fn an_event_taken_by_another_wakes_nobody() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, subtask) = world.pending_call(inst, 3);
    world.join(inst, h, set);
    let slot = world.callback(|_, _| EXIT);
    let call = world.call(inst, slot, Rc::new(move |_| wait(set)));
    world.store.call_resolve(subtask).expect("it is known");
    assert_eq!(world.poll(inst, set), [SUBTASK, h.0, RETURNED]);
    assert_eq!(world.drain(), 0);
    assert_eq!(world.state(call), CallState::Pending);
}

#[test]
fn leaving_a_set_takes_the_event_along() {
    let (mut world, inst, _) = one_instance();
    let (a, b) = (world.set_new(inst), world.set_new(inst));
    let (h, subtask) = world.pending_call(inst, 3);
    world.join(inst, h, a);
    world.store.call_resolve(subtask).expect("it is known");
    world.join(inst, h, b);
    assert_eq!(world.poll(inst, a), [0, 0, 0]);
    world.join(inst, h, b);
    world.join(inst, h, Handle(0));
    assert_eq!(world.poll(inst, b), [0, 0, 0]);
    world.join(inst, h, a);
    assert_eq!(world.poll(inst, a), [SUBTASK, h.0, RETURNED]);
    let outcome = world.store.waitable_set_drop(inst, b);
    world.ok(outcome);
}

#[test]
fn dropping_a_member_empties_its_set() {
    let (mut world, inst, ty) = one_instance();
    let set = world.set_new(inst);
    let (r, w) = stream(&mut world, inst, ty);
    world.join(inst, r.h, set);
    world.join(inst, w.h, set);
    world.drop_end(r).expect("it is at rest");
    world.drop_end(w).expect("it is at rest");
    assert_eq!(world.poll(inst, set), [0, 0, 0]);
    let outcome = world.store.waitable_set_drop(inst, set);
    world.ok(outcome);
}

#[test]
fn each_of_several_waiters_gets_an_event() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let slot = world.callback(move |world, [event, ..]| {
        assert_eq!(event, SUBTASK);
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let calls: Vec<usize> = (0..3)
        .map(|_| world.call(inst, slot, Rc::new(move |_| wait(set))))
        .collect();
    for i in 0..3 {
        let (h, subtask) = world.pending_call(inst, i);
        world.join(inst, h, set);
        world.store.call_resolve(subtask).expect("it is known");
    }
    assert_eq!(world.drain(), 3);
    assert!(calls.iter().all(|c| world.state(*c) == CallState::Returned));
}

#[test]
fn events_come_in_order_or_by_the_seed() {
    let order = |seed: Option<u64>| {
        let (mut world, inst, _) = one_instance();
        world.store.configure(Limits::DEFAULT, seed);
        let set = world.set_new(inst);
        let pending: Vec<_> = (0..6).map(|i| world.pending_call(inst, i)).collect();
        for (h, _) in &pending {
            world.join(inst, *h, set);
        }
        for (_, subtask) in pending.iter().rev() {
            world.store.call_resolve(*subtask).expect("it is known");
        }
        let order = RefCell::new(Vec::new());
        while let [SUBTASK, h, RETURNED] = world.poll(inst, set) {
            order.borrow_mut().push(h);
        }
        order.into_inner()
    };
    assert_eq!(order(None), [7, 6, 5, 4, 3, 2]);
    assert!((1..9).any(|seed| order(Some(seed)) != order(None)));
    assert_eq!(order(Some(4)).len(), 6);
}

#[test]
fn handles_are_used_again_and_stay_below_the_limit() {
    let (mut world, inst, _) = one_instance();
    let limits = Limits {
        handles: u32::MAX,
        tasks: 1,
    };
    world.store.configure(limits, None);
    let (a, b) = (world.set_new(inst), world.set_new(inst));
    for h in [a, b] {
        let outcome = world.store.waitable_set_drop(inst, h);
        world.ok(outcome);
    }
    assert_eq!(world.set_new(inst), b);
    assert_eq!(world.set_new(inst), a);
    assert_eq!(world.set_new(inst), Handle(3));
}
