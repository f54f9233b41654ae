/**
 * A chain of components in one process that serves requests: an authorisation filter in Rust, personal texts in JavaScript
 * (componentize-qjs), and a service in Rust that streams; each is a `wasi:http/handler`. What one of them imports is another one, or is
 * elsewhere. (`later` stands between JavaScript and what it imports: componentize-qjs cannot import async functions.)
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Component, Store } from '../../pkg/dist/node.js';
import { remote, serve, toFetchHandler, wasi } from '../../pkg/dist/wasi-node.js';
import { EXTENDED_CONST } from './support/engine.mjs';

const guest = (name) =>
  readFile(new URL(`../../build/guests/${name}.component.wasm`, import.meta.url));
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

test('the same import is in another process by configuration', async () => {
  const service = await Component.compile(await guest('service'));
  const server = await serve(await service.instantiate(wasi()));
  try {
    const link = { filter: { [handler]: remote(server.url) } };
    const component = await Component.compose(await guests('filter'), { link });
    const fetched = toFetchHandler(await component.instantiate({ ...wasi(), ...queue }));
    assert.equal((await fetched(new Request('http://host/'))).status, 401);
    const upper = { method: 'POST', body: 'shout', headers: ada };
    const shouted = await fetched(new Request('http://host/upper', upper));
    assert.equal(await shouted.text(), 'SHOUT');
  } finally {
    await server.close({ grace: 0 });
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
    const store = new Store({ trace: (event) => events.push(event) });
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
