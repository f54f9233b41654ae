/**
 * A chain of components in one process that serves requests: an authorisation filter in Rust, personal texts in JavaScript
 * (componentize-qjs), and a service in Rust that streams; each is a `wasi:http/handler`. What one of them imports is another one, or is
 * elsewhere. (`later` stands between JavaScript and what it imports: componentize-qjs cannot import async functions.)
 */

import assert from 'node:assert/strict';
import { execFile as execFileWithCallback, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Component, Store } from '../../pkg/dist/node.js';
import { remote, serve, toFetchHandler, wasi } from '../../pkg/dist/wasi-node.js';
import { echoed } from './support/echo.mjs';
import { EXTENDED_CONST } from './support/engine.mjs';

const CLI = fileURLToPath(new URL('../../pkg/dist/cli.js', import.meta.url));
const execFile = promisify(execFileWithCallback);

const guestUrl = (name) => new URL(`../../build/guests/${name}.component.wasm`, import.meta.url);
const guest = (name) => readFile(guestUrl(name));
const guests = async (...names) =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await guest(name)])));
const ada = { authorization: 'Bearer Ada' };
const handler = 'wasi:http/handler';
/** Nobody behind the filter needs it. */
const queue = { 'tidegate:chain/queue': { async start() {} } };
const names = (items) => items.map(({ name }) => name.replace(/@.*/, ''));

test('a filter in front of a service: bodies go from one to the other', async () => {
  const component = await Component.compose(await guests('filter', 'service'));
  assert.ok(!names(component.imports).includes(handler), 'the filter is served by the service');
  const fetched = toFetchHandler(await component.instantiate({ ...wasi(), ...queue }));
  assert.equal((await fetched(new Request('http://host/'))).status, 401);
  const greeting = await fetched(new Request('http://host/', { headers: ada }));
  assert.equal(await greeting.text(), 'Hello from a component\n');
  const upper = { method: 'POST', body: 'shout', headers: ada };
  const shouted = await fetched(new Request('http://host/upper', upper));
  assert.equal(await shouted.text(), 'SHOUT');
  assert.equal((await fetched(new Request('http://host/nowhere', { headers: ada }))).status, 404);
});

