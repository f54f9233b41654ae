/** wasi:http/types: requests with their options, and responses. */

import { ComponentError } from '../../index.js';
import { Body, type Trailers } from './body.js';
import type { Outcome } from './errors.js';
import { Fields, isToken } from './fields.js';

/** Spec: `method`. */
export type Method =
  | { readonly tag: (typeof METHODS)[number] }
  | { readonly tag: 'other'; readonly val: string };

/** Spec: `scheme`. */
export type Scheme =
  | { readonly tag: 'HTTP' | 'HTTPS' }
  | { readonly tag: 'other'; readonly val: string };

const METHODS = [
  'get',
  'head',
  'post',
  'put',
  'delete',
  'connect',
  'options',
  'trace',
  'patch',
] as const;

/** Nanoseconds. */
type Duration = bigint | undefined;

/** Spec: `request-options`. */
export class RequestOptions {
  #connect: Duration;
  #firstByte: Duration;
  #betweenBytes: Duration;
  #mutable = true;

  /** Spec: `request-options.get-connect-timeout`. */
  getConnectTimeout(): Duration {
    return this.#connect;
  }

  /** Spec: `request-options.set-connect-timeout`. */
  setConnectTimeout(duration: Duration): void {
    this.#check();
    this.#connect = duration;
  }

  /** Spec: `request-options.get-first-byte-timeout`. */
  getFirstByteTimeout(): Duration {
    return this.#firstByte;
  }

  /** Spec: `request-options.set-first-byte-timeout`. */
  setFirstByteTimeout(duration: Duration): void {
    this.#check();
    this.#firstByte = duration;
  }

  /** Spec: `request-options.get-between-bytes-timeout`. */
  getBetweenBytesTimeout(): Duration {
    return this.#betweenBytes;
  }

  /** Spec: `request-options.set-between-bytes-timeout`. */
  setBetweenBytesTimeout(duration: Duration): void {
    this.#check();
    this.#betweenBytes = duration;
  }

  /** Spec: `request-options.clone`. */
  clone(): RequestOptions {
    const copy = this.empty();
    copy.#connect = this.#connect;
    copy.#firstByte = this.#firstByte;
    copy.#betweenBytes = this.#betweenBytes;
    return copy;
  }

  /** The same options, which nobody can change through the result. */
  frozen(): RequestOptions {
    const copy = this.clone();
    copy.#mutable = false;
    return copy;
  }

  /** Another one, of the platform's class. */
  protected empty(): RequestOptions {
    return new RequestOptions();
  }

  #check(): void {
    if (!this.#mutable) throw new ComponentError({ tag: 'immutable' });
  }
}

/** What a request asks for. */
export interface Target {
  readonly method: Method;
  readonly scheme: Scheme | undefined;
  readonly authority: string | undefined;
  readonly pathWithQuery: string | undefined;
}

