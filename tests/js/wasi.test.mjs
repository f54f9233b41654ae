/** The functions of `wasi(...)`, called as a component's host calls them, without a component. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WasiExit, wasi } from '../../pkg/dist/wasi-node.js';

const signal = () => ({ signal: new AbortController().signal });
const stream = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

async function text(chunks) {
  const decoder = new TextDecoder();
  let all = '';
  for await (const chunk of chunks) all += decoder.decode(chunk, { stream: true });
  return all;
}

test('nothing is granted by default', async () => {
  const imports = wasi();
  const environment = imports['wasi:cli/environment@0.3'];
  assert.deepEqual(environment.getArguments(), []);
  assert.deepEqual(environment.getEnvironment(), []);
  assert.equal(environment.getInitialCwd(), undefined);
  const [input, status] = imports['wasi:cli/stdin@0.3'].readViaStream();
  assert.equal(await text(input), '');
  assert.deepEqual(await status, { tag: 'ok' });
  assert.deepEqual(await imports['wasi:cli/stdout@0.3'].writeViaStream(stream('lost')), {
    tag: 'ok',
  });
  assert.deepEqual(imports['wasi:filesystem/preopens@0.2'].getDirectories(), []);
});

test('arguments, environment and working directory are those given', () => {
  const imports = wasi({ args: ['a', 'b'], env: { K: 'v' }, cwd: '/here' });
  for (const version of ['0.2', '0.3']) {
    const environment = imports[`wasi:cli/environment@${version}`];
    assert.deepEqual(environment.getArguments(), ['a', 'b']);
    assert.deepEqual(environment.getEnvironment(), [['K', 'v']]);
  }
  assert.equal(imports['wasi:cli/environment@0.3'].getInitialCwd(), '/here');
  assert.equal(imports['wasi:cli/environment@0.2'].initialCwd(), '/here');
});

test('exit throws WasiExit with the code', () => {
  const { exit, exitWithCode } = wasi()['wasi:cli/exit@0.3'];
  const code = (n) => (error) => error instanceof WasiExit && error.code === n;
  assert.throws(() => exit({ tag: 'ok' }), code(0));
  assert.throws(() => exit({ tag: 'err' }), code(1));
  assert.throws(() => exitWithCode(42), code(42));
});

for (const [name, stdin] of Object.entries({
  text: 'one two',
  bytes: new TextEncoder().encode('one two'),
  blob: new Blob(['one ', 'two']),
  'web stream': stream('one ', 'two'),
  iterable: [new TextEncoder().encode('one '), new TextEncoder().encode('two')],
})) {
  test(`stdin from ${name}`, async () => {
    const [input, status] = wasi({ stdin })['wasi:cli/stdin@0.3'].readViaStream();
    assert.equal(await text(input), 'one two');
    assert.deepEqual(await status, { tag: 'ok' });
  });
}

test('a stdin that fails ends the stream and says so in its future', async () => {
  const failing = new ReadableStream({
    pull() {
      throw new Error('broken');
    },
  });
  const [input, status] = wasi({ stdin: failing })['wasi:cli/stdin@0.3'].readViaStream();
  assert.equal(await text(input), '');
  assert.deepEqual(await status, { tag: 'err', val: 'io' });
});

test('a stdin that is dropped before it is read ends well', async () => {
  const [input, status] = wasi({ stdin: 'unread' })['wasi:cli/stdin@0.3'].readViaStream();
  await input.cancel();
  assert.deepEqual(await status, { tag: 'ok' });
});

test('output waits for its sink, chunk by chunk', async () => {
  const taken = [];
  let release;
  const stdout = (chunk) => {
    taken.push(new TextDecoder().decode(chunk));
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const done = wasi({ stdout })['wasi:cli/stdout@0.3'].writeViaStream(stream('a', 'b'));
  await delay(5);
  assert.deepEqual(taken, ['a']);
  release();
  await delay(5);
  assert.deepEqual(taken, ['a', 'b']);
  release();
  assert.deepEqual(await done, { tag: 'ok' });
});

test('a sink that fails is an error code, and the stream is cancelled', async () => {
  for (const [code, val] of [
    ['EPIPE', 'pipe'],
    ['ENOSPC', 'io'],
  ]) {
    let cancelled = false;
    const data = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: () => {
        cancelled = true;
      },
    });
    const stderr = () => {
      throw Object.assign(new Error(code), { code });
    };
    const status = await wasi({ stderr })['wasi:cli/stderr@0.3'].writeViaStream(data);
    assert.deepEqual(status, { tag: 'err', val });
    assert.ok(cancelled);
  }
});

test('terminals are those that the options name', () => {
  const imports = wasi({ terminals: { stdout: true } });
  const { TerminalOutput } = imports['wasi:cli/terminal-output@0.3'];
  assert.equal(imports['wasi:cli/terminal-stdin@0.3'].getTerminalStdin(), undefined);
  assert.ok(imports['wasi:cli/terminal-stdout@0.3'].getTerminalStdout() instanceof TerminalOutput);
  assert.equal(imports['wasi:cli/terminal-stderr@0.3'].getTerminalStderr(), undefined);
});

test("a process's terminals are the component's, and what is piped is none", {
  skip: process.platform !== 'linux' && '`script` is another program elsewhere',
}, () => {
  const look = `
    import { wasi } from ${JSON.stringify(String(new URL('../../pkg/dist/wasi-node.js', import.meta.url)))};
    const imports = wasi({ stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' });
    const has = (version) => ['Stdin', 'Stdout', 'Stderr'].map((name) => {
      const of = imports['wasi:cli/terminal-' + name.toLowerCase() + '@' + version];
      return of['getTerminal' + name]() !== undefined;
    });
    process.stdout.write(JSON.stringify([has('0.3'), has('0.2')]));
    process.exit();`;
  const node = `'${process.execPath}' --input-type=module -e "$LOOK"`;
  const seen = (more) => {
    const env = { ...process.env, LOOK: look, NODE_OPTIONS: '' };
    const { stdout } = spawnSync('script', ['-qec', `${node} ${more}`, '/dev/null'], {
      env,
      encoding: 'utf8',
      input: '',
    });
    return JSON.parse(/\[\[.*\]\]/.exec(stdout)[0]);
  };
  assert.deepEqual(seen(''), [
    [true, true, true],
    [true, true, true],
  ]);
  assert.deepEqual(seen('</dev/null 2>/dev/null'), [
    [false, true, false],
    [false, true, false],
  ]);
  assert.deepEqual(seen('| cat')[0], [true, false, true]);
});

test('clocks go forward, and timers take their time', async () => {
  const imports = wasi();
  const clock = imports['wasi:clocks/monotonic-clock@0.3'];
  const before = clock.now();
  await clock.waitFor(20_000_000n, signal());
  await clock.waitUntil(before + 40_000_000n, signal());
  assert.ok(clock.now() - before >= 40_000_000n);
  assert.equal(clock.waitFor(0n, signal()), undefined, 'no wait is no promise');
  assert.equal(clock.waitUntil(0n, signal()), undefined);
  const { seconds, nanoseconds } = imports['wasi:clocks/system-clock@0.3'].now();
  assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 5);
  assert.ok(nanoseconds < 1_000_000_000);
  const zone = imports['wasi:clocks/timezone@0.3'];
  assert.equal(zone.ianaId(), Intl.DateTimeFormat().resolvedOptions().timeZone);
  assert.equal(typeof zone.utcOffset({ seconds: 0n, nanoseconds: 0 }), 'bigint');
  assert.equal(zone.utcOffset({ seconds: 2n ** 62n, nanoseconds: 0 }), undefined);
});

test('a timer ends when its call is aborted', async () => {
  const abort = new AbortController();
  const clock = wasi()['wasi:clocks/monotonic-clock@0.3'];
  // Longer than a timer can be, so that it is made of several.
  const waiting = clock.waitFor(10n ** 18n, { signal: abort.signal });
  abort.abort();
  await waiting;
});

test('random bytes are short reads, and differ', () => {
  const { getRandomBytes, getRandomU64 } = wasi()['wasi:random/random@0.3'];
  assert.equal(getRandomBytes(0n).length, 0);
  assert.equal(getRandomBytes(100n).length, 100);
  assert.equal(getRandomBytes(2n ** 64n - 1n).length, 65_536);
  assert.notDeepEqual(getRandomBytes(32n), getRandomBytes(32n));
  assert.notEqual(getRandomU64(), getRandomU64());
  const { getInsecureSeed } = wasi()['wasi:random/insecure-seed@0.3'];
  assert.deepEqual(getInsecureSeed(), getInsecureSeed());
  assert.equal(wasi()['wasi:random/random@0.2'].getRandomBytes(200_000n).length, 200_000);
  assert.throws(() => wasi()['wasi:random/random@0.2'].getRandomBytes(2n ** 40n), RangeError);
});

test('streams of WASI 0.2 read what is there at once', () => {
  const input = wasi({ stdin: 'abcdef' })['wasi:cli/stdin@0.2'].getStdin();
  assert.equal(new TextDecoder().decode(input.read(4n)), 'abcd');
  assert.equal(new TextDecoder().decode(input.blockingRead(100n)), 'ef');
  assert.throws(() => input.read(1n), { payload: { tag: 'closed' } });
});

test('streams of WASI 0.2 take a bounded amount ahead of their sink', () => {
  const imports = wasi({ stdout: () => new Promise(() => {}) });
  const output = imports['wasi:cli/stdout@0.2'].getStdout();
  const room = output.checkWrite();
  output.write(new Uint8Array(Number(room)));
  assert.equal(output.checkWrite(), 0n);
  assert.equal(output.subscribe().ready(), false);
  assert.throws(
    () => output.write(new Uint8Array(1)),
    ({ payload }) =>
      payload.tag === 'last-operation-failed' && /more/.test(payload.val.toDebugString()),
  );
});
