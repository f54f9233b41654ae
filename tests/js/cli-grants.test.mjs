/** What the command line grants, shown by components that ask for it: with the flag they get it, without they do not. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const CLI = path('../../pkg/dist/cli.js');
const guest = (name) => path(`../../build/guests/${name}.component.wasm`);
const JSPI = typeof WebAssembly.Suspending === 'function';
const waits = { skip: !JSPI && 'this engine cannot suspend stacks' };
const folder = mkdtempSync(join(tmpdir(), 'tidegate-grants-'));
writeFileSync(join(folder, 'note.txt'), 'a note');
const upstream = http.createServer((_, answer) => answer.end('from upstream'));
let authority;

before(async () => {
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  authority = `127.0.0.1:${upstream.address().port}`;
});
after(() => {
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true });
});

/** A process of the command line; `stderr` is what it has said so far, `ended` its exit code. */
function tidegate(...args) {
  const child = spawn(process.execPath, [CLI, ...args]);
  const told = { child, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      told[name] += text;
    });
  }
  told.ended = once(child, 'close').then(([code]) => code);
  return told;
}

/** Once a process has said this on stderr; one that ends without fails. */
async function said(told, pattern) {
  while (!pattern.test(told.stderr)) {
    const more = once(told.child.stderr, 'data').then(() => undefined);
    const code = await Promise.race([more, told.ended]);
    if (code !== undefined) assert.match(told.stderr, pattern);
  }
  return pattern.exec(told.stderr)[0];
}

/** Serves a guest while `use` works with its URL. */
async function serving(flags, use) {
  const told = tidegate('serve', '--addr', '127.0.0.1:0', ...flags);
  const url = await said(told, /http:\S+/);
  try {
    await use(url, told);
  } finally {
    told.child.kill('SIGTERM');
  }
  assert.equal(await told.ended, 0);
}

for (const [flags, status] of [
  [['--allow-http'], 200],
  [['--allow-http=127.0.0.1'], 200],
  [['--allow-http=example.com', '--allow-http=127.0.0.1'], 200],
  [['--allow-http=127.0.0.1:1'], 500],
  [['--allow-http=example.com'], 500],
  [[], 500],
]) {
  test(`serve ${flags.join(' ')}: a request to another server ends with ${status}`, () =>
    serving([...flags, guest('service')], async (url, told) => {
      const answer = await fetch(`${url}forward?http://${authority}/`);
      const text = await answer.text();
      assert.deepEqual([answer.status, text], [status, status === 200 ? 'from upstream' : '']);
      const line = status === 200 ? '200 \\d+\\.\\d ms$' : '500 .* ms  HTTP-request-denied$';
      await said(told, new RegExp(`^GET /forward\\?\\S+ ${line}`, 'm'));
    }));
}

for (const [flags, status] of [
  [['--allow-net'], 0],
  [['--allow-net=127.0.0.0/8'], 0],
  [['--allow-net=10.0.0.0/8', '--allow-net=127.0.0.1'], 0],
  [['--allow-net=127.0.0.1:1'], 1],
  [[], 1],
]) {
  test(`run ${flags.join(' ')}: a connection ends with ${status}`, waits, async () => {
    const echo = net.createServer((socket) => socket.pipe(socket));
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    const told = tidegate(
      'run',
      ...flags,
      guest('std-waits'),
      'connect',
      `127.0.0.1:${echo.address().port}`,
    );
    told.child.stdin.end('one\n');
    assert.equal(await told.ended, status, told.stderr);
    echo.close();
  });
}

test('serve: --env and --dir reach a service, and what is not named does not', async () => {
  const text = async (url) => (await fetch(url)).text();
  const flags = ['--env', 'GREETING=hello', '--dir', `${folder}::/`];
  await serving([...flags, guest('proxy')], async (url) => {
    assert.equal(await text(`${url}env/GREETING`), 'hello');
    assert.equal(await text(`${url}env/PATH`), 'environment variable not found');
    assert.equal(await text(`${url}file/note.txt`), 'a note');
  });
  await serving([guest('proxy')], async (url) => {
    assert.equal(await text(`${url}env/GREETING`), 'environment variable not found');
    assert.equal((await fetch(`${url}file/note.txt`)).status, 404);
  });
});

const WRONG = [
  ['an address that is taken', () => ['--addr', authority], 1, /cannot listen on/],
  ['no address', () => ['--addr', 'nowhere'], 2, /--addr wants HOST:PORT/],
  ['nobody at a time', () => ['--max-concurrency', '0'], 2, /--max-concurrency wants/],
  ['a time that is none', () => ['--grace', 'soon'], 2, /--grace wants/],
  ['an unknown option', () => ['--fly'], 2, /no option --fly/],
];

for (const [what, flags, wanted, message] of WRONG) {
  test(`serve: ${what} is exit code ${wanted}`, async () => {
    const told = tidegate('serve', ...flags(), guest('service'));
    assert.equal(await told.ended, wanted, told.stderr);
    assert.match(told.stderr, message);
    assert.doesNotMatch(told.stderr, /\n\s+at /);
  });
}

test('serve: arguments, and a component that serves nothing', async () => {
  assert.equal(await tidegate('serve', guest('service'), 'more').ended, 2);
  const told = tidegate('serve', '--addr', '127.0.0.1:0', guest('command'));
  assert.equal(await told.ended, 1);
  assert.match(told.stderr, /cannot be served/);
});

test('serve: a trap of a component that all requests share is exit code 134', async () => {
  const told = tidegate('serve', '--addr', '127.0.0.1:0', guest('service'));
  const url = await said(told, /http:\S+/);
  assert.equal((await fetch(`${url}trap`)).status, 500);
  assert.equal(await told.ended, 134);
  assert.match(told.stderr, /^tidegate: the component trapped/m);
});
