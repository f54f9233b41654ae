/** Finding `wasi:http/handler` among what an instance exports. */

import type { Instance } from '../../index.js';
import type { Request, Response } from './messages.js';

/** Spec: `wasi:http/handler.handle`. */
export type Handler = (
  request: Request,
  options: { readonly signal: AbortSignal },
) => PromiseLike<Response> | Response;

/** An instance of a component of the world wasi:http/service or wasi:http/middleware, or a handler in JS. */
export type HandlerSource = Instance | Handler;

/** The handler of an instance; throws a `TypeError` when it exports none. */
export function handlerOf(source: HandlerSource): Handler {
  if (typeof source === 'function') return source;
  const names = Object.keys(source.exports).filter((name) => /^wasi:http\/handler(@|$)/.test(name));
  const found = names.find((name) => name.includes('@0.3')) ?? names[0];
  const handle = found === undefined ? undefined : source.exports[found]?.handle;
  if (handle === undefined) {
    const exported = Object.keys(source.exports).join(', ') || 'nothing';
    throw new TypeError(
      `the component does not export wasi:http/handler@0.3, so that it cannot be served; it exports ${exported}`,
    );
  }
  return handle as unknown as Handler;
}
