/**
 * A component's stdin, whatever it comes from. All readers of a component share it: what one has asked for and not taken,
 * perhaps because it was cancelled meanwhile, the next one gets, in order. Nothing is read before somebody asks.
 */

import { Bell, type Listen } from '../bell.js';
import type { Input } from '../platform.js';

/** Spec: what is behind `wasi:cli/stdin`, in 0.3 (`streamOf`) and 0.2; and behind other inputs of 0.2. */
export class SharedInput {
  readonly #open: () => Input;
  readonly #terminal: boolean | undefined;
  #input: Input | undefined;
  #rest: Uint8Array = NOTHING;
  #end: 'open' | 'ended' | { readonly failure: unknown } = 'open';
  #pending: Promise<void> | undefined;
  readonly #bell = new Bell();

  constructor(open: () => Input, terminal?: boolean) {
    this.#open = open;
    this.#terminal = terminal;
  }

  get isTerminal(): boolean {
    return this.#terminal ?? this.#opened().isTerminal;
  }

  /** Whether `take` has something to say: bytes, the end, or a failure. */
  get ready(): boolean {
    this.#fill();
    return this.#rest.length > 0 || this.#end !== 'open';
  }

  /** Up to `most` bytes; none when they have not come yet, `undefined` at the end. Throws what reading failed with. */
  take(most: number): Uint8Array | undefined {
    if (!this.ready) return NOTHING;
    if (this.#rest.length > 0) {
      const bytes = this.#rest.subarray(0, most);
      this.#rest = this.#rest.subarray(bytes.length);
      return bytes;
    }
    if (typeof this.#end === 'object') throw this.#end.failure;
    return undefined;
  }

  /** Settles when there may be something to take; never rejects. */
  async wait(): Promise<void> {
    if (!this.ready) await this.#pending;
  }

  /** Told when there may be something to take. */
  readonly listen: Listen = (wake) => {
    this.#fill();
    return this.#bell.listen(wake);
  };

  #fill(): void {
    while (this.#rest.length === 0 && this.#end === 'open' && this.#pending === undefined) {
      try {
        const next = this.#opened().next();
        if (next === undefined || !('then' in next)) this.#arrived(next);
        else this.#pending = this.#await(next);
      } catch (failure) {
        this.#end = { failure };
      }
    }
  }

  async #await(next: PromiseLike<Uint8Array | undefined>): Promise<void> {
    try {
      this.#arrived(await next);
    } catch (failure) {
      this.#end = { failure };
    } finally {
      this.#pending = undefined;
      this.#bell.ring();
    }
  }

  #arrived(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) this.#end = 'ended';
    else if (chunk instanceof Uint8Array) this.#rest = chunk;
    else throw new TypeError('stdin gave a chunk that is not a Uint8Array');
  }

  #opened(): Input {
    this.#input ??= this.#open();
    return this.#input;
  }
}

/**
 * Bytes of `input` until its end, a failure or a cancellation, of which `finish` is told: with a failure or with nothing.
 * The stream ends without an error in all cases, as wasi:cli wants it.
 */
export function streamOf(
  input: SharedInput,
  finish: (failure?: { readonly error: unknown }) => void,
): ReadableStream<Uint8Array> {
  let cancelled = false;
  const source = {
    async pull(controller: Controller): Promise<void> {
      const view = 'byobRequest' in controller ? controller.byobRequest?.view : undefined;
      let bytes = attempt(input, view?.byteLength ?? CHUNK, finish);
      while (bytes?.length === 0) {
        await input.wait();
        if (cancelled) return;
        bytes = attempt(input, view?.byteLength ?? CHUNK, finish);
      }
      if (bytes === undefined) finish();
      hand(controller, bytes);
    },
    cancel(): void {
      cancelled = true;
      finish();
    },
  };
  return typeof ReadableByteStreamController === 'function'
    ? new ReadableStream({ ...source, type: 'bytes' })
    : new ReadableStream(source, { highWaterMark: 0 });
}

type Controller = ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>;

function attempt(
  input: SharedInput,
  most: number,
  finish: (failure: { readonly error: unknown }) => void,
): Uint8Array | undefined {
  try {
    return input.take(most);
  } catch (error) {
    finish({ error });
    return undefined;
  }
}

/** Into the reader's buffer where it brought one; else in a copy, since the stream takes the memory away. */
function hand(controller: Controller, bytes: Uint8Array | undefined): void {
  const request = 'byobRequest' in controller ? controller.byobRequest : null;
  if (bytes === undefined) {
    controller.close();
    request?.respond(0);
  } else if (request?.view) {
    const { buffer, byteOffset } = request.view;
    new Uint8Array(buffer, byteOffset, bytes.length).set(bytes);
    request.respond(bytes.length);
  } else {
    controller.enqueue(bytes.slice());
  }
}

const NOTHING = new Uint8Array(0);
/** Most bytes given to a reader without a buffer of its own. */
const CHUNK = 65_536;
