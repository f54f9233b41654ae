//! Threads that block: who waits, who goes on, in which order, and what may not wait.

#![cfg(not(target_arch = "wasm32"))]

mod common;
mod stacks;

use std::cell::RefCell;
use std::rc::Rc;

use common::*;
use stacks::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{CallId, EndKind, Handle, InstanceId, Lift, Side, Step, SubtaskId, TypeId};

type Log = Rc<RefCell<Vec<u64>>>;

fn sim() -> (Sim, InstanceId, TypeId) {
    let sim = Sim::new();
    let inst = sim.store(|s| s.instance_new());
    let ty = sim.store(|s| s.type_new(true));
    (sim, inst, ty)
}

#[test]
fn a_stackful_task_waits_for_its_set() {
    let (sim, inst, _) = sim();
    let set = sim.world().set_new(inst);
    let (h, subtask) = sim.world().pending_call(inst, 0);
    sim.world().join(inst, h, set);
    let call = sim.call(
        inst,
        STACKFUL,
        5,
        core(move |sim, param| async move {
            assert_eq!(sim.wait(inst, set).await?, [SUBTASK, h.0, RETURNED]);
            sim.task_return(inst, param + 1)?;
            Ok(0)
        }),
    );
    let call = call.expect("no trap");
    assert_eq!(sim.run(), Ok(0));
    assert_eq!(sim.world().waiting(), [[inst.0, 0, 2, set.0]]);
    sim.store(|s| s.call_resolve(subtask)).expect("it is known");
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.result(call), Some(6));
    assert!(sim.world().waiting().is_empty());
}

#[test]
fn an_event_that_is_gone_when_the_stack_goes_on_is_waited_for_again() {
    let (sim, inst, _) = sim();
    let set = sim.world().set_new(inst);
    let (h, subtask) = sim.world().pending_call(inst, 0);
    sim.world().join(inst, h, set);
    let (other, late) = sim.world().pending_call(inst, 1);
    sim.world().join(inst, other, set);
    let call = sim.call(
        inst,
        STACKFUL,
        0,
        core(move |sim, _| async move {
            assert_eq!(sim.wait(inst, set).await?, [SUBTASK, other.0, RETURNED]);
            sim.task_return(inst, 0)?;
            Ok(0)
        }),
    );
    let call = call.expect("no trap");
    sim.store(|s| s.call_resolve(subtask)).expect("it is known");
    // A sync call comes between and takes it.
    assert_eq!(sim.world().poll(inst, set), [SUBTASK, h.0, RETURNED]);
    assert_eq!(sim.run(), Ok(0));
    assert_eq!(sim.state(call), CallState::Pending);
    sim.store(|s| s.call_resolve(late)).expect("it is known");
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn each_of_two_waiters_gets_an_event() {
    let (sim, inst, _) = sim();
    let set = sim.world().set_new(inst);
    let seen = Log::default();
    let mut subtasks = Vec::new();
    for n in 0..2 {
        let (h, subtask) = sim.world().pending_call(inst, n);
        sim.world().join(inst, h, set);
        subtasks.push(subtask);
        let seen = Rc::clone(&seen);
        let body = core(move |sim, _| {
            let seen = Rc::clone(&seen);
            async move {
                let [_, h, _] = sim.wait(inst, set).await?;
                seen.borrow_mut().push(u64::from(h));
                sim.task_return(inst, 0)?;
                Ok(0)
            }
        });
        sim.call(inst, STACKFUL, 0, body).expect("no trap");
    }
    for subtask in subtasks {
        sim.store(|s| s.call_resolve(subtask)).expect("it is known");
    }
    assert_eq!(sim.run(), Ok(2));
    assert_eq!(seen.borrow().len(), 2);
    assert_ne!(seen.borrow()[0], seen.borrow()[1]);
}

#[test]
fn a_sync_read_waits_for_a_sync_write_of_the_same_instance() {
    let (sim, inst, ty) = sim();
    let (r, w) = stream(&mut sim.world(), inst, ty);
    let reader = core(move |sim, _| async move {
        let read = sim.copy(r, 0, 4, false).await?;
        assert_eq!(read, completed(2));
        sim.task_return(inst, 0)?;
        Ok(0)
    });
    let writer = core(move |sim, _| async move {
        sim.world().put(inst, 100, &[8, 9]);
        assert_eq!(sim.copy(w, 100, 2, false).await?, completed(2));
        sim.task_return(inst, 0)?;
        Ok(0)
    });
    let reader = sim.call(inst, STACKFUL, 0, reader).expect("no trap");
    assert_eq!(sim.world().waiting(), [[inst.0, 0, 3, r.h.0]]);
    let writer = sim.call(inst, STACKFUL, 0, writer).expect("no trap");
    // The writer found the reader's buffer.
    assert_eq!(sim.state(writer), CallState::Returned);
    assert_eq!(sim.state(reader), CallState::Pending);
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.state(reader), CallState::Returned);
    assert_eq!(sim.world().get(inst, 0, 2), [8, 9]);
}

