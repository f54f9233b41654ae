/** Calls of sync exports: plain calls, without a task unless the guest makes one. Spec: `canon_lift` without `async`. */

import type { CoreFunction, ExportPlan } from './calls.js';
import { liftResult, lowerArgs, unwrap } from './params.js';
import { BorrowScope, GuestResourceType } from './resources.js';
import type { Core, Scalar } from './values/conv.js';
import { checkArgs } from './values/types.js';

/** The JS function for a sync export. */
export function syncExport(plan: ExportPlan): (...args: unknown[]) => unknown {
  const call = generalCall(plan);
  return scalarCall(plan, call) ?? ((...args) => call(args));
}

type GeneralCall = (args: readonly unknown[]) => unknown;

/** Any parameters and results, at any depth. */
function generalCall(plan: ExportPlan): GeneralCall {
  const { machine, sig, cx, core, postReturn, where } = plan;
  const { runtime } = machine;
  // A guest that borrows its own resource gets the rep, and nothing is counted.
  const lends = sig.borrowed.some((index) => {
    const type = cx.linked.resource(index);
    return !(type instanceof GuestResourceType && type.ownedBy(cx.inst));
  });
  return (args) => {
    if (machine.locked) throw machine.refusal();
    const error = checkArgs(sig, cx, args);
    if (error !== undefined) throw error;
    const scope = sig.borrowed.length > 0 ? new BorrowScope(machine) : undefined;
    const tracked = lends || machine.gate > 0;
    let value: unknown;
    machine.gate++;
    try {
      if (tracked) machine.expect(runtime.sync_enter(cx.inst));
      cx.scope = scope;
      const flat = lowerArgs(sig, cx, args);
      cx.scope = undefined;
      const result = core(...flat);
      value = liftResult(sig, cx, result);
      if (postReturn !== undefined) {
        if (result === undefined) postReturn();
        else postReturn(result);
      }
      if (tracked) machine.expect(runtime.sync_exit());
    } catch (error) {
      throw machine.caught(error, where);
    } finally {
      machine.gate--;
      scope?.end();
    }
    if (machine.attention !== 0) machine.settle();
    return sig.throws ? unwrap(value) : value;
  };
}

/** Single numbers in and out, at the base level: nothing is allocated. Undefined when the function has others. */
function scalarCall(
  { machine, sig, core, postReturn, where }: ExportPlan,
  general: GeneralCall,
): ((...args: unknown[]) => unknown) | undefined {
  const params = sig.params.map(({ scalar }) => scalar);
  if (params.length > 3 || postReturn !== undefined || params.includes(undefined)) {
    return undefined;
  }
  const lift = sig.result === undefined ? nothing : sig.result.scalar?.fromCore;
  if (lift === undefined) return undefined;
  const [a, b, c] = params as Scalar[];

  function fail(error: unknown): never {
    machine.gate--;
    throw machine.caught(error, where);
  }
  /** After the core function: `lift` may trap, when a discriminant is out of range. */
  function finish(core: Core | undefined): unknown {
    machine.gate = 0;
    if (machine.attention !== 0) machine.settle();
    try {
      return lift!(core!);
    } catch (error) {
      throw machine.caught(error, where);
    }
  }

  switch (params.length) {
    case 0:
      return () => {
        if (machine.gate !== 0) return general([]);
        machine.gate = 1;
        let result: Core | undefined;
        try {
          result = core();
        } catch (error) {
          fail(error);
        }
        return finish(result);
      };
    case 1:
      return (x) => {
        if (machine.gate !== 0 || !a!.test(x)) return general([x]);
        const flat = a!.toCore(x);
        machine.gate = 1;
        let result: Core | undefined;
        try {
          result = core(flat);
        } catch (error) {
          fail(error);
        }
        return finish(result);
      };
    case 2:
      return binary(core);
    default:
      return (x, y, z) => {
        if (machine.gate !== 0 || !a!.test(x) || !b!.test(y) || !c!.test(z)) {
          return general([x, y, z]);
        }
        const [f, g, h] = [a!.toCore(x), b!.toCore(y), c!.toCore(z)];
        machine.gate = 1;
        let result: Core | undefined;
        try {
          result = core(f, g, h);
        } catch (error) {
          fail(error);
        }
        return finish(result);
      };
  }

  function binary(core: CoreFunction): (x: unknown, y: unknown) => unknown {
    return (x, y) => {
      if (machine.gate !== 0 || !a!.test(x) || !b!.test(y)) return general([x, y]);
      const f = a!.toCore(x);
      const g = b!.toCore(y);
      machine.gate = 1;
      let result: Core | undefined;
      try {
        result = core(f, g);
      } catch (error) {
        fail(error);
      }
      return finish(result);
    };
  }
}

const nothing = (): undefined => undefined;
