/**
 * Imports that JS implements, as the functions that shims call. Nothing throws or rejects into wasm: what goes wrong
 * is recorded, and the shim traps when it sees the fault. Spec: `canon_lower`.
 */

import { MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from '../generated/abi.js';
import type { Lowered } from './artifact.js';
import { TidegateFault } from './errors.js';
import {
  caught,
  checked,
  failed,
  failing,
  type ImportPlan,
  lowerResult,
  notAsync,
  pends,
} from './host-results.js';
import type { HostImports } from './imports.js';
import type { Linked } from './linked.js';
import { liftArgs, lowerTo } from './params.js';
import { ImportContext, PendingImport } from './pending-import.js';
import { BorrowScope } from './resources.js';
import { RETURNED } from './runtime.js';
import { scalarImport } from './scalar-import.js';
import { sibling } from './sibling.js';
import type { Core } from './values/conv.js';

/** The JS function behind a lowered import. */
export function lower(
  linked: Linked,
  desc: Lowered,
  imports: HostImports,
): (...flat: Core[]) => Core | undefined {
  const host =
    typeof desc.callee === 'number' ? sibling(linked, desc.callee) : imports.function(desc.path);
  if (host === undefined) throw new TidegateFault(`no import ${desc.path.join('#')}`);
  const { machine } = linked;
  const cx = linked.context(desc.options);
  const sig = cx.types.signature(desc.func);
  const plan: ImportPlan = {
    kind: 'import',
    where: host.name,
    inst: cx.inst,
    machine,
    host: machine.tracer?.imported(host, sig.future) ?? host,
    sig,
    cx,
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
      if (machine.locked) {
        failing(plan, machine.trap);
        return nothing;
      }
      if (!sig.future && pends(host, value)) throw notAsync(host);
      endScope(scope);
      if (result === undefined) return undefined;
      value = checked(plan, value);
      cx.begin();
      if (inMemory) {
        lowerTo(result, cx, flat[flat.length - 1]!, value);
        return undefined;
      }
      const core: Core[] = [];
      result.lower(cx, value, core);
      return core[0];
    } catch (error) {
      failing(plan, error);
      return nothing;
    }
  };
}

function asyncImport(plan: ImportPlan): (...flat: Core[]) => Core {
  const { machine, host, sig, cx } = plan;
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
      if (machine.locked) {
        failing(plan, machine.trap);
        // Nobody waits for it any more; its caller has the store's trap.
        if (pends(host, value)) value.then(undefined, () => {});
        return 0;
      }
      const results = flat[flat.length - 1]!;
      if (!pends(host, value)) {
        endScope(scope);
        lowerResult(plan, value, results);
        return RETURNED;
      }
      const subtask = scope?.subtask ?? machine.expect(runtime.call_begin(cx.inst));
      const pending = new PendingImport(plan, subtask, results, context, scope);
      return pending.wait(value);
    } catch (error) {
      failing(plan, error);
      return 0;
    }
  };
}

/** Calls the host; what it throws is the error of its `result`, or the end of the store. */
function invoke(plan: ImportPlan, args: unknown[]): unknown {
  try {
    return plan.host.call(...args);
  } catch (error) {
    return caught(plan, error);
  }
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