/** Spec: `request`. */
export class Request {
  #target: Target = {
    method: { tag: 'get' },
    scheme: undefined,
    authority: undefined,
    pathWithQuery: undefined,
  };
  #headers: Fields = new Fields();
  #options: RequestOptions | undefined;
  /** @internal */
  body: Body = NO_BODY;

  /** A request of the network, or of a component of WASI 0.2. */
  static received(target: Target, headers: Fields, body: Body, options?: RequestOptions): Request {
    const request = new Request();
    request.#target = target;
    request.#headers = headers;
    request.#options = options?.frozen();
    request.body = body;
    return request;
  }

  /** Spec: `request.new`. */
  static new(
    headers: Fields,
    contents: ReadableStream<Uint8Array> | undefined,
    trailers: Trailers,
    options: RequestOptions | undefined,
  ): [Request, Promise<Outcome>] {
    const request = new Request();
    request.#headers = headers;
    request.#options = options?.frozen();
    request.body = new Body(contents, trailers);
    return [request, request.body.transmitted];
  }

  /** What it asks for. */
  get target(): Target {
    return this.#target;
  }

  /** Spec: `request.get-method`. */
  getMethod(): Method {
    return this.#target.method;
  }

  /** Spec: `request.set-method`. */
  setMethod(method: Method): void {
    this.#target = { ...this.#target, method: methodOf(method) };
  }

  /** Spec: `request.get-path-with-query`. */
  getPathWithQuery(): string | undefined {
    return this.#target.pathWithQuery;
  }

  /** Spec: `request.set-path-with-query`. */
  setPathWithQuery(path: string | undefined): void {
    if (path !== undefined && !/^[^\0-\x20\x7f#<>`]*$/.test(path)) throw invalid();
    this.#target = { ...this.#target, pathWithQuery: path === '' ? '/' : path };
  }

  /** Spec: `request.get-scheme`. */
  getScheme(): Scheme | undefined {
    return this.#target.scheme;
  }

  /** Spec: `request.set-scheme`. */
  setScheme(scheme: Scheme | undefined): void {
    this.#target = { ...this.#target, scheme: scheme && schemeOf(scheme) };
  }

  /** Spec: `request.get-authority`. */
  getAuthority(): string | undefined {
    return this.#target.authority;
  }

  /** Spec: `request.set-authority`. */
  setAuthority(authority: string | undefined): void {
    if (authority !== undefined && !AUTHORITY.test(authority)) throw invalid();
    this.#target = { ...this.#target, authority };
  }

  /** Spec: `request.get-options`. */
  getOptions(): RequestOptions | undefined {
    return this.#options?.frozen();
  }

  /** Spec: `request.get-headers`. */
  getHeaders(): Fields {
    return this.#headers.frozen();
  }

  /** Spec: `request.consume-body`. */
  static consumeBody(request: Request, res: PromiseLike<Outcome>): ReturnType<Body['consume']> {
    return request.body.consume(res);
  }

  [Symbol.dispose](): void {
    this.body.drop();
  }
}

/** Spec: `response`. */
export class Response {
  #status = 200;
  #headers: Fields = new Fields();
  /** @internal */
  body: Body = NO_BODY;

  /** A response of the network. */
  static received(status: number, headers: Fields, body: Body): Response {
    const response = new Response();
    response.#status = status;
    response.#headers = headers;
    response.body = body;
    return response;
  }

  /** Spec: `response.new`. */
  static new(
    headers: Fields,
    contents: ReadableStream<Uint8Array> | undefined,
    trailers: Trailers,
  ): [Response, Promise<Outcome>] {
    const response = new Response();
    response.#headers = headers;
    response.body = new Body(contents, trailers);
    return [response, response.body.transmitted];
  }

  /** Spec: `response.get-status-code`. */
  getStatusCode(): number {
    return this.#status;
  }

  /** Spec: `response.set-status-code`. */
  setStatusCode(status: number): void {
    if (status < 100 || status > 599) throw invalid();
    this.#status = status;
  }

  /** Spec: `response.get-headers`. */
  getHeaders(): Fields {
    return this.#headers.frozen();
  }

  /** Spec: `response.consume-body`. */
  static consumeBody(response: Response, res: PromiseLike<Outcome>): ReturnType<Body['consume']> {
    return response.body.consume(res);
  }

  [Symbol.dispose](): void {
    this.body.drop();
  }
}

/** The method with this name. */
export function methodOf(method: Method | string): Method {
  if (typeof method === 'object' && method.tag !== 'other') return method;
  const name = typeof method === 'string' ? method : method.val;
  if (!isToken(name)) throw invalid();
  const known = METHODS.find((tag) => tag.toUpperCase() === name);
  return known === undefined ? { tag: 'other', val: name } : { tag: known };
}

/** As it is sent. */
export function methodName(method: Method): string {
  return method.tag === 'other' ? method.val : method.tag.toUpperCase();
}

function schemeOf(scheme: Scheme): Scheme {
  if (scheme.tag !== 'other') return scheme;
  if (!/^[A-Za-z][A-Za-z0-9+\-.]*$/.test(scheme.val)) throw invalid();
  const name = scheme.val.toLowerCase();
  if (name === 'http') return { tag: 'HTTP' };
  return name === 'https' ? { tag: 'HTTPS' } : scheme;
}

/** The `err` of a `result` without types. */
function invalid(): ComponentError<undefined> {
  return new ComponentError(undefined);
}

const NO_BODY = new Body(undefined, Promise.resolve({ tag: 'ok', val: undefined }));
/** RFC 3986, section 3.2: who, where, at which port. */
const AUTHORITY =
  /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:%]+@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::\d{0,5})?$/;
