/**
 * The two wasm instances of a store as JS sees them. What each function means is in ARCHITECTURE.md,
 * "Runtime exports" and "The driver module"; statuses below zero are minus a trap code.
 */

import type { Lifted } from './artifact.js';

/** Exports of the runtime that JS calls; shims and driver take theirs by name. */
export interface Runtime {
  readonly memory: WebAssembly.Memory;
  configure(
    maxHandles: number,
    maxTasks: number,
    seeded: number,
    seedLow: number,
    seedHigh: number,
  ): number;
  /** Whether the engine can suspend stacks. */
  configure_stacks(available: number): number;
  /** While 1, what would begin a new stack waits. */
  stacks_full(flag: number): number;
  control(): number;
  instance_new(): number;
  type_new(flatNumber: number): number;
  resource_type_new(inst: number, slot: number): number;
  sync_enter(inst: number): number;
  sync_exit(): number;
  sync_settle(): number;
  task_new(
    inst: number,
    kind: number,
    slot: number,
    returnKey: number,
    call: number,
    func: number,
  ): number;
  task_enter(task: number): number;
  task_leave(task: number, packed: number): number;
  task_request_cancellation(task: number): number;
  call_begin(inst: number): number;
  call_end(subtask: number): number;
  call_pending(subtask: number, call: number): number;
  call_waits(subtask: number, call: number): number;
  call_resolve(subtask: number): number;
  lift_own(inst: number, res: number, h: number): number;
  lift_borrow(inst: number, res: number, h: number, subtask: number): number;
  lower_own(inst: number, res: number, repOrHandle: number): number;
  lower_borrow(inst: number, res: number, rep: number): number;
  lift_end(inst: number, ty: number, h: number, isFuture: number): number;
  lower_end(inst: number, ty: number, end: number): number;
  ends_new(ty: number, isFuture: number): number;
  error_context_new(inst: number, id: number): number;
  error_context_get(inst: number, h: number): number;
  error_context_drop(inst: number, h: number): number;
  guest_site_new(
    caller: number,
    callee: number,
    flags: number,
    start: number,
    returns: number,
    callback: number,
    returnKey: number,
    func: number,
  ): number;
  waiting(i: number): number;
  waiting_member(inst: number, set: number, i: number): number;
}

/** Exports of the driver that JS calls. */
export interface Driver {
  /** 0: nothing more is ready; 1: the budget is used up; 2: a suspended stack goes on. */
  run(budget: number): number;
  thread_main(thread: number): void;
  host_read(end: number, n: number): number;
  host_write(end: number, n: number): number;
  host_cancel(end: number): number;
  host_drop(end: number): number;
  host_resource_drop(handle: number): number;
}

/** What the driver imports from the host. Functions with a result answer 0, or 1 after a failure was recorded. */
export interface DriverHost {
  trap(code: number): void;
  copy(): number;
  pull(end: number, n: number): number;
  event(end: number, payload: number): number;
  host_dtor(res: number, rep: number): number;
  abort(call: number): number;
  cancelled(call: number): number;
  start(call: number, task: number): number;
  /** The current stack is about to be suspended; not 0 when it cannot be. */
  block(thread: number): number;
  /** Suspends the current stack until `resume` of the same thread. */
  readonly suspend: WebAssembly.ImportValue;
  /** The stack of that thread goes on. */
  resumed(thread: number): number;
  resume(thread: number): number;
  /** Runs the driver's `thread_main` on a new stack. */
  spawn(thread: number): number;
  /** `thread_main` has come to its end. */
  finished(thread: number): number;
  /** `subtask * 2 + freeze` of the import that has to be waited for; 0 when it has failed. */
  blocked(): number;
}

/** How a function is lifted, as `task_new` has it. */
export function liftKind({ async, callback }: Pick<Lifted, 'async' | 'callback'>): number {
  return !async ? LIFTED_SYNC : typeof callback === 'number' ? WITH_CALLBACK : STACKFUL;
}

/** `task_new`: an async function lifted without `async`. */
export const LIFTED_SYNC = 0;
/** `task_new`: lifted with a callback. */
export const WITH_CALLBACK = 1;
/** `task_new`: lifted with `async` alone. */
const STACKFUL = 2;
/** `task_new`: it may block, so it is run on a stack of its own. */
export const OWN_STACK = 4;
/** `task_new`: a function that is sync in WIT. */
export const SYNC_TYPED = 8;

/** Attention word: an implicit task was made, and `sync_settle` is due. */
export const ATTENTION_SETTLE = 1;
/** Attention word: something is ready, and a turn is due. */
export const ATTENTION_READY = 2;

/** Spec: `CopyResult`. */
export const COMPLETED = 0;
export const DROPPED = 1;

/** Spec: `Subtask.State.RETURNED`. */
export const RETURNED = 2;

/** Low bits of a copy's payload; the rest is how many elements were copied. */
export const COPY_RESULT_MASK = 0xf;
