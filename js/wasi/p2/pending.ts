/** What has been begun and is asked for later: the futures of WASI 0.2, and its pairs of `start` and `finish`. */

import { Bell } from '../bell.js';
import { Pollable } from './poll.js';

/** The outcome of a promise, for those who ask whether it is there. */
export class Pending<T> {
  readonly #bell = new Bell();
  #outcome: (() => T) | undefined;

  constructor(promise: PromiseLike<T>) {
    const settle = (outcome: () => T) => {
      this.#outcome = outcome;
      this.#bell.ring();
    };
    promise.then(
      (value) => settle(() => value),
      (error: unknown) =>
        settle(() => {
          throw error;
        }),
    );
  }

  get ready(): boolean {
    return this.#outcome !== undefined;
  }

  /** A function that returns the value or throws what the promise was rejected with; `undefined` while it is under way. */
  get outcome(): (() => T) | undefined {
    return this.#outcome;
  }

  subscribe(): Pollable {
    return new Pollable(() => this.ready, this.#bell.listen);
  }
}
