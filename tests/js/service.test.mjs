/** A component of the world wasi:http/service, served on the network, by fetch, and from the command line. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Component, ComponentTrap, Store } from '../../pkg/dist/node.js';
import { remote, serve, toFetchHandler, wasi } from '../../pkg/dist/wasi-node.js';
import { echoed } from './support/echo.mjs';
import { silence } from './support/silence.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SERVICE = path('../../build/guests/service.component.wasm');

let component;
let server;
const reports = [];
before(async () => {
  component = await Component.compile(await readFile(SERVICE));
  server = await serve(await instance(), { onRequest: (report) => reports.push(report) });
});
after(() => server.close({ grace: 0 }));

const instance = () => component.instantiate(wasi({ http: ['127.0.0.1'] }), { store: new Store() });

test('requests and answers of every kind', async () => {
  const greeting = await fetch(server.url);
  assert.equal(greeting.headers.get('content-length'), '23');
  assert.equal(await greeting.text(), 'Hello from a component\n');
  assert.equal((await fetch(`${server.url}/status/418`)).status, 418);
  assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
  assert.equal((await fetch(`${server.url}/refuse`)).status, 500);
  const upper = await fetch(`${server.url}/upper`, { method: 'POST', body: 'shout' });
  assert.equal(await upper.text(), 'SHOUT');
  const large = await fetch(`${server.url}/count/1000000`);
  assert.equal((await large.arrayBuffer()).byteLength, 1_000_000);
});

test('a body and its trailers are echoed while they come', async () => {
  const { headers } = await echoed(`${server.url}/echo`, { 'x-a': 'b' });
  assert.equal(headers['x-a'], 'b');
});

test('a component asks another server, and hands its answer on', async () => {
  const answer = await fetch(`${server.url}/forward?${server.url}/count/100000`);
  assert.equal((await answer.arrayBuffer()).byteLength, 100_000);
  const denied = await fetch(`${server.url}/forward?http://localhost:1/`);
  assert.equal(denied.status, 500);
  assert.equal(reports.at(-1).error.payload.tag, 'HTTP-request-denied');
});

test('clients that go away end what was made for them', async () => {
  const count = reports.length;
  const request = http.get(`${server.url}/endless`, { agent: false });
  const [response] = await once(request, 'response');
  await once(response, 'data');
  response.destroy();
  while (reports.length === count) await delay(5);
  assert.equal(reports.at(-1).error.payload.tag, 'connection-terminated');
  assert.equal((await fetch(server.url)).status, 200);
});

test('a client that goes away, and a server that shuts down, end the requests that were made for it', async () => {
  for (const end of ['client', 'server']) {
    await silence(async (silent, seen) => {
      const own = await serve(await instance());
      const client = http.get(`${own.url}/forward?${silent}`);
      client.on('error', () => {});
      while (seen.asked === 0) await delay(5);
      if (end === 'client') client.destroy();
      await own.close({ grace: end === 'client' ? 10_000 : 0 });
      while (seen.left === 0) await delay(5);
    });
  }
});

test('many at a time, none lost', async () => {
  const answers = Array.from({ length: 200 }, async (_, i) => {
    const response = await fetch(`${server.url}/upper`, { method: 'POST', body: `request ${i}` });
    return response.text();
  });
  const expected = Array.from({ length: 200 }, (_, i) => `REQUEST ${i}`);
  assert.deepEqual(await Promise.all(answers), expected);
});

test('toFetchHandler streams a component in both directions', async () => {
  const handler = toFetchHandler(await instance());
  const response = await handler(
    new Request('https://example.com/upper', { method: 'POST', body: 'fetched' }),
  );
  assert.equal(await response.text(), 'FETCHED');
  const endless = await handler(new Request('https://example.com/endless'));
  const reader = endless.body.getReader();
  assert.ok((await reader.read()).value.length > 0);
  await reader.cancel();
});

test('remote: a handler in another process is imported like any other', async () => {
  const { handle } = remote(`${server.url}/echo`);
  const front = await serve(handle);
  const response = await fetch(`${front.url}/below?q`, {
    method: 'POST',
    headers: { 'x-tag': 'kept' },
    body: 'through two servers',
  });
  assert.equal(response.headers.get('x-tag'), 'kept');
  assert.equal(await response.text(), 'through two servers');
  await front.close();
  const gone = await serve(remote('http://127.0.0.1:1').handle);
  assert.equal((await fetch(gone.url)).status, 502);
  await gone.close();
  assert.throws(() => remote('file:///etc'), TypeError);
});

test('a trap answers 500, and the requests after it too: the store is locked', async () => {
  const own = await serve(await instance(), {});
  assert.equal((await fetch(`${own.url}/trap`)).status, 500);
  assert.equal((await fetch(own.url)).status, 500);
  await own.close();
  const handler = toFetchHandler(await instance());
  await assert.rejects(handler(new Request('https://example.com/trap')), ComponentTrap);
});

/** `tidegate serve` as a process, once it takes requests; `lines` is what it has written to stderr so far. */
async function serveProcess(...flags) {
  const args = [path('../../pkg/dist/cli.js'), 'serve', '--addr', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, [...args, SERVICE]);
  const told = { child, lines: '', url: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => {
    told.lines += text;
  });
  while (!told.lines.includes('http://')) await once(child.stderr, 'data');
  [told.url] = /http:\/\/\S+/.exec(told.lines);
  return told;
}

test('tidegate serve: an address, a line for each request, an end by a signal', async () => {
  const told = await serveProcess();
  const { child, url } = told;
  const slow = fetch(`${url}sleep/300`);
  await delay(100);
  child.kill('SIGINT');
  assert.equal(await (await slow).text(), 'slept\n', 'what is under way comes to its end');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.match(told.lines, /GET \/sleep\/300 200 \d+\.\d ms/);
});

test('tidegate serve: --max-concurrency makes requests wait for each other, --quiet says nothing of them', async () => {
  const order = async (flags) => {
    const told = await serveProcess(...flags);
    const ended = once(told.child, 'exit');
    const slow = fetch(`${told.url}sleep/500`);
    await delay(100);
    await (await fetch(told.url)).text();
    await (await slow).text();
    told.child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    return [...told.lines.matchAll(/^GET (\S+) 200/gm)].map(([, url]) => url);
  };
  assert.deepEqual(await order(['--max-concurrency', '1']), ['/sleep/500', '/']);
  assert.deepEqual(await order(['--max-concurrency=2']), ['/', '/sleep/500']);
  assert.deepEqual(await order(['--quiet']), []);
});

test('tidegate serve: a second signal, or the end of --grace, aborts what is under way', async () => {
  for (const [flags, signals] of [
    [['--grace', '60'], 2],
    [['--grace', '0'], 1],
  ]) {
    const { child, url } = await serveProcess(...flags);
    const ended = once(child, 'exit');
    const endless = await fetch(`${url}endless`);
    for (let i = 0; i < signals; i++) {
      child.kill('SIGINT');
      await delay(200);
    }
    assert.deepEqual(await ended, [0, null]);
    await assert.rejects(endless.arrayBuffer());
  }
});
