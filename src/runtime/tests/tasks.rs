//! Tasks: entering, the exclusive lock, backpressure, callbacks, cancellation, contexts, and the report of who waits.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use common::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{Handle, InstanceId, Limits, NONE, TASK_CANCELLED, TaskId};

/// What happened, in order.
type Log = Rc<RefCell<Vec<String>>>;

fn log(log: &Log, what: impl Into<String>) {
    log.borrow_mut().push(what.into());
}

/// A function that logs its name and waits on a set.
fn waits(entries: &Log, name: &'static str, set: Handle) -> Function {
    let entries = Rc::clone(entries);
    Rc::new(move |_| {
        log(&entries, name);
        wait(set)
    })
}

fn backpressure(world: &mut World, inst: InstanceId, on: bool) {
    let outcome = match on {
        true => world.store.backpressure_inc(inst),
        false => world.store.backpressure_dec(inst),
    };
    world.ok(outcome);
}

#[test]
fn async_function_that_returns_at_once() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(|_, _| EXIT);
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.task_return(inst).expect("the key is right");
            EXIT
        }),
    );
    assert_eq!(world.state(call), CallState::Returned);
    assert!(!world.ready());
    assert_eq!(world.drain(), 0);
}

#[test]
fn yielding_gives_others_their_turn() {
    let (mut world, inst, _) = one_instance();
    let entries = Log::default();
    let seen = Rc::clone(&entries);
    let slot = world.callback(move |world, [event, ..]| {
        assert_eq!(event, NONE);
        log(&seen, "again");
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let first = world.call(inst, slot, Rc::new(|_| YIELD));
    log(&entries, "between");
    let second = world.call(inst, slot, Rc::new(|_| YIELD));
    assert!(world.ready());
    assert_eq!(world.drain(), 2);
    assert_eq!(*entries.borrow(), ["between", "again", "again"]);
    assert_eq!(world.state(first), CallState::Returned);
    assert_eq!(world.state(second), CallState::Returned);
}

#[test]
fn task_may_go_on_after_its_return() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(|_, _| EXIT);
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.task_return(inst).expect("the key is right");
            YIELD
        }),
    );
    assert_eq!(world.state(call), CallState::Returned);
    assert_eq!(world.drain(), 1);
}

#[test]
fn the_exclusive_lock_is_held_while_a_task_runs_and_free_while_it_waits() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(|_, _| EXIT);
    let inner = Rc::new(Cell::new(usize::MAX));
    let seen = Rc::clone(&inner);
    let outer = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            // The host calls the same instance back: that call waits.
            let call = world.call(
                inst,
                slot,
                Rc::new(move |world| {
                    world.task_return(inst).expect("the key is right");
                    EXIT
                }),
            );
            seen.set(call);
            assert_eq!(world.state(call), CallState::Pending);
            world.task_return(inst).expect("the key is right");
            YIELD
        }),
    );
    assert_eq!(world.state(outer), CallState::Returned);
    assert_eq!(world.waiting().len(), 2);
    world.drain();
    assert_eq!(world.state(inner.get()), CallState::Returned);
    assert!(world.waiting().is_empty());
}

#[test]
fn sync_lifted_async_functions_need_the_lock_too() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(|_, _| EXIT);
    let inner = Rc::new(Cell::new(usize::MAX));
    let seen = Rc::clone(&inner);
    world.call(
        inst,
        slot,
        Rc::new(move |world| {
            seen.set(world.call(inst, None, Rc::new(|_| 0)));
            assert_eq!(world.state(seen.get()), CallState::Pending);
            world.task_return(inst).expect("the key is right");
            EXIT
        }),
    );
    assert!(world.ready());
    world.drain();
    assert_eq!(world.state(inner.get()), CallState::Returned);
}

#[test]
fn instances_do_not_lock_each_other() {
    let (mut world, inst, _) = one_instance();
    let other = world.store.instance_new();
    let slot = world.callback(|_, _| EXIT);
    world.call(
        inst,
        slot,
        Rc::new(move |world| {
            let call = world.call(other, None, Rc::new(|_| 0));
            assert_eq!(world.state(call), CallState::Returned);
            world.task_return(inst).expect("the task is current again");
            EXIT
        }),
    );
}

