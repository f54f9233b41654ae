/**
 * What the page refers to by number: resources that a component gave, and the ends of its streams and futures, which are read
 * as soon as they come. Leaves: messages `resource`, `chunk` and `closed`, as `page.mjs` reads them.
 */

import { Flow } from './flow.mjs';
import { toPage } from './wire.mjs';

/** What an element of a stream costs on its way, beside bytes. */
const ELEMENT = 64;

export class Handles {
  #resources = new Map();
  #ends = new Map();
  #flows = new Map();
  #last = 0;
  #closed = false;

  /**
   * @param {object} world as `describe` gives it
   * @param {(message: object) => void} post
   * @param {(error: unknown) => object} errorOf what the page gets of an error
   */
  constructor(world, post, errorOf) {
    this.world = world;
    this.post = (message) => {
      if (!this.#closed) post(message);
    };
    this.errorOf = errorOf;
  }

  /** The number of a resource, which the page learns of. */
  keep(resource, object) {
    for (const [handle, known] of this.#resources) if (known === object) return handle;
    const handle = ++this.#last;
    this.#resources.set(handle, object);
    const index = this.world.resources.indexOf(resource);
    this.post({ type: 'resource', handle, resource: index, live: true });
    return handle;
  }

  /** The object with this number; one that is given away is not known any more. */
  take(handle, own) {
    const object = this.#resources.get(handle);
    if (object === undefined) throw new Error(`there is no resource #${handle} any more`);
    if (own) this.#forget(handle);
    return object;
  }

  drop(handle) {
    this.take(handle, true)[Symbol.dispose]?.();
  }

  #forget(handle) {
    this.#resources.delete(handle);
    this.post({ type: 'resource', handle, live: false });
  }

  /** Reads a stream or future, and says what comes. */
  follow(type, end) {
    const number = ++this.#last;
    const reading =
      type.kind === 'stream' ? this.#stream(number, type, end) : this.#future(number, type, end);
    reading.then(
      () => this.post({ type: 'closed', end: number }),
      (error) => this.post({ type: 'closed', end: number, error: this.errorOf(error) }),
    );
    return number;
  }

  async #stream(number, { element }, stream) {
    const reader = stream.getReader();
    const flow = new Flow();
    this.#ends.set(number, reader);
    this.#flows.set(number, flow);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const bytes = element?.kind === 'u8';
        const item = bytes ? value.slice() : element && toPage(element, value, this);
        const size = bytes ? value.byteLength : ELEMENT;
        this.post({ type: 'chunk', end: number, value: item, size });
        await flow.sent(size);
      }
    } finally {
      this.#ends.delete(number);
      this.#flows.delete(number);
    }
  }

  async #future(number, { element }, future) {
    const value = await future;
    this.post({
      type: 'chunk',
      end: number,
      value: element && toPage(element, value, this),
      size: 0,
    });
  }

  taken(end, length) {
    this.#flows.get(end)?.taken(length);
  }

  /** The page has another instance now, whose numbers begin anew. */
  close() {
    this.#closed = true;
    for (const reader of this.#ends.values()) reader.cancel().catch(() => {});
  }

  /** The page wants no more of a stream. */
  cancel(end) {
    this.#ends.get(end)?.cancel();
  }
}
