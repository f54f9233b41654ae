/** Requests and responses of wasi:http 0.2, on those of 0.3. */

import { ComponentError } from '../../../index.js';
import { Body, NO_TRAILERS } from '../../http/body.js';
import { type ErrorCode, errorCode, HttpError, type Outcome } from '../../http/errors.js';
import type { Fields } from '../../http/fields.js';
import {
  type Method,
  type RequestOptions as Options,
  Request,
  Response,
  type Scheme,
} from '../../http/messages.js';
import { Pending } from '../pending.js';
import { IncomingBody, OnceOnly, OutgoingBody } from './bodies.js';

/** Spec: `request-options`; times in nanoseconds. */
export function requestOptionsOf(Base: typeof Options): typeof Options {
  return class RequestOptions extends Base {
    connectTimeout(): bigint | undefined {
      return this.getConnectTimeout();
    }

    firstByteTimeout(): bigint | undefined {
      return this.getFirstByteTimeout();
    }

    betweenBytesTimeout(): bigint | undefined {
      return this.getBetweenBytesTimeout();
    }
  };
}

/** What is received has a body that is consumed once. */
class Incoming {
  readonly #body: Body;
  #consumed: IncomingBody | undefined;
  #given = false;

  constructor(body: Body) {
    this.#body = body;
  }

  /** Spec: `consume`. */
  consume(): IncomingBody {
    if (this.#given) throw new ComponentError(undefined);
    this.#given = true;
    return this.#incoming();
  }

  /** See `IncomingBody.fetch`. */
  fetch(): Promise<void> {
    return this.#incoming().fetch();
  }

  [Symbol.dispose](): void {
    if (!this.#given) this.#body.drop();
  }

  #incoming(): IncomingBody {
    this.#consumed ??= new IncomingBody(this.#body);
    return this.#consumed;
  }
}

/** Spec: `incoming-request`. */
export class IncomingRequest extends Incoming {
  constructor(private readonly request: Request) {
    super(request.body);
  }

  method(): Method {
    return this.request.getMethod();
  }

  pathWithQuery(): string | undefined {
    return this.request.getPathWithQuery();
  }

  scheme(): Scheme | undefined {
    return this.request.getScheme();
  }

  authority(): string | undefined {
    return this.request.getAuthority();
  }

  headers(): Fields {
    return this.request.getHeaders();
  }
}

/** Spec: `incoming-response`. */
export class IncomingResponse extends Incoming {
  constructor(private readonly response: Response) {
    super(response.body);
  }

  status(): number {
    return this.response.getStatusCode();
  }

  headers(): Fields {
    return this.response.getHeaders();
  }
}

/** Spec: `outgoing-request`. */
export class OutgoingRequest {
  /** What is asked for, and the rules for that. */
  readonly #draft = new Request();
  readonly #headers: Fields;
  #body: OutgoingBody | undefined;

  constructor(headers: Fields) {
    this.#headers = headers.clone();
  }

  body(): OutgoingBody {
    if (this.#body !== undefined) throw new ComponentError(undefined);
    this.#body = new OutgoingBody(this.#headers, 'HTTP-request-body-size');
    return this.#body;
  }

  method(): Method {
    return this.#draft.getMethod();
  }

  setMethod(method: Method): void {
    this.#draft.setMethod(method);
  }

  pathWithQuery(): string | undefined {
    return this.#draft.getPathWithQuery();
  }

  setPathWithQuery(path: string | undefined): void {
    this.#draft.setPathWithQuery(path);
  }

  scheme(): Scheme | undefined {
    return this.#draft.getScheme();
  }

  setScheme(scheme: Scheme | undefined): void {
    this.#draft.setScheme(scheme);
  }

  authority(): string | undefined {
    return this.#draft.getAuthority();
  }

  setAuthority(authority: string | undefined): void {
    this.#draft.setAuthority(authority);
  }

  headers(): Fields {
    return this.#headers.frozen();
  }

  /** As it is sent. */
  request(options: Options | undefined): Request {
    const body = this.#body?.body ?? new Body(undefined, NO_TRAILERS);
    return Request.received(this.#draft.target, this.#headers, body, options);
  }
}

/** Spec: `outgoing-response`. */
export class OutgoingResponse {
  readonly #draft = new Response();
  readonly #headers: Fields;
  #body: OutgoingBody | undefined;

  constructor(headers: Fields) {
    this.#headers = headers.clone();
  }

  statusCode(): number {
    return this.#draft.getStatusCode();
  }

  setStatusCode(status: number): void {
    this.#draft.setStatusCode(status);
  }

  headers(): Fields {
    return this.#headers.frozen();
  }

  body(): OutgoingBody {
    if (this.#body !== undefined) throw new ComponentError(undefined);
    this.#body = new OutgoingBody(this.#headers, 'HTTP-response-body-size');
    return this.#body;
  }

  /** As it is sent. */
  response(): Response {
    const body = this.#body?.body ?? new Body(undefined, NO_TRAILERS);
    return Response.received(this.#draft.getStatusCode(), this.#headers, body);
  }

  /** Whoever writes the body is no more. */
  abort(code: ErrorCode): void {
    this.#body?.abort(code);
  }
}

/** Spec: `response-outparam`. */
export class ResponseOutparam {
  readonly #answer: Promise<Response>;
  #response: OutgoingResponse | undefined;
  #resolve: (response: Response) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor() {
    this.#answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Spec: `response-outparam.set`. */
  static set(param: ResponseOutparam, outcome: Outcome<OutgoingResponse>): void {
    if (outcome.tag === 'err') {
      param.#reject(new HttpError(outcome.val));
    } else {
      param.#response = outcome.val!;
      param.#resolve(param.#response.response());
    }
  }

  /** What the component has set, or why there is nothing: it returned without, or has trapped. */
  answered(running: PromiseLike<unknown>): Promise<Response> {
    running.then(
      () => this.#reject(new HttpError(NO_RESPONSE)),
      (error: unknown) => {
        this.#reject(error);
        this.#response?.abort(errorCode(error));
      },
    );
    return this.#answer;
  }
}

/** Spec: `future-incoming-response`. */
export class FutureIncomingResponse extends OnceOnly<IncomingResponse> {
  readonly #abort: AbortController;

  constructor(send: (signal: AbortSignal) => Promise<Response>) {
    const abort = new AbortController();
    const outcome = send(abort.signal).then(
      (response): Outcome<IncomingResponse> => ({ tag: 'ok', val: new IncomingResponse(response) }),
      (error: unknown): Outcome<IncomingResponse> => ({ tag: 'err', val: errorCode(error) }),
    );
    super(new Pending(outcome));
    this.#abort = abort;
  }

  /** Nobody waits for the response any more; one that comes all the same is let go of. */
  [Symbol.dispose](): void {
    if (!this.ready) this.#abort.abort();
    this.drop((response) => response[Symbol.dispose]());
  }
}

const NO_RESPONSE: ErrorCode = {
  tag: 'internal-error',
  val: 'the component returned without having set a response',
};
