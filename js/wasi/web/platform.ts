/** WASI's platform in a page, a worker or a service worker. */

import { sendByFetch } from '../http/fetch.js';
import type { Output, WasiPlatform } from '../platform.js';
import { LookupError, type Network, SocketError } from '../sockets/backend.js';
import { openHandle } from './opfs.js';
import { RequestOptions } from './request-options.js';

export const webPlatform: WasiPlatform = {
  monotonicNow: () => BigInt(Math.round(performance.now() * 1e6)),
  // What browsers give at least, and what they give to isolated pages.
  monotonicResolution: globalThis.crossOriginIsolated ? 5_000n : 100_000n,
  systemNow: () => BigInt(Date.now()) * 1_000_000n,
  systemResolution: 1_000_000n,
  stdin: () => ({ isTerminal: false, next: () => undefined }),
  stdout: () => lines((line) => console.log(line)),
  stderr: () => lines((line) => console.error(line)),
  RequestOptions,
  send: sendByFetch,
  network: () => NO_NETWORK,
  folder(source) {
    if (typeof source !== 'string' && typeof source?.getDirectoryHandle === 'function') {
      return () => openHandle(source);
    }
    throw new TypeError('a page has folders by MemoryDirectory or directory handle, not by path');
  },
};

/** A console has lines: what has no end yet is kept, up to a length. */
function lines(log: (line: string) => void): Output {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    isTerminal: false,
    write(chunk) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) log(line);
      if (rest.length > LONGEST_LINE) {
        log(rest);
        rest = '';
      }
      return undefined;
    },
    flush() {
      if (rest !== '') log(rest);
      rest = '';
    },
  };
}

const LONGEST_LINE = 65_536;

/** Pages have no sockets. */
const NO_NETWORK: Network = {
  tcp: unsupported,
  udp: unsupported,
  permits: () => false,
  resolve: () => Promise.reject(new LookupError('access-denied')),
};

function unsupported(): never {
  throw new SocketError('not-supported');
}
