/** `tidegate/wasi` in pages and workers. */

import type { Imports } from '../index.js';
import { sendByFetch } from '../wasi/http/fetch.js';
import { type RemoteHandler, remoteBy } from '../wasi/http/remote.js';
import { wasiOn } from '../wasi/index.js';
import type { WasiOptions } from '../wasi/options.js';
import { webPlatform } from '../wasi/web/platform.js';

export { WasiExit } from '../wasi/exit.js';
export { MemoryDirectory, type MemoryLimits, type MemoryTree } from '../wasi/filesystem/memory.js';
export type { HttpGrant } from '../wasi/http/allow.js';
export { type ErrorCode as HttpErrorCode, HttpError } from '../wasi/http/errors.js';
export { type FetchHandler, toFetchHandler } from '../wasi/http/fetch.js';
export { Fields } from '../wasi/http/fields.js';
export { type Handler, type HandlerSource, perRequest } from '../wasi/http/handler.js';
export { Request, Response } from '../wasi/http/messages.js';
export type { RemoteHandler } from '../wasi/http/remote.js';
export type { Folder, InputSource, OutputSink, WasiOptions } from '../wasi/options.js';
export { LoopbackNetwork } from '../wasi/sockets/loopback.js';
export { RequestOptions } from '../wasi/web/request-options.js';

/** The imports of WASI 0.3 and 0.2, with what `options` grant. */
export function wasi(options: WasiOptions = {}): Imports {
  return wasiOn(webPlatform, options);
}

/**
 * A `wasi:http/handler` to import that is a server at `url`: `{ ...wasi(), 'wasi:http/handler': remote('http://127.0.0.1:8080') }`. Granted
 * by being named; errors of the network are the error codes of `handle`.
 */
export function remote(url: string | URL): RemoteHandler {
  return remoteBy(sendByFetch, url);
}
