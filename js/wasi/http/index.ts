/** wasi:http 0.3: types, and the client where a program grants one. */

import type { Imports } from '../../index.js';
import type { WasiOptions } from '../options.js';
import type { WasiPlatform } from '../platform.js';
import { allows } from './allow.js';
import { HttpError } from './errors.js';
import { Fields } from './fields.js';
import { Request, Response } from './messages.js';

/** Sends a request where that is granted; rejects with `HttpError`. */
export type Send = (
  request: Request,
  context: { readonly signal: AbortSignal },
) => Promise<Response>;

/** How components send requests, as far as a program grants it. */
export function sender(platform: WasiPlatform, { http: grant = false }: WasiOptions): Send {
  return (request, { signal }) => {
    if (allows(grant, request.target)) return platform.send(request, signal);
    const refused = new HttpError({ tag: 'HTTP-request-denied' });
    request.body.drop();
    return Promise.reject(refused);
  };
}

/** The interfaces of wasi:http@0.3. A component imports `handler` when it is middleware; a program links that itself. */
export function http({ RequestOptions }: WasiPlatform, send: Send): Imports {
  return {
    'wasi:http/types@0.3': { Fields, Request, RequestOptions, Response },
    'wasi:http/client@0.3': { send },
  };
}
