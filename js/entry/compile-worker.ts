/**
 * The compiler in a worker: the worker's side of `host/compile-thread.ts`. Complete in itself, so that bundlers and servers
 * have one file to think of.
 */

import { compile, initSync } from '../generated/compiler.js';
import type { Artifact } from '../host/artifact.js';
import type { Answer, Order } from '../host/compile-thread.js';

/** As much of a worker's global scope as is used here; the library's types are those of a page. */
interface Scope {
  onmessage: ((event: MessageEvent<WebAssembly.Module | Order>) => void) | null;
  onmessageerror: (() => void) | null;
  postMessage(message: 'ready' | Answer, transfer?: Transferable[]): void;
}

const scope = self as unknown as Scope;

scope.onmessage = ({ data }) => {
  if (data instanceof WebAssembly.Module) {
    initSync({ module: data });
    scope.postMessage('ready');
  } else {
    scope.postMessage(answer(data), [data.bytes.buffer]);
  }
};

scope.onmessageerror = () => {
  throw new Error('a message could not be read');
};

function answer(order: Order): Answer {
  try {
    const { bytes, features, without, bounds, multiMemory } = order;
    return {
      ...order,
      artifact: compile(bytes, features, without, bounds, multiMemory) as Artifact,
    };
  } catch (error) {
    return { ...order, error };
  }
}