#[test]
fn a_sync_read_pulls_and_waits_for_the_host() {
    let (sim, inst, ty) = sim();
    let (r, w) = sim.world().host_ends(EndKind::Stream, ty);
    let h = sim.world().lower_end(inst, ty, r);
    let at = end(EndKind::Stream, Side::Readable, inst, ty, h);
    let body = core(move |sim, _| async move {
        assert_eq!(sim.copy(at, 0, 4, false).await?, completed(1));
        sim.task_return(inst, 0)?;
        Ok(0)
    });
    let call = sim.call(inst, STACKFUL, 0, body).expect("no trap");
    assert_eq!(sim.world().ends[&w].pulls, [4]);
    assert_eq!(sim.world().cancel_end(at), Err(TrapCode::SyncWaiter));
    sim.world().ends.entry(w).or_default().source.push_back(77);
    assert_eq!(sim.world().host_write(w, 1), Ok(completed(1)));
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.state(call), CallState::Returned);
    assert_eq!(sim.world().get(inst, 0, 1), [77]);
}

#[test]
fn threads_that_yield_take_turns() {
    let (sim, inst, _) = sim();
    let seen = Log::default();
    for n in 0..3 {
        let seen = Rc::clone(&seen);
        let body = core(move |sim, param| {
            let seen = Rc::clone(&seen);
            async move {
                for round in 0..2 {
                    seen.borrow_mut().push(param * 10 + round);
                    sim.yield_(inst).await?;
                }
                sim.task_return(inst, 0)?;
                Ok(0)
            }
        });
        sim.call(inst, STACKFUL, n, body).expect("no trap");
    }
    assert_eq!(sim.run(), Ok(6));
    assert_eq!(*seen.borrow(), [0, 10, 20, 1, 11, 21]);
}

#[test]
fn a_thread_that_cannot_be_suspended_yields_nothing() {
    let (sim, inst, _) = sim();
    let body = core(move |sim, _| async move {
        sim.yield_(inst).await?;
        sim.task_return(inst, 3)?;
        Ok(0)
    });
    let call = sim.call_on(inst, STACKFUL, false, 0, body);
    assert_eq!(sim.result(call.expect("no trap")), Some(3));
    assert!(!sim.world().ready());
}

#[test]
fn without_stacks_what_waits_traps_and_what_need_not_does_not() {
    let (sim, inst, _) = sim();
    sim.store(|s| s.configure_stacks(false));
    let set = sim.world().set_new(inst);
    let (h, subtask) = sim.world().pending_call(inst, 0);
    sim.world().join(inst, h, set);
    sim.store(|s| s.call_resolve(subtask)).expect("it is known");
    let body = core(move |sim, _| async move {
        sim.yield_(inst).await?;
        assert_eq!(sim.wait(inst, set).await?, [SUBTASK, h.0, RETURNED]);
        sim.wait(inst, set).await?;
        Ok(0)
    });
    let trap = sim.call_on(inst, STACKFUL, false, 0, body);
    assert_eq!(trap.err(), Some(TrapCode::CannotBlock));
}

