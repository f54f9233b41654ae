/** In the worker: a store, and the calls of its component that arrive as messages. */

import { Component, Store } from 'tidegate';

const imports = {
  'example:text/dictionary': { lookUp: async (word) => [...word].reverse().join('') },
  log: () => {},
};

/** Answers `{ id, what, args }` with `{ id, value }` or `{ id, error }`. */
export function serve(port) {
  let tools;
  const answers = {
    async load(bytes) {
      const component = await Component.compile(bytes);
      const store = new Store({ deadlock: 'error' });
      ({ tools } = (await component.instantiate(imports, { store })).exports);
    },
    call: (name, ...args) => tools[name](...args),
  };
  port.onmessage = async ({ data: { id, what, args } }) => {
    try {
      const value = await answers[what](...args);
      port.postMessage({ id, value }, streamsOf([value]));
    } catch (error) {
      // Errors lose their class on the way: what the other side needs is sent by name.
      const { name, message, code, payload } = error;
      port.postMessage({ id, error: { name, message, code, payload } });
    }
  };
}

const streamsOf = (values) => values.filter((value) => value instanceof ReadableStream);
