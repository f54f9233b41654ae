/** What the host keeps of guests' values for longer than a call into it lasts: counted, so that no guest makes it keep ever more. */

import { trapped } from './trap.js';

/** Bytes kept for the guests of one store. */
export class Kept {
  #bytes = 0;

  constructor(private readonly limit: number) {}

  /** Counts what is kept from now on; traps when that is too much, and then nobody has to take it back. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.limit) {
      throw trapped('limit-exceeded', 'the host keeps more than limits.maxKeptBytes');
    }
  }

  /** It is kept no longer. */
  remove(bytes: number): void {
    this.#bytes -= bytes;
  }
}
