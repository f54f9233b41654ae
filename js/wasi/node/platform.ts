/** WASI's platform on Node, Deno and Bun. */

import { once } from 'node:events';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import type { Input, Output, WasiPlatform } from '../platform.js';

export const nodePlatform: WasiPlatform = {
  monotonicNow: () => process.hrtime.bigint(),
  monotonicResolution: 1n,
  systemNow: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  systemResolution: 1000n,
  stdin: () => readable(process.stdin),
  stdout: () => writable(process.stdout),
  stderr: () => writable(process.stderr),
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
          ['readable', 'end', 'close'].map((name) => once(stream, name, { signal })),
        );
      } finally {
        done.abort();
      }
    }
  };
  return { isTerminal: stream.isTTY === true, next: () => take() ?? wait() };
}

/** Writes, waiting where the stream says that it is full. */
function writable(stream: Writable & { readonly isTTY?: boolean }): Output {
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  return {
    isTerminal: stream.isTTY === true,
    write(chunk) {
      if (failure !== undefined) throw failure;
      if (stream.write(chunk)) return;
      return once(stream, 'drain').then(() => {});
    },
  };
}
