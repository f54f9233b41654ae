/** Between wasi:http and the platform's own `fetch`, `Request` and `Response`. */

import { ComponentError } from '../../index.js';
import { Body, dispose, NO_TRAILERS, trailersOf } from './body.js';
import { type ErrorCode, HttpError } from './errors.js';
import { bytesOf, Fields, latin1 } from './fields.js';
import { type HandlerSource, handlerOf } from './handler.js';
import { methodName, methodOf, Request, Response } from './messages.js';
import { late, milliseconds } from './timeouts.js';

const { Response: WebResponse, Headers: WebHeaders } = globalThis;

/** A function from the platform's requests to its responses: what service workers, Deno, Bun and edge workers take. */
export type FetchHandler = (request: globalThis.Request) => Promise<globalThis.Response>;

/**
 * Serves an instance's `wasi:http/handler` to `fetch` events. The body streams both ways; trailers have no place in `Response` and are
 * dropped. When the request's signal is aborted, so is the component's task. It rejects as the component does: with a
 * `ComponentError`, whose payload is the error code, or a `ComponentTrap`.
 */
export function toFetchHandler(source: HandlerSource): FetchHandler {
  const handle = handlerOf(source);
  return async (request) => {
    const response = await handle(requestOf(request), { signal: request.signal });
    const status = response.getStatusCode();
    const { contents, trailers } = response.body.take();
    const headers = headersOf(response.getHeaders());
    if (request.method === 'HEAD' || NO_BODY.includes(status) || contents === undefined) {
      contents?.cancel().catch(() => {});
      dispose(trailers);
      response.body.settle({ tag: 'ok' });
      return new WebResponse(null, { status, headers });
    }
    return new WebResponse(watched(contents, response.body, trailers), { status, headers });
  };
}

/** Sends a request by `fetch`. */
export async function sendByFetch(request: Request, signal: AbortSignal): Promise<Response> {
  const { body } = request;
  try {
    const { method, scheme, authority, pathWithQuery = '/' } = request.target;
    if (scheme?.tag === 'other') throw new HttpError({ tag: 'HTTP-protocol-error' });
    if (authority === undefined) throw new HttpError({ tag: 'HTTP-request-URI-invalid' });
    const path = pathWithQuery.startsWith('/') ? pathWithQuery : `/${pathWithQuery}`;
    const url = `${scheme?.tag === 'HTTP' ? 'http' : 'https'}://${authority}${path}`;
    const { contents, trailers } = body.take();
    const bytes = contents === undefined ? null : await collected(contents);
    await trailersOf(trailers);
    const options = request.getOptions();
    const timer = new Timer(signal, milliseconds(options?.getFirstByteTimeout()));
    const response = await fetch(url, {
      method: methodName(method),
      headers: headersOf(request.getHeaders()),
      // Components of WASI 0.2 give every request a body, and `fetch` takes none with some methods.
      body: bytes?.size ? bytes : null,
      signal: timer.signal,
    }).finally(() => timer.end());
    body.settle({ tag: 'ok' });
    const incoming = {
      incomplete: { tag: 'HTTP-response-incomplete' as const },
      patience: milliseconds(options?.getBetweenBytesTimeout()),
      abandon: () => timer.abandon(),
    };
    const received = bodyOf(response.body, incoming);
    return Response.received(response.status, fieldsOf(response.headers), received);
  } catch (error) {
    throw new HttpError(body.fail(error instanceof ComponentError ? error : failed(error)));
  }
}

/** No browser tells why a connection failed. */
function failed(error: unknown): HttpError {
  return new HttpError({ tag: 'internal-error', val: (error as Error).message });
}

