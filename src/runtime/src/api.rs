//! The exports of the wasm file; ARCHITECTURE.md, "Runtime exports", says what each means.
//!
//! Bare integers become types here and nowhere else. Built-ins and reports answer `i64` steps, functions for JS
//! answer `i32` statuses.

use core::cell::UnsafeCell;

use tidegate_abi::action::{ActionKind, encode};
use tidegate_abi::code::{FAULT, TrapCode};

use crate::{
    CallId, CallSite, CallSiteId, EndId, EndKind, EndRef, ErrorContextId, FuncId, GuestBuffer,
    HOST, Handle, InstanceId, Lift, Limits, Outcome, ResourceId, ResourceType, Side, SiteId, Slot,
    Step, Store, SubtaskId, TaskId, ThreadContext, ThreadId, ThreadIndex, TypeId,
};

struct Cell(UnsafeCell<Store>);

// SAFETY: a wasm instance without shared memory has one thread.
unsafe impl Sync for Cell {}

static STORE: Cell = Cell(UnsafeCell::new(Store::EMPTY));

fn store() -> &'static mut Store {
    // SAFETY: there is one thread, and no method of the store calls out, so that no other reference is alive.
    unsafe { &mut *STORE.0.get() }
}

fn step(outcome: Outcome) -> i64 {
    match outcome {
        Ok(step) => step.encode(),
        Err(code) => encode(ActionKind::Trap, code as u32),
    }
}

fn status(outcome: Result<u32, TrapCode>) -> i32 {
    match outcome {
        Ok(value) => value as i32,
        Err(code) => -(code as i32),
    }
}

fn done(outcome: Result<(), TrapCode>) -> i32 {
    status(outcome.map(|()| 0))
}

/// As `status`, of a function with numbers of the host's: a failure is no trap of the guest when the runtime does not know them.
fn known(outcome: Result<u32, TrapCode>, known: impl FnOnce(&Store) -> bool) -> i32 {
    match outcome {
        Err(_) if !known(store()) => -(FAULT as i32),
        outcome => status(outcome),
    }
}

/// As `step`, likewise.
fn known_step(outcome: Outcome, known: impl FnOnce(&Store) -> bool) -> i64 {
    match outcome {
        Err(_) if !known(store()) => encode(ActionKind::Trap, FAULT),
        outcome => step(outcome),
    }
}

fn kind(is_future: u32) -> EndKind {
    match is_future {
        0 => EndKind::Stream,
        _ => EndKind::Future,
    }
}

macro_rules! exports {
    ($($name:ident($($arg:ident),*) -> $ret:ty = $body:expr;)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name($($arg: u32),*) -> $ret {
                $body
            }
        )*
    };
}

