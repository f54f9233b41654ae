/** wasi:io/error and wasi:io/streams 0.2, over the standard streams. */

import { ComponentError } from '../../index.js';
import type { SharedInput } from '../cli/stdio.js';
import type { Output } from '../platform.js';
import { Pollable } from './poll.js';

/** Spec: `wasi:io/error.error`. */
export class IoError {
  readonly #message: string;

  constructor(message: string) {
    this.#message = message;
  }

  toDebugString(): string {
    return this.#message;
  }
}

/** Spec: `wasi:io/streams.stream-error`. */
type StreamError = { tag: 'closed' } | { tag: 'last-operation-failed'; val: IoError };

/** Spec: `wasi:io/streams.input-stream`. */
export class InputStream {
  readonly #input: SharedInput;
  #chunk: Uint8Array | undefined;
  #ended = false;
  #waiting = false;

  constructor(input: SharedInput) {
    this.#input = input;
  }

  /** What is there, perhaps nothing. */
  read(length: bigint): Uint8Array {
    this.#fill();
    const chunk = this.#chunk;
    if (chunk === undefined) {
      if (this.#ended) throw closed();
      return new Uint8Array(0);
    }
    const n = Number(length < BigInt(chunk.length) ? length : BigInt(chunk.length));
    this.#chunk = n < chunk.length ? chunk.subarray(n) : undefined;
    return chunk.subarray(0, n);
  }

  blockingRead(length: bigint): Uint8Array {
    const bytes = this.read(length);
    if (bytes.length === 0 && length > 0n) throw failed('reading would have to wait');
    return bytes;
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  blockingSkip(length: bigint): bigint {
    return BigInt(this.blockingRead(length).length);
  }

  subscribe(): Pollable {
    return new Pollable(() => {
      this.#fill();
      return this.#chunk !== undefined || this.#ended;
    });
  }

  [DISPOSE](): void {
    if (this.#chunk !== undefined) this.#input.unread(this.#chunk);
  }

  #fill(): void {
    if (this.#chunk !== undefined || this.#ended || this.#waiting) return;
    const next = this.#input.next();
    if (next !== undefined && 'then' in next) {
      this.#waiting = true;
      next.then(
        (chunk) => this.#arrived(chunk),
        () => this.#arrived(undefined),
      );
    } else {
      this.#arrived(next);
    }
  }

  #arrived(chunk: Uint8Array | undefined): void {
    this.#waiting = false;
    this.#chunk = chunk;
    this.#ended = chunk === undefined;
  }
}

/** Spec: `wasi:io/streams.output-stream`. What the sink has not taken yet is counted, and bounded. */
export class OutputStream {
  readonly #output: Output;
  #underWay = 0;
  #failure: unknown;

  constructor(output: Output) {
    this.#output = output;
  }

  checkWrite(): bigint {
    this.#check();
    return BigInt(Math.max(0, MOST_UNDER_WAY - this.#underWay));
  }

  write(contents: Uint8Array): void {
    if (BigInt(contents.length) > this.checkWrite())
      throw failed('more was written than was allowed');
    let written: void | PromiseLike<void>;
    try {
      written = this.#output.write(contents);
    } catch (error) {
      this.#failure = error;
      throw failed(String(error));
    }
    if (written === undefined) return;
    this.#underWay += contents.length;
    written.then(
      () => {
        this.#underWay -= contents.length;
      },
      (error) => {
        this.#failure = error ?? 'writing failed';
      },
    );
  }

  writeZeroes(length: bigint): void {
    if (length > this.checkWrite()) throw failed('more was written than was allowed');
    this.write(new Uint8Array(Number(length)));
  }

  /** Everything goes to the sink at once, so that there is nothing to flush; what is under way is not waited for. */
  flush(): void {
    this.#check();
  }

  blockingFlush(): void {
    this.#check();
  }

  blockingWriteAndFlush(contents: Uint8Array): void {
    this.write(contents);
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
  }

  splice(source: InputStream, length: bigint): bigint {
    const room = this.checkWrite();
    const bytes = source.read(length < room ? length : room);
    this.write(bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    const room = this.checkWrite();
    const bytes = source.blockingRead(length < room ? length : room);
    this.write(bytes);
    return BigInt(bytes.length);
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#failure !== undefined || this.#underWay < MOST_UNDER_WAY);
  }

  #check(): void {
    if (this.#failure !== undefined) throw closed();
  }
}

const closed = () => new ComponentError<StreamError>({ tag: 'closed' });

const failed = (message: string) =>
  new ComponentError<StreamError>({ tag: 'last-operation-failed', val: new IoError(message) });

/** `Symbol.dispose`, where the engine has it. */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** Bytes that a sink may be behind. */
const MOST_UNDER_WAY = 1024 * 1024;
