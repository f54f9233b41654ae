/**
 * The fast path of sync imports whose parameters and result are single numbers: no array, no closure per call.
 * It differs from `hostfuncs.ts` in nothing else.
 */

import {
  failed,
  failing,
  hostError,
  type ImportPlan,
  notAsync,
  pends,
  wrongValue,
} from './host-results.js';
import type { Core, Scalar } from './values/conv.js';

type ScalarImport = (...flat: Core[]) => Core | undefined;

/** Undefined when the function has parameters or a result of another kind, or too many. */
export function scalarImport(plan: ImportPlan): ScalarImport | undefined {
  const { sig } = plan;
  const params = sig.params.map(({ scalar }) => scalar);
  if (params.length > 3 || sig.throws || params.includes(undefined)) return undefined;
  if (sig.result !== undefined && sig.result.scalar === undefined) return undefined;
  const [a, b, c] = params as Scalar[];
  const { call } = plan.host;
  const ends = new Ends(plan);
  if (a === undefined) return nullary(call, ends);
  if (b === undefined) return unary(call, ends, a);
  return c === undefined ? binary(call, ends, a, b) : ternary(call, ends, a, b, c);
}

/** The two ways in which a call of the host ends. */
class Ends {
  readonly #plan: ImportPlan;
  readonly #result: Scalar | undefined;
  readonly #nothing: Core;

  constructor(plan: ImportPlan) {
    this.#plan = plan;
    this.#result = plan.sig.result?.scalar;
    this.#nothing = failed(plan.sig);
  }

  /** What the guest gets for a value of the host. */
  finish(value: unknown): Core | undefined {
    const { machine, host, sig, cx } = this.#plan;
    if (machine.locked) {
      failing(this.#plan, machine.trap);
      return this.#nothing;
    }
    if (this.#result === undefined) {
      if (value === undefined || !pends(host, value)) return undefined;
      throw notAsync(host);
    }
    const core = this.#convert(this.#result, value);
    if (core !== undefined) return core;
    if (pends(host, value)) throw notAsync(host);
    throw wrongValue(host, sig.result!.check(cx, value)?.toError('result'));
  }

  /** `inside`: the host threw it, whatever it is; otherwise it is a trap of the guest or our own. */
  fail(error: unknown, inside: boolean): Core {
    failing(this.#plan, inside ? hostError(this.#plan.host, error) : error);
    return this.#nothing;
  }

  /** Undefined when the value is not of its type; flags have getters, which may throw. */
  #convert(type: Scalar, value: unknown): Core | undefined {
    try {
      return type.test(value) ? type.toCore(value) : undefined;
    } catch (error) {
      throw hostError(this.#plan.host, error);
    }
  }
}

type HostCall = (...args: unknown[]) => unknown;

function nullary(call: HostCall, ends: Ends): ScalarImport {
  return () => {
    let inside = true;
    try {
      const value = call();
      inside = false;
      return ends.finish(value);
    } catch (error) {
      return ends.fail(error, inside);
    }
  };
}

function unary(call: HostCall, ends: Ends, a: Scalar): ScalarImport {
  return (x) => {
    let inside = false;
    try {
      const first = a.fromCore(x!);
      inside = true;
      const value = call(first);
      inside = false;
      return ends.finish(value);
    } catch (error) {
      return ends.fail(error, inside);
    }
  };
}

function binary(call: HostCall, ends: Ends, a: Scalar, b: Scalar): ScalarImport {
  return (x, y) => {
    let inside = false;
    try {
      const first = a.fromCore(x!);
      const second = b.fromCore(y!);
      inside = true;
      const value = call(first, second);
      inside = false;
      return ends.finish(value);
    } catch (error) {
      return ends.fail(error, inside);
    }
  };
}

function ternary(call: HostCall, ends: Ends, a: Scalar, b: Scalar, c: Scalar): ScalarImport {
  return (x, y, z) => {
    let inside = false;
    try {
      const first = a.fromCore(x!);
      const second = b.fromCore(y!);
      const third = c.fromCore(z!);
      inside = true;
      const value = call(first, second, third);
      inside = false;
      return ends.finish(value);
    } catch (error) {
      return ends.fail(error, inside);
    }
  };
}