#[test]
fn a_callback_task_that_may_block_runs_every_callback_on_a_stack() {
    let (sim, inst, _) = sim();
    let set = sim.world().set_new(inst);
    let (h, subtask) = sim.world().pending_call(inst, 0);
    sim.world().join(inst, h, set);
    let lift = sim.callback(move |sim, [event, p1, _]| async move {
        assert_eq!((event, p1), (SUBTASK, h.0));
        sim.yield_(inst).await?;
        sim.task_return(inst, 1)?;
        Ok(EXIT)
    });
    let body = core(move |sim, _| async move {
        sim.yield_(inst).await?;
        Ok(wait(set))
    });
    let call = sim.call(inst, lift, 0, body).expect("no trap");
    assert_eq!(sim.stacks(), 1);
    // It holds the lock while it is suspended.
    let second = core(|_, _| async { Ok(0) });
    let second = sim.call(inst, Lift::Sync, 0, second).expect("no trap");
    assert_eq!(sim.state(second), CallState::Pending);
    assert_eq!(sim.turn(), Ok(true));
    assert_eq!(sim.stacks(), 0);
    sim.store(|s| s.call_resolve(subtask)).expect("it is known");
    sim.run().expect("no trap");
    assert_eq!(sim.state(call), CallState::Returned);
    assert_eq!(sim.state(second), CallState::Returned);
    assert_eq!(sim.most.get(), 1);
}

#[test]
fn stackful_tasks_enter_beside_each_other_and_past_the_lock() {
    let (sim, inst, _) = sim();
    let lift = sim.callback(|_, _| async { Ok(EXIT) });
    let holder = core(move |sim, _| async move {
        sim.suspend_thread(inst).await?;
        Ok(EXIT)
    });
    sim.call(inst, lift, 0, holder).expect("no trap");
    for n in 0..2 {
        let body = core(move |sim, param| async move {
            sim.task_return(inst, param)?;
            Ok(0)
        });
        let call = sim.call(inst, STACKFUL, n, body).expect("no trap");
        assert_eq!(sim.result(call), Some(n));
    }
}

#[test]
fn backpressure_keeps_stackful_tasks_out_in_order() {
    let (sim, inst, _) = sim();
    let seen = Log::default();
    assert_eq!(sim.store(|s| s.backpressure_inc(inst)), Ok(Step::Value(0)));
    for n in 0..3 {
        let seen = Rc::clone(&seen);
        let body = core(move |sim, param| {
            seen.borrow_mut().push(param);
            async move {
                sim.task_return(inst, 0)?;
                Ok(0)
            }
        });
        sim.call(inst, STACKFUL, n, body).expect("no trap");
    }
    assert_eq!(sim.run(), Ok(0));
    assert_eq!(sim.store(|s| s.backpressure_dec(inst)), Ok(Step::Value(0)));
    assert_eq!(sim.run(), Ok(3));
    assert_eq!(*seen.borrow(), [0, 1, 2]);
}

/// A sync-typed function whose own thread waits for the other one it has made, while another task is ready.
#[test]
fn while_a_sync_function_waits_only_its_instance_goes_on() {
    let (sim, inst, _) = sim();
    let other = sim.store(|s| s.instance_new());
    let seen = Log::default();
    let log = Rc::clone(&seen);
    let bystander = core(move |sim, _| {
        let log = Rc::clone(&log);
        async move {
            sim.yield_(other).await?;
            log.borrow_mut().push(9);
            sim.task_return(other, 0)?;
            Ok(0)
        }
    });
    sim.call(other, STACKFUL, 0, bystander).expect("no trap");
    let log = Rc::clone(&seen);
    let body = core(move |sim, _| {
        let log = Rc::clone(&log);
        async move {
            let me = sim.index(inst);
            let log2 = Rc::clone(&log);
            let helper = core(move |sim, context| {
                let log = Rc::clone(&log2);
                async move {
                    log.borrow_mut().push(context);
                    sim.yield_(inst).await?;
                    sim.resume_later(inst, me)?;
                    Ok(0)
                }
            });
            let helper = sim.new_thread(inst, 1, helper);
            sim.resume_later(inst, helper)?;
            sim.suspend_thread(inst).await?;
            log.borrow_mut().push(2);
            Ok(40)
        }
    });
    let call = sim.call(inst, Lift::SyncTyped, 0, body).expect("no trap");
    // A call that comes meanwhile waits.
    let late = core(|_, _| async { Ok(0) });
    let late = sim.call(other, Lift::Sync, 0, late).expect("no trap");
    assert_eq!(sim.state(late), CallState::Pending);
    sim.run().expect("no trap");
    assert_eq!(sim.result(call), Some(40));
    assert_eq!(sim.state(late), CallState::Returned);
    assert_eq!(*seen.borrow(), [1, 2, 9]);
}