describe('the same import is in another process by configuration', () => {
  let service;
  let server;
  let front;
  const reports = { service: [], front: [] };
  before(async () => {
    service = await Component.compile(await guest('service'));
    const onRequest = (report) => reports.service.push(report);
    server = await serve(await service.instantiate(wasi()), { onRequest });
    front = await served(server.url);
  });
  after(async () => {
    await front.close({ grace: 0 });
    await server.close({ grace: 0 });
  });

  /** The filter, served, with the handler at `url` behind it. */
  async function served(url) {
    const link = { filter: { [handler]: remote(url) } };
    const component = await Component.compose(await guests('filter'), { link });
    const instance = await component.instantiate({ ...wasi(), ...queue });
    return serve(instance, { onRequest: (report) => reports.front.push(report) });
  }

  test('requests go there, and answers come back', async () => {
    assert.equal((await fetch(front.url)).status, 401);
    const upper = { method: 'POST', body: 'shout', headers: ada };
    assert.equal(await (await fetch(`${front.url}/upper`, upper)).text(), 'SHOUT');
    const large = await fetch(`${front.url}/count/3000000`, { headers: ada });
    assert.equal((await large.arrayBuffer()).byteLength, 3_000_000);
  });

  test('bodies while they come, in both directions, and trailers', async () => {
    const { headers } = await echoed(`${front.url}/echo`, { ...ada, 'x-a': 'b' });
    assert.equal(headers['x-a'], 'b');
    assert.equal(headers['x-user'], 'Ada');
  });

  test('a client that goes away is gone there too', async () => {
    const counts = { service: reports.service.length, front: reports.front.length };
    const request = http.get(`${front.url}/endless`, { headers: ada, agent: false });
    const [response] = await once(request, 'response');
    await once(response, 'data');
    response.destroy();
    for (const [who, count] of Object.entries(counts)) {
      while (reports[who].length === count) await delay(5);
      assert.equal(reports[who].at(-1).error.payload.tag, 'connection-terminated', who);
    }
  });

  test('what goes wrong there is an error code', async () => {
    const closed = http.createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address();
    closed.close();
    await once(closed, 'close');
    const answering = (text) =>
      net.createServer((socket) => socket.once('data', () => socket.end(text)));
    const silent = answering('');
    const broken = answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n');
    const short = answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour');
    const nonsense = answering('what?\r\n\r\n');
    const servers = [silent, broken, short, nonsense];
    for (const other of servers) other.listen(0, '127.0.0.1');
    const url = (other) => `http://127.0.0.1:${other.address().port}`;
    const seen = {
      refused: await code(`http://127.0.0.1:${port}`),
      terminated: await code(url(silent)),
      incomplete: await code(url(broken)),
      short: await code(url(short)),
      nonsense: await code(url(nonsense)),
    };
    for (const other of servers) other.close();
    assert.deepEqual(seen, {
      refused: [502, 'connection-refused'],
      terminated: [502, 'connection-terminated'],
      incomplete: [200, 'HTTP-response-incomplete'],
      short: [200, 'HTTP-response-body-size'],
      nonsense: [500, 'HTTP-protocol-error'],
    });
  });

  test('from the command line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-chain-'));
    const file = join(folder, 'site.wasm');
    const parts = ['filter', 'later'].map((name) => fileURLToPath(guestUrl(name)));
    const chosen = ['--export', 'wasi:http/handler=filter'];
    await execFile(process.execPath, [CLI, 'compose', ...parts, '-o', file, ...chosen]);
    const link = ['--link', `wasi:http/handler=${server.url}`];
    const args = [CLI, 'serve', '--addr', '127.0.0.1:0', ...link, file];
    const child = spawn(process.execPath, args);
    try {
      let lines = '';
      child.stderr.setEncoding('utf8').on('data', (text) => {
        lines += text;
      });
      while (!/http:\/\/\S+/.test(lines)) await once(child.stderr, 'data');
      const [url] = /http:\/\/\S+/.exec(lines);
      const upper = { method: 'POST', body: 'shout', headers: ada };
      assert.equal(await (await fetch(`${url}upper`, upper)).text(), 'SHOUT');
      assert.equal((await fetch(url)).status, 401);
    } finally {
      child.kill();
      rmSync(folder, { recursive: true });
    }
    const service = fileURLToPath(guestUrl('service'));
    for (const [given, wanted, message] of [
      [['wasi:http/types=http://127.0.0.1'], 2, /--link wants wasi:http\/handler=URL/],
      [['wasi:http/handler=file:///etc'], 2, /no http or https URL/],
      [['wasi:http/handler=http://127.0.0.1'], 1, /imports no wasi:http\/handler/],
    ]) {
      const wrong = execFile(process.execPath, [CLI, 'serve', '--link', ...given, service]);
      await assert.rejects(wrong, (error) => {
        assert.equal(error.code, wanted);
        assert.match(error.stderr, message);
        return true;
      });
    }
  });

  /** What the client and the program see when the handler at `url` fails. */
  async function code(url) {
    const failing = await served(url);
    const answer = await fetch(failing.url, { headers: ada });
    await answer.text().catch(() => {});
    while (reports.front.at(-1).error === undefined) await delay(5);
    await failing.close({ grace: 0 });
    return [answer.status, reports.front.at(-1).error.payload.tag];
  }
});

const lacking =
  !WebAssembly.validate(EXTENDED_CONST) && 'this engine lacks extended constant expressions';

