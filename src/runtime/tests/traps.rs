//! Every trap that the runtime itself raises is reached here, by the shortest way that a guest has to it.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::rc::Rc;

use common::*;
use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::MAX_BUFFER_LENGTH;
use tidegate_runtime::{
    CallId, EndKind, GuestBuffer, HOST, Handle, InstanceId, Lift, Limits, Outcome, Side, SiteId,
    Step, SubtaskId, ThreadContext, ThreadId, ThreadIndex, TypeId,
};

type Way = fn() -> Result<u64, TrapCode>;

/// Raised by shims or by the host, which know memories and values.
const ELSEWHERE: &[TrapCode] = &[
    TrapCode::CannotLeave,
    TrapCode::Unaligned,
    TrapCode::OutOfBounds,
    TrapCode::InvalidDiscriminant,
    TrapCode::InvalidChar,
    TrapCode::InvalidString,
    TrapCode::TooLong,
    TrapCode::UncaughtException,
];

const WAYS: &[(TrapCode, Way)] = &[
    (TrapCode::UnknownHandle, unknown_handle),
    (TrapCode::UnknownHandle, handle_zero),
    (TrapCode::UnknownHandle, dropped_twice),
    (TrapCode::WrongHandleType, set_as_subtask),
    (TrapCode::WrongHandleType, writable_as_readable),
    (TrapCode::WrongHandleType, stream_as_future),
    (TrapCode::WrongHandleType, end_of_another_type),
    (TrapCode::WrongHandleType, resource_of_another_type),
    (TrapCode::WrongHandleType, joining_a_set),
    (TrapCode::WrongHandleType, joining_no_set),
    (TrapCode::WrongHandleType, waiting_on_an_end),
    (TrapCode::TableFull, full_table),
    (TrapCode::HandleLent, lent_and_dropped),
    (TrapCode::HandleLent, lent_and_given_away),
    (TrapCode::NotOwned, borrow_given_away),
    (TrapCode::BorrowsRemain, return_with_borrow),
    (TrapCode::BorrowsRemain, sync_return_with_borrow),
    (TrapCode::BorrowsRemain, sync_call_with_borrow),
    (TrapCode::BorrowsRemain, cancel_with_borrow),
    (TrapCode::AlreadyReturned, return_twice),
    (TrapCode::AlreadyReturned, cancel_after_return),
    (TrapCode::WrongTaskReturn, return_with_another_key),
    (TrapCode::WrongTaskReturn, return_of_another_instance),
    (TrapCode::WrongTaskReturn, return_in_sync_task),
    (TrapCode::WrongTaskReturn, return_without_task),
    (TrapCode::WrongTaskReturn, cancel_without_task),
    (TrapCode::NotReturned, exit_without_return),
    (TrapCode::NotReturned, exit_of_callback_without_return),
    (TrapCode::NotCancelled, cancel_unasked),
    (TrapCode::NotCancelled, cancel_undelivered),
    (TrapCode::InvalidCallbackCode, code_three),
    (TrapCode::WaitableSetInUse, set_with_member),
    (TrapCode::WaitableSetInUse, set_with_waiter),
    (TrapCode::SubtaskUnresolved, subtask_running),
    (TrapCode::SubtaskUnresolved, subtask_undelivered),
    (TrapCode::InvalidCancel, subtask_delivered),
    (TrapCode::InvalidCancel, subtask_in_set),
    (TrapCode::EndBusy, read_twice),
    (TrapCode::EndBusy, read_after_end),
    (TrapCode::EndBusy, drop_while_copying),
    (TrapCode::EndBusy, cancel_at_rest),
    (TrapCode::EndBusy, sync_cancel_in_set),
    (TrapCode::EndBusy, lift_in_set),
    (TrapCode::EndBusy, lift_while_copying),
    (TrapCode::FutureUnwritten, future_unwritten),
    (TrapCode::BufferTooLong, buffer_too_long),
    (TrapCode::SameInstanceCopy, same_instance),
    (TrapCode::BackpressureRange, backpressure_below),
    (TrapCode::BackpressureRange, backpressure_above),
    (TrapCode::SyncWaiter, join_while_read_synchronously),
    (TrapCode::EndBusy, sync_read_in_set),
    (TrapCode::CannotBlock, sync_function_that_waits_alone),
    (TrapCode::CannotBlock, sync_function_that_suspends),
    (TrapCode::CannotBlock, sync_function_whose_help_ends),
    (TrapCode::ThreadNotSuspended, resuming_itself),
    (TrapCode::ThreadNotSuspended, promoting_itself),
    (TrapCode::ThreadNotSuspended, resuming_twice),
    (TrapCode::UnknownHandle, resuming_nobody),
    (TrapCode::LimitExceeded, too_many_tasks),
    (TrapCode::LimitExceeded, too_many_threads),
];