// Built-ins.
exports! {
    context_get(inst, slot) -> i64 = step(store().context_get(InstanceId(inst), slot));
    context_set(inst, slot, value) -> i64 =
        step(store().context_set(InstanceId(inst), slot, u64::from(value)));
    thread_index(inst) -> i64 = step(store().thread_index(InstanceId(inst)));
    thread_new(inst, context) -> i64 =
        step(store().thread_new(InstanceId(inst), ThreadContext::I32(context)));
    thread_yield(inst) -> i64 = step(store().thread_yield(InstanceId(inst)));
    thread_suspend(inst) -> i64 = step(store().thread_suspend(InstanceId(inst)));
    thread_resume_later(inst, index) -> i64 =
        step(store().thread_resume_later(InstanceId(inst), ThreadIndex(index)));
    thread_suspend_then_resume(inst, index) -> i64 =
        step(store().thread_suspend_then_resume(InstanceId(inst), ThreadIndex(index)));
    thread_yield_then_resume(inst, index) -> i64 =
        step(store().thread_yield_then_resume(InstanceId(inst), ThreadIndex(index)));
    thread_suspend_then_promote(inst, index) -> i64 =
        step(store().thread_suspend_then_promote(InstanceId(inst), ThreadIndex(index)));
    thread_yield_then_promote(inst, index) -> i64 =
        step(store().thread_yield_then_promote(InstanceId(inst), ThreadIndex(index)));
    backpressure_inc(inst) -> i64 = step(store().backpressure_inc(InstanceId(inst)));
    backpressure_dec(inst) -> i64 = step(store().backpressure_dec(InstanceId(inst)));
    task_return(inst, return_key) -> i64 =
        step(store().task_return(InstanceId(inst), return_key));
    task_cancel(inst) -> i64 = step(store().task_cancel(InstanceId(inst)));
    waitable_set_new(inst) -> i64 = step(store().waitable_set_new(InstanceId(inst)));
    waitable_set_poll(inst, set) -> i64 =
        step(store().waitable_set_poll(InstanceId(inst), Handle(set)));
    waitable_set_wait(inst, set) -> i64 =
        step(store().waitable_set_wait(InstanceId(inst), Handle(set)));
    waitable_set_drop(inst, set) -> i64 =
        step(store().waitable_set_drop(InstanceId(inst), Handle(set)));
    waitable_join(inst, h, set) -> i64 =
        step(store().waitable_join(InstanceId(inst), Handle(h), Handle(set)));
    subtask_cancel(inst, is_async, h) -> i64 =
        step(store().subtask_cancel(InstanceId(inst), is_async != 0, Handle(h)));
    subtask_drop(inst, h) -> i64 = step(store().subtask_drop(InstanceId(inst), Handle(h)));
    resource_new(inst, res, rep) -> i64 =
        step(store().resource_new(InstanceId(inst), ResourceId(res), rep));
    resource_rep(inst, res, h) -> i64 =
        step(store().resource_rep(InstanceId(inst), ResourceId(res), Handle(h)));
    resource_drop(inst, res, h) -> i64 =
        step(store().resource_drop(InstanceId(inst), ResourceId(res), Handle(h)));
}

// What adapters call between two guests.
exports! {
    guest_wait(subtask) -> i64 = step(store().guest_wait(SubtaskId(subtask)));
    guest_spawn(subtask) -> i64 = step(store().guest_spawn(SubtaskId(subtask)));
    guest_started(subtask) -> i64 = step(store().guest_started(SubtaskId(subtask)));
    guest_leave(subtask, packed) -> i64 = step(store().guest_leave(SubtaskId(subtask), packed));
    guest_core_done(packed) -> i64 = step(store().guest_core_done(packed));
    guest_returned(subtask) -> i64 = step(store().guest_returned(SubtaskId(subtask)));
    guest_retptr(subtask) -> u64 = store().guest_retptr(SubtaskId(subtask));
    guest_unstash(subtask, i) -> u64 = store().guest_unstash(SubtaskId(subtask), i);
    transfer_own(from, res, h, to) -> i64 = step(
        store().transfer_own(InstanceId(from), ResourceId(res), Handle(h), InstanceId(to))
    );
    transfer_borrow(from, res, h, subtask, to) -> i64 = step(store().transfer_borrow(
        InstanceId(from),
        ResourceId(res),
        Handle(h),
        SubtaskId(subtask),
        InstanceId(to),
    ));
    transfer_end(from, ty, h, to, is_future) -> i64 = step(store().transfer_end(
        end(kind(is_future), Side::Readable, from, ty, h),
        InstanceId(to),
    ));
    transfer_error_context(from, h, to) -> i64 =
        step(store().transfer_error_context(InstanceId(from), Handle(h), InstanceId(to)));
}

// Words of 64 bits.
exports! {
    context_get64(inst, slot) -> u64 =
        store().context_get64(InstanceId(inst), slot).unwrap_or(0);
}

#[unsafe(no_mangle)]
extern "C" fn context_set64(inst: u32, slot: u32, value: u64) -> i64 {
    step(store().context_set(InstanceId(inst), slot, value))
}

#[unsafe(no_mangle)]
extern "C" fn thread_new64(inst: u32, context: u64) -> i64 {
    step(store().thread_new(InstanceId(inst), ThreadContext::I64(context)))
}

#[unsafe(no_mangle)]
extern "C" fn guest_call(site: u32, retptr: u64) -> i64 {
    step(store().guest_call(CallSiteId(site), retptr))
}

