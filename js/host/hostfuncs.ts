/**
 * Imports that JS implements, as the functions that shims call. Nothing throws or rejects into wasm: what goes wrong
 * is recorded, and the shim traps when it sees the fault. Spec: `canon_lower`.
 */

import { MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS } from '../generated/abi.js';
import type { Lowered } from './artifact.js';
import { errorContextBuiltin } from './error-contexts.js';
import { TidegateFault } from './errors.js';
import {
  caught,
  failed,
  failing,
  type ImportPlan,
  lowerFlat,
  lowerResult,
  notAsync,
  pends,
} from './host-results.js';
import type { HostImports } from './imports.js';
import type { Linked } from './linked.js';
import { liftArgs } from './params.js';
import { ImportContext, PendingImport } from './pending-import.js';
import { BorrowScope } from './resources.js';
import { RETURNED } from './runtime.js';
import { scalarImport } from './scalar-import.js';
import type { Core } from './values/conv.js';

/** The JS function behind a lowered import. */
export function lower(
  linked: Linked,
  desc: Lowered,
  imports: HostImports,
): (...flat: Core[]) => Core | undefined {
  if (desc.builtin) return errorContextBuiltin(linked, desc);
  const host = imports.function(desc.path);
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
    waits: !desc.async && (sig.async || host.suspending === true),
  };
  if (desc.async) return asyncImport(plan);
  return (plan.waits ? undefined : scalarImport(plan)) ?? syncImport(plan);
}

function syncImport(plan: ImportPlan): (...flat: Core[]) => Core | undefined {
  const { machine, host, sig, cx, waits } = plan;
  const nothing = failed(sig);
  return (...flat) => {
    try {
      const scope = beginScope(plan);
      cx.scope = scope;
      const args = liftArgs(sig, cx, flat, MAX_FLAT_PARAMS);
      cx.scope = undefined;
      const { spent } = cx;
      const context = sig.async ? addContext(plan, args) : undefined;
      const value = invoke(plan, args);
      if (machine.locked) {
        failing(plan, machine.trap);
        if (waits) forget(plan, value);
        return nothing;
      }
      if ((waits || !sig.future) && pends(host, value)) {
        if (!waits) throw notAsync(host);
        pending(plan, flat, context, scope, spent).block(value);
        return nothing;
      }
      endScope(scope);
      return lowerFlat(plan, value, flat);
    } catch (error) {
      failing(plan, error);
      return nothing;
    }
  };
}

function asyncImport(plan: ImportPlan): (...flat: Core[]) => Core {
  const { machine, host, sig, cx } = plan;
  return (...flat) => {
    try {
      const scope = beginScope(plan);
      cx.scope = scope;
      const args = liftArgs(sig, cx, flat, MAX_FLAT_ASYNC_PARAMS);
      cx.scope = undefined;
      const { spent } = cx;
      const context = addContext(plan, args);
      const value = invoke(plan, args);
      if (machine.locked) {
        failing(plan, machine.trap);
        forget(plan, value);
        return 0;
      }
      if (!pends(host, value)) {
        endScope(scope);
        lowerResult(plan, value, flat[flat.length - 1] as number);
        return RETURNED;
      }
      return pending(plan, flat, context, scope, spent).wait(value);
    } catch (error) {
      failing(plan, error);
      return 0;
    }
  };
}

/** What an async function gets after its parameters. */
function addContext({ sig }: ImportPlan, args: unknown[]): ImportContext {
  const context = new ImportContext();
  while (args.length < sig.params.length) args.push(undefined);
  args.push(context);
  return context;
}

/** A promise that nobody waits for any more; its caller has the store's trap. */
function forget({ host }: ImportPlan, value: unknown): void {
  if (pends(host, value)) value.then(undefined, () => {});
}

function pending(
  plan: ImportPlan,
  flat: readonly Core[],
  context: ImportContext | undefined,
  scope: BorrowScope | undefined,
  bytes: number,
): PendingImport {
  const { machine, cx } = plan;
  const subtask = scope?.subtask ?? machine.expect(machine.runtime.call_begin(cx.inst));
  return new PendingImport(plan, subtask, flat, context, scope, bytes);
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
