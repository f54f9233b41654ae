/** What a program grants to a component. */

import type { MemoryDirectory } from './filesystem/memory.js';
import type { HttpGrant } from './http/allow.js';
import type { LoopbackNetwork } from './sockets/loopback.js';

/** Where stdin comes from: bytes, a text in UTF-8, or anything that gives chunks of bytes. */
export type InputSource =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/**
 * Where output goes: a stream, or a function that is called for each chunk. A promise that it returns is waited for before
 * the next chunk is taken from the component; when it rejects, the component sees the error code `io`, or `pipe` for an error whose
 * `code` is `EPIPE`.
 */
export type OutputSink =
  | WritableStream<Uint8Array>
  | ((chunk: Uint8Array) => void | PromiseLike<void>);

/**
 * A folder to grant: a path of this machine (Node, Deno, Bun), a folder in memory, or a directory handle of the browser (its
 * private file system's, or one that the user has picked).
 */
export type Folder = string | MemoryDirectory | FileSystemDirectoryHandle;

/** Options of `wasi`. */
export interface WasiOptions {
  /** Arguments, the program's name first. Default: none. */
  readonly args?: readonly string[];
  /** Environment variables. Default: none; `process.env` is never looked at. */
  readonly env?: Readonly<Record<string, string>>;
  /** What `get-initial-cwd` answers. Default: none. */
  readonly cwd?: string;
  /** Folders by the paths that the component finds them at, like `{ '/': './site' }`. Default: none. */
  readonly preopens?: Readonly<
    Record<string, Folder | { readonly folder: Folder; readonly readOnly?: boolean }>
  >;
  /** Hosts that the component may send requests to (wasi:http/client). Default: none. */
  readonly http?: HttpGrant;
  /**
   * The network (wasi:sockets): `true` for all of it, a list of addresses and names with or without a port (`127.0.0.1:8080`,
   * `10.0.0.0/8`, `[::1]`, `*:53`, `example.com:443`), or a network inside of this program. Default: none.
   */
  readonly network?: boolean | readonly string[] | LoopbackNetwork;
  /** `'inherit'` is the process's own. Default: empty. */
  readonly stdin?: 'inherit' | InputSource;
  /** `'inherit'` is the process's own, in a page the console. Default: nowhere. */
  readonly stdout?: 'inherit' | OutputSink;
  /** As `stdout`. */
  readonly stderr?: 'inherit' | OutputSink;
  /** Which of the three are terminals. Default: what the process's own are where they are inherited, else none. */
  readonly terminals?: {
    readonly stdin?: boolean;
    readonly stdout?: boolean;
    readonly stderr?: boolean;
  };
}
