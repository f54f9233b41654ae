/** What of a component an engine without JSPI cannot run, and how that is told. */

import type { Artifact, Extern } from './artifact.js';
import { callersOf, spread } from './blocking.js';
import { ENGINES } from './stacks.js';

/** What of a component may wait in a way that only JSPI makes possible. */
export interface JspiNeeds {
  /** Full names of exports, like `wasi:cli/run@0.3.0#run`: those that may come to wait. Most calls of them may well not. */
  readonly exports: readonly string[];
  /** Names of what they may wait in: built-ins like `waitable-set.wait`, and async imports that are called synchronously. */
  readonly causes: readonly string[];
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