#[unsafe(no_mangle)]
extern "C" fn guest_stash(subtask: u32, i: u32, word: u64) {
    store().guest_stash(SubtaskId(subtask), i, word);
}

/// The built-ins of one kind of end.
macro_rules! end_exports {
    ($kind:ident: $new:ident, $forward:ident, $cancel_read:ident, $cancel_write:ident, $drop_readable:ident, $drop_writable:ident) => {
        exports! {
            $new(inst, ty) -> i64 =
                step(store().end_new(EndKind::$kind, InstanceId(inst), TypeId(ty)));
            $forward(inst, ty, readable, writable) -> i64 = step(store().end_forward(
                end(EndKind::$kind, Side::Readable, inst, ty, readable),
                Handle(writable),
            ));
            $cancel_read(inst, ty, is_async, h) -> i64 =
                cancel(EndKind::$kind, Side::Readable, [inst, ty, is_async, h]);
            $cancel_write(inst, ty, is_async, h) -> i64 =
                cancel(EndKind::$kind, Side::Writable, [inst, ty, is_async, h]);
            $drop_readable(inst, ty, h) -> i64 = step(
                store().end_drop(end(EndKind::$kind, Side::Readable, inst, ty, h))
            );
            $drop_writable(inst, ty, h) -> i64 = step(
                store().end_drop(end(EndKind::$kind, Side::Writable, inst, ty, h))
            );
        }
    };
}

end_exports!(Stream: stream_new, stream_forward, stream_cancel_read, stream_cancel_write, stream_drop_readable, stream_drop_writable);
end_exports!(Future: future_new, future_forward, future_cancel_read, future_cancel_write, future_drop_readable, future_drop_writable);

/// Copies; a future's has one element.
macro_rules! copy_exports {
    ($kind:ident($($len:ident)?): $read:ident, $write:ident) => {
        copy_exports!(@ $kind Readable $read $($len)?);
        copy_exports!(@ $kind Writable $write $($len)?);
    };
    (@ $kind:ident $side:ident $name:ident $($len:ident)?) => {
        #[unsafe(no_mangle)]
        extern "C" fn $name(
            inst: u32, ty: u32, site: u32, size: u32, is_async: u32, h: u32, ptr: u64, $($len: u32)?
        ) -> i64 {
            #[allow(unused_variables, reason = "a stream says how many")]
            let len = 1;
            $(let len = $len;)?
            let site = SiteId(site);
            let at = end(EndKind::$kind, Side::$side, inst, ty, h);
            step(store().end_copy(at, GuestBuffer { site, ptr, len, size }, is_async != 0))
        }
    };
}

copy_exports!(Stream(len): stream_read, stream_write);
copy_exports!(Future(): future_read, future_write);

fn end(kind: EndKind, side: Side, inst: u32, ty: u32, h: u32) -> EndRef {
    EndRef {
        kind,
        side,
        inst: InstanceId(inst),
        ty: TypeId(ty),
        h: Handle(h),
    }
}

fn cancel(kind: EndKind, side: Side, [inst, ty, is_async, h]: [u32; 4]) -> i64 {
    step(store().end_cancel(end(kind, side, inst, ty, h), is_async != 0))
}

