/**
 * Contents, trailers and the fate of a message, between whoever made it and whoever takes it: a component or the network
 * on either side. Nothing is read before the taker asks.
 */

import { type ErrorCode, errorCode, HttpError, type Outcome } from './errors.js';
import type { Fields } from './fields.js';

/** `future<result<option<trailers>, error-code>>` */
export type Trailers = PromiseLike<Outcome<Fields | undefined>>;

/** Contents of a message; taken once. */
export class Body {
  readonly #contents: ReadableStream<Uint8Array> | undefined;
  readonly #trailers: Trailers;
  #taken = false;
  #settle: (outcome: Outcome) => void = () => {};
  /** How passing it on has ended. Spec: the future that `request.new` and `response.new` answer. */
  readonly transmitted: Promise<Outcome>;

  constructor(contents: ReadableStream<Uint8Array> | undefined, trailers: Trailers) {
    this.#contents = contents;
    this.#trailers = trailers;
    this.transmitted = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isEmpty(): boolean {
    return this.#contents === undefined;
  }

  /** Contents and trailers, for the one who passes them on and says how that ended. */
  take(): {
    readonly contents: ReadableStream<Uint8Array> | undefined;
    readonly trailers: Trailers;
  } {
    this.#taken = true;
    return { contents: this.#contents, trailers: this.#trailers };
  }

  settle(outcome: Outcome): void {
    this.#settle(outcome);
  }

  fail(error: unknown): ErrorCode {
    const val = errorCode(error);
    this.#settle({ tag: 'err', val });
    return val;
  }

  /** Spec: `consume-body`; `res` says how the taker fared. */
  consume(res: PromiseLike<Outcome>): [ReadableStream<Uint8Array>, Trailers] {
    const { contents, trailers } = this.take();
    Promise.resolve(res).then(
      (outcome) => this.#settle(outcome),
      (error) => this.fail(error),
    );
    return [contents ?? empty(), trailers];
  }

  /** The message is gone. What nobody has taken is given back to whoever writes it. */
  drop(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.#contents?.cancel().catch(() => {});
    dispose(this.#trailers);
    this.fail(new HttpError({ tag: 'internal-error', val: 'the message was dropped' }));
  }
}

/** A stream of no bytes. */
export function empty(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

/** Trailers that there are none of. */
export const NO_TRAILERS: Trailers = Promise.resolve({ tag: 'ok', val: undefined });

/** Futures of components can be given back unread. */
export function dispose(value: unknown): void {
  (value as Partial<Disposable>)[Symbol.dispose]?.();
}

/** What trailers there are once the contents have ended; throws when whoever makes them failed. */
export async function trailersOf(trailers: Trailers): Promise<Fields | undefined> {
  const outcome = await trailers;
  if (outcome.tag === 'err') throw new HttpError(outcome.val);
  return outcome.val;
}
