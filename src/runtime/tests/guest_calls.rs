//! Calls between guests: every way to lower against every way to lift, waiting, stacks, cancellation, handles.

#![cfg(not(target_arch = "wasm32"))]

mod common;
mod stacks;

use std::cell::Cell;
use std::rc::Rc;

use common::*;
use stacks::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    ErrorContextId, Handle, InstanceId, Lift, Step, Store, SubtaskId, TASK_CANCELLED,
};

fn sim() -> (Sim, [InstanceId; 2]) {
    let sim = Sim::new();
    let pair = [0, 1].map(|_| sim.store(Store::instance_new));
    (sim, pair)
}

fn ok(outcome: Result<Step, TrapCode>) -> u64 {
    match outcome {
        Ok(Step::Value(value)) => value,
        other => panic!("it is a value: {other:?}"),
    }
}

/// Runs a stackful task of an instance that has to return.
fn caller<F: Future<Output = Result<(), TrapCode>> + 'static>(
    sim: &Sim,
    inst: InstanceId,
    body: impl Fn(Sim) -> F + 'static,
) -> usize {
    let body = core(move |sim, _| {
        let ran = body(sim.clone());
        async move {
            ran.await?;
            sim.task_return(inst, 0)?;
            Ok(0)
        }
    });
    sim.call(inst, STACKFUL, 0, body).expect("no trap")
}

/// Callees that give back their parameter and 1; with `waits`, after a turn.
fn adds_one(sim: &Sim, inst: InstanceId, lift: Lift, waits: bool) -> (Lift, Core) {
    match lift {
        Lift::Sync | Lift::SyncTyped => (
            lift,
            core(move |sim, param| async move {
                if waits {
                    sim.yield_(inst).await?;
                }
                Ok(param as u32 + 1)
            }),
        ),
        Lift::Stackful { .. } => (
            lift,
            core(move |sim, param| async move {
                if waits {
                    sim.yield_(inst).await?;
                }
                sim.task_return(inst, param + 1)?;
                Ok(0)
            }),
        ),
        Lift::Callback { .. } => (
            sim.callback(move |sim, _| async move {
                let param = sim.store(|s| s.context_get64(inst, 0))?;
                sim.task_return(inst, param + 1)?;
                Ok(EXIT)
            }),
            core(move |sim, param| async move {
                if !waits {
                    sim.task_return(inst, param + 1)?;
                    return Ok(EXIT);
                }
                ok(sim.store(|s| s.context_set(inst, 0, param)));
                Ok(YIELD)
            }),
        ),
    }
}

const CALLBACK: Lift = Lift::Callback {
    slot: tidegate_runtime::Slot(0),
    return_key: KEY,
};

#[test]
fn every_lower_calls_every_lift() {
    for lift in [Lift::Sync, CALLBACK, STACKFUL] {
        for waits in [false, true] {
            for may_block in [false, true] {
                for pressed in [false, true] {
                    let (sim, [a, b]) = sim();
                    let (lift, function) = adds_one(&sim, b, lift, waits);
                    let sync = sim.site([a, b], false, lift, may_block, Rc::clone(&function));
                    let other = sim.site([a, b], true, lift, may_block, function);
                    if pressed {
                        ok(sim.store(|s| s.backpressure_inc(b)));
                    }
                    let call = caller(&sim, a, move |sim| async move {
                        assert_eq!(sim.call_sync(sync, 10).await?, 11);
                        if let Answer::Pending(_, h) = sim.call_async(other, 20, 1).await? {
                            assert_eq!(sim.resolved(a, h).await?, RETURNED);
                        }
                        assert_eq!(sim.memory(1), Some(21));
                        Ok(())
                    });
                    sim.run().expect("no trap");
                    if pressed {
                        assert_ne!(sim.state(call), CallState::Returned);
                        ok(sim.store(|s| s.backpressure_dec(b)));
                        sim.run().expect("no trap");
                    }
                    assert_eq!(sim.state(call), CallState::Returned);
                    assert_eq!(sim.stacks(), 0);
                    assert!(sim.world().waiting().is_empty());
                }
            }
        }
    }
}

