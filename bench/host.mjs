/** What both sides of a comparison get from their host. */

/** Bytes of a stream's chunk. */
export const CHUNK = 65536;

const chunk = new Uint8Array(CHUNK).fill(7);

export const RECORD = { a: 1, b: -2, c: 3.5, d: true, e: 5, f: 6.5 };
export const STRING = 'twenty bytes of text';
export const BYTES = new Uint8Array(1 << 20).fill(7);

/** A host import that has its result already. */
export function hostCall(x) {
  return Promise.resolve(x);
}

/** The same chunk `n` times. */
export async function* chunks(n) {
  for (let i = 0; i < n; i++) yield chunk;
}

/** The same as a byte stream that is read with the reader's own buffer. */
export function chunkStream(n) {
  let left = n;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const request = controller.byobRequest;
      if (left-- === 0) {
        controller.close();
        request?.respond(0);
      } else if (request === null) {
        controller.enqueue(chunk.slice());
      } else {
        const length = Math.min(CHUNK, request.view.byteLength);
        new Uint8Array(request.view.buffer, request.view.byteOffset, length).set(
          length === CHUNK ? chunk : chunk.subarray(0, length),
        );
        request.respond(length);
      }
    },
  });
}

/** Reads a byte stream to its end into one buffer; the bytes. */
export async function drain(stream) {
  const reader = stream.getReader({ mode: 'byob' });
  let buffer = new Uint8Array(CHUNK);
  let bytes = 0;
  for (;;) {
    const { value, done } = await reader.read(buffer);
    if (done) return bytes;
    bytes += value.byteLength;
    buffer = new Uint8Array(value.buffer);
  }
}
