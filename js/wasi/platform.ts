/** What WASI needs of the platform. Two implementations: `node/platform.ts` and `web/platform.ts`. */

import type { Directory } from './filesystem/backend.js';
import type { Request, RequestOptions, Response } from './http/messages.js';
import type { Network } from './sockets/backend.js';

/** Bytes that are read in chunks. */
export interface Input {
  /** The next chunk, at once where one is there; `undefined` at the end. Rejects when reading fails. */
  next(): Uint8Array | undefined | PromiseLike<Uint8Array | undefined>;
  readonly isTerminal: boolean;
}

/** Bytes that are written in chunks. */
export interface Output {
  /** Nothing when the chunk is written, a promise while it is under way. Throws or rejects when writing fails. */
  write(chunk: Uint8Array): undefined | PromiseLike<unknown>;
  /** Shows what is kept back, as a console does with the beginning of a line. */
  flush?(): void;
  readonly isTerminal: boolean;
}

export interface WasiPlatform {
  /** Nanoseconds from a fixed point, never going back. */
  monotonicNow(): bigint;
  /** Its resolution in nanoseconds. */
  readonly monotonicResolution: bigint;
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  systemNow(): bigint;
  readonly systemResolution: bigint;
  /** The process's own streams; opened at the first use. */
  stdin(): Input;
  stdout(): Output;
  stderr(): Output;
  /** The network as far as it is granted. Throws for a grant that is none. */
  network(grant: boolean | readonly string[]): Network;
  /** What can be asked of a request. */
  readonly RequestOptions: typeof RequestOptions;
  /** Sends a request to the network. Rejects with `HttpError`. Aborted: nobody waits for the response. */
  send(request: Request, signal: AbortSignal): Promise<Response>;
  /** How to open a folder that the program names by a path or a handle. Throws when there is none, or the platform has no such folders. */
  folder(source: string | FileSystemDirectoryHandle): () => Directory;
}
