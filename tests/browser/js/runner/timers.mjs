/** What the suites of `tests/js` use of `node:timers/promises`, in a page. */

export function setTimeout(time, value, { signal } = {}) {
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(() => resolve(value), time);
    signal?.addEventListener('abort', () => {
      globalThis.clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A turn of the event loop, without the 4 ms that timers are given. */
export function setImmediate(value) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(value);
    };
    port2.postMessage(undefined);
  });
}
