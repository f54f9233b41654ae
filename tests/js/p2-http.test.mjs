/** A component of the world wasi:http/proxy of WASI 0.2, served on the network, by fetch, and from the command line. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Component, ComponentError, ComponentTrap } from '../../pkg/dist/node.js';
import { perRequest, serve, toFetchHandler, wasi } from '../../pkg/dist/wasi-node.js';
import { echoed } from './support/echo.mjs';
import { silence } from './support/silence.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const GUEST = path('../../build/guests/proxy.component.wasm');
const JSPI = typeof WebAssembly.Suspending === 'function';
const waits = { skip: !JSPI && 'this engine cannot suspend stacks' };

let component;
let server;
const reports = [];
let log = '';
before(async () => {
  component = await Component.compile(await readFile(GUEST));
  server = await serve(perRequest(instance), { onRequest: (report) => reports.push(report) });
});
after(() => server.close({ grace: 0 }));

const instance = () =>
  component.instantiate(
    wasi({
      http: ['127.0.0.1'],
      stdout: (chunk) => {
        log += Buffer.from(chunk);
      },
    }),
    { quiet: true },
  );

async function until(condition) {
  while (!condition()) await delay(5);
}

test('answers that need not wait, on every engine', async () => {
  const greeting = await fetch(server.url);
  assert.equal(greeting.headers.get('content-length'), '19');
  assert.equal(await greeting.text(), 'Hello from a proxy\n');
  assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
  assert.equal((await fetch(`${server.url}/refuse`)).status, 500);
  const count = await fetch(`${server.url}/count/1000000`);
  assert.equal((await count.arrayBuffer()).byteLength, 1_000_000);
  const answer = await fetch(`${server.url}/echo`, {
    method: 'POST',
    body: 'a body',
    headers: { 'x-a': 'b' },
  });
  assert.equal(answer.headers.get('x-a'), 'b');
  assert.equal(await answer.text(), 'a body');
});

test('without JSPI, what would wait is a trap of that request', { skip: JSPI }, async () => {
  assert.equal((await fetch(`${server.url}/wait/10`)).status, 500);
  assert.equal(reports.at(-1).error.code, 'cannot-block');
  assert.equal((await fetch(server.url)).status, 200);
});

test('a body and its trailers are echoed while they come', waits, () =>
  echoed(`${server.url}/echo`),
);

test('large bodies pass in both directions', waits, async () => {
  const body = Buffer.alloc(5_000_000, 'abc');
  const answer = await fetch(`${server.url}/echo`, { method: 'POST', body });
  assert.ok(body.equals(Buffer.from(await answer.arrayBuffer())));
  const count = await fetch(`${server.url}/count/20000000`);
  assert.equal((await count.arrayBuffer()).byteLength, 20_000_000);
});

test('requests that wait do not wait for each other', waits, async () => {
  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fetch(`${server.url}/wait/300`)),
  );
  for (const answer of answers) assert.equal(await answer.text(), 'waited\n');
  assert.ok(performance.now() - start < 20 * 300, 'they take turns');
});

test('in one instance requests take turns, none lost', waits, async () => {
  const handle = toFetchHandler(await instance());
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => handle(new Request('http://x/wait/10'))),
  );
  for (const answer of answers) assert.equal(await answer.text(), 'waited\n');
});

test('a component asks another server, and hands its answer on', waits, async () => {
  const url = `${server.url}/forward?${server.url}`;
  assert.equal((await (await fetch(`${url}/count/100000`)).arrayBuffer()).byteLength, 100_000);
  const posted = await fetch(`${url}/echo`, { method: 'POST', body: 'through two' });
  assert.equal(posted.headers.get('x-from'), 'proxy');
  assert.equal(await posted.text(), 'through two');
  assert.equal((await fetch(`${server.url}/forward?http://127.0.0.2:1/`)).status, 500);
  assert.equal(reports.at(-1).error.payload.tag, 'HTTP-request-denied');
  const silent = http.createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const late = `${server.url}/forward?http://127.0.0.1:${silent.address().port}/`;
  assert.equal((await fetch(late)).status, 504);
  assert.equal(reports.at(-1).error.payload.tag, 'HTTP-response-timeout');
  silent.closeAllConnections();
  silent.close();
});

for (const [name, code] of [
  ['silent', 'internal-error'],
  ['trap', undefined],
]) {
  test(`a component that answers nothing (${name}) is 500, and the next request works`, async () => {
    assert.equal((await fetch(`${server.url}/${name}`)).status, 500);
    const { error } = reports.at(-1);
    assert.ok(error instanceof (code === undefined ? ComponentTrap : ComponentError));
    assert.equal(error.payload?.tag, code);
    assert.equal((await fetch(server.url)).status, 200);
  });
}

for (const name of ['half', 'late', 'short']) {
  test(`a body that is not finished (${name}) does not pass for the whole`, async () => {
    await assert.rejects(fetch(`${server.url}/${name}`).then((answer) => answer.text()));
    assert.equal((await fetch(server.url)).status, 200);
  });
}

test('a component is told that its body has the wrong size', async () => {
  await until(() => log.includes('short: Err(ErrorCode::HttpResponseBodySize(Some(5)))'));
});

test(
  'in an instance that others use, a component learns of a client that goes away',
  waits,
  async () => {
    log = '';
    const shared = await serve(await instance());
    const client = http.get(`${shared.url}/count/10000000000`);
    const [response] = await once(client, 'response');
    await once(response, 'data');
    client.destroy();
    await until(() => log.includes('count: the client has gone'));
    const upload = http.request(`${shared.url}/echo`, { method: 'POST' });
    upload.on('error', () => {});
    upload.write('first');
    await once(upload, 'response');
    upload.destroy();
    await until(() => log.includes('read: Some(ErrorCode::ConnectionTerminated)'));
    await shared.close();
  },
);

test('a request whose future is dropped is given up', waits, () =>
  silence(async (silent, seen) => {
    assert.equal(await (await fetch(`${server.url}/impatient?${silent}`)).text(), 'gave up\n');
    await until(() => seen.left === 1);
  }),
);

test('a client that goes away ends its store, and the requests that this has made', waits, () =>
  silence(async (silent, seen) => {
    const client = http.get(`${server.url}/forward?${silent}`);
    client.on('error', () => {});
    await until(() => seen.asked === 1);
    const told = reports.length;
    client.destroy();
    await until(() => seen.left === 1 && reports.length > told);
    assert.equal(reports.at(-1).error.payload.tag, 'connection-terminated');
    assert.equal((await fetch(server.url)).status, 200);
  }),
);

test('a server that shuts down gives up the requests of its components', waits, () =>
  silence(async (silent, seen) => {
    const own = await serve(perRequest(instance));
    const waiting = assert.rejects(fetch(`${own.url}/forward?${silent}`));
    await until(() => seen.asked === 1);
    await own.close({ grace: 0 });
    await waiting;
    await until(() => seen.left === 1);
  }),
);

test('what a component leaves behind when it returns or traps is given up', waits, () =>
  silence(async (silent, seen) => {
    for (const [name, status] of [
      ['forget', 200],
      ['abandon', 500],
    ]) {
      seen.left = 0;
      assert.equal((await fetch(`${server.url}/${name}?${silent}`)).status, status);
      await until(() => seen.left === 1);
    }
  }),
);

test('a body that is too long to be fetched beforehand', { skip: JSPI }, async () => {
  const body = Buffer.alloc(17 * 1024 * 1024);
  await fetch(`${server.url}/echo`, { method: 'POST', body }).catch(() => {});
  await until(() => reports.at(-1).error?.payload?.tag === 'HTTP-request-body-size');
});

test('tidegate serve: an instance for each request', waits, async () => {
  const child = spawn(process.execPath, [
    path('../../pkg/dist/cli.js'),
    'serve',
    '--addr=127.0.0.1:0',
    GUEST,
  ]);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await until(() => /serving .* on http\S+/.test(stderr));
  const [url] = /http:\S+/.exec(stderr);
  assert.equal((await fetch(`${url}trap`)).status, 500);
  const answers = await Promise.all([fetch(`${url}wait/50`), fetch(`${url}wait/50`)]);
  for (const answer of answers) assert.equal(answer.status, 200);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});