#[test]
fn a_callback_that_is_ready_goes_on_while_a_sync_function_waits() {
    for resumes in [true, false] {
        let (sim, inst, _) = sim();
        let waiting = Rc::new(RefCell::new(None));
        let waits = Rc::clone(&waiting);
        let lift = sim.callback(move |sim, _| {
            let waits = Rc::clone(&waits);
            async move {
                let me = waits.borrow_mut().take().expect("the function waits");
                if resumes {
                    sim.resume_later(inst, me)?;
                }
                Ok(EXIT)
            }
        });
        let armed = core(move |sim, _| async move {
            sim.task_return(inst, 0)?;
            Ok(YIELD)
        });
        sim.call(inst, lift, 0, armed).expect("no trap");
        let body = core(move |sim, _| {
            let waiting = Rc::clone(&waiting);
            async move {
                *waiting.borrow_mut() = Some(sim.index(inst));
                sim.suspend_thread(inst).await?;
                Ok(7)
            }
        });
        let call = sim.call(inst, Lift::SyncTyped, 0, body).expect("no trap");
        let end = sim.run();
        if resumes {
            end.expect("no trap");
            assert_eq!(sim.result(call), Some(7));
        } else {
            assert_eq!(end.err(), Some(TrapCode::CannotBlock));
        }
    }
}

#[test]
fn a_wait_for_the_host_of_a_sync_type_freezes_the_store() {
    let (sim, inst, _) = sim();
    let yields = core(move |sim, _| async move {
        sim.yield_(inst).await?;
        sim.task_return(inst, 0)?;
        Ok(0)
    });
    let before = sim.call(inst, STACKFUL, 0, yields).expect("no trap");
    let subtask = Rc::new(RefCell::new(None));
    let seen = Rc::clone(&subtask);
    let body = core(move |sim, _| {
        let id = sim.store(|s| s.call_begin(inst)).expect("it is known");
        sim.store(|s| s.call_waits(id, CallId(7)))
            .expect("it is known");
        *seen.borrow_mut() = Some(id);
        async move {
            let outcome = sim.store(|s| s.subtask_wait(id, true));
            sim.perform(outcome).await?;
            Ok(8)
        }
    });
    let frozen = sim.call(inst, Lift::SyncTyped, 0, body).expect("no trap");
    let late = core(|_, _| async { Ok(0) });
    let late = sim.call(inst, Lift::Sync, 0, late).expect("no trap");
    assert_eq!(sim.run(), Ok(0));
    let states = || [before, frozen, late].map(|call| sim.state(call));
    assert_eq!(states(), [CallState::Pending; 3]);
    let id: SubtaskId = subtask.borrow().expect("it has begun");
    sim.store(|s| s.call_resolve(id)).expect("it is known");
    sim.run().expect("no trap");
    assert_eq!(sim.result(frozen), Some(8));
    assert_eq!(states(), [CallState::Returned; 3]);
}

#[test]
fn while_stacks_are_full_nothing_begins_one() {
    let (sim, inst, _) = sim();
    let set = sim.world().set_new(inst);
    let lift = sim.callback(move |sim, _| async move {
        sim.task_return(inst, 0)?;
        Ok(EXIT)
    });
    let call = sim
        .call(inst, lift, 0, core(|_, _| async { Ok(YIELD) }))
        .expect("no trap");
    let plain = sim
        .call_on(inst, lift, false, 0, core(|_, _| async { Ok(YIELD) }))
        .expect("no trap");
    sim.store(|s| s.stacks_full(true));
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.state(call), CallState::Pending);
    assert_eq!(sim.state(plain), CallState::Returned);
    sim.store(|s| s.stacks_full(false));
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.state(call), CallState::Returned);
    let outcome = sim.store(|s| s.waitable_set_drop(inst, set));
    assert!(outcome.is_ok());
}

