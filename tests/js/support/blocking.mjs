/** The guests that wait on their stacks. */

import { Component } from '../../../pkg/dist/node.js';
import { bytes } from './guests.mjs';

/** This engine can suspend WebAssembly. */
export const JSPI = typeof WebAssembly.Suspending === 'function';

/** What the guests of this file are compiled with. */
export const FEATURES = ['async-builtins', 'async-stackful', 'threading', 'forward'];
const compiled = new Map();

/** The compiled component of a guest that needs gated features. */
export function gated(name) {
  if (!compiled.has(name)) {
    compiled.set(
      name,
      bytes(name).then((data) => Component.compile(data, { features: FEATURES })),
    );
  }
  return compiled.get(name);
}

/** Imports of `blocking`. */
export const IMPORTS = {
  soon: async () => 42,
  text: async (text) => text.toUpperCase(),
  never: () => new Promise(() => {}),
  poll: (n) => n + 1,
  log: () => {},
};

/** An instance of `blocking`, with what it has logged. */
export async function blocking(host = {}, options = {}) {
  const log = [];
  const component = await gated('blocking');
  const made = await component.instantiate(
    { ...IMPORTS, log: (n) => void log.push(n), ...host },
    { quiet: true, ...options },
  );
  return { ...made.exports, exports: made.exports, log, store: made.store };
}
