/** wasi:cli, wasi:clocks and wasi:random. */

import { OK, read, same, stream, yes } from './expect.mjs';

const context = () => ({ signal: new AbortController().signal });

export async function cli({ imports }) {
  let out = '';
  const decoder = new TextDecoder();
  const collect = (chunk) => {
    out += decoder.decode(chunk);
  };
  const own = imports({
    args: ['program', 'ä'],
    env: { A: 'b=c' },
    cwd: '/here',
    stdin: 'typed',
    stdout: collect,
    stderr: collect,
    terminals: { stdin: true, stdout: true },
  });
  const environment = own['wasi:cli/environment@0.3'];
  same(environment.getArguments(), ['program', 'ä'], 'arguments');
  same(environment.getEnvironment(), [['A', 'b=c']], 'environment');
  same(environment.getInitialCwd(), '/here', 'working directory');
  const [typed, status] = own['wasi:cli/stdin@0.3'].readViaStream();
  same(await read(typed), 'typed', 'stdin');
  same(await status, OK, 'its status');
  same(await own['wasi:cli/stdout@0.3'].writeViaStream(stream('to ', 'out ')), OK, 'stdout');
  same(await own['wasi:cli/stderr@0.3'].writeViaStream(stream('to err')), OK, 'stderr');
  same(out, 'to out to err', 'what was written');
  const terminal = (name, get) => own[`wasi:cli/terminal-${name}@0.3`][get]() !== undefined;
  same(
    [
      terminal('stdin', 'getTerminalStdin'),
      terminal('stdout', 'getTerminalStdout'),
      terminal('stderr', 'getTerminalStderr'),
    ],
    [true, true, false],
    'terminals',
  );
}

/** Neither returns. */
export function exit({ imports }) {
  const { exit: leave, exitWithCode } = imports()['wasi:cli/exit@0.3'];
  const codeOf = (call) => {
    try {
      call();
    } catch (error) {
      return `${error.name} ${error.code}`;
    }
    return 'it has returned';
  };
  same(
    codeOf(() => leave({ tag: 'ok' })),
    'WasiExit 0',
    'exit(ok)',
  );
  same(
    codeOf(() => leave({ tag: 'err' })),
    'WasiExit 1',
    'exit(err)',
  );
  same(
    codeOf(() => exitWithCode(77)),
    'WasiExit 77',
    'exit-with-code',
  );
}

export async function clocks({ imports }) {
  const own = imports();
  const monotonic = own['wasi:clocks/monotonic-clock@0.3'];
  yes(monotonic.getResolution() > 0n, 'a resolution of the monotonic clock');
  const start = monotonic.now();
  await monotonic.waitFor(3_000_000n, context());
  yes(monotonic.now() - start >= 3_000_000n, 'wait-for waits');
  const until = monotonic.now() + 3_000_000n;
  await monotonic.waitUntil(until, context());
  yes(monotonic.now() >= until, 'wait-until waits');
  await monotonic.waitUntil(0n, context());
  const system = own['wasi:clocks/system-clock@0.3'];
  yes(system.getResolution() > 0n, 'a resolution of the system clock');
  const { seconds, nanoseconds } = system.now();
  yes(Math.abs(Number(seconds) - Date.now() / 1000) < 5, 'the time of day');
  yes(nanoseconds >= 0 && nanoseconds < 1e9, 'nanoseconds of a second');
  const timezone = own['wasi:clocks/timezone@0.3'];
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  same(timezone.ianaId(), zone, 'time zone');
  yes(timezone.toDebugString().length > 0, 'a text for the time zone');
  const minutes = -new Date(1_700_000_000_000).getTimezoneOffset();
  const offset = timezone.utcOffset({ seconds: 1_700_000_000n, nanoseconds: 0 });
  same(offset, BigInt(minutes) * 60_000_000_000n, 'UTC offset');
  same(timezone.utcOffset({ seconds: 2n ** 62n, nanoseconds: 0 }), undefined, 'of no date');
}

export function random({ imports }) {
  const own = imports();
  const { getRandomBytes, getRandomU64 } = own['wasi:random/random@0.3'];
  const { getInsecureRandomBytes, getInsecureRandomU64 } = own['wasi:random/insecure@0.3'];
  for (const bytes of [getRandomBytes, getInsecureRandomBytes]) {
    same(bytes(0n).length, 0, 'no bytes');
    const some = bytes(100n);
    yes(some.length > 0 && some.length <= 100, 'at most as many as asked for');
    yes(`${some}` !== `${bytes(100n)}`, 'two that differ');
    // More than `crypto.getRandomValues` takes at a time; an answer is short rather than large.
    const many = bytes(1n << 40n);
    yes(many.length > 0 && many.length <= 65_536, `a piece of ${many.length} bytes`);
    yes(
      many.subarray(-64).some((byte) => byte !== 0),
      'random to its end',
    );
  }
  for (const u64 of [getRandomU64, getInsecureRandomU64]) {
    const values = Array.from({ length: 64 }, u64);
    yes(
      values.every((value) => value >= 0n && value < 2n ** 64n),
      'numbers of 64 bits',
    );
    yes(
      values.some((value) => value >= 2n ** 60n),
      'all bits of them',
    );
  }
  const { getInsecureSeed } = own['wasi:random/insecure-seed@0.3'];
  same(getInsecureSeed(), getInsecureSeed(), 'one seed for a component');
}
