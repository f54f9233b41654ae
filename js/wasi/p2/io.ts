/** wasi:io/error and wasi:io/streams 0.2, over the standard streams. */

import { ComponentError } from '../../index.js';
import type { Output } from '../platform.js';
import { Pollable, WOULD_BLOCK } from './poll.js';

/** Spec: `wasi:io/error.error`. */
export class IoError {
  /** What was thrown. */
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }

  toDebugString(): string {
    return String(this.cause);
  }
}

/** What an input stream is of. */
export interface Source {
  /** Whether `take` has something to say: bytes, the end, or a failure. */
  readonly ready: boolean;
  /** Up to `most` bytes; none when they have not come yet, `undefined` at the end. Throws what reading failed with. */
  take(most: number): Uint8Array | undefined;
  /** Settles when there may be something to take; never rejects. */
  wait(): Promise<void>;
  close?(): void;
}

/** What an output stream is of. */
export interface Sink {
  readonly failure: { readonly error: unknown } | undefined;
  /** Bytes that may be written now. */
  readonly room: number;
  write(bytes: Uint8Array): void;
  flush(): void;
  /** Settles when there is room, or a failure. */
  wait(): Promise<void>;
  close?(): void;
}

/** Spec: `wasi:io/streams.stream-error`. */
type StreamError = { tag: 'closed' } | { tag: 'last-operation-failed'; val: IoError };

/** Spec: `wasi:io/streams.input-stream`. */
export class InputStream {
  readonly #input: Source;
  #closed = false;

  constructor(input: Source) {
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
      throw failed(error);
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

  [Symbol.dispose](): void {
    this.#input.close?.();
  }
}

/** What a sink has not taken yet, counted over all streams that write to it: a component can have many of them. */
export class Backlog implements Sink {
  readonly #output: Output;
  #underWay = 0;
  #last: Promise<void> = Promise.resolve();
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
      this.#last = Promise.resolve(written).then(
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

  wait(): Promise<void> {
    return this.#last;
  }
}

/** Spec: `wasi:io/streams.output-stream`. */
export class OutputStream {
  readonly #backlog: Sink;
  #closed = false;

  constructor(backlog: Sink) {
    this.#backlog = backlog;
  }

  checkWrite(): bigint {
    this.#check();
    return BigInt(this.#backlog.room);
  }

  write(contents: Uint8Array): void {
    if (BigInt(contents.length) > this.checkWrite()) throw failed(TOO_MUCH);
    try {
      this.#backlog.write(contents);
    } catch (error) {
      this.#closed = true;
      throw failed(error);
    }
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

  [Symbol.dispose](): void {
    this.#backlog.close?.();
  }

  /** A failure is told once by each stream, which is closed from then on. */
  #check(): void {
    if (this.#closed) throw closed();
    const { failure } = this.#backlog;
    if (failure === undefined) return;
    this.#closed = true;
    throw failed(failure.error);
  }
}

const closed = () => new ComponentError<StreamError>({ tag: 'closed' });

const failed = (cause: unknown) =>
  new ComponentError<StreamError>({ tag: 'last-operation-failed', val: new IoError(cause) });

/** Most bytes of one read. */
const LONGEST_READ = 65_536n;
const TOO_MUCH = 'more was written than was allowed';
/** Bytes that a sink may be behind. */
const MOST_UNDER_WAY = 1024 * 1024;
