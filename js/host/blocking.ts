/**
 * Whose code may have to wait on its stack, from what the compiler knows of each component instance: what needs a stack of its own,
 * and what an engine without JSPI cannot run. Leaves waiting itself to `threads.ts`.
 */

import type { Artifact, Extern } from './artifact.js';
import { ENGINES } from './stacks.js';

/** What of a component may wait in a way that only JSPI makes possible. */
export interface JspiNeeds {
  /** Full names of exports, like `wasi:cli/run@0.3.0#run`: those that may come to wait. Most calls of them may well not. */
  readonly exports: readonly string[];
  /** Names of what they may wait in: built-ins like `waitable-set.wait`, and async imports that are called synchronously. */
  readonly causes: readonly string[];
}

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

/** What a component may need JSPI for; undefined when it is nothing. */
export function jspiNeeds(artifact: Artifact): JspiNeeds | undefined {
  const { instances, lifted } = artifact;
  const direct = instances.map((_, i) => causes(artifact, i));
  const found = new Set(direct.flat());
  if (found.size === 0) return undefined;
  // Without JSPI, a callee that should have a stack of its own runs on its caller's.
  const waits = spread(
    callersOf(instances, true),
    direct.map((own) => own.length > 0),
  );
  const names = (externs: readonly Extern[], prefix: string): string[] =>
    externs.flatMap((extern) => {
      if (extern.kind === 'instance') return names(extern.items, `${extern.name}#`);
      if (extern.kind !== 'func' || typeof extern.lifted !== 'number') return [];
      return waits[lifted[extern.lifted]!.options.instance] ? [prefix + extern.name] : [];
    });
  return { exports: names(artifact.exports, ''), causes: [...found].sort() };
}

/** What is told, once, to who instantiates a component that may need JSPI on an engine without it. */
export function jspiWarning({ exports, causes }: JspiNeeds): string {
  return (
    `this engine cannot suspend WebAssembly (JSPI); ${ENGINES} can. Calls that come to wait in ${causes.join(', ')} trap; ` +
    `it may happen in these exports: ${exports.join(', ')}`
  );
}

function causes({ instances, lowered, funcs }: Artifact, instance: number): string[] {
  const { blocking } = instances[instance]!;
  const imports = blocking.lowered.map((i) => lowered[i]!).filter(({ func }) => funcs[func]!.async);
  return [...blocking.builtins, ...imports.map(({ path }) => path.join('#'))];
}

/** By component instance, those that call it. */
function callersOf(instances: Artifact['instances'], spawned: boolean): number[][] {
  const callers: number[][] = instances.map(() => []);
  instances.forEach(({ blocking }, caller) => {
    for (const callee of blocking.calls) callers[callee]!.push(caller);
    if (spawned) for (const callee of blocking.spawns) callers[callee]!.push(caller);
  });
  return callers;
}

/** Marks whoever calls what is marked. */
function spread(callers: readonly number[][], marks: boolean[]): boolean[] {
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
