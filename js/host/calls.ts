/**
 * Calls whose answer is a promise: of async exports, and of sync exports that may block. One task each. Spec: `canon_lift`,
 * `canon_task_return`.
 */

import { MAX_FLAT_PARAMS } from '../generated/abi.js';
import type { TaskReturn } from './artifact.js';
import type { Caller } from './blame.js';
import type { ComponentTrap, TidegateFault } from './errors.js';
import type { Linked } from './linked.js';
import type { Machine } from './machine.js';
import { liftFrom, liftResult, lowerArgs, unwrap } from './params.js';
import { BorrowScope } from './resources.js';
import { LIFTED_SYNC, OWN_STACK, SYNC_TYPED, WITH_CALLBACK } from './runtime.js';
import { type Promising, stacks } from './stacks.js';
import { abiTrap, classify } from './trap.js';
import type { Context } from './values/context.js';
import type { Core } from './values/conv.js';
import { checkArgs, type Signature } from './values/types.js';

/** A guest's core function. */
export type CoreFunction = (...flat: Core[]) => Core | undefined;

/** One exported function of one instance. */
export interface ExportPlan extends Caller {
  readonly func: number;
  readonly machine: Machine;
  readonly sig: Signature;
  readonly cx: Context;
  readonly core: CoreFunction;
  readonly postReturn: CoreFunction | undefined;
  /** How it is lifted, as `task_new` has it. */
  readonly lift: number;
  /** The core function on a stack of its own: when it may block and the engine can suspend. */
  readonly guard: Promising | undefined;
  /** Table slot of the callback. */
  readonly slot: number;
  readonly returnKey: number;
}

/** What may follow the last parameter of an async export. */
export interface CallOptions {
  /** Aborting it requests the cancellation of the task, and rejects the promise at once. */
  readonly signal?: AbortSignal;
}