#[test]
fn every_way_leads_to_its_trap() {
    for (i, (code, way)) in WAYS.iter().enumerate() {
        assert_eq!(way(), Err(*code), "way {i}");
    }
}

#[test]
fn every_code_has_a_way() {
    for code in TrapCode::ALL {
        let reached = WAYS.iter().any(|(c, _)| c == code);
        assert_ne!(
            reached,
            ELSEWHERE.contains(code),
            "{} is raised here or elsewhere, not both",
            code.name()
        );
    }
}

/// Runs a callback function of one instance and tells how it ended.
fn in_task(
    function: impl Fn(&mut World, InstanceId, TypeId) -> Result<u32, TrapCode> + 'static,
) -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let slot = world.callback(|_, _| EXIT);
    let trap = Rc::new(std::cell::Cell::new(None));
    let seen = Rc::clone(&trap);
    let end = world.try_call(
        inst,
        slot,
        Rc::new(move |world| match function(world, inst, ty) {
            Ok(packed) => packed,
            Err(code) => {
                seen.set(Some(code));
                EXIT
            }
        }),
    );
    match trap.get() {
        Some(code) => Err(code),
        None => {
            end?;
            while world.turn()? {}
            Ok(0)
        }
    }
}

fn unknown_handle() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let outcome = world.store.subtask_drop(inst, Handle(5));
    world.perform(outcome)
}

fn handle_zero() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    world.set_new(inst);
    let outcome = world.store.waitable_set_drop(inst, Handle(0));
    world.perform(outcome)
}

fn dropped_twice() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    world.drop_end(r)?;
    world.drop_end(r).map(|()| 0)
}

fn set_as_subtask() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let outcome = world.store.subtask_cancel(inst, true, set);
    world.perform(outcome)
}

fn writable_as_readable() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (_, w) = stream(&mut world, inst, ty);
    let wrong = end(EndKind::Stream, Side::Readable, inst, ty, w.h);
    world.try_copy(wrong, 0, 1).map(u64::from)
}

fn stream_as_future() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    let wrong = end(EndKind::Future, Side::Readable, inst, ty, r.h);
    world.try_copy(wrong, 0, 1).map(u64::from)
}

fn end_of_another_type() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let other = world.store.type_new(true);
    let (r, _) = stream(&mut world, inst, ty);
    world
        .drop_end(end(EndKind::Stream, Side::Readable, inst, other, r.h))
        .map(|()| 0)
}

fn resource_of_another_type() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, inst, None);
    let other = resource_type(&mut world, inst, None);
    let outcome = world.store.resource_new(inst, res, 9);
    let h = Handle(world.ok32(outcome));
    let outcome = world.store.resource_rep(inst, other, h);
    world.perform(outcome)
}

fn joining_a_set() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let outcome = world.store.waitable_join(inst, set, set);
    world.perform(outcome)
}

fn joining_no_set() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let (h, _) = world.pending_call(inst, 0);
    let outcome = world.store.waitable_join(inst, h, h);
    world.perform(outcome)
}

fn waiting_on_an_end() -> Result<u64, TrapCode> {
    in_task(|world, inst, ty| {
        let (r, _) = stream(world, inst, ty);
        Ok(wait(r.h))
    })
}

fn full_table() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let limits = Limits {
        handles: 3,
        ..Limits::DEFAULT
    };
    world.store.configure(limits, None);
    for _ in 0..3 {
        world.set_new(inst);
    }
    let outcome = world.store.waitable_set_new(inst);
    world.perform(outcome)
}

