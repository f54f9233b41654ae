/**
 * Which call led to which: numbers that the runtime keeps in its memory (`src/runtime/src/trail.rs`). They are read and not asked
 * for, since a runtime must not be called after a trap. Left to `blame.ts`: what the numbers stand for.
 */

import type { Runtime } from './runtime.js';

/** A thread of the store, as long as its number has this serial number. */
export interface Spot {
  readonly thread: number;
  readonly serial: number;
}

/** A call that led to where the runtime is. */
export interface Crumb {
  /** The store's number of the component instance. */
  readonly inst: number;
  /** Which function, by the host's number; 0 is unknown. */
  readonly func: number;
  /** The host's number of the call, until the task has returned. */
  readonly call: number;
}

/** Most calls that are followed. */
const MOST = 32;

/** Words of the control block after the argument words. */
const INST = 16;
const THREAD = 17;
const TRAIL = 18;
const TRAIL_LENGTH = 19;

/** Words of an entry. */
const ENTRY = 6;

export class Trail {
  readonly #memory: WebAssembly.Memory;
  /** Index of the control block's first word. */
  readonly #control: number;
  #words: Int32Array;

  constructor(runtime: Runtime, control: number) {
    this.#memory = runtime.memory;
    this.#control = control >>> 2;
    this.#words = new Int32Array(runtime.memory.buffer);
  }

  /** The instance of the innermost call; 0 when there is none that the runtime knows. */
  get inst(): number {
    return this.#word(this.#control + INST);
  }

  /** The thread that runs, or the nearest below. */
  get thread(): number {
    return this.#word(this.#control + THREAD);
  }

  /** Which thread of all that have this number it is. */
  serial(thread: number): number {
    return thread === 0 ? 0 : this.#word(this.#entry(thread));
  }

  /** The same of a thread that is there now. */
  at(thread: number): Crumb[] {
    return this.from({ thread, serial: this.serial(thread) });
  }

  /** The call that a thread belongs to, and those that led to it, innermost first. */
  from({ thread, serial }: Spot): Crumb[] {
    const crumbs: Crumb[] = [];
    let [at, wanted] = [thread, serial];
    while (at !== 0 && crumbs.length < MOST && at < this.#word(this.#control + TRAIL_LENGTH)) {
      const entry = this.#entry(at);
      if (this.#word(entry) !== wanted) break;
      const [inst, func, call] = [1, 2, 3].map((i) => this.#word(entry + i));
      crumbs.push({ inst: inst!, func: func!, call: call! });
      at = this.#word(entry + 4);
      wanted = this.#word(entry + 5);
    }
    return crumbs;
  }

  /** The thread that was running when a thread was made. */
  caller({ thread, serial }: Spot): Spot | undefined {
    if (thread === 0 || this.serial(thread) !== serial) return undefined;
    const entry = this.#entry(thread);
    return { thread: this.#word(entry + 4), serial: this.#word(entry + 5) };
  }

  #entry(thread: number): number {
    return (this.#word(this.#control + TRAIL) >>> 2) + thread * ENTRY;
  }

  #word(index: number): number {
    // The memory has grown.
    if (this.#words.length === 0) this.#words = new Int32Array(this.#memory.buffer);
    return this.#words[index] ?? 0;
  }
}