// Reports, and the halves of the driver's own exports.
exports! {
    copied() -> i64 = step(store().copied());
    dtor_done() -> i64 = step(store().dtor_done());
    pulled(_end) -> i64 = step(store().pulled());
    aborted(subtask) -> i64 = step(store().aborted(SubtaskId(subtask)));
    told() -> i64 = step(Ok(Step::Value(0)));
    next() -> i64 = step(store().next_action());
    callback_done(thread, packed) -> i64 = step(store().callback_done(ThreadId(thread), packed));
    thread_begin(thread) -> i64 = step(store().thread_begin(ThreadId(thread)));
    thread_done(thread) -> i64 = step(store().thread_done(ThreadId(thread)));
    spawned(_thread) -> i64 = step(store().spawned());
    resumed(thread) -> i64 = step(store().resumed(ThreadId(thread)));
    subtask_wait(subtask, freeze) -> i64 =
        step(store().subtask_wait(SubtaskId(subtask), freeze != 0));
    arg(i) -> u32 = store().control.args.get(i as usize).copied().unwrap_or(0);
    host_read(end, n) -> i64 =
        known_step(store().host_copy(Side::Readable, EndId(end), n), |s| s.holds(EndId(end)));
    host_write(end, n) -> i64 =
        known_step(store().host_copy(Side::Writable, EndId(end), n), |s| s.holds(EndId(end)));
    host_cancel(end) -> i64 =
        known_step(store().host_cancel(EndId(end)), |s| s.holds(EndId(end)));
    host_drop(end) -> i64 =
        known_step(store().host_drop(EndId(end)), |s| s.holds(EndId(end)));
    host_resource_drop(h) -> i64 = step(store().host_resource_drop(Handle(h)));
}

/// A call site: bit 0: lowered with `async`; bits 1, 2: how it is lifted, as in `task_new`; bit 3: the callee may block.
/// Slots are a slot of the store's table and 1, or 0.
fn call_site(
    [
        caller,
        callee,
        flags,
        start,
        ret,
        callback,
        return_key,
        func,
    ]: [u32; 8],
) -> Result<u32, TrapCode> {
    let half = |slot: u32| slot.checked_sub(1).map(Slot);
    let site = CallSite {
        caller: InstanceId(caller),
        callee: InstanceId(callee),
        is_async: flags & 1 != 0,
        lift: lift(flags >> 1 & 3, callback.wrapping_sub(1), return_key),
        may_block: flags & 8 != 0,
        func: FuncId(func),
        start_half: half(start),
        return_half: half(ret),
    };
    store().guest_site_new(site).map(|CallSiteId(n)| n)
}

/// How `task_new`'s `kind` says that a function is lifted.
fn lift(kind: u32, slot: u32, return_key: u32) -> Lift {
    match kind & 3 {
        _ if kind & SYNC_TYPED != 0 => Lift::SyncTyped,
        0 => Lift::Sync,
        1 => Lift::Callback {
            slot: Slot(slot),
            return_key,
        },
        _ => Lift::Stackful { return_key },
    }
}

/// What is done with a call of a guest to the host.
fn of_subtask(
    subtask: u32,
    run: impl FnOnce(&mut Store, SubtaskId) -> Result<u32, TrapCode>,
) -> i32 {
    let id = SubtaskId(subtask);
    known(run(store(), id), |s| s.has_subtask(id))
}

/// Whether an instance and a resource type are there.
fn has(s: &Store, inst: u32, res: u32) -> bool {
    s.has_instance(InstanceId(inst)) && s.has_resource(ResourceId(res))
}

const MAY_BLOCK: u32 = 1 << 2;
const SYNC_TYPED: u32 = 1 << 3;