/// A handle of a guest's resource, lent to a call that goes on.
fn lent() -> (World, InstanceId, tidegate_runtime::ResourceId, Handle) {
    let (mut world, inst, _) = one_instance();
    let res = resource_type(&mut world, inst, None);
    let outcome = world.store.resource_new(inst, res, 9);
    let h = Handle(world.ok32(outcome));
    let (_, subtask) = world.pending_call(inst, 0);
    world
        .store
        .lift_borrow(inst, res, h, subtask)
        .expect("the handle is right");
    (world, inst, res, h)
}

fn lent_and_dropped() -> Result<u64, TrapCode> {
    let (mut world, inst, res, h) = lent();
    let outcome = world.store.resource_drop(inst, res, h);
    world.perform(outcome)
}

fn lent_and_given_away() -> Result<u64, TrapCode> {
    let (mut world, inst, res, h) = lent();
    world.store.lift_own(inst, res, h).map(|()| 0)
}

/// Lowers a borrowed handle into the current task.
fn borrowed(world: &mut World, inst: InstanceId) -> (tidegate_runtime::ResourceId, Handle) {
    let res = resource_type(world, HOST, None);
    world
        .store
        .lower_borrow(inst, res, 9)
        .expect("there is room for a handle");
    (res, Handle(world.arg(0)))
}

fn borrow_given_away() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let (res, h) = borrowed(world, inst);
        world.store.lift_own(inst, res, h)?;
        Ok(EXIT)
    })
}

fn return_with_borrow() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        borrowed(world, inst);
        world.task_return(inst)?;
        Ok(EXIT)
    })
}

fn sync_return_with_borrow() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let function: Function = Rc::new(move |world| {
        borrowed(world, inst);
        0
    });
    world.try_call(inst, None, function).map(|id| id as u64)
}

fn sync_call_with_borrow() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    world.store.sync_enter(inst, false);
    borrowed(&mut world, inst);
    world.store.sync_exit().map(|()| 0)
}

fn cancel_with_borrow() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let slot = world.callback(move |world, _| {
        let outcome = world.store.task_cancel(inst);
        assert_eq!(outcome, Err(TrapCode::BorrowsRemain));
        3
    });
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            borrowed(world, inst);
            YIELD
        }),
    );
    world.cancel(call);
    // The callback's assertion has passed when its invalid code is what traps.
    assert_eq!(world.turn(), Err(TrapCode::InvalidCallbackCode));
    Err(TrapCode::BorrowsRemain)
}

fn return_twice() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        world.task_return(inst)?;
        world.task_return(inst)?;
        Ok(EXIT)
    })
}

fn cancel_after_return() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        world.task_return(inst)?;
        let outcome = world.store.task_cancel(inst);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn return_with_another_key() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let outcome = world.store.task_return(inst, KEY + 1);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn return_of_another_instance() -> Result<u64, TrapCode> {
    in_task(|world, _, _| {
        let other = world.store.instance_new();
        let outcome = world.store.task_return(other, KEY);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn return_in_sync_task() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    world.call(
        inst,
        None,
        Rc::new(move |world| {
            let outcome = world.store.task_return(inst, KEY);
            assert_eq!(outcome, Err(TrapCode::WrongTaskReturn));
            let outcome = world.store.task_cancel(inst);
            assert_eq!(outcome, Err(TrapCode::WrongTaskReturn));
            0
        }),
    );
    Err(TrapCode::WrongTaskReturn)
}

fn return_without_task() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        // A sync call inside: its task is another, which cannot return asynchronously.
        world.store.sync_enter(inst, false);
        let outcome = world.store.task_return(inst, KEY);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn cancel_without_task() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let outcome = world.store.task_cancel(inst);
    world.perform(outcome)
}

fn exit_without_return() -> Result<u64, TrapCode> {
    in_task(|_, _, _| Ok(EXIT))
}

fn exit_of_callback_without_return() -> Result<u64, TrapCode> {
    in_task(|_, _, _| Ok(YIELD))
}

fn cancel_unasked() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let outcome = world.store.task_cancel(inst);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn cancel_undelivered() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        world.cancel(0);
        let outcome = world.store.task_cancel(inst);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn code_three() -> Result<u64, TrapCode> {
    in_task(|_, _, _| Ok(3))
}

fn set_with_member() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, _) = world.pending_call(inst, 0);
    world.join(inst, h, set);
    let outcome = world.store.waitable_set_drop(inst, set);
    world.perform(outcome)
}

