/** Finding what handles requests among what an instance exports. */

import type { Instance, Store } from '../../index.js';
import { incomingHandler } from '../p2/http/handler.js';
import type { Request, Response } from './messages.js';

/** Spec: `wasi:http/handler.handle`. */
export type Handler = (
  request: Request,
  options: { readonly signal: AbortSignal },
) => PromiseLike<Response> | Response;

/** An instance of a component of the world wasi:http/service, wasi:http/middleware or, of WASI 0.2, wasi:http/proxy; or a handler in JS. */
export type HandlerSource = Instance | Handler;

/** The handler of an instance, of WASI 0.3 where it has one; throws a `TypeError` when it exports none. `own`: its store, if that is for one request. */
export function handlerOf(source: HandlerSource, own?: Store): Handler {
  if (typeof source === 'function') return source;
  const { exports } = source;
  const names = Object.keys(exports);
  const found = names.find((name) => /^wasi:http\/handler(@|$)/.test(name));
  if (found !== undefined) return exports[found]!.handle as unknown as Handler;
  const incoming = names.find((name) => /^wasi:http\/incoming-handler(@|$)/.test(name));
  if (incoming !== undefined) return incomingHandler(exports[incoming]!.handle!, own);
  throw new TypeError(
    `the component does not export wasi:http/handler@0.3 or wasi:http/incoming-handler@0.2, so that it cannot be served; it exports ${names.join(', ') || 'nothing'}`,
  );
}

/**
 * A handler that makes an instance, in a store of its own, for each request: `serve(perRequest(() => component.instantiate(wasi())))`. For
 * components of WASI 0.2, which do one thing at a time, and for requests that must not see each other. A store of 0.2 is closed when its
 * request is over, or when nobody waits for the answer any more.
 */
export function perRequest(make: () => Instance | PromiseLike<Instance>): Handler {
  return async (request, options) => {
    const instance = await make();
    return handlerOf(instance, instance.store)(request, options);
  };
}
