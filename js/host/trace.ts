/**
 * What happens in a store, told to whoever asked for it: `new Store({ trace })`. Enters: calls of exports and imports, each wrapped
 * while somebody listens and only then; what the runtime is asked, by `trace-runtime.ts`. Leaves: events in the order in which
 * things happen, and which call each belongs to. Left to `chrome-trace.ts`: what tools make of them.
 */

import type { HostFunction } from './imports.js';
import type { Machine } from './machine.js';
import { ImportContext } from './pending-import.js';
import { RuntimeWatch } from './trace-runtime.js';
import type { Spot } from './trail.js';

/**
 * One event. `time` is `performance.now()`, in ms. `id` is the same for all events of one call, stream or future, and of nothing
 * else in the store. `parent`, with `begin`, is the id of the call or import in which it began; without it, the program began it.
 *
 * - `call`: a call of an export, from JS or from a component of the same binary: a task. `begin`; `start` when it enters the
 *   component, which may have to wait for others (synchronous ones enter at once and do not say so); `wait` when its caller goes on
 *   before it has returned; `cancel` when it is asked to stop; `end` when it has returned, or `fail` with an error's text.
 * - `import`: a call of a function of the host: a subtask. `begin`; `wait` when the host returned a promise; `end`; `fail`; `cancel`
 *   when the component has cancelled it, or a trap has.
 * - `stream`, `future`: `begin` when it is made; `pass` when its readable end has changed hands between JS and components; `copy` when
 *   `count` elements moved; `drop` of its `side`; `end` when both sides are gone. `direction` is as components see it: they read
 *   what comes `in`, they write what goes `out`, and what is `within` has both its ends there.
 * - `trap`: the store is locked. What had not ended before never will.
 *
 * A call between components of one binary that is synchronous on both sides, and passes no JavaScript, is not told of.
 */
export type TraceEvent = {
  readonly time: number;
  readonly id: number;
  readonly parent?: number;
} & (
  | {
      readonly kind: 'call';
      readonly state: 'begin' | 'start' | 'wait' | 'cancel' | 'end' | 'fail';
      /** `wasi:cli/run@0.3.0#run` */
      readonly name: string;
      readonly error?: string;
    }
  | {
      readonly kind: 'import';
      readonly state: 'begin' | 'wait' | 'cancel' | 'end' | 'fail';
      readonly name: string;
      readonly error?: string;
    }
  | {
      readonly kind: 'stream' | 'future';
      readonly state: 'begin' | 'pass' | 'copy' | 'drop' | 'end';
      readonly direction: 'in' | 'out' | 'within';
      /** Elements; only with `copy`. */
      readonly count?: number;
      /** Only with `drop`. */
      readonly side?: 'readable' | 'writable';
    }
  | { readonly kind: 'trap'; readonly state: 'end'; readonly error: string }
);

/** An event whose time is now. */
export type Untimed = TraceEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'time'>
    : never
  : never;

type Exported = (...args: unknown[]) => unknown;

/** A call whose function is on the stack, and the runtime's thread when it was made. */
interface Running {
  readonly id: number;
  readonly name: string;
  readonly serial: number;
}

export class Tracer {
  readonly #listener: (event: TraceEvent) => void;
  readonly #machine: Machine;
  readonly #running: Running[] = [];
  /** Whose call a thread of the runtime works for, by the thread's number, which is used again. */
  readonly #threads: (Pick<Running, 'id' | 'serial'> | undefined)[] = [];
  readonly #watch: RuntimeWatch;
  #last = 0;

  constructor(machine: Machine, listener: (event: TraceEvent) => void) {
    this.#machine = machine;
    this.#listener = listener;
    this.#watch = new RuntimeWatch(machine, this);
  }

  /** The runtime's exports, watched. */
  watch(runtime: WebAssembly.Exports): WebAssembly.Exports {
    return this.#watch.exports(runtime);
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

  /** Elements are copied. */
  copied(): void {
    this.#watch.copied();
  }

  /** Does what belongs to a call of the host, which has returned before. */
  within(context: ImportContext | undefined, run: () => void): void {
    if (context?.traced === undefined) run();
    else this.#inside(context.traced, '', run);
  }

  locked(error: Error): void {
    this.tell({ kind: 'trap', id: this.next(), state: 'end', error: error.message });
  }

  /** An id that nothing else has. */
  next(): number {
    return ++this.#last;
  }

  /** A thread of the runtime works for a call. */
  works(thread: number, id: number): void {
    this.#threads[thread] = { id, serial: this.#machine.trail.serial(thread) };
  }

  /** The innermost call on the stack. */
  get top(): Running | undefined {
    return this.#running.at(-1);
  }

  /** The innermost call; undefined when the program is at work by itself. */
  get current(): number | undefined {
    const { trail } = this.#machine;
    const { top } = this;
    let spot: Spot | undefined = { thread: trail.thread, serial: trail.serial(trail.thread) };
    if (top?.serial === spot.serial) return top.id;
    for (; spot !== undefined; spot = trail.caller(spot)) {
      const known = this.#threads[spot.thread];
      if (known !== undefined && known.serial === spot.serial) return known.id;
    }
    return top?.id;
  }

  /** `parent` for an event that says that something begins. */
  get parent(): { readonly parent?: number } {
    const parent = this.current;
    return parent === undefined ? {} : { parent };
  }

  /** A listener that throws is no affair of the component's. */
  tell(event: Untimed): void {
    try {
      this.#listener({ time: performance.now(), ...event } as TraceEvent);
    } catch (error) {
      console.error('tidegate: the listener of a trace threw:', error);
    }
  }

  #inside<T>(id: number, name: string, run: () => T): T {
    const { trail } = this.#machine;
    this.#running.push({ id, name, serial: trail.serial(trail.thread) });
    try {
      return run();
    } finally {
      this.#running.pop();
    }
  }

  #around(
    kind: 'call' | 'import',
    name: string,
    run: () => unknown,
    future = false,
    context?: unknown,
  ): unknown {
    const id = this.next();
    let open = true;
    const tell = (state: 'wait' | 'end' | 'fail', error?: unknown) => {
      if (!open) return;
      open = state === 'wait';
      const failed = state === 'fail' ? { error: text(error) } : {};
      this.tell({ kind, id, name, state, ...failed });
    };
    this.tell({ kind, id, name, state: 'begin', ...this.parent });
    if (kind === 'import' && context instanceof ImportContext) {
      context.traced = id;
      context.aborted = () => {
        if (open) this.tell({ kind, id, name, state: 'cancel' });
        open = false;
      };
    }
    let value: unknown;
    try {
      value = this.#inside(id, name, run);
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
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
