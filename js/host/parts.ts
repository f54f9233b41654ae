/**
 * Parts of the host that only some programs need; each is a file of its own, loaded when it is first needed. Loading takes a
 * promise: so a part is asked for where its user waits anyway (compiling, opening a store, instantiating), never in the middle of a call.
 */

/** By what they are for. */
export interface Parts {
  /** Compiling in place. */
  readonly compile: typeof import('./compile.js');
  /** Compiling ahead of time. */
  readonly precompile: typeof import('./precompile.js');
  /** Loading what was compiled ahead of time. */
  readonly precompiled: typeof import('./precompiled.js');
  /** Making one component of several. */
  readonly compose: typeof import('./composition.js');
  /** What a component wants and gives, in words and as data. */
  readonly describe: typeof import('./describe.js');
  /** TypeScript declarations. */
  readonly declarations: typeof import('../types/declarations.js');
  /** `new Store({ trace })`. */
  readonly trace: typeof import('./trace.js');
  /** Guests on stacks of their own. */
  readonly threads: typeof import('./threads.js');
  /** Who waits for what. */
  readonly deadlock: typeof import('./deadlock.js');
}

type Loaders = { readonly [Name in keyof Parts]: () => Promise<Parts[Name]> };

let loaders: Loaders = {
  compile: () => import('./compile.js'),
  precompile: () => import('./precompile.js'),
  precompiled: () => import('./precompiled.js'),
  compose: () => import('./composition.js'),
  describe: () => import('./describe.js'),
  declarations: () => import('../types/declarations.js'),
  trace: () => import('./trace.js'),
  threads: () => import('./threads.js'),
  deadlock: () => import('./deadlock.js'),
};

/** Gives all parts at once, where nothing can be imported later. */
export function provide(all: Loaders): void {
  loaders = all;
}

/** A part of the host; a failed load is tried again next time, if the engine does. */
export async function part<Name extends keyof Parts>(name: Name): Promise<Parts[Name]> {
  try {
    return await loaders[name]();
  } catch (cause) {
    throw new Error(
      `tidegate could not load the part of itself that is for '${name}': ${cause instanceof Error ? cause.message : cause}. ` +
        'All of its files must be served beside each other; a service worker imports `tidegate/whole`.',
      { cause },
    );
  }
}
