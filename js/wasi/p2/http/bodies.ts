/** Bodies of wasi:http 0.2, which are streams of wasi:io, on those of 0.3. */

import { ComponentError } from '../../../index.js';
import { SharedInput } from '../../cli/input.js';
import { Body, type Trailers, trailersOf } from '../../http/body.js';
import { type ErrorCode, HttpError, type Outcome } from '../../http/errors.js';
import type { Fields } from '../../http/fields.js';
import { Backlog } from '../backlog.js';
import { InputStream, OutputStream, type Sink } from '../io.js';
import { Pending } from '../pending.js';
import type { Pollable } from '../poll.js';

/** Spec: `option<result<result<T, error-code>>>`, what a future answers: nothing yet, an outcome, or that it has been taken. */
export type Answer<T> =
  | { readonly tag: 'ok'; readonly val: Outcome<T> }
  | { readonly tag: 'err'; readonly val: undefined }
  | undefined;

/** A future that gives its outcome once. */
export class OnceOnly<T> {
  readonly #pending: Pending<Outcome<T>>;
  #taken = false;

  constructor(pending: Pending<Outcome<T>>) {
    this.#pending = pending;
  }

  get(): Answer<T> {
    const { outcome } = this.#pending;
    if (outcome === undefined) return undefined;
    if (this.#taken) return { tag: 'err', val: undefined };
    this.#taken = true;
    return { tag: 'ok', val: outcome() };
  }

  subscribe(): Pollable {
    return this.#pending.subscribe();
  }

  protected get ready(): boolean {
    return this.#pending.ready;
  }

  /** Gives a value back that nobody has taken, now or when it comes. */
  protected drop(value: (value: T) => void): void {
    const give = () => {
      const answer = this.get();
      if (answer?.tag === 'ok' && answer.val.tag === 'ok') value(answer.val.val as T);
    };
    if (this.ready) give();
    else this.#pending.subscribe().listen(give);
  }
}

/** Spec: `future-trailers`. */
export class FutureTrailers extends OnceOnly<Fields | undefined> {}

/** Spec: `incoming-body`. */
export class IncomingBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #trailers: Trailers;
  #ended: Pending<Outcome<Fields | undefined>> | undefined;
  #fetched: Uint8Array | undefined;
  #input: SharedInput | undefined;
  #done: (outcome: Outcome) => void = () => {};

  constructor(body: Body) {
    const taken = new Promise<Outcome>((resolve) => {
      this.#done = resolve;
    });
    const [contents, trailers] = body.consume(taken);
    this.#reader = contents.getReader();
    this.#trailers = trailers;
  }

  /** Reads all of it beforehand, for an engine on which the component cannot wait. Throws when it is too long. */
  async fetch(): Promise<void> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      if (length > MOST_FETCHED) {
        throw new HttpError({ tag: 'HTTP-request-body-size', val: BigInt(length) });
      }
    }
    this.#fetched = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
    this.#end();
    await this.#trailers;
  }

  /** Spec: `incoming-body.stream`. */
  stream(): InputStream {
    if (this.#input !== undefined) throw new ComponentError(undefined);
    this.#input = new SharedInput(() => ({ isTerminal: false, next: () => this.#next() }));
    return new InputStream(Object.assign(this.#input, { close: () => this.#cancel() }));
  }

  /** Spec: `incoming-body.finish`. */
  static finish(body: IncomingBody): FutureTrailers {
    body.#done({ tag: 'ok' });
    return new FutureTrailers(body.#end());
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#done({ tag: 'ok' });
  }

  #next(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const bytes = this.#fetched;
    if (bytes === undefined) return this.#read();
    this.#fetched = NOTHING;
    return bytes.length > 0 ? bytes : undefined;
  }

  /** A body that breaks off says so in its trailers only. */
  async #read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read();
    if (!done) return value;
    await trailersOf(this.#trailers);
    return undefined;
  }

  #end(): Pending<Outcome<Fields | undefined>> {
    this.#ended ??= new Pending(this.#trailers);
    return this.#ended;
  }

  #cancel(): void {
    this.#reader.cancel().catch(() => {});
  }
}

/** Spec: `outgoing-body`. What is written goes on as the other side takes it, up to a bound ahead. */
export class OutgoingBody {
  /** For the one who sends it. */
  readonly body: Body;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #expected: number | undefined;
  readonly #wrongSize: 'HTTP-request-body-size' | 'HTTP-response-body-size';
  #written = 0;
  #stream: OutputStream | undefined;
  #end: (outcome: Outcome<Fields | undefined>) => void = () => {};

  constructor(headers: Fields, wrongSize: 'HTTP-request-body-size' | 'HTTP-response-body-size') {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const trailers: Trailers = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.body = new Body(readable, trailers);
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#expected = headers.contentLength();
    this.#wrongSize = wrongSize;
  }

  /** Spec: `outgoing-body.write`. */
  write(): OutputStream {
    if (this.#stream !== undefined) throw new ComponentError(undefined);
    const sink: Sink = new Backlog({ write: (bytes) => this.#write(bytes) });
    this.#stream = new OutputStream(sink);
    return this.#stream;
  }

  /** Spec: `outgoing-body.finish`. */
  static finish(body: OutgoingBody, trailers: Fields | undefined): void {
    if (body.#expected !== undefined && body.#written !== body.#expected) {
      const error = body.#size();
      body.abort(error.payload);
      throw error;
    }
    body.#end({ tag: 'ok', val: trailers });
    body.#writer.close().catch(() => {});
  }

  /** It will not come to its end. */
  abort(code: ErrorCode): void {
    this.#end({ tag: 'err', val: code });
    this.#writer.abort(new HttpError(code)).catch(() => {});
  }

  /** Dropped without having been finished: the message is incomplete. */
  [Symbol.dispose](): void {
    this.abort({
      tag: 'internal-error',
      val: 'the component dropped a body that it had not finished',
    });
  }

  #write(bytes: Uint8Array): Promise<void> {
    this.#written += bytes.length;
    if (this.#expected !== undefined && this.#written > this.#expected) throw this.#size();
    return this.#writer.write(bytes);
  }

  #size(): HttpError {
    return new HttpError({ tag: this.#wrongSize, val: BigInt(this.#written) });
  }
}

const NOTHING = new Uint8Array(0);
const MOST_FETCHED = 16 * 1024 * 1024;