/** The JS function for an async export, or the `promise` of a sync one. It throws nothing; its promise rejects. */
export function promiseExport(plan: ExportPlan): (...args: unknown[]) => Promise<unknown> {
  const { machine, sig, cx } = plan;
  return (...args) => {
    if (machine.locked) return Promise.reject(machine.refusal());
    let signal: AbortSignal | undefined;
    try {
      const error = checkArgs(sig, cx, args);
      if (error !== undefined) throw error;
      signal = (args[sig.params.length] as CallOptions | null | undefined)?.signal;
      signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    return new Call(plan, args).start(signal);
  };
}

export class Call {
  #args: readonly unknown[] | undefined;
  /** Number of the task; 0 before it exists. */
  #task = 0;
  /** Number of the call. */
  #id = 0;
  /** What the promise is told, once it is there: most calls have returned by then. */
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** What it would have been told, and whether that is an error. */
  #told: { readonly value: unknown; readonly failed: boolean } | undefined;
  #scope: BorrowScope | undefined;
  /** The caller has been told already. */
  #abandoned = false;
  /** Takes the listener from the signal. */
  #forget: (() => void) | undefined;

  constructor(
    readonly plan: ExportPlan,
    args: readonly unknown[],
  ) {
    this.#args = args;
  }

  /** For messages. */
  get where(): string {
    return this.plan.where;
  }

  start(signal: AbortSignal | undefined): Promise<unknown> {
    const { machine, sig, cx, lift, guard, slot, returnKey } = this.plan;
    this.#id = machine.calls.add(this);
    const flags = (guard === undefined ? 0 : OWN_STACK) | (sig.async ? 0 : SYNC_TYPED);
    const kind = lift | flags;
    const { runtime } = machine;
    const task = runtime.task_new(cx.inst, kind, slot, returnKey, this.#id, this.plan.func);
    if (task < 0) {
      // Nothing has been entered: the store is as it was.
      machine.calls.remove(this.#id);
      return Promise.reject(abiTrap(-task));
    }
    this.#task = task;
    if (signal !== undefined) this.#listen(signal);
    machine.enterAlone(this.plan, runCall, false, this);
    const told = this.#told;
    if (told !== undefined)
      return told.failed ? Promise.reject(told.value) : Promise.resolve(told.value);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Enters the task and runs the core function, unless it has to wait: then the driver calls this again. */
  run(): void {
    const { machine, sig, cx, core, guard } = this.plan;
    if (guard !== undefined && stacks.full) {
      this.#queue();
      return;
    }
    if (machine.expect(machine.runtime.task_enter(this.#task)) === 0) return;
    const args = this.#args!;
    this.#args = undefined;
    if (sig.borrowed.length > 0) this.#scope = new BorrowScope(machine);
    cx.scope = this.#scope;
    const flat = lowerArgs(sig, cx, args);
    cx.scope = undefined;
    if (guard === undefined) {
      this.#left(core(...flat));
      return;
    }
    machine.threads!.run(
      this.plan,
      () => guard(...flat),
      (result: Core | undefined) => this.#left(result),
    );
  }

  /** There are as many stacks as there may be. */
  #queue(): void {
    const { machine } = this.plan;
    machine.pendingHost++;
    stacks.wait(() => {
      machine.pendingHost--;
      if (machine.calls.get(this.#id) !== this) return;
      machine.enterAlone(this.plan, runCall, false, this);
    });
  }

  /** The core function has returned. */
  #left(result: Core | undefined): void {
    const { machine, sig, cx, lift, postReturn } = this.plan;
    const { runtime } = machine;
    if (lift !== LIFTED_SYNC) {
      const packed = lift === WITH_CALLBACK ? (result as number) : 0;
      machine.expect(runtime.task_leave(this.#task, packed));
      return;
    }
    const value = liftResult(sig, cx, result);
    postReturn?.(...(result === undefined ? [] : [result]));
    machine.expect(runtime.task_leave(this.#task, 0));
    machine.calls.remove(this.#id);
    this.returned(value);
  }

  /** The task has returned. */
  returned(value: unknown): void {
    this.#end();
    if (!this.plan.sig.throws) {
      this.#tell(value);
      return;
    }
    try {
      this.#tell(unwrap(value));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The task was cancelled before it returned. */
  cancelled(): void {
    this.reject(new DOMException('the call was cancelled', 'AbortError'));
  }

  reject(error: ComponentTrap | TidegateFault | DOMException): void {
    this.#end();
    this.#fail(error);
  }

  #tell(value: unknown): void {
    if (this.#resolve !== undefined) this.#resolve(value);
    else this.#told ??= { value, failed: false };
  }

  #fail(error: unknown): void {
    if (this.#reject !== undefined) this.#reject(error);
    else this.#told ??= { value: error, failed: true };
  }

  #listen(signal: AbortSignal): void {
    const { machine } = this.plan;
    const abort = () => {
      this.#forget = undefined;
      this.#abandoned = true;
      machine.abandoned++;
      this.#fail(signal.reason);
      machine.enterAlone(this.plan, () => {
        machine.expect(machine.runtime.task_request_cancellation(this.#task));
      });
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#forget = () => signal.removeEventListener('abort', abort);
  }

  #end(): void {
    this.#scope?.end();
    this.#scope = undefined;
    this.#forget?.();
    this.#forget = undefined;
    if (this.#abandoned) this.plan.machine.abandoned--;
    this.#abandoned = false;
  }
}

function runCall(call: Call): void {
  call.run();
}

/** The JS function that `task.return` calls when the caller is the host. */
export function taskReturn(linked: Linked, desc: TaskReturn): (...flat: Core[]) => void {
  const { machine } = linked;
  const cx = linked.context(desc.options);
  const { result } = desc;
  return (...flat) => {
    // Before anything else calls the runtime.
    const id = machine.word(0);
    try {
      let value: unknown;
      if (typeof result === 'number') {
        const conv = cx.types.conv(result);
        cx.begin();
        value =
          conv.count > MAX_FLAT_PARAMS ? liftFrom(conv, cx, flat[0]!) : conv.lift(cx, flat, 0);
      }
      machine.calls.remove(id)?.returned(value);
    } catch (error) {
      machine.fail(classify(error));
    }
  };
}