#[test]
fn backpressure_keeps_calls_out_in_order() {
    let (mut world, inst, _) = one_instance();
    let entries = Log::default();
    let set = world.set_new(inst);
    let slot = world.callback(|_, _| EXIT);
    backpressure(&mut world, inst, true);
    backpressure(&mut world, inst, true);
    world.call(inst, slot, waits(&entries, "a", set));
    world.call(inst, slot, waits(&entries, "b", set));
    backpressure(&mut world, inst, false);
    world.drain();
    assert!(entries.borrow().is_empty());
    assert_eq!(world.waiting(), [[inst.0, 0, 0, 1], [inst.0, 1, 0, 1]]);
    backpressure(&mut world, inst, false);
    assert!(world.ready());
    // Whoever comes while others wait, waits behind them.
    world.call(inst, slot, waits(&entries, "c", set));
    assert!(entries.borrow().is_empty());
    world.drain();
    assert_eq!(*entries.borrow(), ["a", "b", "c"]);
}

#[test]
fn backpressure_does_not_keep_sync_calls_or_callbacks_out() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(move |world, _| {
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let call = world.call(inst, slot, Rc::new(|_| YIELD));
    backpressure(&mut world, inst, true);
    world.store.sync_enter(inst, false);
    world.store.sync_exit().expect("nothing was borrowed");
    world.drain();
    assert_eq!(world.state(call), CallState::Returned);
}

#[test]
fn a_start_that_is_overtaken_waits_again() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(|_, _| EXIT);
    backpressure(&mut world, inst, true);
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.task_return(inst).expect("the key is right");
            EXIT
        }),
    );
    backpressure(&mut world, inst, false);
    let start = world.store.next_action().expect("a turn");
    // Before the host performs it, a guest wants quiet again.
    backpressure(&mut world, inst, true);
    world.perform(Ok(start)).expect("a start");
    assert_eq!(world.state(call), CallState::Pending);
    world.drain();
    backpressure(&mut world, inst, false);
    world.drain();
    assert_eq!(world.state(call), CallState::Returned);
}

#[test]
fn cancelled_before_it_started() {
    let (mut world, inst, _) = one_instance();
    let entries = Log::default();
    let set = world.set_new(inst);
    let slot = world.callback(|_, _| EXIT);
    backpressure(&mut world, inst, true);
    let a = world.call(inst, slot, waits(&entries, "a", set));
    let b = world.call(inst, slot, waits(&entries, "b", set));
    world.cancel(a);
    assert!(world.ready());
    world.drain();
    assert_eq!(world.state(a), CallState::Cancelled);
    backpressure(&mut world, inst, false);
    // The first of the queue was woken; it is cancelled before its turn, and the next one must not be forgotten.
    let c = world.call(inst, slot, waits(&entries, "c", set));
    world.cancel(b);
    world.drain();
    assert_eq!(world.state(b), CallState::Cancelled);
    assert_eq!(world.state(c), CallState::Pending);
    assert_eq!(*entries.borrow(), ["c"]);
}

/// A callback task that is told of its cancellation while it does `packed`.
fn cancelled_while(packed: fn(Handle) -> u32) {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let slot = world.callback(move |world, event| {
        assert_eq!(event, [TASK_CANCELLED, 0, 0]);
        let outcome = world.store.task_cancel(inst);
        world.ok(outcome);
        EXIT
    });
    let call = world.call(inst, slot, Rc::new(move |_| packed(set)));
    world.cancel(call);
    world.cancel(call);
    assert!(world.ready());
    assert_eq!(world.drain(), 1);
    assert_eq!(world.state(call), CallState::Cancelled);
    let outcome = world.store.waitable_set_drop(inst, set);
    world.ok(outcome);
}

#[test]
fn cancelled_while_yielding() {
    cancelled_while(|_| YIELD);
}

#[test]
fn cancelled_while_waiting() {
    cancelled_while(wait);
}