/** Aborts a request: when nobody waits for it, or when the headers of its answer are late. */
class Timer {
  readonly #abort = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly outer: AbortSignal,
    patience: number | undefined,
  ) {
    if (outer.aborted) this.#given();
    else outer.addEventListener('abort', this.#given);
    if (patience !== undefined) this.#timer = setTimeout(this.#late, patience);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.outer.removeEventListener('abort', this.#given);
  }

  /** The rest of the answer is of no interest. */
  abandon(): void {
    this.#abort.abort();
  }

  readonly #given = (): void => this.#abort.abort(this.outer.reason);
  readonly #late = (): void => this.#abort.abort(new HttpError({ tag: 'HTTP-response-timeout' }));
}

/** Few engines can stream a request's body, and none over HTTP/1.1. */
async function collected(contents: ReadableStream<Uint8Array>): Promise<Blob> {
  return new WebResponse(contents as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
}

function requestOf(request: globalThis.Request): Request {
  const { protocol, host, pathname, search } = new URL(request.url);
  const target = {
    method: methodOf(request.method),
    scheme: { tag: protocol === 'http:' ? ('HTTP' as const) : ('HTTPS' as const) },
    authority: host,
    pathWithQuery: pathname + search,
  };
  const body = bodyOf(contentsOf(request), { incomplete: { tag: 'connection-terminated' } });
  return Request.received(target, fieldsOf(request.headers), body);
}

/** Firefox has no `Request.body`, only ways to read all of it. */
function contentsOf(request: globalThis.Request): ReadableStream<Uint8Array> | null {
  const { body, method } = request as { body?: ReadableStream<Uint8Array> | null; method: string };
  if (body !== undefined || method === 'GET' || method === 'HEAD') return body ?? null;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = new Uint8Array(await request.arrayBuffer());
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** How a body that comes from the platform is let go of, and which limits it has. */
interface Incoming {
  /** Nobody wants the rest. A browser may go on with the network when only the body is cancelled. */
  readonly abandon?: () => void;
  /** The error of a body that ends before its end. */
  readonly incomplete: ErrorCode;
  /** Longest time between two pieces, in milliseconds. */
  readonly patience?: number | undefined;
}

function bodyOf(
  stream: ReadableStream<Uint8Array> | null,
  { abandon, incomplete, patience }: Incoming,
): Body {
  if (stream === null) return new Body(undefined, NO_TRAILERS);
  let fail = (_code: ErrorCode) => {};
  let finish = () => {};
  const trailers = new Promise<{ tag: 'ok' } | { tag: 'err'; val: ErrorCode }>((resolve) => {
    finish = () => resolve({ tag: 'ok' });
    fail = (val) => resolve({ tag: 'err', val });
  });
  const reader = stream.getReader();
  const contents = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const reading = reader.read();
          const overdue = await late((there) => void reading.then(there, there), patience);
          if (overdue) {
            fail({ tag: 'connection-read-timeout' });
            abandon?.();
          }
          const { done, value } = await reading;
          if (!done) return controller.enqueue(value);
          finish();
        } catch {
          fail(incomplete);
        }
        controller.close();
      },
      async cancel(reason) {
        finish();
        // Firefox does not hear of it once the body is cancelled.
        abandon?.();
        await reader.cancel(reason).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return new Body(contents, trailers);
}

/** Contents on their way to the platform; the component is told how that went. */
function watched(
  contents: ReadableStream<Uint8Array>,
  body: Body,
  trailers: Parameters<typeof trailersOf>[0],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = contents.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value as Uint8Array<ArrayBuffer>);
          await trailersOf(trailers);
          body.settle({ tag: 'ok' });
          controller.close();
        } catch (error) {
          dispose(trailers);
          body.fail(error);
          controller.error(error);
        }
      },
      async cancel(reason) {
        body.fail(new HttpError({ tag: 'connection-terminated' }));
        dispose(trailers);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function fieldsOf(headers: Headers): Fields {
  return Fields.received([...headers].map(([name, value]) => [name, bytesOf(value)] as const));
}

function headersOf(fields: Fields): Headers {
  const headers = new WebHeaders();
  for (const [name, value] of fields.copyAll()) headers.append(name, latin1(value));
  return headers;
}

const NO_BODY: readonly number[] = [101, 103, 204, 205, 304];
