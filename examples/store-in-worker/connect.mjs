/** On the other side: calls of the component that lives in a worker. */

export function connect(port) {
  const waiting = new Map();
  let last = 0;
  let closed;
  port.onmessage = ({ data: { id, value, error } }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    if (!waiting.delete(id)) return;
    if (error) reject(Object.assign(new Error(error.message), error));
    else resolve(value);
  };
  const send = (what, ...args) =>
    new Promise((resolve, reject) => {
      if (closed) throw closed;
      waiting.set(++last, { resolve, reject });
      port.postMessage({ id: last, what, args }, streamsOf(args));
    });
  return {
    /** The bytes of the component. */
    load: (bytes) => send('load', bytes),
    /** A function of its interface `tools`; streams among the arguments are transferred. */
    call: (name, ...args) => send('call', name, ...args),
    /** Calls that wait, and later ones, fail with this error. */
    close(error) {
      closed = error;
      port.close();
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

const streamsOf = (values) => values.filter((value) => value instanceof ReadableStream);
