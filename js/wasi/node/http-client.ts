/** wasi:http/client on `node:http` and `node:https`: exact headers, trailers, timeouts, connections that are kept alive. */

import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type ErrorCode, HttpError, type PlainTag } from '../http/errors.js';
import { fieldsOfRaw } from '../http/fields.js';
import { methodName, type Request, Response } from '../http/messages.js';
import { milliseconds } from '../http/timeouts.js';
import { incomingBody, sendBody } from './http-body.js';

const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true }),
};

/** Sends a request; the response is there as soon as its headers are. */
export async function send(request: Request, signal: AbortSignal): Promise<Response> {
  const { body } = request;
  try {
    const outgoing = start(request);
    const onAbort = () => outgoing.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    const answered = response(outgoing, request);
    const length = request.getHeaders().contentLength();
    const sent = sendBody(body, outgoing, {
      length: body.isEmpty ? undefined : length,
      wrongSize: (bytes) => ({ tag: 'HTTP-request-body-size', val: BigInt(bytes) }),
    });
    // A server may answer before it has read everything, and then hang up: the answer counts.
    const failed = sent.then(() => new Promise<never>(() => {}));
    failed.catch(() => {});
    try {
      return await Promise.race([answered, failed.catch((error) => afterAnswer(answered, error))]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  } catch (error) {
    throw new HttpError(body.fail(error));
  }
}

/** What happened to the answer tells more than that sending failed, if it comes at once. */
async function afterAnswer(answered: Promise<Response>, error: unknown): Promise<Response> {
  const known = error instanceof HttpError && error.payload.tag !== 'connection-terminated';
  if (known) throw error;
  return answered;
}

function start(request: Request): ClientRequest {
  const { method, scheme, authority, pathWithQuery } = request.target;
  if (scheme?.tag === 'other') throw new HttpError({ tag: 'HTTP-protocol-error' });
  if (authority === undefined) throw new HttpError({ tag: 'HTTP-request-URI-invalid' });
  const protocol = scheme?.tag === 'HTTP' ? 'http' : 'https';
  const url = new URL(`${protocol}://${authority}`);
  const fields = request.getHeaders();
  const headers = ['host', url.host, ...fields.raw()];
  if (request.body.isEmpty) {
    const expectsBody = ['post', 'put', 'patch'].includes(method.tag);
    if (expectsBody && !fields.has('content-length')) headers.push('content-length', '0');
  } else if (!fields.has('content-length')) headers.push('transfer-encoding', 'chunked');
  const { request: send } = protocol === 'http' ? http : https;
  return send({
    agent: agents[protocol],
    method: methodName(method),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (protocol === 'http' ? 80 : 443),
    path: pathOf(pathWithQuery),
    headers: headers as unknown as Record<string, string>,
    setHost: false,
  });
}

/** In the form that goes over the wire: absolute, and in ASCII. */
function pathOf(path = '/'): string {
  const absolute = path.startsWith('/') || path === '*' ? path : `/${path}`;
  return absolute.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part));
}

function response(outgoing: ClientRequest, request: Request): Promise<Response> {
  const options = request.getOptions();
  const patience = milliseconds(options?.getBetweenBytesTimeout());
  return new Promise((resolve, reject) => {
    const timers = new Timers(outgoing, reject);
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) return;
      timers.set('connect', milliseconds(options?.getConnectTimeout()), 'connection-timeout');
      socket.once('connect', () => timers.clear('connect'));
    });
    outgoing.on('finish', () => {
      timers.set('answer', milliseconds(options?.getFirstByteTimeout()), 'HTTP-response-timeout');
    });
    outgoing.on('error', (error) => {
      timers.end();
      reject(new HttpError(networkError(error)));
    });
    outgoing.on('close', () => {
      timers.end();
      reject(new HttpError({ tag: 'connection-terminated' }));
    });
    outgoing.on('response', (message) => {
      timers.end();
      resolve(received(message, patience));
    });
  });
}

function received(message: IncomingMessage, patience: number | undefined): Response {
  const body = incomingBody(message, {
    abandon: () => message.destroy(),
    incomplete: { tag: 'HTTP-response-incomplete' },
    patience,
  });
  return Response.received(message.statusCode ?? 0, fieldsOfRaw(message.rawHeaders), body);
}

/** Times that run out. */
class Timers {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly outgoing: ClientRequest,
    private readonly reject: (error: HttpError) => void,
  ) {}

  set(
    name: string,
    after: number | undefined,
    tag: 'connection-timeout' | 'HTTP-response-timeout',
  ): void {
    if (after === undefined) return;
    const late = () => {
      this.reject(new HttpError({ tag }));
      this.outgoing.destroy();
    };
    this.#timers.set(name, setTimeout(late, after));
  }

  clear(name: string): void {
    clearTimeout(this.#timers.get(name));
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}

/** The error code for what Node's sockets, resolver, TLS and parser report. */
function networkError(error: Error & { readonly code?: string }): ErrorCode {
  const { code = '' } = error;
  const known = CODES[code];
  if (known !== undefined) return { tag: known };
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
    return { tag: 'DNS-error', val: { rcode: code, infoCode: undefined } };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { tag: 'HTTP-response-header-section-size', val: undefined };
  }
  if (code.startsWith('HPE_')) return { tag: 'HTTP-protocol-error' };
  if (code.startsWith('CERT_') || /CERT|SIGNATURE|ALTNAME/.test(code)) {
    return { tag: 'TLS-certificate-error' };
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    return { tag: 'TLS-protocol-error' };
  }
  return { tag: 'internal-error', val: error.message };
}

const CODES: Partial<Record<string, PlainTag>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-terminated',
  EPIPE: 'connection-terminated',
  ETIMEDOUT: 'connection-timeout',
  EHOSTUNREACH: 'destination-IP-unroutable',
  ENETUNREACH: 'destination-IP-unroutable',
  EADDRNOTAVAIL: 'destination-unavailable',
  ERR_INVALID_URL: 'HTTP-request-URI-invalid',
  ERR_UNESCAPED_CHARACTERS: 'HTTP-request-URI-invalid',
  ERR_INVALID_HTTP_TOKEN: 'HTTP-request-method-invalid',
  EMFILE: 'connection-limit-reached',
};
