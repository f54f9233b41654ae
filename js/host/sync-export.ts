/** Calls of sync exports: plain calls, without a task unless the guest makes one. Spec: `canon_lift` without `async`. */

import type { ExportPlan } from './calls.js';
import { GuestResourceType } from './guest-resource.js';
import { liftResult, lowerArgs, unwrap } from './params.js';
import { BorrowScope } from './resources.js';
import { scalarExport } from './scalar-export.js';
import { checkArgs } from './values/types.js';

/** The JS function for a sync export. */
export function syncExport(plan: ExportPlan): (...args: unknown[]) => unknown {
  const call = generalCall(plan);
  return scalarExport(plan, call) ?? ((...args) => call(args));
}

type GeneralCall = (args: readonly unknown[]) => unknown;

/** Any parameters and results, at any depth. */
function generalCall(plan: ExportPlan): GeneralCall {
  const { machine, sig, cx, core, postReturn } = plan;
  const { runtime } = machine;
  // A guest that borrows its own resource gets the rep, and nothing is counted.
  const lends = sig.borrowed.some((index) => {
    const type = cx.linked.resource(index);
    return !(type instanceof GuestResourceType && type.ownedBy(cx.inst));
  });
  return (args) => {
    if (machine.locked) throw machine.refusal();
    if (machine.frozen) throw machine.chill();
    const error = checkArgs(sig, cx, args);
    if (error !== undefined) throw error;
    const scope = sig.borrowed.length > 0 ? new BorrowScope(machine) : undefined;
    const tracked = lends || machine.gate > 0;
    let value: unknown;
    const { stack } = machine;
    machine.stack = undefined;
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
      throw machine.caught(error, plan);
    } finally {
      machine.gate--;
      machine.stack = stack;
      scope?.end();
    }
    if (machine.attention !== 0) machine.settle();
    return sig.throws ? unwrap(value) : value;
  };
}
