/** A `wasi:http/handler` that is somewhere else: a boundary between components that is one between processes, by configuration. */

import type { Request, Response } from './messages.js';

/** What a component imports as `wasi:http/handler`. */
export interface RemoteHandler {
  /** Spec: `handler.handle`. */
  handle(request: Request, context: { readonly signal: AbortSignal }): Promise<Response>;
}

/** Sends each request to the server at `url`, whose path comes before the request's. Throws a `TypeError` for what is no http URL. */
export function remoteBy(
  send: (request: Request, signal: AbortSignal) => Promise<Response>,
  url: string | URL,
): RemoteHandler {
  const { protocol, host, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`${url} is no http or https URL`);
  }
  const prefix = pathname.replace(/\/$/, '');
  return {
    handle(request, { signal }) {
      const path = request.getPathWithQuery() ?? '/';
      request.setScheme({ tag: protocol === 'http:' ? 'HTTP' : 'HTTPS' });
      request.setAuthority(host);
      request.setPathWithQuery(prefix + (path.startsWith('/') ? path : `/${path}`));
      return send(request, signal);
    },
  };
}