fn set_with_waiter() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let slot = world.callback(|_, _| EXIT);
    world.call(inst, slot, Rc::new(move |_| wait(set)));
    let outcome = world.store.waitable_set_drop(inst, set);
    world.perform(outcome)
}

fn subtask_running() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let (h, _) = world.pending_call(inst, 0);
    let outcome = world.store.subtask_drop(inst, h);
    world.perform(outcome)
}

fn subtask_undelivered() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let (h, subtask) = world.pending_call(inst, 0);
    world.store.call_resolve(subtask)?;
    let outcome = world.store.subtask_drop(inst, h);
    world.perform(outcome)
}

fn subtask_delivered() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let (h, SubtaskId(_)) = world.pending_call(inst, 0);
    let outcome = world.store.subtask_cancel(inst, true, h);
    assert_eq!(
        world.perform(outcome),
        Ok(u64::from(CANCELLED_BEFORE_RETURNED))
    );
    let outcome = world.store.subtask_cancel(inst, true, h);
    world.perform(outcome)
}

fn subtask_in_set() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let (h, _) = world.pending_call(inst, 0);
    world.join(inst, h, set);
    let outcome = world.store.subtask_cancel(inst, true, h);
    world.perform(outcome)
}

fn read_twice() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    assert_eq!(world.try_copy(r, 0, 1), Ok(BLOCKS));
    world.try_copy(r, 0, 1).map(u64::from)
}

fn read_after_end() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, w) = stream(&mut world, inst, ty);
    world.drop_end(w)?;
    assert_eq!(world.try_copy(r, 0, 1), Ok(dropped(0)));
    world.try_copy(r, 0, 1).map(u64::from)
}

fn drop_while_copying() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    world.try_copy(r, 0, 1)?;
    world.drop_end(r).map(|()| 0)
}

fn cancel_at_rest() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    world.cancel_end(r).map(u64::from)
}

fn sync_cancel_in_set() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    world.try_copy(r, 0, 1)?;
    let set = world.set_new(inst);
    world.join(inst, r.h, set);
    let outcome = world.store.end_cancel(r, false);
    world.perform(outcome)
}

fn lift_in_set() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    let set = world.set_new(inst);
    world.join(inst, r.h, set);
    let lifted = world.store.lift_end(EndKind::Stream, inst, ty, r.h);
    lifted.map(|()| 0)
}

fn lift_while_copying() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    world.try_copy(r, 0, 1)?;
    let lifted = world.store.lift_end(EndKind::Stream, inst, ty, r.h);
    lifted.map(|()| 0)
}

fn future_unwritten() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (_, w) = future(&mut world, inst, ty);
    world.drop_end(w).map(|()| 0)
}

fn buffer_too_long() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    world.try_copy(r, 0, MAX_BUFFER_LENGTH + 1).map(u64::from)
}

fn same_instance() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let ty = world.store.type_new(false);
    let (r, w) = stream(&mut world, inst, ty);
    world.try_copy(r, 0, 1)?;
    world.try_copy(w, 8, 1).map(u64::from)
}

fn backpressure_below() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let outcome = world.store.backpressure_dec(inst);
    world.perform(outcome)
}

fn backpressure_above() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    for _ in 1..1 << 16 {
        let outcome = world.store.backpressure_inc(inst);
        world.ok(outcome);
    }
    let outcome = world.store.backpressure_inc(inst);
    world.perform(outcome)
}

fn too_many_tasks() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let limits = Limits {
        tasks: 1,
        ..Limits::DEFAULT
    };
    world.store.configure(limits, None);
    let set = world.set_new(inst);
    let slot = world.callback(|_, _| EXIT);
    let function: Function = Rc::new(move |_| wait(set));
    world.call(inst, slot, Rc::clone(&function));
    world.try_call(inst, slot, function).map(|id| id as u64)
}

fn join_while_read_synchronously() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    world.store.configure_stacks(true);
    let (r, _) = stream(&mut world, inst, ty);
    let set = world.set_new(inst);
    blocking(&mut world, inst, |world| sync_read(world, r));
    let outcome = world.store.waitable_join(inst, r.h, set);
    world.perform(outcome)
}

