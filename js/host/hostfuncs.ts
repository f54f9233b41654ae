/**
 * Imports that JS implements, as the functions that shims call. Nothing throws or rejects into wasm: what goes wrong
 * is recorded, and the shim traps when it sees the fault. Spec: `canon_lower`.
 */

import { MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from '../generated/abi.js';
import type { Lowered } from './artifact.js';
import { ComponentTrap, TidegateFault } from './errors.js';
import type { CallContext } from './given.js';
import type { HostFunction, HostImports } from './imports.js';
import type { Linked } from './linked.js';
import type { Machine } from './machine.js';
import { liftArgs, lowerTo } from './params.js';
import { isThenable } from './promise-end.js';
import { BorrowScope } from './resources.js';
import { RETURNED } from './runtime.js';
import { scalarImport } from './scalar-import.js';
import { classify } from './trap.js';
import type { Context } from './values/context.js';
import type { Core } from './values/conv.js';
import type { Signature } from './values/types.js';

/** One import of one instance. */
export interface ImportPlan {
  readonly machine: Machine;
  readonly host: HostFunction;
  readonly sig: Signature;
  readonly cx: Context;
}

/** The JS function behind a lowered import. */
export function lower(
  linked: Linked,
  desc: Lowered,
  imports: HostImports,
): (...flat: Core[]) => Core | undefined {
  const host = imports.function(desc.path);
  if (host === undefined) throw new TidegateFault(`no import ${desc.path.join('#')}`);
  const plan: ImportPlan = {
    machine: linked.machine,
    host,
    sig: linked.types.signature(desc.func),
    cx: linked.context(desc.options),
  };
  if (desc.async) return asyncImport(plan);
  return scalarImport(plan) ?? syncImport(plan);
}

function syncImport(plan: ImportPlan): (...flat: Core[]) => Core | undefined {
  const { machine, host, sig, cx } = plan;
  const { result } = sig;
  const inMemory = result !== undefined && result.count > MAX_FLAT_RESULTS;
  const nothing = failed(sig);
  return (...flat) => {
    try {
      const scope = beginScope(plan);
      cx.scope = scope;
      const args = liftArgs(sig, cx, flat, MAX_FLAT_PARAMS);
      cx.scope = undefined;
      let value = invoke(plan, args);
      if (machine.locked) return nothing;
      if (isThenable(value) && !sig.future) throw notAsync(host);
      endScope(scope);
      if (result === undefined) return undefined;
      value = checked(plan, value);
      cx.begin();
      if (inMemory) {
        lowerTo(result, cx, flat[flat.length - 1] as number, value);
        return undefined;
      }
      const core: Core[] = [];
      result.lower(cx, value, core);
      return core[0];
    } catch (error) {
      machine.fail(classify(error));
      return nothing;
    }
  };
}

function asyncImport(plan: ImportPlan): (...flat: Core[]) => Core {
  const { machine, sig, cx } = plan;
  const { runtime } = machine;
  return (...flat) => {
    try {
      const scope = beginScope(plan);
      cx.scope = scope;
      const args = liftArgs(sig, cx, flat, MAX_FLAT_ASYNC_PARAMS);
      cx.scope = undefined;
      const context = new ImportContext();
      while (args.length < sig.params.length) args.push(undefined);
      args.push(context);
      const value = invoke(plan, args);
      if (machine.locked) return 0;
      const results = flat[flat.length - 1] as number;
      if (!isThenable(value)) {
        endScope(scope);
        lowerResult(plan, value, results);
        return RETURNED;
      }
      const subtask = scope?.subtask ?? machine.expect(runtime.call_begin(cx.inst));
      const pending = new PendingImport(plan, subtask, results, context, scope);
      return pending.wait(value);
    } catch (error) {
      machine.fail(classify(error));
      return 0;
    }
  };
}

/** A call of a host import whose promise is pending. Spec: a `Subtask` that is `STARTED`. */
export class PendingImport {
  #done = false;
  #call = 0;

  constructor(
    private readonly plan: ImportPlan,
    private readonly subtask: number,
    private readonly results: number,
    private readonly context: ImportContext,
    private readonly scope: BorrowScope | undefined,
  ) {}

  /** What the guest gets for now. */
  wait(promise: PromiseLike<unknown>): number {
    const { machine } = this.plan;
    this.#call = machine.imports.add(this);
    const packed = machine.expect(machine.runtime.call_pending(this.subtask, this.#call));
    Promise.resolve(promise).then(
      (value) => this.#settle(value),
      (error: unknown) => this.#reject(error),
    );
    return packed;
  }

  /** The guest has cancelled the call, or its store is locked. What the promise brings is of no interest. */
  abort(reason: unknown): void {
    this.#done = true;
    this.scope?.end();
    this.context.abort(reason);
  }

  #settle(value: unknown): void {
    if (this.#done) return;
    const { machine } = this.plan;
    this.#done = true;
    machine.imports.remove(this.#call);
    const resolve = () => {
      this.scope?.end();
      lowerResult(this.plan, value, this.results);
      machine.expect(machine.runtime.call_resolve(this.subtask));
    };
    machine.enterAlone(undefined, resolve, true);
  }

  #reject(error: unknown): void {
    if (this.#done) return;
    const { machine } = this.plan;
    let value: unknown;
    try {
      value = caught(this.plan, error);
    } catch (trap) {
      this.#done = true;
      machine.imports.remove(this.#call);
      machine.enterAlone(undefined, () => {
        throw trap;
      });
      return;
    }
    this.#settle(value);
  }
}

/** What an async import gets after its parameters. */
class ImportContext implements CallContext {
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  /** Aborted when the guest cancels the call. Made when it is asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}

/** Marks that a function's own `result` is wrapped already. */
class Wrapped {
  constructor(
    readonly tag: 'ok' | 'err',
    readonly val: unknown,
  ) {}
}

/** Calls the host; what it throws is the error of its `result`, or the end of the store. */
function invoke(plan: ImportPlan, args: unknown[]): unknown {
  try {
    return plan.host.call(...args);
  } catch (error) {
    return caught(plan, error);
  }
}

/** The `err` case that something thrown stands for; throws a trap when it stands for none. */
function caught({ sig, host, machine }: ImportPlan, error: unknown): unknown {
  if (sig.throws && !machine.locked) {
    if (typeof error === 'object' && error !== null && 'payload' in error) {
      return new Wrapped('err', error.payload);
    }
    // preview2-shim throws bare payloads.
    if (!(error instanceof Error)) return new Wrapped('err', error);
  }
  throw hostError(host, error);
}

/** The value that is lowered for what the host has returned. */
function checked({ sig, host, cx }: ImportPlan, returned: unknown): unknown {
  const value =
    sig.throws && !(returned instanceof Wrapped) ? new Wrapped('ok', returned) : returned;
  cx.beginCheck();
  const failure = sig.result?.check(cx, value);
  if (failure === undefined) return value;
  const cause = failure.toError('result');
  throw new ComponentTrap(
    'wrong-value',
    `the host import ${host.name} returned a wrong value: ${cause.message}`,
    {
      cause,
    },
  );
}

function lowerResult(plan: ImportPlan, returned: unknown, results: number): void {
  const { result } = plan.sig;
  if (result === undefined) return;
  const value = checked(plan, returned);
  plan.cx.begin();
  lowerTo(result, plan.cx, results, value);
}

function beginScope({ machine, sig, cx }: ImportPlan): BorrowScope | undefined {
  if (sig.borrowed.length === 0) return undefined;
  return new BorrowScope(machine, machine.expect(machine.runtime.call_begin(cx.inst)));
}

function endScope(scope: BorrowScope | undefined): void {
  if (scope === undefined) return;
  scope.end();
  scope.machine.expect(scope.machine.runtime.call_end(scope.subtask));
}

/** What goes back after a failure: the shim traps, but first the value must have the right type. */
export function failed({ flatResult }: Signature): Core {
  return flatResult === 'i64' ? 0n : 0;
}

/** The trap that a failing host import is. */
export function hostError(host: HostFunction, cause: unknown): ComponentTrap {
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new ComponentTrap('host-error', `the host import ${host.name} failed: ${message}`, {
    cause,
  });
}

/** A function that cannot wait has returned a promise. */
export function notAsync(host: HostFunction): ComponentTrap {
  const cause = new TypeError(
    `${host.name} is not async, but its implementation returned a promise`,
  );
  return new ComponentTrap('wrong-value', cause.message, { cause });
}