#[test]
fn cancelled_while_running_is_told_before_anything_else() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(move |world, event| {
        assert_eq!(event, [TASK_CANCELLED, 0, 0]);
        // It may return all the same.
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let entries = Log::default();
    let set = world.set_new(inst);
    let second = waits(&entries, "second", set);
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.cancel(0);
            world.call(inst, slot, Rc::clone(&second));
            // No such set; but it does not come to waiting, and nobody else comes in between.
            wait(Handle(99))
        }),
    );
    assert!(entries.borrow().is_empty());
    assert_eq!(world.turn(), Ok(true));
    assert_eq!(world.state(call), CallState::Returned);
    world.drain();
    assert_eq!(*entries.borrow(), ["second"]);
}

#[test]
fn cancellation_is_only_asked_for_and_ends_with_the_task() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let slot = world.callback(move |world, event| match event {
        [TASK_CANCELLED, ..] => wait(set),
        _ => {
            world.task_return(inst).expect("the key is right");
            EXIT
        }
    });
    let (h, subtask) = world.pending_call(inst, 0);
    world.join(inst, h, set);
    let call = world.call(inst, slot, Rc::new(move |_| wait(set)));
    world.cancel(call);
    world.drain();
    assert_eq!(world.state(call), CallState::Pending);
    // A second request changes nothing.
    world.cancel(call);
    assert_eq!(world.drain(), 0);
    world.store.call_resolve(subtask).expect("it is known");
    world.drain();
    assert_eq!(world.state(call), CallState::Returned);
    // The task is gone.
    world.cancel(call);
    assert_eq!(
        world.store.task_enter(TaskId(77)),
        Err(TrapCode::UnknownHandle)
    );
}

#[test]
fn cancelled_waiter_leaves_the_event_to_the_next() {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let slot = world.callback(move |world, event| {
        if event[0] == TASK_CANCELLED {
            let outcome = world.store.task_cancel(inst);
            world.ok(outcome);
        } else {
            assert_eq!(event[0], SUBTASK);
            world.task_return(inst).expect("the key is right");
        }
        EXIT
    });
    let (h, subtask) = world.pending_call(inst, 0);
    world.join(inst, h, set);
    let a = world.call(inst, slot, Rc::new(move |_| wait(set)));
    let b = world.call(inst, slot, Rc::new(move |_| wait(set)));
    world.store.call_resolve(subtask).expect("it is known");
    world.cancel(a);
    world.drain();
    assert_eq!(world.state(a), CallState::Cancelled);
    assert_eq!(world.state(b), CallState::Returned);
}

#[test]
fn sync_task_does_not_hear_of_its_cancellation() {
    let (mut world, inst, _) = one_instance();
    let call = world.call(
        inst,
        None,
        Rc::new(|world| {
            world.cancel(0);
            0
        }),
    );
    assert_eq!(world.state(call), CallState::Returned);
    assert!(!world.ready());
}

