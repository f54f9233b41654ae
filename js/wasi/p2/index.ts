/**
 * WASI 0.2, on what 0.3 has. Whatever can answer at once does; where a component has to wait it waits on its stack, by functions that
 * are marked `suspending`, and on an engine without JSPI traps with an error that says so.
 */

import type { Imports } from '../../index.js';
import type { Stdio } from '../cli/stdio.js';
import { terminals } from '../cli/terminals.js';
import { WasiExit } from '../exit.js';
import type { Preopen } from '../filesystem/preopens.js';
import type { Send } from '../http/index.js';
import type { WasiOptions } from '../options.js';
import type { WasiPlatform } from '../platform.js';
import { randomBytes, randomU64 } from '../random/index.js';
import type { Network } from '../sockets/backend.js';
import { Backlog } from './backlog.js';
import { filesystem } from './filesystem.js';
import { http } from './http/index.js';
import { InputStream, IoError, OutputStream } from './io.js';
import { Pollable, poll } from './poll.js';
import { sockets } from './sockets/index.js';

/** What a program has granted, opened. */
interface Granted {
  readonly platform: WasiPlatform;
  readonly options: WasiOptions;
  readonly stdio: Stdio;
  readonly preopens: readonly Preopen[];
  readonly network: Network;
  readonly send: Send;
}

/** The interfaces at `@0.2`. */
export function p2({ platform, options, stdio, preopens, network, send }: Granted): Imports {
  const { args = [], env = {}, cwd } = options;
  const [stdout, stderr] = [new Backlog(stdio.stdout), new Backlog(stdio.stderr)];
  return {
    'wasi:cli/environment@0.2': {
      getEnvironment: () => Object.entries(env),
      getArguments: () => [...args],
      initialCwd: () => cwd,
    },
    'wasi:cli/exit@0.2': {
      exit: (status: { tag: 'ok' | 'err' }) => {
        throw new WasiExit(status.tag === 'ok' ? 0 : 1);
      },
      exitWithCode: (code: number) => {
        throw new WasiExit(code);
      },
    },
    'wasi:cli/stdin@0.2': { getStdin: () => new InputStream(stdio.stdin) },
    'wasi:cli/stdout@0.2': { getStdout: () => new OutputStream(stdout) },
    'wasi:cli/stderr@0.2': { getStderr: () => new OutputStream(stderr) },
    ...terminals('0.2', stdio),
    'wasi:io/error@0.2': { Error: IoError },
    'wasi:io/poll@0.2': { Pollable, poll },
    'wasi:io/streams@0.2': { InputStream, OutputStream },
    ...clocks(platform),
    ...random(),
    ...filesystem(preopens),
    ...sockets(network),
    ...http(platform, send),
  };
}

function clocks(platform: WasiPlatform): Imports {
  return {
    'wasi:clocks/monotonic-clock@0.2': {
      now: () => platform.monotonicNow(),
      resolution: () => platform.monotonicResolution,
      subscribeInstant: (when: bigint) => Pollable.until(platform, when),
      subscribeDuration: (howLong: bigint) =>
        Pollable.until(platform, platform.monotonicNow() + howLong),
    },
    'wasi:clocks/wall-clock@0.2': {
      now: () => {
        const now = platform.systemNow();
        return { seconds: now / SECOND, nanoseconds: Number(now % SECOND) };
      },
      resolution: () => ({ seconds: 0n, nanoseconds: Number(platform.systemResolution) }),
    },
  };
}

function random(): Imports {
  const seed = [randomU64(), randomU64()];
  /** 0.2 has no short reads: a length beyond reason is refused. */
  const bytes = (length: bigint): Uint8Array => {
    if (length > MOST_RANDOM) throw new RangeError(`${length} random bytes are too many at a time`);
    return randomBytes(Number(length));
  };
  return {
    'wasi:random/random@0.2': { getRandomBytes: bytes, getRandomU64: randomU64 },
    'wasi:random/insecure@0.2': { getInsecureRandomBytes: bytes, getInsecureRandomU64: randomU64 },
    'wasi:random/insecure-seed@0.2': { insecureSeed: () => seed },
  };
}

const SECOND = 1_000_000_000n;
const MOST_RANDOM = 16n * 1024n * 1024n;
