/** What JS may pass as a stream, as one kind of thing: batches on demand. */

import { show } from './errors.js';
import type { Element } from './values/types.js';

/** Several elements: bytes as a `Uint8Array`. */
export type Batch = ArrayLike<unknown>;

/** Where the elements of a stream come from. `next` is not called again before its promise is settled. */
export interface Source {
  /** About `n` elements or more; undefined at the end. */
  next(n: number): Batch | undefined | PromiseLike<Batch | undefined>;
  /** Nobody wants any more. */
  cancel(reason: unknown): void;
}

const encoder = new TextEncoder();
/** Most bytes read at once from a byte stream, whose buffer is used again and again. */
const BUFFER = 65536;

/** Why the value cannot be a source; undefined when it can. */
export function notASource(element: Element, value: unknown): string | undefined {
  if (element.bytes && (typeof value === 'string' || isBytes(value))) return undefined;
  if (typeof value !== 'object' || value === null) return `got ${show(value)}`;
  if (value instanceof ReadableStream)
    return value.locked ? 'the ReadableStream is locked' : undefined;
  if (element.bytes && isBlob(value)) return undefined;
  if (element.bytes && isResponse(value)) {
    return value.bodyUsed ? 'the body of the Response is used' : undefined;
  }
  return Symbol.asyncIterator in value || Symbol.iterator in value
    ? undefined
    : `got ${show(value)}`;
}

/** The source that a value is, which `notASource` has accepted. */
export function toSource(element: Element, value: unknown): Source {
  if (element.bytes) {
    if (typeof value === 'string' || isBytes(value)) return once(toBytes(value));
    if (isBlob(value)) return fromReadable(element, value.stream());
    if (isResponse(value)) {
      return value.body === null ? once(new Uint8Array()) : fromReadable(element, value.body);
    }
  }
  if (value instanceof ReadableStream) return fromReadable(element, value);
  if (isElements(element, value)) return once(value);
  return fromIterable(element, value as AsyncIterable<unknown> | Iterable<unknown>);
}

function once(batch: Batch): Source {
  let rest: Batch | undefined = batch;
  return {
    next() {
      const all = rest;
      rest = undefined;
      return all;
    },
    cancel() {},
  };
}

function fromReadable(element: Element, stream: ReadableStream): Source {
  return (element.bytes && fromByteStream(stream)) || fromChunks(element, stream);
}

function fromChunks(element: Element, stream: ReadableStream): Source {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? undefined : toBatch(element, value);
    },
    cancel: (reason) => quietly(reader.cancel(reason)),
  };
}

/** Reads no more than is asked for, into one buffer. Undefined when the stream is not a byte stream. */
function fromByteStream(stream: ReadableStream): Source | undefined {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
  let buffer = new ArrayBuffer(BUFFER);
  const take = ({ done, value }: ReadableStreamReadResult<Uint8Array<ArrayBuffer>>) => {
    if (value !== undefined) buffer = value.buffer;
    return done ? undefined : value;
  };
  return {
    next: (n) => reader.read(new Uint8Array(buffer, 0, Math.min(n, buffer.byteLength))).then(take),
    cancel: (reason) => quietly(reader.cancel(reason)),
  };
}

function fromIterable(
  element: Element,
  iterable: AsyncIterable<unknown> | Iterable<unknown>,
): Source {
  const iterator: AsyncIterator<unknown> | Iterator<unknown> =
    Symbol.asyncIterator in iterable
      ? iterable[Symbol.asyncIterator]()
      : iterable[Symbol.iterator]();
  const take = ({ done, value }: IteratorResult<unknown>) =>
    done ? undefined : toBatch(element, value);
  return {
    next() {
      const result = iterator.next();
      return 'then' in result ? result.then(take) : take(result);
    },
    cancel() {
      const result = iterator.return?.();
      if (result !== undefined && 'then' in result) quietly(result);
    },
  };
}

/** What a stream or iterable yields: one element or several. */
function toBatch(element: Element, chunk: unknown): Batch {
  if (element.bytes) {
    if (typeof chunk === 'string' || isBytes(chunk)) return toBytes(chunk);
    if (Array.isArray(chunk)) return chunk;
    throw new TypeError(`expected a Uint8Array in a stream of bytes, got ${show(chunk)}`);
  }
  return isElements(element, chunk) ? chunk : [chunk];
}

function isElements(element: Element, value: unknown): value is Batch {
  if (element.isArray || element.conv === undefined) return false;
  if (ArrayBuffer.isView(value)) return !(value instanceof DataView);
  return (
    Array.isArray(value) && !value.some((item) => Array.isArray(item) || isChunk(element, item))
  );
}

/** Several bytes, as an item of an array. */
function isChunk(element: Element, item: unknown): boolean {
  return isBytes(item) || (element.bytes && typeof item === 'string');
}

// By their tags: in Node, to mention `Response` is to load all of fetch.
function isBlob(value: unknown): value is Blob {
  return tagOf(value) === 'Blob' || tagOf(value) === 'File';
}

function isResponse(value: unknown): value is Response {
  return tagOf(value) === 'Response';
}

function tagOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Symbol.toStringTag in value
    ? value[Symbol.toStringTag]
    : undefined;
}

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function toBytes(value: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof value === 'string') return encoder.encode(value);
  if (value instanceof Uint8Array) return value;
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** A cancellation that fails changes nothing for anybody. */
function quietly(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => {});
}
