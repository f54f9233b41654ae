/** Most that is on its way to the page, in bytes or so; a component that writes more waits. */
const AHEAD = 4_000_000;

/** What goes to the page and has not been taken there yet. */
export class Flow {
  #ahead = 0;
  #goOn;

  /** Counts what was sent. A promise when the sender should wait. */
  sent(length) {
    this.#ahead += length;
    if (this.#ahead < AHEAD) return undefined;
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  taken(length) {
    this.#ahead -= length;
    if (this.#ahead < AHEAD) this.#goOn?.();
  }
}