// Called by JS.
exports! {
    configure(max_handles, max_tasks, seeded, seed_low, seed_high) -> i32 = {
        let seed = u64::from(seed_low) | u64::from(seed_high) << 32;
        let limits = Limits { handles: max_handles, tasks: max_tasks };
        store().configure(limits, (seeded != 0).then_some(seed));
        0
    };
    configure_stacks(available) -> i32 = {
        store().configure_stacks(available != 0);
        0
    };
    stacks_full(flag) -> i32 = {
        store().stacks_full(flag != 0);
        0
    };
    control() -> *const crate::Control = &raw const store().control;
    instance_new() -> u32 = store().instance_new().0;
    type_new(flat_number) -> u32 = store().type_new(flat_number != 0).0;
    resource_type_new(inst, slot) -> u32 = {
        let dtor = slot.checked_sub(1).map(Slot);
        store().resource_type_new(ResourceType { inst: InstanceId(inst), dtor }).0
    };
    sync_enter(inst, inner) -> i32 = {
        store().sync_enter(InstanceId(inst), inner != 0);
        0
    };
    sync_exit() -> i32 = done(store().sync_exit());
    sync_settle() -> i32 = done(store().sync_settle());
    task_new(inst, kind, slot, return_key, call, func) -> i32 = {
        let task = store().task_new(
            InstanceId(inst),
            lift(kind, slot, return_key),
            kind & MAY_BLOCK != 0,
            CallId(call),
        );
        if let Ok(task) = task {
            store().task_is(task, FuncId(func));
        }
        known(task.map(|t| t.0), |s| s.has_instance(InstanceId(inst)))
    };
    task_enter(task) -> i32 =
        known(store().task_enter(TaskId(task)).map(u32::from), |s| s.has_task(TaskId(task)));
    task_leave(task, packed) -> i32 = {
        // It may be gone afterwards.
        let had = store().has_task(TaskId(task));
        known(store().task_leave(TaskId(task), packed).map(|()| 0), |_| had)
    };
    task_request_cancellation(task) -> i32 =
        done(store().task_request_cancellation(TaskId(task)));
    call_begin(inst) -> i32 = known(
        store().call_begin(InstanceId(inst)).map(|s| s.0),
        |s| s.has_instance(InstanceId(inst)),
    );
    call_end(subtask) -> i32 = of_subtask(subtask, |s, id| s.call_end(id).map(|()| 0));
    call_pending(subtask, call) -> i32 =
        of_subtask(subtask, |s, id| s.call_pending(id, CallId(call)));
    call_waits(subtask, call) -> i32 =
        of_subtask(subtask, |s, id| s.call_waits(id, CallId(call)).map(|()| 0));
    call_resolve(subtask) -> i32 = of_subtask(subtask, |s, id| s.call_resolve(id).map(|()| 0));
    lift_own(inst, res, h) -> i32 = known(
        store().lift_own(InstanceId(inst), ResourceId(res), Handle(h)).map(|()| 0),
        |s| has(s, inst, res),
    );
    lift_borrow(inst, res, h, subtask) -> i32 = of_subtask(subtask, |s, id| {
        s.lift_borrow(InstanceId(inst), ResourceId(res), Handle(h), id).map(|()| 0)
    });
    lower_own(inst, res, given) -> i32 =
        match store().lower_own(InstanceId(inst), ResourceId(res), given) {
            // What else can be wrong is what the host gives.
            Err(code) if code != TrapCode::TableFull => -(FAULT as i32),
            outcome => done(outcome),
        };
    lower_borrow(inst, res, rep) -> i32 = known(
        store().lower_borrow(InstanceId(inst), ResourceId(res), rep).map(|()| 0),
        |s| has(s, inst, res),
    );
    lift_end(inst, ty, h, is_future) -> i32 = done(
        store().lift_end(kind(is_future), InstanceId(inst), TypeId(ty), Handle(h))
    );
    lower_end(inst, ty, end) -> i32 = {
        // It is the guest's afterwards.
        let held = store().holds(EndId(end));
        let lowered = store().lower_end(InstanceId(inst), TypeId(ty), EndId(end));
        known(lowered.map(|()| 0), |s| held && s.has_instance(InstanceId(inst)))
    };
    ends_new(ty, is_future) -> i32 = done(store().ends_new(kind(is_future), TypeId(ty)));
    guest_site_new(caller, callee, flags, start, ret, callback, return_key, func) -> i32 =
        status(call_site([caller, callee, flags, start, ret, callback, return_key, func]));
    error_context_new(inst, id) -> i32 = status(
        store().error_context_new(InstanceId(inst), ErrorContextId(id)).map(|h| h.0)
    );
    error_context_get(inst, h) -> i32 =
        status(store().error_context_get(InstanceId(inst), Handle(h)).map(|id| id.0));
    error_context_drop(inst, h) -> i32 = status(
        store().error_context_drop(InstanceId(inst), Handle(h)).map(|id| id.map_or(0, |id| id.0))
    );
    waiting(i) -> i32 = i32::from(store().waiting(i));
    waiting_member(inst, set, i) -> i32 =
        i32::from(store().waiting_member(InstanceId(inst), Handle(set), i));
}

// `HOST` is what instance 0 means on this side of the boundary.
const _: () = assert!(HOST.0 == 0);
