/** Calls of imports that have not returned yet. */

import type { Caller } from './blame.js';
import type { CallContext } from './given.js';
import { caught, type ImportPlan, lowerFlat, lowerResult } from './host-results.js';
import type { BorrowScope } from './resources.js';
import type { Spot } from './trail.js';
import type { Core } from './values/conv.js';

/** A call of a host import whose promise is pending. Spec: a `Subtask` that is `STARTED`. */
export class PendingImport implements Caller {
  readonly kind = 'import';
  #done = false;
  #call = 0;
  #thread = 0;
  #serial = 0;

  constructor(
    private readonly plan: ImportPlan,
    private readonly subtask: number,
    private readonly flat: readonly Core[],
    private readonly context: ImportContext | undefined,
    private readonly scope: BorrowScope | undefined,
    /** Of the parameters, as they were counted when they were lifted. */
    private readonly bytes: number,
  ) {}

  get where(): string {
    return this.plan.where;
  }

  get inst(): number {
    return this.plan.inst;
  }

  /** The thread that has made the call. */
  get spot(): Spot {
    return { thread: this.#thread, serial: this.#serial };
  }

  /** What the guest gets for now. */
  wait(promise: PromiseLike<unknown>): number {
    const { machine } = this.plan;
    this.#begin(promise);
    return machine.expect(machine.runtime.call_pending(this.subtask, this.#call));
  }

  /** The guest waits on its stack: the shim sees the fault, and `WaitingCall` tells it of the subtask. */
  block(promise: PromiseLike<unknown>): void {
    const { machine, host, sig } = this.plan;
    this.#begin(promise);
    machine.expect(machine.runtime.call_waits(this.subtask, this.#call));
    machine.threads!.wait({ subtask: this.subtask, name: host.name, freezes: !sig.async });
  }

  #begin(promise: PromiseLike<unknown>): void {
    const { machine } = this.plan;
    this.#call = machine.imports.add(this);
    this.#thread = machine.trail.thread;
    this.#serial = machine.trail.serial(this.#thread);
    Promise.resolve(promise).then(
      (value) => this.#settle(value),
      (error: unknown) => this.#reject(error),
    );
    machine.kept.add(this.bytes);
  }

  /** The guest has cancelled the call, or its store is locked. What the promise brings is of no interest. */
  abort(reason: unknown): void {
    this.#finish();
    this.scope?.end();
    this.context?.abort(reason);
  }

  #finish(): void {
    const { machine } = this.plan;
    this.#done = true;
    machine.kept.remove(this.bytes);
  }

  #settle(value: unknown): void {
    if (this.#done) return;
    const { machine } = this.plan;
    this.#finish();
    machine.imports.remove(this.#call);
    const resolve = () => {
      this.scope?.end();
      this.#lower(value);
      machine.expect(machine.runtime.call_resolve(this.subtask));
    };
    const { tracer } = machine;
    const traced = tracer && (() => tracer.within(this.context, resolve));
    machine.enterAlone(this, traced ?? resolve, true);
  }

  #lower(value: unknown): void {
    const { plan, flat, subtask } = this;
    if (plan.waits) {
      const result = lowerFlat(plan, value, flat);
      if (result !== undefined) plan.machine.threads!.results.set(subtask, result);
    } else {
      lowerResult(plan, value, flat[flat.length - 1] as number);
    }
  }

  #reject(error: unknown): void {
    if (this.#done) return;
    const { machine } = this.plan;
    let value: unknown;
    try {
      value = caught(this.plan, error);
    } catch (trap) {
      this.#finish();
      machine.imports.remove(this.#call);
      machine.enterAlone(this, () => {
        throw trap;
      });
      return;
    }
    this.#settle(value);
  }
}

/** What an async import gets after its parameters. */
export class ImportContext implements CallContext {
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  /** For traces: the id of the call. */
  traced: number | undefined;
  /** For traces: told of the abort, without a signal. */
  aborted: (() => void) | undefined;

  /** Aborted when the guest cancels the call. Made when it is asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.aborted?.();
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}