fn sync_read(world: &mut World, at: tidegate_runtime::EndRef) -> Outcome {
    let buffer = GuestBuffer {
        site: SiteId(1),
        ptr: 0,
        len: 1,
        size: 1,
    };
    world.store.end_copy(at, buffer, false)
}

/// A stackful task that blocks.
fn blocking(world: &mut World, inst: InstanceId, built_in: impl Fn(&mut World) -> Outcome) {
    let lift = Lift::Stackful { return_key: KEY };
    let task = world.store.task_new(inst, lift, true, CallId(99));
    let task = task.expect("there is room");
    assert_eq!(world.store.task_enter(task), Ok(true));
    let outcome = built_in(world).expect("it waits");
    assert!(matches!(outcome, Step::Action(ActionKind::Suspend, _)));
}

fn sync_read_in_set() -> Result<u64, TrapCode> {
    let (mut world, inst, ty) = one_instance();
    let (r, _) = stream(&mut world, inst, ty);
    let set = world.set_new(inst);
    world.join(inst, r.h, set);
    let outcome = sync_read(&mut world, r);
    world.perform(outcome)
}

fn sync_function_that_waits_alone() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let set = world.set_new(inst);
    let outcome = world.store.waitable_set_wait(inst, set);
    world.perform(outcome)
}

fn sync_function_that_suspends() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let outcome = world.store.thread_suspend(inst);
    world.perform(outcome)
}

/// A sync-typed function waits while a thread of its instance is ready, which then ends.
fn sync_function_whose_help_ends() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    world.store.configure_stacks(true);
    let task = world
        .store
        .task_new(inst, Lift::SyncTyped, true, CallId(0))?;
    assert!(world.store.task_enter(task)?);
    let outcome = world.store.thread_new(inst, ThreadContext::I32(5));
    let new = world.ok(outcome);
    let outcome = world
        .store
        .thread_resume_later(inst, ThreadIndex(new as u32));
    world.ok(outcome);
    let outcome = world.store.thread_suspend(inst)?;
    assert!(matches!(outcome, Step::Action(ActionKind::Suspend, _)));
    let thread = (new >> 32) as u32;
    assert_eq!(
        world.store.next_action(),
        Ok(Step::Action(ActionKind::Spawn, thread))
    );
    let start = Ok(Step::Action(ActionKind::ThreadStart, thread));
    assert_eq!(world.store.thread_begin(ThreadId(thread)), start);
    assert_eq!(world.arg(0), 5);
    assert_eq!(
        world.store.thread_done(ThreadId(thread)),
        Ok(Step::Value(0))
    );
    assert_eq!(world.store.spawned(), Ok(Step::Value(0)));
    assert!(world.ready(), "somebody has to find out");
    let outcome = world.store.next_action();
    world.perform(outcome)
}

fn resuming_itself() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let outcome = world.store.thread_index(inst);
        let index = ThreadIndex(world.ok32(outcome));
        let outcome = world.store.thread_resume_later(inst, index);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn promoting_itself() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let outcome = world.store.thread_index(inst);
        let index = ThreadIndex(world.ok32(outcome));
        let outcome = world.store.thread_yield_then_promote(inst, index);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn resuming_twice() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let outcome = world.store.thread_new(inst, ThreadContext::I32(0));
        let index = ThreadIndex(world.ok(outcome) as u32);
        let outcome = world.store.thread_resume_later(inst, index);
        world.ok(outcome);
        let outcome = world.store.thread_resume_later(inst, index);
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn resuming_nobody() -> Result<u64, TrapCode> {
    in_task(|world, inst, _| {
        let outcome = world.store.thread_suspend_then_resume(inst, ThreadIndex(9));
        world.perform(outcome)?;
        Ok(EXIT)
    })
}

fn too_many_threads() -> Result<u64, TrapCode> {
    let (mut world, inst, _) = one_instance();
    let limits = Limits {
        tasks: 2,
        ..Limits::DEFAULT
    };
    world.store.configure(limits, None);
    let outcome = world.store.thread_new(inst, ThreadContext::I32(0));
    world.ok(outcome);
    let outcome = world.store.thread_new(inst, ThreadContext::I32(0));
    world.perform(outcome)
}