#[test]
fn a_blocked_callback_runs_when_the_lock_is_free() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(move |world, _| {
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let a = world.call(inst, slot, Rc::new(|_| YIELD));
    let b = world.call(inst, slot, Rc::new(|_| YIELD));
    world.call(
        inst,
        None,
        Rc::new(move |world| {
            // Turns while the lock is held, as when a task of this instance is suspended.
            while world.turn().expect("no turn traps") {}
            assert_eq!(world.state(a), CallState::Pending);
            0
        }),
    );
    assert!(world.ready());
    assert_eq!(world.drain(), 2);
    assert_eq!(world.state(a), CallState::Returned);
    assert_eq!(world.state(b), CallState::Returned);
}

#[test]
fn contexts_belong_to_tasks() {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(move |world, _| {
        let outcome = world.store.context_get(inst, 0);
        let number = world.ok32(outcome);
        let call = world
            .calls
            .iter()
            .filter(|c| c.state == CallState::Returned);
        assert_eq!(number as usize, call.count() + 40);
        let outcome = world.store.context_get(inst, 1);
        assert_eq!(world.ok(outcome), u64::from(u32::MAX));
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    for number in [40, 41] {
        world.call(
            inst,
            slot,
            Rc::new(move |world| {
                for (place, value) in [(0, number), (1, u32::MAX)] {
                    let outcome = world.store.context_get(inst, place);
                    assert_eq!(world.ok(outcome), 0);
                    let outcome = world.store.context_set(inst, place, u64::from(value));
                    world.ok(outcome);
                }
                // A sync call inside has a context of its own.
                world.store.sync_enter(inst, false);
                let outcome = world.store.context_get(inst, 0);
                assert_eq!(world.ok(outcome), 0);
                world.store.sync_exit().expect("nothing was borrowed");
                let outcome = world.store.context_get(inst, 0);
                assert_eq!(world.ok32(outcome), number);
                YIELD
            }),
        );
    }
    assert_eq!(world.drain(), 2);
}

#[test]
fn a_base_level_sync_call_makes_its_task_when_it_is_observed() {
    let (mut world, inst, _) = one_instance();
    for _ in 0..3 {
        let outcome = world.store.context_get(inst, 0);
        assert_eq!(world.ok(outcome), 0);
        assert!(world.settle_due());
        let outcome = world.store.context_set(inst, 0, 5);
        world.ok(outcome);
        // The host calls an async function meanwhile.
        world.call(
            inst,
            None,
            Rc::new(move |world| {
                let outcome = world.store.context_get(inst, 0);
                assert_eq!(world.ok(outcome), 0);
                0
            }),
        );
        let outcome = world.store.context_get(inst, 0);
        assert_eq!(world.ok(outcome), 5);
        world.store.sync_settle().expect("nothing was borrowed");
        assert!(!world.settle_due());
    }
    world
        .store
        .sync_settle()
        .expect("settling twice does nothing");
}

#[test]
fn the_report_says_who_waits_for_what() {
    let (mut world, inst, _) = one_instance();
    let other = world.store.instance_new();
    let set = world.set_new(inst);
    let slot = world.callback(|_, _| EXIT);
    backpressure(&mut world, other, true);
    world.call(inst, slot, Rc::new(move |_| wait(set)));
    world.call(inst, slot, Rc::new(|_| YIELD));
    world.call(other, None, Rc::new(|_| 0));
    let all = world.waiting();
    assert_eq!(
        all,
        [[inst.0, 0, 2, set.0], [inst.0, 1, 1, 0], [other.0, 2, 0, 1]]
    );
}

#[test]
fn a_seed_changes_the_order_and_the_same_seed_repeats_it() {
    let order = |seed: Option<u64>| {
        let (mut world, inst, _) = one_instance();
        world.store.configure(Limits::DEFAULT, seed);
        let order = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&order);
        let slot = world.callback(move |world, _| {
            let outcome = world.store.context_get(inst, 0);
            seen.borrow_mut().push(world.ok32(outcome));
            world.task_return(inst).expect("the key is right");
            EXIT
        });
        for number in 0..8 {
            world.call(
                inst,
                slot,
                Rc::new(move |world| {
                    let outcome = world.store.context_set(inst, 0, number);
                    world.ok(outcome);
                    YIELD
                }),
            );
        }
        world.drain();
        order.borrow().clone()
    };
    let fifo: Vec<u32> = (0..8).collect();
    assert_eq!(order(None), fifo);
    assert_eq!(order(Some(3)), order(Some(3)));
    assert!((1..9).any(|seed| order(Some(seed)) != fifo));
}

#[test]
fn a_call_beyond_the_limit_is_refused_and_the_store_lives_on() {
    let (mut world, inst, _) = one_instance();
    let limits = Limits {
        tasks: 2,
        ..Limits::DEFAULT
    };
    world.store.configure(limits, None);
    let slot = world.callback(move |world, _| {
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let function: Function = Rc::new(|_| YIELD);
    world.call(inst, slot, Rc::clone(&function));
    world.call(inst, slot, Rc::clone(&function));
    let refused = world.try_call(inst, slot, Rc::clone(&function));
    assert_eq!(refused, Err(TrapCode::LimitExceeded));
    world.drain();
    world.call(inst, slot, function);
    assert_eq!(world.drain(), 1);
}
