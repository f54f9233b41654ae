/** wasi:http 0.2: types, and requests of the component's own where a program grants them. */

import { ComponentError, type Imports } from '../../../index.js';
import { type ErrorCode, errorCode, HttpError } from '../../http/errors.js';
import { Fields } from '../../http/fields.js';
import type { Send } from '../../http/index.js';
import type { RequestOptions as Options } from '../../http/messages.js';
import type { WasiPlatform } from '../../platform.js';
import type { IoError } from '../io.js';
import { FutureTrailers, IncomingBody, OutgoingBody } from './bodies.js';
import {
  FutureIncomingResponse,
  IncomingRequest,
  IncomingResponse,
  OutgoingRequest,
  OutgoingResponse,
  ResponseOutparam,
  requestOptionsOf,
} from './messages.js';

/** The interfaces of wasi:http@0.2. */
export function http(platform: WasiPlatform, send: Send): Imports {
  const RequestOptions = requestOptionsOf(platform.RequestOptions);
  return {
    'wasi:http/types@0.2': {
      Fields,
      FutureIncomingResponse,
      FutureTrailers,
      IncomingBody,
      IncomingRequest,
      IncomingResponse,
      OutgoingBody,
      OutgoingRequest,
      OutgoingResponse,
      RequestOptions,
      ResponseOutparam,
      httpErrorCode: ({ cause }: IoError): ErrorCode | undefined =>
        cause instanceof HttpError ? errorCode(cause) : undefined,
    },
    'wasi:http/outgoing-handler@0.2': {
      handle: (outgoing: OutgoingRequest, options: Options | undefined) => {
        const request = outgoing.request(options);
        if (request.target.authority === undefined) {
          throw new ComponentError<ErrorCode>({ tag: 'HTTP-request-URI-invalid' });
        }
        return new FutureIncomingResponse((signal) => send(request, { signal }));
      },
    },
  };
}
