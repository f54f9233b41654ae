/** wasi:cli 0.3: environment, exit, standard streams with their status futures, terminals. */

import type { Imports } from '../../index.js';
import { WasiExit } from '../exit.js';
import type { WasiOptions } from '../options.js';
import type { Output } from '../platform.js';
import { streamOf } from './input.js';
import type { Stdio } from './stdio.js';
import { terminals } from './terminals.js';

/** `result<_, error-code>` inside of a future. Spec: `wasi:cli/types.error-code`. */
type Status = { tag: 'ok' } | { tag: 'err'; val: 'io' | 'illegal-byte-sequence' | 'pipe' };

/** The interfaces of wasi:cli@0.3. */
export function cli(options: WasiOptions, stdio: Stdio): Imports {
  const { args = [], env = {}, cwd } = options;
  const output = (to: Output) => ({
    writeViaStream: (data: ReadableStream<Uint8Array>) => drain(data, to),
  });
  return {
    'wasi:cli/environment@0.3': {
      getEnvironment: () => Object.entries(env),
      getArguments: () => [...args],
      getInitialCwd: () => cwd,
    },
    'wasi:cli/exit@0.3': {
      exit: (status: { tag: 'ok' | 'err' }) => {
        throw new WasiExit(status.tag === 'ok' ? 0 : 1);
      },
      exitWithCode: (code: number) => {
        throw new WasiExit(code);
      },
    },
    'wasi:cli/stdin@0.3': { readViaStream: () => feed(stdio) },
    'wasi:cli/stdout@0.3': output(stdio.stdout),
    'wasi:cli/stderr@0.3': output(stdio.stderr),
    ...terminals('0.3', stdio),
  };
}

/** A stream of stdin and the future that says how it ended. */
function feed(stdio: Stdio): [ReadableStream<Uint8Array>, Promise<Status>] {
  let finish: (status: Status) => void;
  const status = new Promise<Status>((resolve) => {
    finish = resolve;
  });
  const stream = streamOf(stdio.stdin, (failure) => {
    finish(failure === undefined ? { tag: 'ok' } : statusOf(failure.error));
  });
  return [stream, status];
}

/** Writes a component's stream chunk by chunk; the next one is taken when the last one is written. */
async function drain(data: ReadableStream<Uint8Array>, to: Output): Promise<Status> {
  const reader = data.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        to.flush?.();
        return { tag: 'ok' };
      }
      const written = to.write(value);
      if (written !== undefined) await written;
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    return statusOf(error);
  } finally {
    reader.releaseLock();
  }
}

function statusOf(error: unknown): Status {
  const code = (error as { code?: unknown } | null)?.code;
  return { tag: 'err', val: code === 'EPIPE' ? 'pipe' : 'io' };
}
