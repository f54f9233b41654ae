/**
 * Stacks that suspend: what the engine has of JSPI, and how many of them may live. Leaves whose turn it is to `threads.ts`.
 *
 * Facts that this rests on, the same in V8, SpiderMonkey and by the specification of JSPI: a `Suspending` import always suspends,
 * whatever it returns, and throws on a stack that is not promising; a promising call runs synchronously up to its first
 * suspension; a resolved stack goes on one microtask later. A stack that is never resumed is never freed, and V8 ends the process
 * near 32,000 of them: so they are counted, and calls beyond the cap wait for one that ends.
 */

/** A wasm function, called on a stack of its own. Its promise tells when that stack has ended. */
export type Promising = (...args: (number | bigint)[]) => Promise<unknown>;

interface Jspi {
  readonly Suspending?: new (call: (...args: number[]) => unknown) => WebAssembly.ImportValue;
  readonly promising?: (call: (...args: never[]) => unknown) => Promising;
}

const { Suspending, promising } = WebAssembly as unknown as Jspi;

/** The engine can suspend stacks. */
export const JSPI = typeof Suspending === 'function' && typeof promising === 'function';

/** Those that can, for messages. */
export const ENGINES = 'Chrome 137, Firefox 153, Safari 27, Node 26, Deno and Bun';

/** An import that suspends the stack that it is called on. Without JSPI it is never called. */
export function suspendingImport(call: (thread: number) => unknown): WebAssembly.ImportValue {
  return JSPI ? new Suspending!(call) : (call as WebAssembly.ImportValue);
}

/** A wasm function, to be called on stacks of its own. Only with JSPI. */
export function onOwnStack(call: (...args: never[]) => unknown): Promising {
  return promising!(call);
}

/** Most stacks at a time in this thread of JavaScript: workers of the process have theirs beside. */
const MOST = 8000;

/** The stacks of all stores. */
class Stacks {
  #live = 0;
  /** Who waits for a stack, in order. */
  readonly #waiting = new Set<() => void>();

  get full(): boolean {
    return this.#live >= MOST;
  }

  take(): void {
    this.#live++;
  }

  /** A stack has ended; nobody's code is on the JavaScript stack. */
  readonly release = (): void => {
    this.#live--;
    for (const next of this.#waiting) {
      if (this.full) return;
      this.#waiting.delete(next);
      next();
    }
  };

  /** Calls `next` when there is room; it looks by itself whether there still is. */
  wait(next: () => void): void {
    this.#waiting.add(next);
  }
}

export const stacks = new Stacks();
