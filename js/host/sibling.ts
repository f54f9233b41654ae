/**
 * Calls between components of one binary: values go through JS, as if the host stood between the two. The caller's
 * cancellation reaches the callee by the signal that async imports get. Leaves calls without JS to adapters.
 */

import { exportedFunction } from './exports.js';
import type { HostFunction } from './imports.js';
import type { Linked } from './linked.js';

/** The lifted function with this index of the artifact, as what a lowered import calls. */
export function sibling(linked: Linked, callee: number): HostFunction {
  const lifted = linked.compiled.artifact.lifted[callee]!;
  const name = lifted.name ?? `function ${callee}`;
  // The callee's core instance need not exist before the first call.
  let call: HostFunction['call'] | undefined;
  return {
    name,
    sibling: true,
    call(...args) {
      call ??= exportedFunction(linked, lifted, name, 'call');
      return call(...args);
    },
  };
}
