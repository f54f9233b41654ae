/** Contents of files and folders as streams, each with the promise that says how it ended. */

import { type DirEntry, type File, FsError } from './backend.js';
import { type ErrorCode, errorCode } from './errors.js';

/** `result<_, error-code>` inside of a future. */
export type Status = { readonly tag: 'ok' } | { readonly tag: 'err'; readonly val: ErrorCode };

/** An open file with the number of those who use it: streams outlive the descriptor that they were made of. */
export class SharedFile {
  #users = 1;

  constructor(readonly file: File) {}

  share(): this {
    this.#users++;
    return this;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.file.close();
  }
}

/** A stream and its status for what failed before there was one. */
export function failedStream<T>(error: unknown): [ReadableStream<T>, Promise<Status>] {
  const stream = new ReadableStream<T>({ start: (controller) => controller.close() });
  return [stream, Promise.resolve(failed(error))];
}

export function failed(error: unknown): Status {
  return { tag: 'err', val: errorCode(error) };
}

/** The bytes of a file from a position on. Nothing is read before somebody asks. */
export function readStream(
  shared: SharedFile,
  offset: bigint,
): [ReadableStream<Uint8Array>, Promise<Status>] {
  const { file } = shared.share();
  const { promise, resolve } = withResolvers<Status>();
  let position = offset;
  const finish = (status: Status) => {
    shared.release();
    resolve(status);
  };
  const read = async (into: Uint8Array): Promise<number> => {
    // Beyond what JS can count there is no file; the system itself refuses what it cannot count.
    if (position > MOST_SIGNED) throw new FsError('invalid');
    if (position > MOST) return 0;
    const at = Number(position);
    const count = await (file.readLater?.(into, at) ?? file.read(into, at));
    position += BigInt(count);
    return count;
  };
  const source: UnderlyingByteSource = {
    type: 'bytes',
    async pull(controller) {
      const request = controller.byobRequest;
      const view: Uint8Array<ArrayBuffer> = request?.view
        ? viewed(request.view)
        : new Uint8Array(CHUNK);
      let count = 0;
      try {
        count = await read(view);
        if (count === 0) finish({ tag: 'ok' });
      } catch (error) {
        finish(failed(error));
      }
      if (count === 0) controller.close();
      if (request) request.respond(count);
      else if (count > 0) controller.enqueue(view.subarray(0, count));
    },
    cancel() {
      finish({ tag: 'ok' });
    },
  };
  return [new ReadableStream(source), promise];
}

/** Writes a stream's bytes from a position on, or at the end. */
export async function writeStream(
  shared: SharedFile,
  data: ReadableStream<Uint8Array>,
  offset: bigint | 'end',
): Promise<Status> {
  const { file } = shared.share();
  const reader = data.getReader();
  let position = offset;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        await file.settle?.();
        return { tag: 'ok' };
      }
      for (let rest = value; rest.length > 0; ) {
        const at = position === 'end' ? position : Number(position);
        const count = await (file.writeLater?.(rest, at) ?? file.write(rest, at));
        if (position !== 'end') position += BigInt(count);
        rest = rest.subarray(count);
      }
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    return failed(error);
  } finally {
    shared.release();
  }
}

/** The entries of a folder; `close` is called at the end, whichever it is. */
export function entryStream<T>(
  entries: AsyncIterable<DirEntry> | Iterable<DirEntry>,
  shown: (entry: DirEntry) => T,
  close: () => void,
): [ReadableStream<T>, Promise<Status>] {
  const { promise, resolve } = withResolvers<Status>();
  const items =
    Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]();
  const finish = (status: Status) => {
    close();
    resolve(status);
  };
  const stream = new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          const item = await items.next();
          if (!item.done) return controller.enqueue(shown(item.value));
          finish({ tag: 'ok' });
        } catch (error) {
          finish(failed(error));
        }
        controller.close();
      },
      async cancel() {
        finish({ tag: 'ok' });
        await items.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return [stream, promise];
}

/** Byte streams never have shared memory. */
function viewed({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Bytes read for a reader without a buffer of its own. */
const CHUNK = 65_536;
const MOST_SIGNED = 2n ** 63n - 1n;
const MOST = BigInt(Number.MAX_SAFE_INTEGER);
