/** Datagrams that have come, on any network. */

import { Bell } from '../bell.js';
import type { Datagram, SocketError } from './backend.js';

/** Keeps what has come until somebody takes it, up to a bound: more is lost, as it would be in a system's buffer. */
export class Mailbox {
  readonly #queue: Datagram[] = [];
  readonly #bell = new Bell();
  #error: SocketError | undefined;

  put(datagram: Datagram): void {
    if (this.#queue.length >= MOST_QUEUED) return;
    this.#queue.push(datagram);
    this.#bell.ring();
  }

  /** Nothing more comes. */
  fail(error: SocketError): void {
    this.#error = error;
    this.#bell.ring();
  }

  /** One that is there. Throws what it has failed with, when there is none. */
  take(): Datagram | undefined {
    const next = this.#queue.shift();
    if (next === undefined && this.#error !== undefined) throw this.#error;
    return next;
  }

  /** The next one. Who has given up waiting takes none from others. */
  async next(signal?: AbortSignal): Promise<Datagram> {
    for (;;) {
      signal?.throwIfAborted();
      const next = this.take();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        const done = () => {
          stop();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const stop = this.#bell.listen(done);
        signal?.addEventListener('abort', done);
      });
    }
  }
}

const MOST_QUEUED = 256;
