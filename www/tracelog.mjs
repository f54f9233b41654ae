/** Events of a store for the page: in batches, and not more than it can show. */

/** Most calls, streams and futures that are told of, from one `reset` to the next. */
const MOST = 500;
const BATCH_MS = 50;

export class TraceLog {
  #events = [];
  #open = new Set();
  /** Streams that guests have made and so far keep to themselves: many are never used. */
  #private = new Map();
  #begun = 0;
  #lost = 0;
  #timer = 0;
  #closed = false;

  /** @param {(message: { type: 'trace', events: object[], lost: number }) => void} post */
  constructor(post) {
    this.post = post;
  }

  /** The page has another instance now: what happens in the old one is nothing to it. */
  close() {
    this.flush();
    this.#closed = true;
  }

  /** The page begins to watch anew. */
  reset() {
    this.#begun = 0;
  }

  /** Is given to the store. */
  add = (event) => {
    if (this.#closed) return;
    for (const each of this.#shown(event)) if (this.#wanted(each)) this.#events.push(each);
    if (this.#events.length >= 200) this.flush();
    else this.#timer ||= setTimeout(() => this.flush(), BATCH_MS);
  };

  flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#events.length === 0 && this.#lost === 0) return;
    this.post({ type: 'trace', events: this.#events, lost: this.#lost });
    this.#events = [];
    this.#lost = 0;
  }

  /** What there is to show by now. */
  #shown(event) {
    const { id, state, direction } = event;
    if (state === 'begin' && direction === 'within') {
      this.#private.set(id, event);
      return [];
    }
    const begun = this.#private.get(id);
    if (begun === undefined) return [event];
    if (state === 'end') this.#private.delete(id);
    if (state !== 'pass' && state !== 'copy') return [];
    this.#private.delete(id);
    return [{ ...begun, direction }, event];
  }

  /** What has begun on the page ends there too. */
  #wanted({ id, kind, state }) {
    if (kind === 'trap') return true;
    if (state === 'begin') {
      if (this.#begun >= MOST) {
        this.#lost++;
        this.#timer ||= setTimeout(() => this.flush(), BATCH_MS);
        return false;
      }
      this.#begun++;
      this.#open.add(id);
      return true;
    }
    if (!this.#open.has(id)) return false;
    if (state === 'end' || state === 'fail' || (kind === 'import' && state === 'cancel')) {
      this.#open.delete(id);
    }
    return true;
  }
}