#[test]
fn threads_switch_to_each_other_before_anyone_else() {
    let (sim, inst, _) = sim();
    let seen = Log::default();
    let log = Rc::clone(&seen);
    let bystander = core(move |sim, _| {
        let log = Rc::clone(&log);
        async move {
            sim.yield_(inst).await?;
            log.borrow_mut().push(9);
            sim.task_return(inst, 0)?;
            Ok(0)
        }
    });
    sim.call(inst, STACKFUL, 0, bystander).expect("no trap");
    let log = Rc::clone(&seen);
    let body = core(move |sim, _| {
        let log = Rc::clone(&log);
        async move {
            let me = sim.index(inst);
            let log2 = Rc::clone(&log);
            let helper = core(move |sim, _| {
                let log = Rc::clone(&log2);
                async move {
                    log.borrow_mut().push(1);
                    let outcome = sim.store(|s| s.thread_suspend_then_resume(inst, me));
                    sim.perform(outcome).await?;
                    log.borrow_mut().push(3);
                    Ok(0)
                }
            });
            let helper = sim.new_thread(inst, 0, helper);
            let outcome = sim.store(|s| s.thread_suspend_then_resume(inst, helper));
            sim.perform(outcome).await?;
            log.borrow_mut().push(2);
            sim.resume_later(inst, helper)?;
            // It is ready by now, though behind the bystander.
            let outcome = sim.store(|s| s.thread_yield_then_promote(inst, helper));
            sim.perform(outcome).await?;
            log.borrow_mut().push(4);
            sim.task_return(inst, 0)?;
            Ok(0)
        }
    });
    sim.call(inst, STACKFUL, 0, body).expect("no trap");
    sim.run().expect("no trap");
    assert_eq!(*seen.borrow(), [1, 2, 3, 9, 4]);
}

#[test]
fn a_task_lives_as_long_as_its_threads_and_any_of_them_may_return() {
    let (sim, inst, _) = sim();
    let body = core(move |sim, _| async move {
        let helper = core(move |sim, context| async move {
            sim.task_return(inst, context)?;
            Ok(0)
        });
        let helper = sim.new_thread(inst, 12, helper);
        sim.resume_later(inst, helper)?;
        Ok(0)
    });
    let call = sim.call(inst, STACKFUL, 0, body).expect("no trap");
    assert_eq!(sim.state(call), CallState::Pending);
    assert_eq!(sim.run(), Ok(1));
    assert_eq!(sim.result(call), Some(12));
}

#[test]
fn a_task_whose_last_thread_ends_without_a_return_traps() {
    let (sim, inst, _) = sim();
    let body = core(move |sim, _| async move {
        let helper = core(|_, _| async { Ok(0) });
        let helper = sim.new_thread(inst, 12, helper);
        sim.resume_later(inst, helper)?;
        Ok(0)
    });
    sim.call(inst, STACKFUL, 0, body).expect("no trap");
    assert_eq!(sim.run(), Err(TrapCode::NotReturned));
}

#[test]
fn each_thread_has_its_own_context() {
    let (sim, inst, _) = sim();
    let body = core(move |sim, _| async move {
        let big = u64::MAX - 1;
        let outcome = sim.store(|s| s.context_set(inst, 1, big));
        sim.perform(outcome).await?;
        let helper = core(move |sim, _| async move {
            assert_eq!(sim.store(|s| s.context_get64(inst, 1)), Ok(0));
            let outcome = sim.store(|s| s.context_set(inst, 1, 5));
            sim.perform(outcome).await?;
            Ok(0)
        });
        let helper = sim.new_thread(inst, 0, helper);
        let outcome = sim.store(|s| s.thread_yield_then_resume(inst, helper));
        sim.perform(outcome).await?;
        assert_eq!(sim.store(|s| s.context_get64(inst, 1)), Ok(big));
        let outcome = sim.store(|s| s.context_get(inst, 1));
        assert_eq!(sim.perform(outcome).await?, u64::from(u32::MAX - 1));
        sim.task_return(inst, 0)?;
        Ok(0)
    });
    let call = sim.call(inst, STACKFUL, 0, body).expect("no trap");
    assert_eq!(sim.run(), Ok(2));
    assert_eq!(sim.state(call), CallState::Returned);
}

#[test]
fn a_set_that_a_thread_waits_on_is_in_use() {
    let (sim, inst, _) = sim();
    let set: Handle = sim.world().set_new(inst);
    let body = core(move |sim, _| async move {
        sim.wait(inst, set).await?;
        Ok(0)
    });
    sim.call(inst, STACKFUL, 0, body).expect("no trap");
    let outcome = sim.store(|s| s.waitable_set_drop(inst, set));
    assert_eq!(outcome, Err(TrapCode::WaitableSetInUse));
}
