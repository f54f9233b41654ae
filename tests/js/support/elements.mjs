/** The guest `elements`, and how to read what it gives. */

import { instance } from './guests.mjs';

/** The symbol, which the oldest of engines lack: then it is a registered one. */
export const DISPOSE = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** A resource of the host's. */
export class Thing {
  /** Those that exist and are the guest's or nobody's. */
  static disposed = 0;

  constructor(label) {
    this.label = label;
  }

  name() {
    return this.label;
  }

  [DISPOSE]() {
    Thing.disposed++;
  }
}

/** An instance of `elements`: its exports, its store and what it logs. */
export async function elements(options = {}) {
  const log = [];
  const host = { Thing, log: (text) => void log.push(text) };
  const made = await instance('elements', { 'tidegate:elements/host': host }, options);
  return { exports: made.exports, store: made.store, log };
}

/** All that a stream has. */
export async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}
