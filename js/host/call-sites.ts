/** Calls between components of one binary that may take their time: what the runtime is told of each adapter. */

import type { Linked } from './linked.js';
import { liftKind } from './runtime.js';

/** Registers a call site of the artifact; gives the runtime's number of it. */
export function registerCallSite(linked: Linked, index: number): number {
  const { machine, compiled, instances, slots, waits } = linked;
  const site = compiled.artifact.callSites[index]!;
  const callee = instances[site.callee]!;
  const where = site.name ?? `function ${index}`;
  const flags =
    (site.loweredAsync ? LOWERED_ASYNC : 0) |
    (liftKind(site) << LIFT_SHIFT) |
    (waits[site.callee] ? MAY_BLOCK : 0);
  const caller = { kind: 'call' as const, where, inst: callee, func: 0 };
  caller.func = machine.blame.add(caller);
  const slot = (n: number | null | undefined) => (typeof n === 'number' ? slots + n + 1 : 0);
  return machine.expect(
    machine.runtime.guest_site_new(
      instances[site.caller]!,
      callee,
      flags,
      slot(site.start),
      slot(site.returns),
      slot(site.callback),
      site.returnKey,
      caller.func,
    ),
  );
}

const LOWERED_ASYNC = 1;
const LIFT_SHIFT = 1;
const MAY_BLOCK = 8;
