/** wasi:http 0.3: types, and the client where a program grants one. */

import type { Imports } from '../../index.js';
import type { WasiOptions } from '../options.js';
import type { WasiPlatform } from '../platform.js';
import { allows } from './allow.js';
import { HttpError } from './errors.js';
import { Fields } from './fields.js';
import { Request, RequestOptions, Response } from './messages.js';

interface Context {
  readonly signal: AbortSignal;
}

/** The interfaces of wasi:http@0.3. A component imports `handler` when it is middleware; a program links that itself. */
export function http(platform: WasiPlatform, { http: grant = false }: WasiOptions): Imports {
  return {
    'wasi:http/types@0.3': { Fields, Request, RequestOptions, Response },
    'wasi:http/client@0.3': {
      send: (request: Request, { signal }: Context): Promise<Response> => {
        if (allows(grant, request.target)) return platform.send(request, signal);
        const refused = new HttpError({ tag: 'HTTP-request-denied' });
        request.body.drop();
        return Promise.reject(refused);
      },
    },
  };
}
