/** wasi:io/error and wasi:io/streams 0.2, over the standard streams. */

import { ComponentError } from '../../index.js';
import type { SharedInput } from '../cli/input.js';
import type { Output } from '../platform.js';
import { Pollable, WOULD_BLOCK } from './poll.js';

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
  #closed = false;

  constructor(input: SharedInput) {
    this.#input = input;
  }

  /** What is there, perhaps nothing. */
  read(length: bigint): Uint8Array {
    if (this.#closed) throw closed();
    let bytes: Uint8Array | undefined;
    try {
      bytes = this.#input.take(Number(length < LONGEST_READ ? length : LONGEST_READ));
    } catch (error) {
      this.#closed = true;
      throw failed(String(error));
    }
    this.#closed = bytes === undefined;
    if (bytes === undefined) throw closed();
    return bytes;
  }

  blockingRead(length: bigint): Uint8Array {
    const bytes = this.read(length);
    if (bytes.length === 0 && length > 0n) throw new Error(WOULD_BLOCK);
    return bytes;
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  blockingSkip(length: bigint): bigint {
    return BigInt(this.blockingRead(length).length);
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#closed || this.#input.ready);
  }
}

/** What a sink has not taken yet, counted over all streams that write to it: a component can have many of them. */
export class Backlog {
  readonly #output: Output;
  #underWay = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Bytes that may be written now. */
  get room(): number {
    return Math.max(0, MOST_UNDER_WAY - this.#underWay);
  }

  write(bytes: Uint8Array): void {
    try {
      const written = this.#output.write(bytes);
      if (written === undefined) return;
      this.#underWay += bytes.length;
      written.then(
        () => {
          this.#underWay -= bytes.length;
        },
        (error: unknown) => {
          this.#failure ??= { error };
        },
      );
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  flush(): void {
    this.#output.flush?.();
  }
}

/** Spec: `wasi:io/streams.output-stream`. */
export class OutputStream {
  readonly #backlog: Backlog;
  #closed = false;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  checkWrite(): bigint {
    this.#check();
    return BigInt(this.#backlog.room);
  }

  write(contents: Uint8Array): void {
    if (BigInt(contents.length) > this.checkWrite()) throw failed(TOO_MUCH);
    this.#backlog.write(contents);
    this.#check();
  }

  writeZeroes(length: bigint): void {
    if (length > this.checkWrite()) throw failed(TOO_MUCH);
    this.write(new Uint8Array(Number(length)));
  }

  /** Everything goes to the sink at once, so that there is nothing to flush; what is under way is not waited for. */
  flush(): void {
    this.#check();
    this.#backlog.flush();
  }

  blockingFlush(): void {
    this.flush();
  }

  blockingWriteAndFlush(contents: Uint8Array): void {
    this.write(contents);
    this.flush();
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
    this.flush();
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
    return new Pollable(() => this.#backlog.failure !== undefined || this.#backlog.room > 0);
  }

  /** A failure is told once by each stream, which is closed from then on. */
  #check(): void {
    if (this.#closed) throw closed();
    const { failure } = this.#backlog;
    if (failure === undefined) return;
    this.#closed = true;
    throw failed(String(failure.error));
  }
}

const closed = () => new ComponentError<StreamError>({ tag: 'closed' });

const failed = (message: string) =>
  new ComponentError<StreamError>({ tag: 'last-operation-failed', val: new IoError(message) });

/** Most bytes of one read. */
const LONGEST_READ = 65_536n;
const TOO_MUCH = 'more was written than was allowed';
/** Bytes that a sink may be behind. */
const MOST_UNDER_WAY = 1024 * 1024;
