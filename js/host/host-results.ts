/**
 * What comes back from a host import: values of its result type, errors of its own `result`, or what ends the store.
 */

import { MAX_FLAT_RESULTS } from '../generated/abi.js';
import type { Caller } from './blame.js';
import { ComponentTrap } from './errors.js';
import type { HostFunction } from './imports.js';
import type { Machine } from './machine.js';
import { lowerTo } from './params.js';
import { isThenable } from './promise-end.js';
import { classify } from './trap.js';
import type { Context } from './values/context.js';
import type { Core } from './values/conv.js';
import type { Signature } from './values/types.js';

/** One import of one instance. */
export interface ImportPlan extends Caller {
  readonly machine: Machine;
  readonly host: HostFunction;
  readonly sig: Signature;
  readonly cx: Context;
  /** Lowered without `async`, and what it returns may be a promise that the guest waits for on its stack. */
  readonly waits: boolean;
}

/** Whether the host has returned a promise; to look at what it returned may throw as well. */
export function pends(host: HostFunction, value: unknown): value is PromiseLike<unknown> {
  try {
    return isThenable(value);
  } catch (error) {
    throw hostError(host, error);
  }
}

/** The `err` case that something thrown stands for; throws a trap when it stands for none. */
export function caught({ sig, host, machine }: ImportPlan, error: unknown): unknown {
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
export function checked({ sig, host, cx }: ImportPlan, returned: unknown): unknown {
  const value =
    sig.throws && !(returned instanceof Wrapped) ? new Wrapped('ok', returned) : returned;
  let cause: unknown;
  try {
    cx.beginCheck();
    cause = sig.result?.check(cx, value)?.toError('result');
  } catch (error) {
    throw hostError(host, error);
  }
  if (cause === undefined) return value;
  throw wrongValue(host, cause);
}

/** Lowers what the host has returned to where the guest wants it. */
export function lowerResult(plan: ImportPlan, returned: unknown, results: Core): void {
  const { result } = plan.sig;
  if (result === undefined) return;
  const value = checked(plan, returned);
  plan.cx.begin();
  lowerTo(result, plan.cx, results, value);
}

/** As `lowerResult`, of a function lowered without `async`: the flat result, unless it goes to memory. */
export function lowerFlat(
  plan: ImportPlan,
  returned: unknown,
  flat: readonly Core[],
): Core | undefined {
  const { result } = plan.sig;
  if (result === undefined) return undefined;
  if (result.count > MAX_FLAT_RESULTS) {
    lowerResult(plan, returned, flat[flat.length - 1] as number);
    return undefined;
  }
  const value = checked(plan, returned);
  plan.cx.begin();
  const core: Core[] = [];
  result.lower(plan.cx, value, core);
  return core[0];
}

/** Marks that a function's own `result` is wrapped already. */
class Wrapped {
  constructor(
    readonly tag: 'ok' | 'err',
    readonly val: unknown,
  ) {}
}

/** What goes back after a failure: the shim traps, but first the value must have the right type. */
export function failed({ flatResult }: Signature): Core {
  return flatResult === 'i64' ? 0n : 0;
}

/** Records why a call of the host ends its store, or that a trap passes by. */
export function failing(plan: ImportPlan, error: unknown): void {
  plan.machine.fail(classify(error), plan);
}

/** The trap that a failing host import is. */
export function hostError(host: HostFunction, cause: unknown): ComponentTrap {
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new ComponentTrap('host-error', `the host import ${host.name} failed: ${message}`, {
    cause,
  });
}

/** The trap that a host import with a value of another type is. */
export function wrongValue(host: HostFunction, cause: unknown): ComponentTrap {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the host import ${host.name} returned a wrong value: ${reason}`;
  return new ComponentTrap('wrong-value', message, { cause });
}

/** A function that cannot wait has returned a promise. */
export function notAsync(host: HostFunction): ComponentTrap {
  const cause = new TypeError(
    `${host.name} is not async, but its implementation returned a promise; mark it with suspending(), or return a value`,
  );
  return new ComponentTrap('wrong-value', cause.message, { cause });
}
