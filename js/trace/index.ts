/**
 * `tidegate/trace`: a store's trace as a file that browsers' tools show. Enters: the events of `new Store({ trace })`. Leaves: the JSON
 * of Chrome's trace event format, which `chrome://tracing`, https://ui.perfetto.dev and Firefox's profiler open.
 */

import type { TraceEvent } from '../host/trace.js';

/** An event of Chrome's format, whose times are in µs. */
export interface ChromeTraceEvent {
  /** `b`, `n`, `e`: something that takes time begins, goes on, ends; `i`: an instant; `M`: a name for the whole. */
  readonly ph: 'b' | 'n' | 'e' | 'i' | 'M';
  /** Of a call its function; of what goes on in it, what that is. */
  readonly name: string;
  /** The store. */
  readonly pid: number;
  /** Always 0: what overlaps is told apart by `id`. */
  readonly tid: number;
  /** Since the page or program was started. */
  readonly ts: number;
  /** What an event is of: `call`, `import`, `stream`, `future`. */
  readonly cat?: string;
  /** The same for all events of one call, stream or future. */
  readonly id?: number;
  /** Of an instant: it is about the process. */
  readonly s?: 'p';
  /** What else is known: `parent`, `count`, `error` and the like. */
  readonly args?: Readonly<Record<string, unknown>>;
}

/** How a trace is written. */
export interface ChromeTraceOptions {
  /** What the trace calls its store; `tidegate` by default. */
  readonly name?: string;
  /** Tells it from other stores in one file: 1 by default. */
  readonly process?: number;
}

/**
 * Collects what happens in one store. `JSON.stringify(trace)` is the file, at any time: what is still open then has no end.
 *
 * @example
 * const trace = new ChromeTrace();
 * const store = new Store({ trace: trace.listen });
 */
export class ChromeTrace {
  readonly #events: ChromeTraceEvent[];
  /** Names of what has begun and not ended. */
  readonly #open = new Map<number, string>();
  readonly #pid: number;

  constructor({ name = 'tidegate', process = 1 }: ChromeTraceOptions = {}) {
    this.#pid = process;
    this.#events = [{ ph: 'M', name: 'process_name', pid: process, tid: 0, ts: 0, args: { name } }];
  }

  /** Takes an event; for `new Store({ trace })`. */
  readonly listen = (event: TraceEvent): void => {
    const { kind, state, id, time, parent } = event;
    const at = { pid: this.#pid, tid: 0, ts: time * 1000 };
    if (kind === 'trap') {
      this.#events.push({ ph: 'i', name: 'trap', ...at, s: 'p', args: { error: event.error } });
      return;
    }
    const own = { ...at, cat: kind, id };
    if (state === 'begin') {
      const name = 'name' in event ? event.name : `${kind} ${event.direction}`;
      this.#open.set(id, name);
      this.#events.push({ ph: 'b', name, ...own, ...(parent && { args: { parent } }) });
      return;
    }
    const name = this.#open.get(id);
    if (name === undefined) return;
    const more = args(event);
    if (!isEnd(event)) {
      this.#events.push({ ph: 'n', name: state, ...own, args: more });
      return;
    }
    this.#open.delete(id);
    this.#events.push({ ph: 'e', name, ...own, args: more });
  };

  /** The file's content. */
  toJSON(): { readonly displayTimeUnit: 'ms'; readonly traceEvents: readonly ChromeTraceEvent[] } {
    return { displayTimeUnit: 'ms', traceEvents: this.#events };
  }
}

function isEnd({ kind, state }: TraceEvent): boolean {
  return state === 'end' || state === 'fail' || (kind === 'import' && state === 'cancel');
}

/** What an event has beside its time, its kind and what it is of. */
function args(event: TraceEvent): Record<string, unknown> {
  const { time, id, kind, parent, ...rest } = event;
  if ('name' in rest) {
    const { name, ...others } = rest;
    return others;
  }
  return rest;
}
