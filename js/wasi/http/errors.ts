/** Errors of wasi:http. */

import { ComponentError } from '../../index.js';

interface FieldSize {
  readonly fieldName: string | undefined;
  readonly fieldSize: number | undefined;
}

/** Cases of `error-code` that carry nothing. */
export type PlainTag =
  | 'DNS-timeout'
  | 'destination-not-found'
  | 'destination-unavailable'
  | 'destination-IP-prohibited'
  | 'destination-IP-unroutable'
  | 'connection-refused'
  | 'connection-terminated'
  | 'connection-timeout'
  | 'connection-read-timeout'
  | 'connection-write-timeout'
  | 'connection-limit-reached'
  | 'TLS-protocol-error'
  | 'TLS-certificate-error'
  | 'HTTP-request-denied'
  | 'HTTP-request-length-required'
  | 'HTTP-request-method-invalid'
  | 'HTTP-request-URI-invalid'
  | 'HTTP-request-URI-too-long'
  | 'HTTP-response-incomplete'
  | 'HTTP-response-timeout'
  | 'HTTP-upgrade-failed'
  | 'HTTP-protocol-error'
  | 'loop-detected'
  | 'configuration-error';

/** Spec: `wasi:http/types.error-code`. */
export type ErrorCode =
  | { readonly tag: PlainTag }
  | {
      readonly tag: 'DNS-error';
      readonly val: { readonly rcode: string | undefined; readonly infoCode: number | undefined };
    }
  | {
      readonly tag: 'TLS-alert-received';
      readonly val: {
        readonly alertId: number | undefined;
        readonly alertMessage: string | undefined;
      };
    }
  | {
      readonly tag: 'HTTP-request-body-size' | 'HTTP-response-body-size';
      readonly val: bigint | undefined;
    }
  | {
      readonly tag:
        | 'HTTP-request-header-section-size'
        | 'HTTP-request-trailer-section-size'
        | 'HTTP-response-header-section-size'
        | 'HTTP-response-trailer-section-size';
      readonly val: number | undefined;
    }
  | { readonly tag: 'HTTP-request-header-size'; readonly val: FieldSize | undefined }
  | {
      readonly tag:
        | 'HTTP-request-trailer-size'
        | 'HTTP-response-header-size'
        | 'HTTP-response-trailer-size';
      readonly val: FieldSize;
    }
  | {
      readonly tag:
        | 'HTTP-response-transfer-coding'
        | 'HTTP-response-content-coding'
        | 'internal-error';
      readonly val: string | undefined;
    };

/** `result<_, error-code>` and its like inside of a future. */
export type Outcome<T = undefined> =
  | { readonly tag: 'ok'; readonly val?: T }
  | { readonly tag: 'err'; readonly val: ErrorCode };

/** Why a message could not be passed on. */
export class HttpError extends ComponentError<ErrorCode> {
  constructor(payload: ErrorCode) {
    super(payload, `HTTP: ${payload.tag}${'val' in payload ? ` (${show(payload.val)})` : ''}`);
  }
}

/** The error code for whatever was thrown or rejected. */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof ComponentError) return error.payload as ErrorCode;
  return { tag: 'internal-error', val: error instanceof Error ? error.message : String(error) };
}

function show(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
