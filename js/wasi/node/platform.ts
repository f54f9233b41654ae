/** WASI's platform on Node, Deno and Bun. */

import { once as event } from 'node:events';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { RequestOptions } from '../http/messages.js';
import type { Input, Output, WasiPlatform } from '../platform.js';
import { openDirectory } from './files.js';
import { send } from './http-client.js';
import { nodeNetwork } from './net.js';

export const nodePlatform: WasiPlatform = {
  monotonicNow: () => process.hrtime.bigint(),
  monotonicResolution: 1n,
  systemNow: () => BigInt(Date.now()) * 1_000_000n,
  systemResolution: 1_000_000n,
  stdin: once(() => readable(process.stdin)),
  stdout: once(() => writable(process.stdout)),
  stderr: once(() => writable(process.stderr)),
  RequestOptions,
  send,
  network: nodeNetwork,
  folder(source) {
    if (typeof source !== 'string') throw new TypeError('directory handles exist in browsers only');
    openDirectory(source).close();
    return () => openDirectory(source);
  },
};

/** Reads when asked and not before, so that a component that does not read stdin leaves it to others. */
function readable(stream: Readable & { readonly isTTY?: boolean }): Input {
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  const take = (): Uint8Array | undefined => {
    if (failure !== undefined) throw failure;
    return stream.read() ?? undefined;
  };
  const wait = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      const chunk = take();
      if (chunk !== undefined) return chunk;
      if (stream.readableEnded || stream.destroyed) return undefined;
      const done = new AbortController();
      const { signal } = done;
      try {
        await Promise.race(
          ['readable', 'end', 'close'].map((name) => event(stream, name, { signal })),
        );
      } finally {
        done.abort();
      }
    }
  };
  return { isTerminal: stream.isTTY === true, next: () => take() ?? wait() };
}

/** Writes, waiting until the process has handed on what it could not hand on at once. */
function writable(stream: Writable & { readonly isTTY?: boolean }): Output {
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  return {
    isTerminal: stream.isTTY === true,
    write(chunk) {
      if (failure !== undefined) throw failure;
      let done = (_error?: Error | null): void => {};
      stream.write(chunk, (error) => done(error));
      // Files are written at once, and so are pipes and terminals that have room.
      if (stream.writableLength === 0 && stream.errored === null) return undefined;
      return new Promise<void>((resolve, reject) => {
        done = (error) => (error ? reject(error) : resolve());
      });
    },
  };
}

/** All components of a process share its streams, and what listens to them. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