#[test]
fn an_async_call_that_returns_at_once_has_no_handle() {
    let (sim, [a, b]) = sim();
    let (lift, function) = adds_one(&sim, b, CALLBACK, false);
    let site = sim.site([a, b], true, lift, false, function);
    caller(&sim, a, move |sim| async move {
        assert_eq!(sim.call_async(site, 1, 5).await?, Answer::Returned);
        assert_eq!(sim.world().set_new(a), Handle(1));
        Ok(())
    });
    assert_eq!(sim.memory(5), Some(2));
    assert!(!sim.world().ready());
}

#[test]
fn a_callee_that_blocks_leaves_its_caller_running() {
    let (sim, [a, b]) = sim();
    let (lift, function) = adds_one(&sim, b, Lift::Sync, true);
    let site = sim.site([a, b], true, lift, true, function);
    let call = caller(&sim, a, move |sim| async move {
        let Answer::Pending(STARTED, h) = sim.call_async(site, 1, 5).await? else {
            panic!("it is on a stack of its own");
        };
        assert_eq!(sim.memory(5), None);
        assert_eq!(sim.resolved(a, h).await?, RETURNED);
        assert_eq!(sim.memory(5), Some(2));
        Ok(())
    });
    assert_eq!(sim.stacks(), 2);
    sim.run().expect("no trap");
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn a_callee_on_its_callers_stack_takes_it_along() {
    let (sim, [a, b]) = sim();
    let (lift, function) = adds_one(&sim, b, Lift::Sync, true);
    let site = sim.site([a, b], false, lift, true, function);
    let call = caller(&sim, a, move |sim| async move {
        let before = sim.index(a);
        assert_eq!(sim.call_sync(site, 1).await?, 2);
        // It is the caller's thread again.
        assert_eq!(sim.index(a), before);
        Ok(())
    });
    assert_eq!(sim.stacks(), 1);
    assert_eq!(sim.world().waiting(), [[b.0, 0, 1, 0]]);
    sim.run().expect("no trap");
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn a_callee_goes_on_after_its_caller_has_what_it_wants() {
    for is_async in [false, true] {
        for lift in [STACKFUL, CALLBACK] {
            let (sim, [a, b]) = sim();
            let function = core(move |sim, param| async move {
                sim.task_return(b, param + 1)?;
                sim.yield_(b).await?;
                Ok(EXIT)
            });
            let site = sim.site([a, b], is_async, lift, true, function);
            let call = caller(&sim, a, move |sim| async move {
                match is_async {
                    true => assert_eq!(sim.call_async(site, 1, 5).await?, Answer::Returned),
                    false => assert_eq!(sim.call_sync(site, 1).await?, 2),
                }
                Ok(())
            });
            assert_eq!(sim.state(call), CallState::Returned);
            assert_eq!(sim.stacks(), 1);
            sim.run().expect("no trap");
            assert_eq!(sim.stacks(), 0);
            assert!(sim.world().waiting().is_empty());
        }
    }
}

#[test]
fn a_call_that_waits_to_start_says_when_it_has_started() {
    let (sim, [a, b]) = sim();
    let set = sim.world().set_new(b);
    let (h, host) = sim.world().pending_call(b, 0);
    sim.world().join(b, h, set);
    let lift = sim.callback(move |sim, _| async move {
        sim.task_return(b, 7)?;
        Ok(EXIT)
    });
    let site = sim.site(
        [a, b],
        true,
        lift,
        false,
        core(move |_, _| async move { Ok(wait(set)) }),
    );
    ok(sim.store(|s| s.backpressure_inc(b)));
    let states = Rc::new(Cell::new([9; 3]));
    let seen = Rc::clone(&states);
    let call = caller(&sim, a, move |sim| {
        let seen = Rc::clone(&seen);
        async move {
            let Answer::Pending(first, h) = sim.call_async(site, 1, 5).await? else {
                panic!("it waits");
            };
            let set = sim.world().set_new(a);
            sim.world().join(a, h, set);
            let [_, _, second] = sim.wait(a, set).await?;
            seen.set([first, second, 9]);
            let [_, _, third] = sim.wait(a, set).await?;
            seen.set([first, second, third]);
            Ok(())
        }
    });
    ok(sim.store(|s| s.backpressure_dec(b)));
    sim.run().expect("no trap");
    assert_eq!(states.get(), [0, STARTED, 9]);
    sim.store(|s| s.call_resolve(host)).expect("it is known");
    sim.run().expect("no trap");
    assert_eq!(states.get(), [0, STARTED, RETURNED]);
    assert_eq!(sim.memory(5), Some(7));
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn a_call_is_started_only_when_a_stack_is_free() {
    let (sim, [a, b]) = sim();
    let (lift, function) = adds_one(&sim, b, STACKFUL, true);
    for is_async in [true, false] {
        let site = sim.site([a, b], is_async, lift, true, Rc::clone(&function));
        let call = caller(&sim, a, move |sim| async move {
            sim.store(|s| s.stacks_full(true));
            if !is_async {
                assert_eq!(sim.call_sync(site, 1).await?, 2);
                return Ok(());
            }
            let Answer::Pending(0, h) = sim.call_async(site, 1, 5).await? else {
                panic!("it is starting");
            };
            sim.resolved(a, h).await.map(drop)
        });
        assert_eq!(sim.run(), Ok(0));
        sim.store(|s| s.stacks_full(false));
        sim.run().expect("no trap");
        assert_eq!(sim.state(call), CallState::Returned);
    }
}

/// Cancels a call of each kind of callee, and tells what `subtask.cancel` and the subtask's end were.
fn cancelled(
    is_async: bool,
    before: impl Fn(&Sim) + 'static,
    after: impl Fn(&Sim) + 'static,
    make: impl Fn(&Sim, InstanceId) -> (Lift, bool, Core),
) -> [u32; 2] {
    let (sim, [a, b]) = sim();
    assert_eq!([a.0, b.0], [1, 2]);
    let (lift, may_block, function) = make(&sim, b);
    let site = sim.site([a, b], true, lift, may_block, function);
    let states = Rc::new(Cell::new([9; 2]));
    let seen = Rc::clone(&states);
    before(&sim);
    let go = Rc::new(Cell::new(false));
    let begun = Rc::clone(&go);
    let call = caller(&sim, a, move |sim| {
        let (seen, begun) = (Rc::clone(&seen), Rc::clone(&begun));
        async move {
            let Answer::Pending(_, h) = sim.call_async(site, 1, 5).await? else {
                panic!("it waits");
            };
            begun.set(true);
            sim.yield_(a).await?;
            let state = sim.subtask_cancel(a, is_async, h).await?;
            seen.set([state, 9]);
            if state == BLOCKS {
                let again = sim.store(|s| s.subtask_cancel(a, true, h));
                assert_eq!(again, Err(TrapCode::InvalidCancel));
                seen.set([state, sim.resolved(a, h).await?]);
            } else {
                ok(sim.store(|s| s.subtask_drop(a, h)));
            }
            Ok(())
        }
    });
    assert!(go.get());
    sim.run().expect("no trap");
    after(&sim);
    sim.run().expect("no trap");
    assert_eq!(sim.state(call), CallState::Returned);
    assert_eq!(sim.stacks(), 0);
    assert!(sim.world().waiting().is_empty());
    states.get()
}

const NOTHING: fn(&Sim) = |_| {};
const B: InstanceId = InstanceId(2);

/// A callback that answers its cancellation by the given function.
fn waits_and<F: Future<Output = Result<u32, TrapCode>> + 'static>(
    sim: &Sim,
    inst: InstanceId,
    may_block: bool,
    body: impl Fn(Sim) -> F + 'static,
) -> (Lift, bool, Core) {
    let set = sim.world().set_new(inst);
    let lift = sim.callback(move |sim, [event, ..]| {
        assert!(event == TASK_CANCELLED || event == 0);
        body(sim)
    });
    (
        lift,
        may_block,
        core(move |_, _| async move { Ok(wait(set)) }),
    )
}

#[test]
fn a_waiting_callback_is_told_of_its_cancellation_at_once() {
    for may_block in [false, true] {
        for is_async in [false, true] {
            let states = cancelled(is_async, NOTHING, NOTHING, move |sim, inst| {
                waits_and(sim, inst, may_block, move |sim| async move {
                    sim.task_cancel(inst).await?;
                    Ok(EXIT)
                })
            });
            assert_eq!(states, [CANCELLED_BEFORE_RETURNED, 9]);
            let states = cancelled(is_async, NOTHING, NOTHING, move |sim, inst| {
                waits_and(sim, inst, may_block, move |sim| async move {
                    sim.task_return(inst, 3)?;
                    Ok(EXIT)
                })
            });
            assert_eq!(states, [RETURNED, 9]);
        }
    }
}

#[test]
fn a_callback_that_takes_its_time_blocks_its_cancellation() {
    for may_block in [false, true] {
        for is_async in [false, true] {
            let asked = Rc::new(Cell::new(false));
            let states = cancelled(is_async, NOTHING, NOTHING, move |sim, inst| {
                let asked = Rc::clone(&asked);
                waits_and(sim, inst, may_block, move |sim| {
                    let before = asked.replace(true);
                    async move {
                        if !before {
                            return Ok(YIELD);
                        }
                        sim.task_cancel(inst).await?;
                        Ok(EXIT)
                    }
                })
            });
            assert_eq!(
                states,
                match is_async {
                    true => [BLOCKS, CANCELLED_BEFORE_RETURNED],
                    false => [CANCELLED_BEFORE_RETURNED, 9],
                }
            );
        }
    }
}

#[test]
fn a_callback_that_blocks_while_it_is_cancelled_blocks_its_cancellation() {
    for is_async in [false, true] {
        let states = cancelled(is_async, NOTHING, NOTHING, move |sim, inst| {
            waits_and(sim, inst, true, move |sim| async move {
                sim.yield_(inst).await?;
                sim.task_cancel(inst).await?;
                Ok(EXIT)
            })
        });
        assert_eq!(
            states,
            match is_async {
                true => [BLOCKS, CANCELLED_BEFORE_RETURNED],
                false => [CANCELLED_BEFORE_RETURNED, 9],
            }
        );
    }
}

#[test]
fn a_callback_that_blocks_on_its_cancellers_stack_takes_it_along() {
    for is_async in [false, true] {
        let states = cancelled(is_async, NOTHING, NOTHING, move |sim, inst| {
            // Nobody has told that it may block.
            waits_and(sim, inst, false, move |sim| async move {
                sim.yield_(inst).await?;
                sim.task_cancel(inst).await?;
                Ok(EXIT)
            })
        });
        assert_eq!(states, [CANCELLED_BEFORE_RETURNED, 9]);
    }
}

#[test]
fn a_call_that_has_not_started_is_cancelled_before() {
    const CANCELLED_BEFORE_STARTED: u32 = 3;
    let press = |sim: &Sim| assert_eq!(ok(sim.store(|s| s.backpressure_inc(B))), 0);
    let release = |sim: &Sim| assert_eq!(ok(sim.store(|s| s.backpressure_dec(B))), 0);
    for lift in [Lift::Sync, CALLBACK, STACKFUL] {
        for is_async in [false, true] {
            let states = cancelled(is_async, press, release, move |sim, inst| {
                let (lift, function) = adds_one(sim, inst, lift, false);
                (lift, false, function)
            });
            assert_eq!(states, [CANCELLED_BEFORE_STARTED, 9]);
        }
    }
}

#[test]
fn a_stackful_callee_does_not_hear_of_its_cancellation() {
    for is_async in [false, true] {
        let states = cancelled(is_async, NOTHING, NOTHING, move |_, inst| {
            let body = core(move |sim, param| async move {
                sim.yield_(inst).await?;
                sim.yield_(inst).await?;
                sim.yield_(inst).await?;
                sim.task_return(inst, param)?;
                Ok(0)
            });
            (STACKFUL, true, body)
        });
        assert_eq!(
            states,
            match is_async {
                true => [BLOCKS, RETURNED],
                false => [RETURNED, 9],
            }
        );
    }
}

#[test]
fn a_cancelled_call_whose_instance_is_busy_is_told_when_it_is_free() {
    let (sim, [a, b]) = sim();
    let set = sim.world().set_new(b);
    let lift = sim.callback(move |sim, [event, ..]| async move {
        assert_eq!(event, TASK_CANCELLED);
        sim.task_cancel(b).await?;
        Ok(EXIT)
    });
    let site = sim.site(
        [a, b],
        true,
        lift,
        false,
        core(move |_, _| async move { Ok(wait(set)) }),
    );
    let busy = sim.callback(|_, _| async { Ok(EXIT) });
    let call = caller(&sim, a, move |sim| async move {
        let Answer::Pending(STARTED, h) = sim.call_async(site, 1, 5).await? else {
            panic!("it waits");
        };
        let holder = core(move |sim, _| async move {
            sim.yield_(b).await?;
            sim.task_return(b, 0)?;
            Ok(EXIT)
        });
        sim.call(b, busy, 0, holder).expect("no trap");
        assert_eq!(sim.subtask_cancel(a, true, h).await?, BLOCKS);
        assert_eq!(sim.resolved(a, h).await?, CANCELLED_BEFORE_RETURNED);
        Ok(())
    });
    sim.run().expect("no trap");
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn a_call_in_a_set_or_resolved_is_not_cancelled() {
    let (sim, [a, b]) = sim();
    let (lift, function) = adds_one(&sim, b, CALLBACK, true);
    let site = sim.site([a, b], true, lift, false, function);
    caller(&sim, a, move |sim| async move {
        let Answer::Pending(STARTED, h) = sim.call_async(site, 1, 5).await? else {
            panic!("it waits");
        };
        let set = sim.world().set_new(a);
        sim.world().join(a, h, set);
        let trap = sim.subtask_cancel(a, true, h).await;
        assert_eq!(trap, Err(TrapCode::InvalidCancel));
        assert_eq!(sim.wait(a, set).await?, [SUBTASK, h.0, RETURNED]);
        sim.world().join(a, h, Handle(0));
        let trap = sim.subtask_cancel(a, true, h).await;
        assert_eq!(trap, Err(TrapCode::InvalidCancel));
        Ok(())
    });
    sim.run().expect("no trap");
}

#[test]
fn a_call_that_has_returned_unheard_is_cancelled_as_returned() {
    let (sim, [a, b]) = sim();
    let (lift, function) = adds_one(&sim, b, CALLBACK, true);
    let site = sim.site([a, b], true, lift, false, function);
    let call = caller(&sim, a, move |sim| async move {
        let Answer::Pending(STARTED, h) = sim.call_async(site, 1, 5).await? else {
            panic!("it waits");
        };
        assert_eq!(
            sim.store(|s| s.subtask_drop(a, h)),
            Err(TrapCode::SubtaskUnresolved)
        );
        sim.yield_(a).await?;
        assert_eq!(sim.subtask_cancel(a, false, h).await?, RETURNED);
        Ok(())
    });
    sim.run().expect("no trap");
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn a_sync_function_that_calls_an_async_one_which_waits_traps() {
    for lift in [Lift::Sync, STACKFUL] {
        let (sim, [a, b]) = sim();
        let set = sim.world().set_new(b);
        let body = core(move |sim, _| async move {
            sim.wait(b, set).await?;
            Ok(0)
        });
        let site = sim.site([a, b], false, lift, true, body);
        let function = core(move |sim, _| async move {
            sim.call_sync(site, 0).await?;
            Ok(0)
        });
        let trap = sim.call(a, Lift::SyncTyped, 0, function);
        assert_eq!(trap.err(), Some(TrapCode::CannotBlock));
    }
}

#[test]
fn a_sync_function_may_call_an_async_one_that_does_not_wait() {
    let (sim, [a, b]) = sim();
    for lift in [Lift::Sync, CALLBACK, STACKFUL] {
        let (lift, function) = adds_one(&sim, b, lift, false);
        let site = sim.site([a, b], false, lift, true, function);
        let function =
            core(move |sim, param| async move { Ok(sim.call_sync(site, param).await? as u32) });
        let call = sim.call(a, Lift::SyncTyped, 4, function).expect("no trap");
        assert_eq!(sim.result(call), Some(5));
    }
}

#[test]
fn handles_go_from_guest_to_guest() {
    let (sim, [a, b]) = sim();
    let mut world = sim.world();
    let res = resource_type(&mut world, a, None);
    let of_b = resource_type(&mut world, b, None);
    drop(world);
    let store = &mut sim.world().store;
    let h = Handle(ok(store.resource_new(a, res, 70)) as u32);
    let subtask = store.call_begin(a).expect("it is known");
    // The callee is current.
    store.sync_enter(b, true);
    let borrowed = Handle(ok(store.transfer_borrow(a, res, h, subtask, b)) as u32);
    assert_eq!(ok(store.resource_rep(b, res, borrowed)), 70);
    assert_eq!(
        store.transfer_own(a, res, h, b),
        Err(TrapCode::HandleLent),
        "it is lent"
    );
    ok(store.resource_drop(b, res, borrowed));
    store.sync_exit().expect("nothing is borrowed");
    store.call_end(subtask).expect("it is known");
    let moved = Handle(ok(store.transfer_own(a, res, h, b)) as u32);
    assert_eq!(ok(store.resource_rep(b, res, moved)), 70);
    assert_eq!(store.resource_rep(a, res, h), Err(TrapCode::UnknownHandle));
    // A borrow of the callee's own resource is its rep.
    let own = Handle(ok(store.resource_new(a, of_b, 71)) as u32);
    let subtask = store.call_begin(a).expect("it is known");
    store.sync_enter(b, true);
    assert_eq!(ok(store.transfer_borrow(a, of_b, own, subtask, b)), 71);
    store.sync_exit().expect("nothing is borrowed");
    store.call_end(subtask).expect("it is known");
    assert!(matches!(
        store.resource_drop(a, of_b, own),
        Ok(Step::Value(0))
    ));
}

#[test]
fn a_borrow_that_the_callee_keeps_traps() {
    let (sim, [a, b]) = sim();
    let res = resource_type(&mut sim.world(), a, None);
    let store = &mut sim.world().store;
    let h = Handle(ok(store.resource_new(a, res, 70)) as u32);
    let subtask: SubtaskId = store.call_begin(a).expect("it is known");
    store.sync_enter(b, true);
    ok(store.transfer_borrow(a, res, h, subtask, b));
    assert_eq!(store.sync_exit(), Err(TrapCode::BorrowsRemain));
}

#[test]
fn ends_go_from_guest_to_guest() {
    let (sim, [a, b]) = sim();
    let ty = sim.store(|s| s.type_new(false));
    let (r, w) = stream(&mut sim.world(), a, ty);
    let set = sim.world().set_new(a);
    sim.world().join(a, r.h, set);
    let trap = sim.store(|s| s.transfer_end(r, b));
    assert_eq!(trap, Err(TrapCode::EndBusy));
    sim.world().join(a, r.h, Handle(0));
    let h = Handle(ok(sim.store(|s| s.transfer_end(r, b))) as u32);
    let moved = end(r.kind, r.side, b, ty, h);
    assert_eq!(sim.world().copy_end(moved, 0, 2), BLOCKS);
    assert_eq!(sim.world().write_tokens(w, 50, &[4, 5]), completed(2));
    assert_eq!(sim.world().get(b, 0, 2), [4, 5]);
}

#[test]
fn an_error_context_lives_as_long_as_its_handles() {
    let (sim, [a, b]) = sim();
    let store = &mut sim.world().store;
    let id = ErrorContextId(3);
    let first = store.error_context_new(a, id).expect("there is room");
    let second = Handle(ok(store.transfer_error_context(a, first, b)) as u32);
    assert_eq!(store.error_context_get(b, second), Ok(id));
    assert_eq!(store.error_context_drop(a, first), Ok(None));
    assert_eq!(
        store.error_context_get(a, first),
        Err(TrapCode::UnknownHandle)
    );
    assert_eq!(store.error_context_drop(b, second), Ok(Some(id)));
    let far = store.error_context_new(a, ErrorContextId(u32::MAX));
    assert_eq!(far, Err(TrapCode::TableFull));
}
