/**
 * The fast path of sync exports whose parameters and result are single numbers: at the base level, nothing is
 * allocated. At any other, and for wrong arguments, it gives way to the general path of `sync-export.ts`.
 */

import type { CoreFunction, ExportPlan } from './calls.js';
import type { Machine } from './machine.js';
import type { Core, Scalar } from './values/conv.js';

type ScalarExport = (...args: unknown[]) => unknown;

/** Undefined when the function has parameters or a result of another kind, or too many. */
export function scalarExport(
  plan: ExportPlan,
  general: (args: readonly unknown[]) => unknown,
): ScalarExport | undefined {
  const { machine, sig, core, postReturn } = plan;
  const params = sig.params.map(({ scalar }) => scalar);
  if (params.length > 3 || postReturn !== undefined || params.includes(undefined)) {
    return undefined;
  }
  const lift = sig.result === undefined ? () => undefined : sig.result.scalar?.fromCore;
  if (lift === undefined) return undefined;
  const [a, b, c] = params as Scalar[];
  const path: FastPath = { machine, core, general, ends: new Ends(plan, lift) };
  if (a === undefined) return nullary(path);
  if (b === undefined) return unary(path, a);
  return c === undefined ? binary(path, a, b) : ternary(path, a, b, c);
}

interface FastPath {
  readonly machine: Machine;
  readonly core: CoreFunction;
  readonly general: (args: readonly unknown[]) => unknown;
  readonly ends: Ends;
}

/** The two ways in which a call of the guest ends. */
class Ends {
  constructor(
    private readonly plan: ExportPlan,
    private readonly lift: (core: Core) => unknown,
  ) {}

  /** The guest has returned; to lift its result may still trap, when a case or char is out of range. */
  finish(core: Core | undefined): unknown {
    const { machine } = this.plan;
    machine.gate--;
    if (machine.attention !== 0) machine.settle();
    try {
      return this.lift(core!);
    } catch (error) {
      throw machine.caught(error, this.plan);
    }
  }

  fail(error: unknown): never {
    const { machine } = this.plan;
    machine.gate--;
    throw machine.caught(error, this.plan);
  }
}

function nullary({ machine, core, general, ends }: FastPath): ScalarExport {
  return () => {
    if (machine.gate !== 0) return general([]);
    machine.gate = 1;
    let result: Core | undefined;
    try {
      result = core();
    } catch (error) {
      ends.fail(error);
    }
    return ends.finish(result);
  };
}

function unary({ machine, core, general, ends }: FastPath, a: Scalar): ScalarExport {
  return (x) => {
    if (machine.gate !== 0 || !a.test(x)) return general([x]);
    const first = a.toCore(x);
    machine.gate = 1;
    let result: Core | undefined;
    try {
      result = core(first);
    } catch (error) {
      ends.fail(error);
    }
    return ends.finish(result);
  };
}

function binary({ machine, core, general, ends }: FastPath, a: Scalar, b: Scalar): ScalarExport {
  return (x, y) => {
    if (machine.gate !== 0 || !a.test(x) || !b.test(y)) return general([x, y]);
    const first = a.toCore(x);
    const second = b.toCore(y);
    machine.gate = 1;
    let result: Core | undefined;
    try {
      result = core(first, second);
    } catch (error) {
      ends.fail(error);
    }
    return ends.finish(result);
  };
}

function ternary(
  { machine, core, general, ends }: FastPath,
  a: Scalar,
  b: Scalar,
  c: Scalar,
): ScalarExport {
  return (x, y, z) => {
    if (machine.gate !== 0 || !a.test(x) || !b.test(y) || !c.test(z)) return general([x, y, z]);
    const first = a.toCore(x);
    const second = b.toCore(y);
    const third = c.toCore(z);
    machine.gate = 1;
    let result: Core | undefined;
    try {
      result = core(first, second, third);
    } catch (error) {
      ends.fail(error);
    }
    return ends.finish(result);
  };
}
