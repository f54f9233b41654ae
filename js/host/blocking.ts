/**
 * Whose code may have to wait on its stack, and so needs one of its own, from what the compiler knows of each component instance. Leaves
 * waiting itself to `threads.ts`, and what an engine without JSPI cannot run to `jspi-needs.ts`.
 */

import type { Artifact } from './artifact.js';

/**
 * By component instance, whether its code may wait on the stack that it is called on. `marked` says so of synchronous imports, by
 * their place in the artifact's `lowered`.
 */
export function waitingInstances(
  { instances, lowered, funcs }: Artifact,
  marked: (lowered: number) => boolean,
): boolean[] {
  const waits = instances.map(
    ({ blocking }) =>
      blocking.builtins.length > 0 ||
      blocking.lowered.some((i) => funcs[lowered[i]!.func]!.async || marked(i)),
  );
  return spread(callersOf(instances, false), waits);
}

/** By component instance, those that call it. */
export function callersOf(instances: Artifact['instances'], spawned: boolean): number[][] {
  const callers: number[][] = instances.map(() => []);
  instances.forEach(({ blocking }, caller) => {
    for (const callee of blocking.calls) callers[callee]!.push(caller);
    if (spawned) for (const callee of blocking.spawns) callers[callee]!.push(caller);
  });
  return callers;
}

/** Marks whoever calls what is marked. */
export function spread(callers: readonly number[][], marks: boolean[]): boolean[] {
  const todo = [...marks.keys()].filter((i) => marks[i]);
  for (let callee = todo.pop(); callee !== undefined; callee = todo.pop()) {
    for (const caller of callers[callee]!) {
      if (marks[caller]) continue;
      marks[caller] = true;
      todo.push(caller);
    }
  }
  return marks;
}
