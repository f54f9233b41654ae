/** How WASI 0.2 waits: for things that may happen many times, by those who may stop waiting at any time. */

/** Calls `wake` once something may have happened, perhaps at once; the result ends it. Who has stopped waiting leaves nothing behind. */
export type Listen = (wake: () => void) => () => void;

/** Tells whoever waits for it. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  /** Each `wake` is told of the next ring only. */
  readonly listen: Listen = (wake) => {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  };

  ring(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
