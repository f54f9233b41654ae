/** An output of WASI 0.2 that is written ahead of, within bounds, as a pipe is: what is in the pipe counts as written. */

import { Bell, type Listen } from '../bell.js';
import type { Output } from '../platform.js';
import type { Sink } from './io.js';

/** What a sink has not taken yet, counted over all streams that write to it: a component can have many of them. */
export class Backlog implements Sink {
  readonly #output: Pick<Output, 'write' | 'flush'>;
  readonly #bell = new Bell();
  #underWay = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(output: Pick<Output, 'write' | 'flush'>) {
    this.#output = output;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  get room(): number {
    return Math.max(0, MOST_UNDER_WAY - this.#underWay);
  }

  readonly listen: Listen = (wake) => this.#bell.listen(wake);

  write(bytes: Uint8Array): void {
    try {
      const written = this.#output.write(bytes);
      if (written === undefined) return;
      this.#underWay += bytes.length;
      Promise.resolve(written).then(
        () => {
          this.#underWay -= bytes.length;
          this.#bell.ring();
        },
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  flush(): void {
    this.#output.flush?.();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#bell.ring();
  }
}

/** Bytes that a sink may be behind. */
const MOST_UNDER_WAY = 1024 * 1024;
