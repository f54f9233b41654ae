/** Dropping what the values that a guest gave away hold: resources, streams and futures that nobody will see. */

import { DISPOSE } from './resources.js';

/** Disposes of all handles in a value that was lifted and that nobody else has. */
export function release(value: unknown): void {
  // Not recursive: how deep a value is, is the guest's choice.
  const todo = [value];
  while (todo.length > 0) {
    const item = todo.pop();
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) continue;
    if (item instanceof ReadableStream) item.cancel().catch(() => {});
    else if (DISPOSE in item) dispose(item);
    else if (item instanceof Map) todo.push(...item.keys(), ...item.values());
    else for (const part of Object.values(item)) todo.push(part);
  }
}

/** Of an object that can be disposed of. One of the host's may throw then; it has nobody to tell. */
export function dispose(item: object): void {
  try {
    (item as Partial<Disposable>)[DISPOSE]?.();
  } catch (error) {
    console.warn('tidegate: a resource failed while it was disposed of:', error);
  }
}
