/** What checks need that run in pages as well: comparing, error codes, streams. */

const text = (value) =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part));

/** Equal by structure. */
export function same(actual, wanted, what) {
  if (text(actual) !== text(wanted)) {
    throw new Error(`${what}: ${text(actual)} instead of ${text(wanted)}`);
  }
}

export function yes(value, what) {
  if (!value) throw new Error(what);
}

/** The error code that a call fails with; `none` when it has no payload, undefined when it does not fail. */
export async function code(call) {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (!('payload' in error)) throw error;
    return error.payload?.tag ?? error.payload ?? 'none';
  }
}

export const OK = { tag: 'ok' };
export const encode = (string) => new TextEncoder().encode(string);
export const decode = (bytes) => new TextDecoder().decode(bytes);
export const read = (stream) => new Response(stream).text();

export const stream = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encode(chunk));
      controller.close();
    },
  });
