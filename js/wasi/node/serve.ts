/** Hosting of wasi:http/handler on `node:http`. */

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ComponentError } from '../../index.js';
import { HttpError } from '../http/errors.js';
import { fieldsOfRaw } from '../http/fields.js';
import { type Handler, type HandlerSource, handlerOf } from '../http/handler.js';
import { methodOf, Request } from '../http/messages.js';
import { incomingBody, sendBody } from './http-body.js';

/** One request that has been answered, or has not. */
export interface RequestReport {
  /** As the client wrote it. */
  readonly method: string;
  /** Path and query, as the client wrote them. */
  readonly url: string;
  /** `undefined`: the client went away before there was an answer. */
  readonly status: number | undefined;
  /** From the first byte of the request's headers to the end of the answer, in milliseconds. */
  readonly duration: number;
  /** What went wrong, if something did: an error code of the component, a trap, a client that went away. */
  readonly error: unknown;
}

/** How a component is served. */
export interface ServeOptions {
  /** Default: 0, a free one. */
  readonly port?: number;
  /** Default: `127.0.0.1`. */
  readonly host?: string;
  /** Requests that the component works on at a time; others wait, in order. Default: no bound. */
  readonly maxConcurrency?: number;
  /** Told of each request when it is over. */
  readonly onRequest?: (report: RequestReport) => void;
}

/** A component that is being served. */
export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** The port that it got. */
  readonly port: number;
  /**
   * Takes no more requests and waits for those under way; what is not over after `grace` milliseconds (default 10,000) is aborted.
   */
  close(options?: { readonly grace?: number }): Promise<void>;
}

/** Serves the `wasi:http/handler` of an instance. Rejects when the port is taken. */
export async function serve(
  source: HandlerSource,
  options: ServeOptions = {},
): Promise<HttpServer> {
  const { port = 0, host = '127.0.0.1' } = options;
  const exchanges = new Exchanges(handlerOf(source), options);
  const server = http.createServer({ keepAliveTimeout: 5000 }, (message, answer) => {
    exchanges.begin(message, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}`,
    port: address.port,
    async close({ grace = 10_000 } = {}) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        exchanges.abort(new Error('the server is shutting down'));
        server.closeAllConnections();
      }, grace);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Requests under way, and those that wait for their turn. */
class Exchanges {
  readonly #handle: Handler;
  readonly #most: number;
  readonly #report: ((report: RequestReport) => void) | undefined;
  readonly #active = new Set<AbortController>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    handle: Handler,
    { maxConcurrency = Number.POSITIVE_INFINITY, onRequest }: ServeOptions,
  ) {
    this.#handle = handle;
    this.#most = maxConcurrency;
    this.#report = onRequest;
  }

  abort(reason: Error): void {
    for (const controller of this.#active) controller.abort(reason);
  }

  begin(message: IncomingMessage, answer: ServerResponse): void {
    const controller = new AbortController();
    const started = performance.now();
    this.#active.add(controller);
    // Of a client that is gone nobody waits for the answer.
    answer.on('close', () => {
      if (!answer.writableFinished)
        controller.abort(new HttpError({ tag: 'connection-terminated' }));
    });
    const exchange = async () => {
      let error: unknown;
      try {
        await this.#turn();
        try {
          controller.signal.throwIfAborted();
          await this.#answer(message, answer, controller.signal);
        } finally {
          this.#next();
        }
      } catch (cause) {
        error = cause;
        failure(answer, cause);
      }
      this.#active.delete(controller);
      this.#report?.({
        method: message.method ?? '',
        url: message.url ?? '',
        status: answer.headersSent ? answer.statusCode : undefined,
        duration: performance.now() - started,
        error,
      });
    };
    void exchange();
  }

  async #answer(
    message: IncomingMessage,
    answer: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const response = await this.#handle(requestOf(message), { signal });
    const { body } = response;
    const fields = response.getHeaders();
    answer.writeHead(response.getStatusCode(), fields.raw());
    const bare = message.method === 'HEAD' || [204, 304].includes(response.getStatusCode());
    if (bare) {
      body.drop();
      answer.end();
      return;
    }
    await sendBody(body, answer, {
      length: fields.contentLength(),
      wrongSize: (bytes) => ({ tag: 'HTTP-response-body-size', val: BigInt(bytes) }),
    });
  }

  #turn(): Promise<void> | undefined {
    if (this.#running < this.#most) {
      this.#running++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

function requestOf(message: IncomingMessage): Request {
  const body = incomingBody(message, {
    // Node reads and forgets what nobody wants, so that the connection can be used again.
    abandon: () => message.resume(),
    incomplete: { tag: 'connection-terminated' },
  });
  const target = {
    method: methodOf(message.method ?? 'GET'),
    scheme: { tag: 'HTTP' as const },
    authority: message.headers.host ?? 'localhost',
    pathWithQuery: message.url ?? '/',
  };
  return Request.received(target, fieldsOfRaw(message.rawHeaders), body);
}

/** What a client is told when there is no answer. */
function failure(answer: ServerResponse, error: unknown): void {
  if (answer.headersSent || answer.destroyed) {
    answer.destroy();
    return;
  }
  answer.writeHead(error instanceof ComponentError ? statusOf(error) : 500);
  answer.end();
}

/** RFC 9209 gives most errors of a gateway these codes. */
function statusOf({ payload }: ComponentError): number {
  const tag = (payload as { tag?: string } | undefined)?.tag ?? '';
  if (/timeout/i.test(tag)) return 504;
  return /^(DNS|destination|connection|TLS|HTTP-response)/.test(tag) ? 502 : 500;
}
