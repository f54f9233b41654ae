/** wasi:io/error and wasi:io/streams 0.2, over whatever gives or takes bytes. */

import { ComponentError } from '../../index.js';
import type { Listen } from '../bell.js';
import { type Maybe, run, type Steps, shaped, then, wait } from '../maybe.js';
import { Pollable, turn, waiting } from './poll.js';

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
  take(most: number): Maybe<Uint8Array | undefined>;
  /** Told when there may be something to take. */
  readonly listen: Listen;
  close?(): void;
}

/** What an output stream is of. */
export interface Sink {
  readonly failure: { readonly error: unknown } | undefined;
  /** Bytes that may be written now. */
  readonly room: number;
  write(bytes: Uint8Array): Maybe<void>;
  flush(): Maybe<void>;
  /** Told when there may be room, or a failure. */
  readonly listen: Listen;
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
  read(length: bigint): Maybe<Uint8Array> {
    if (this.#closed) throw closed();
    const most = Number(length < LONGEST_READ ? length : LONGEST_READ);
    const fail = (error: unknown) => {
      this.#closed = true;
      return failed(error);
    };
    return then(
      shaped(() => this.#input.take(most), fail),
      (bytes) => {
        if (bytes === undefined) {
          this.#closed = true;
          throw closed();
        }
        return bytes.length > 0 || length === 0n ? bytes : then(turn(), () => bytes);
      },
    );
  }

  blockingRead(length: bigint): Maybe<Uint8Array> {
    return run(this.#arrived(length));
  }

  skip(length: bigint): Maybe<bigint> {
    return then(this.read(length), (bytes) => BigInt(bytes.length));
  }

  blockingSkip(length: bigint): Maybe<bigint> {
    return then(this.blockingRead(length), (bytes) => BigInt(bytes.length));
  }

  subscribe(): Pollable {
    return new Pollable(() => this.#closed || this.#input.ready, this.#input.listen);
  }

  /** Gives nothing any more. */
  end(): void {
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.#input.close?.();
  }

  *#arrived(length: bigint): Steps<Uint8Array> {
    for (;;) {
      const bytes = yield* wait(this.read(length));
      if (bytes.length > 0 || length === 0n) return bytes;
      yield* wait(this.subscribe().block());
    }
  }
}

/** Spec: `wasi:io/streams.output-stream`. */
export class OutputStream {
  readonly #sink: Sink;
  #closed = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  checkWrite(): bigint {
    this.#check();
    return BigInt(this.#sink.room);
  }

  write(contents: Uint8Array): Maybe<void> {
    if (BigInt(contents.length) > this.checkWrite()) throw failed(TOO_MUCH);
    return then(
      this.#attempt(() => this.#sink.write(contents)),
      () => this.#check(),
    );
  }

  writeZeroes(length: bigint): Maybe<void> {
    if (length > this.checkWrite()) throw failed(TOO_MUCH);
    return this.write(new Uint8Array(Number(length)));
  }

  /** Begins; `check-write` tells how far it is, since whatever is written goes on at once. */
  flush(): Maybe<void> {
    return this.blockingFlush();
  }

  blockingFlush(): Maybe<void> {
    this.#check();
    return this.#attempt(() => this.#sink.flush());
  }

  blockingWriteAndFlush(contents: Uint8Array): Maybe<void> {
    return run(this.#all(contents));
  }

  blockingWriteZeroesAndFlush(length: bigint): Maybe<void> {
    if (length > LONGEST_READ) throw failed(TOO_MUCH);
    return run(this.#all(new Uint8Array(Number(length))));
  }

  splice(source: InputStream, length: bigint): Maybe<bigint> {
    const room = this.checkWrite();
    return this.#pass(source.read(length < room ? length : room));
  }

  blockingSplice(source: InputStream, length: bigint): Maybe<bigint> {
    return then(this.subscribe().block(), () => {
      const room = this.checkWrite();
      return this.#pass(source.blockingRead(length < room ? length : room));
    });
  }

  subscribe(): Pollable {
    const sink = this.#sink;
    return new Pollable(
      () => this.#closed || sink.failure !== undefined || sink.room > 0,
      sink.listen,
    );
  }

  /** Takes nothing any more. */
  end(): void {
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.#sink.close?.();
  }

  *#all(contents: Uint8Array): Steps<void> {
    for (let rest = contents; rest.length > 0; ) {
      const room = Number(this.checkWrite());
      if (room === 0) {
        yield* wait(this.subscribe().block());
        continue;
      }
      yield* wait(this.write(rest.subarray(0, room)));
      rest = rest.subarray(room);
    }
    yield* wait(this.blockingFlush());
  }

  #pass(read: Maybe<Uint8Array>): Maybe<bigint> {
    return then(read, (bytes) => then(this.write(bytes), () => BigInt(bytes.length)));
  }

  #attempt(operation: () => Maybe<void>): Maybe<void> {
    return shaped(operation, (error) => {
      this.#closed = true;
      return failed(error);
    });
  }

  /** A failure is told once by each stream, which is closed from then on. */
  #check(): void {
    if (this.#closed) throw closed();
    const { failure } = this.#sink;
    if (failure === undefined) return;
    this.#closed = true;
    throw failed(failure.error);
  }
}

// Those that are not called blocking wait as well where the system's own would: for a disk.
waiting(InputStream, 'read', 'blockingRead', 'skip', 'blockingSkip');
waiting(OutputStream, 'write', 'writeZeroes', 'flush', 'blockingFlush', 'blockingWriteAndFlush');
waiting(OutputStream, 'blockingWriteZeroesAndFlush', 'splice', 'blockingSplice');

const closed = () => new ComponentError<StreamError>({ tag: 'closed' });

const failed = (cause: unknown) =>
  new ComponentError<StreamError>({ tag: 'last-operation-failed', val: new IoError(cause) });

/** Most bytes of one read. */
const LONGEST_READ = 65_536n;
const TOO_MUCH = 'more was written than was allowed';
