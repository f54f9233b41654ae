/** Bounds on what a component may cost: `CompileOptions.limits`. */

import { COMPILE_LIMITS, type CompileLimits } from '../generated/abi.js';

/** @throws TypeError or RangeError for limits that there are not, or that are none. */
export function checkLimits(limits: CompileLimits): void {
  for (const [name, bound] of Object.entries(limits)) {
    if (!Object.hasOwn(COMPILE_LIMITS, name)) {
      throw new TypeError(
        `limits: there is no ${name}; there are ${Object.keys(COMPILE_LIMITS).join(', ')}`,
      );
    }
    if (bound !== undefined && (!Number.isSafeInteger(bound) || bound <= 0)) {
      throw new RangeError(`limits.${name}: expected a positive integer, got ${bound}`);
    }
  }
}

/** All bounds, in the order that the compiler takes them in. */
export function bounds(limits: CompileLimits): Float64Array {
  const all = Object.entries(COMPILE_LIMITS) as [keyof CompileLimits, number][];
  return Float64Array.from(all, ([name, bound]) => limits[name] ?? bound);
}
