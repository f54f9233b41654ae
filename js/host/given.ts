/** What JS gives to components and gets from them beside plain values, as types. */

/** Bytes as the chunks of a stream have them; a string stands for its UTF-8. */
type Bytes = string | ArrayBuffer | ArrayBufferView | readonly number[];

/** What JS may pass as a `stream<u8>`. */
export type ByteSource =
  | Bytes
  | Blob
  | Response
  | ReadableStream<Bytes>
  | AsyncIterable<Bytes>
  | Iterable<Bytes>;

/** Typed arrays are several numbers, like arrays of them. */
type Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** One element or several; of elements that are arrays themselves, or nothing, one. */
type Chunk<T> = [T] extends [undefined | readonly unknown[] | ArrayBufferView]
  ? T
  :
      | T
      | readonly T[]
      | ([T] extends [number] ? Numbers : never)
      | ([T] extends [bigint] ? BigInt64Array | BigUint64Array : never);

/** What JS may pass as a `stream<T>`; of bytes, a `ByteSource`. */
export type StreamSource<T> =
  | ReadableStream<Chunk<T>>
  | AsyncIterable<Chunk<T>>
  | Iterable<Chunk<T>>;

/** What an async function of the host gets after its parameters. */
export interface CallContext {
  /** Aborted when the component cancels the call, or its store is locked by a trap. */
  readonly signal: AbortSignal;
}
