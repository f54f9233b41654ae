/**
 * What happens in a store, told to whoever asked for it: `new Store({ trace })`. Enters: hooks of the host, each of which is one
 * look at an undefined field while nobody listens, or is not there at all. Leaves: events in the order in which things happen.
 */

import type { HostEnd } from './ends.js';
import type { HostFunction } from './imports.js';
import { ImportContext } from './pending-import.js';

/**
 * One event. `time` is `performance.now()`, in ms. `id` is the same for all events of one call, stream or future, and of nothing
 * else in the store.
 *
 * - `call`: a call of an export, from JS or from a component of the same binary. `begin`; `wait` when it goes on after it has
 *   given way; `end`, or `fail` with an error's text.
 * - `import`: a call of a function of the host. `begin`; `wait` when the host returned a promise; `end`; `fail`; `cancel` when the
 *   component has cancelled it, or a trap has.
 * - `stream`, `future`: an end of one that the host holds, from `begin` to `end`; `copy` when `count` elements moved.
 *   `direction` is as the component sees it: it reads what comes `in`, it writes what goes `out`.
 * - `trap`: the store is locked. What had not ended before never will.
 */
export type TraceEvent = { readonly time: number; readonly id: number } & (
  | {
      readonly kind: 'call';
      readonly state: 'begin' | 'wait' | 'end' | 'fail';
      /** `wasi:cli/run@0.3.0#run` */
      readonly name: string;
      readonly error?: string;
    }
  | {
      readonly kind: 'import';
      readonly state: 'begin' | 'wait' | 'end' | 'fail' | 'cancel';
      readonly name: string;
      readonly error?: string;
    }
  | {
      readonly kind: 'stream' | 'future';
      readonly state: 'begin' | 'copy' | 'end';
      readonly direction: 'in' | 'out';
      /** Elements; only with `copy`. */
      readonly count?: number;
    }
  | { readonly kind: 'trap'; readonly state: 'end'; readonly error: string }
);

/** What an end of the host is, for events. */
export interface EndKind {
  /** Which of the two it belongs to. */
  readonly kind: 'stream' | 'future';
  /** As the component sees it. */
  readonly direction: 'in' | 'out';
}

type Exported = (...args: unknown[]) => unknown;
type Untimed = TraceEvent extends infer E ? (E extends unknown ? Omit<E, 'time'> : never) : never;

export class Tracer {
  readonly #listener: (event: TraceEvent) => void;
  /** Ids of the ends that the host holds, by the runtime's numbers, which are used again. */
  readonly #ends = new Map<number, number>();
  #last = 0;

  constructor(listener: (event: TraceEvent) => void) {
    this.#listener = listener;
  }

  /** An exported function that tells of its calls. */
  exported(name: string, call: Exported): Exported {
    return (...args) => this.#around('call', name, () => call(...args));
  }

  /** A function of the host that tells of its calls. `future`: what it returns is a value even when it is a promise. */
  imported(host: HostFunction, future: boolean): HostFunction {
    const call = (...args: unknown[]) =>
      this.#around('import', host.name, () => host.call(...args), future, args.at(-1));
    return { ...host, call };
  }

  hold(end: number, about: EndKind): void {
    const id = ++this.#last;
    this.#ends.set(end, id);
    this.#tell({ ...about, id, state: 'begin' });
  }

  release(end: number, about: EndKind): void {
    const id = this.#ends.get(end);
    if (id === undefined) return;
    this.#ends.delete(end);
    this.#tell({ ...about, id, state: 'end' });
  }

  copied(end: number, held: HostEnd | undefined, count: number): void {
    const id = this.#ends.get(end);
    if (id !== undefined && held !== undefined) {
      this.#tell({ ...held.about, id, state: 'copy', count });
    }
  }

  locked(error: Error): void {
    this.#ends.clear();
    this.#tell({ kind: 'trap', id: ++this.#last, state: 'end', error: error.message });
  }

  #around(
    kind: 'call' | 'import',
    name: string,
    run: () => unknown,
    future = false,
    context?: unknown,
  ): unknown {
    const id = ++this.#last;
    let open = true;
    const tell = (state: 'wait' | 'end' | 'fail', error?: unknown) => {
      if (!open) return;
      open = state === 'wait';
      const failed = state === 'fail' ? { error: text(error) } : {};
      this.#tell({ kind, id, name, state, ...failed });
    };
    this.#tell({ kind, id, name, state: 'begin' });
    if (kind === 'import' && context instanceof ImportContext) {
      context.aborted = () => {
        if (open) this.#tell({ kind, id, name, state: 'cancel' });
        open = false;
      };
    }
    let value: unknown;
    try {
      value = run();
    } catch (error) {
      tell('fail', error);
      throw error;
    }
    // Other thenables may be lazy: to look at one would be to ask for it.
    if (future || !(value instanceof Promise)) {
      tell('end');
      return value;
    }
    tell('wait');
    value.then(
      () => tell('end'),
      (error: unknown) => tell('fail', error),
    );
    return value;
  }

  /** A listener that throws is no affair of the component's. */
  #tell(event: Untimed): void {
    try {
      this.#listener({ time: performance.now(), ...event } as TraceEvent);
    } catch (error) {
      console.error('tidegate: the listener of a trace threw:', error);
    }
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