describe('a chain of three', { skip: lacking }, () => {
  let component;
  let instance;
  let server;
  let events = [];
  const reports = [];
  before(async () => {
    component = await Component.compose(await guests('filter', 'personal', 'later', 'service'));
    // For what is under way at a time, and not for all that has been.
    const limits = { maxHandles: 1000 };
    const store = new Store({ trace: (event) => events.push(event), limits });
    instance = await component.instantiate(wasi(), { store });
    server = await serve(instance, { onRequest: (report) => reports.push(report) });
  });
  after(() => server.close({ grace: 0 }));

  /** The sizes of the bodies that have moved in this direction; what is small is no body: a task of `later` wakes another one. */
  const bodies = (direction) => {
    const sizes = new Map();
    for (const e of events) {
      if (e.kind !== 'stream' || e.state !== 'copy' || e.direction !== direction) continue;
      sizes.set(e.id, (sizes.get(e.id) ?? 0) + e.count);
    }
    return [...sizes.values()].filter((size) => size > 1000);
  };

  /** How many streams, futures and calls have begun and not ended. */
  const open = (kind) => {
    const ids = new Set();
    for (const e of events) {
      if (e.kind !== kind) continue;
      if (e.state === 'begin') ids.add(e.id);
      else if (e.state === 'end' || e.state === 'fail') ids.delete(e.id);
    }
    return ids.size;
  };

  test('nothing of the chain is left to the program', () => {
    const imports = names(component.imports);
    assert.ok(imports.every((name) => name.startsWith('wasi:') && name !== handler));
    assert.ok(names(component.exports).includes(handler));
  });

  test('an answer goes from component to component, and reaches JavaScript where it leaves', async () => {
    assert.equal((await fetch(server.url)).status, 401);
    events = [];
    const count = 5_000_000;
    const answer = await fetch(`${server.url}/count/${count}`, { headers: ada });
    assert.equal(answer.headers.get('x-greeted'), 'Ada');
    const text = await answer.text();
    assert.equal(text.length, count + 'Dear Ada,\n'.length);
    assert.ok(text.startsWith('Dear Ada,\n....'));
    assert.deepEqual(bodies('within'), [count], 'the service to the personal texts');
    assert.deepEqual(bodies('out'), [text.length], 'what the client gets');
    assert.deepEqual(bodies('in'), []);
  });

  test('an upload reaches JavaScript where it comes in, and where its echo leaves', async () => {
    const body = 'x'.repeat(5_000_000);
    const post = (path, headers = {}) =>
      fetch(server.url + path, { method: 'POST', headers: { ...ada, ...headers }, body });
    events = [];
    const echo = await (await post('/upper')).text();
    assert.equal(echo.length, 'Dear Ada,\n'.length + body.length);
    assert.deepEqual(bodies('in'), [body.length], 'the client to the service, past two handlers');
    assert.deepEqual(bodies('within'), [body.length], 'the service to the personal texts');
    assert.deepEqual(bodies('out'), [echo.length]);
    events = [];
    const signed = await (await post('/upper', { 'x-sign': 'yes' })).text();
    const size = 'From Ada,\n'.length + body.length;
    assert.ok(signed.startsWith('Dear Ada,\nFROM ADA,\nXXX'));
    assert.equal(signed.length, 'Dear Ada,\n'.length + size);
    assert.deepEqual(bodies('in'), [body.length], 'the client to the personal texts');
    assert.deepEqual(bodies('within'), [size, size], 'these to the service, and back');
    assert.deepEqual(bodies('out'), [signed.length]);
  });

  test('many at a time, none lost', async () => {
    const answers = Array.from({ length: 50 }, async (_, i) => {
      const headers = { authorization: `Bearer ${i}`, ...(i % 2 === 1 && { 'x-sign': 'yes' }) };
      const body = `request ${i} `.repeat(1000);
      const answer = await fetch(`${server.url}/upper`, { method: 'POST', headers, body });
      const sign = i % 2 === 1 ? `FROM ${i},\n` : '';
      assert.equal(await answer.text(), `Dear ${i},\n${sign}${body.toUpperCase()}`);
    });
    await Promise.all(answers);
  });

  test('one after the other, and nothing of them is kept', async () => {
    const fetched = toFetchHandler(instance);
    const headers = { ...ada, 'x-sign': 'yes' };
    for (let i = 0; i < 500; i++) {
      const request = new Request('http://host/upper', { method: 'POST', body: 'x', headers });
      assert.equal(await (await fetched(request)).text(), 'Dear Ada,\nFROM ADA,\nX');
    }
  });

  test('nothing is read ahead of a slow client, and nothing taken from a fast one', async () => {
    const fetched = toFetchHandler(instance);
    const chunk = new Uint8Array(64 * 1024);
    let given = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          given += chunk.length;
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
    const request = { method: 'POST', headers: { ...ada, 'x-sign': 'yes' }, body, duplex: 'half' };
    const answer = await fetched(new Request('http://host/upper', request));
    const reader = answer.body.getReader();
    await delay(100);
    assert.ok(given < 1_000_000, `${given} bytes taken before anybody reads`);
    let read = 0;
    while (read < 4_000_000) read += (await reader.read()).value.length;
    await delay(100);
    assert.ok(given < read + 1_000_000, `${given} bytes taken for ${read}`);
    await reader.cancel();
  });

  test('a client that goes away in the middle of a body ends the whole chain', async () => {
    for (const method of ['GET', 'POST']) {
      events = [];
      const count = reports.length;
      const path = method === 'GET' ? '/endless' : '/upper';
      const request = http.request(server.url + path, { method, headers: ada, agent: false });
      request.on('error', () => {});
      if (method === 'POST') request.write('a part of it');
      else request.end();
      const [response] = await once(request, 'response');
      await once(response, 'data');
      assert.ok(open('stream') > 0);
      request.destroy();
      while (reports.length === count) await delay(5);
      assert.equal(reports.at(-1).error.payload.tag, 'connection-terminated');
      const end = Date.now() + 5000;
      while (open('stream') + open('future') > 0 && Date.now() < end) await delay(5);
      assert.equal(open('stream') + open('future'), 0, `${method}: streams and futures are left`);
    }
    assert.equal((await fetch(server.url, { headers: ada })).status, 200);
  });

  test('one that goes away before there is an answer is not waited for', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const slow = fetch(`${server.url}/sleep/300`, { headers: ada, signal });
    await delay(100);
    controller.abort();
    await assert.rejects(slow, { name: 'AbortError' });
    await delay(300);
    assert.equal((await fetch(server.url, { headers: ada })).status, 200);
  });
});
