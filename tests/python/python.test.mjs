/** Programs and services in Python, by componentize-py, unchanged: of WASI 0.2, which wait, and of 0.3, which stream. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Component, ComponentTrap, Store } from '../../pkg/dist/node.js';
import { MemoryDirectory, perRequest, serve, WasiExit, wasi } from '../../pkg/dist/wasi-node.js';

const bytes = (name, folder = 'python') =>
  readFileSync(new URL(`../../build/${folder}/${name}.component.wasm`, import.meta.url));
const compile = (name) => Component.compile(bytes(name));

describe('a program', () => {
  let component;
  before(async () => {
    component = await compile('program');
  });

  async function start(args, options = {}) {
    const run = { output: '', done: undefined };
    const stdout = (chunk) => {
      run.output += Buffer.from(chunk);
    };
    const granted = { args: ['program', ...args], stdout, stderr: stdout, ...options };
    const { exports } = await component.instantiate(wasi(granted));
    run.done = exports.run.run.promise();
    return run;
  }

  test('answers a stdin that comes slowly', async () => {
    async function* typed() {
      for (const line of ['one\n', 'two\n']) {
        await delay(50);
        yield new TextEncoder().encode(line);
      }
    }
    const run = await start(['lines'], { stdin: typed() });
    await run.done;
    assert.equal(run.output, '> ONE\n> TWO\n> end\n');
  });

  test('sleeps while others go on, and has its environment', async () => {
    const runs = await Promise.all(
      ['a', 'b', 'c'].map((NAME) => start(['sleep', '100'], { env: { NAME } })),
    );
    await Promise.all(runs.map(({ done }) => done));
    assert.deepEqual(
      runs.map(({ output }) => output),
      ['slept a\n', 'slept b\n', 'slept c\n'],
    );
  });

  test('works on files', async () => {
    const run = await start(['files', '/work'], { preopens: { '/work': new MemoryDirectory() } });
    await run.done;
    assert.equal(run.output, "7000 ['deep'] 7000\n");
  });

  test('talks to a server', async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      let count = 0;
      socket.on('data', ({ length }) => {
        count += length;
      });
      socket.on('end', () => socket.end(`got ${count}`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `127.0.0.1:${server.address().port}`;
    const run = await start(['connect', address], { network: ['127.0.0.1'] });
    await run.done;
    assert.equal(run.output, 'got 100000\n');
    server.close();
  });

  test('exits', async () => {
    const { done } = await start(['exit']);
    await assert.rejects(done, (error) => {
      assert.ok(error instanceof ComponentTrap && error.cause instanceof WasiExit);
      assert.equal(error.cause.code, 0);
      return true;
    });
  });
});

describe('a service', () => {
  let server;
  before(async () => {
    const component = await compile('proxy');
    server = await serve(
      perRequest(() => component.instantiate(wasi({ http: true, stderr: 'inherit' }))),
    );
  });
  after(() => server.close({ grace: 0 }));

  test('answers', async () => {
    assert.equal(await (await fetch(server.url)).text(), 'Hello from Python\n');
  });

  test('echoes what comes', async () => {
    const body = 'abc'.repeat(100_000);
    const answer = await fetch(`${server.url}/echo`, { method: 'POST', body });
    assert.equal(await answer.text(), body);
  });

  test('asks several servers at a time', async () => {
    const answer = await fetch(`${server.url}/sizes?${server.url}/,${server.url}/x`);
    assert.equal(await answer.text(), '[18, 18]');
  });
});

describe('a generator at the end of a chain, behind a filter in Rust and a handler in JavaScript', () => {
  const headers = { authorization: 'Bearer Ada' };
  const greeting = 'Dear Ada,\n';
  let server;
  let events = [];
  before(async () => {
    const front = ['filter', 'personal', 'later'].map((name) => [name, bytes(name, 'guests')]);
    const parts = { ...Object.fromEntries(front), generator: bytes('generator') };
    const component = await Component.compose(parts);
    const store = new Store({ trace: (event) => events.push(event) });
    server = await serve(await component.instantiate(wasi({ stderr: 'inherit' }), { store }));
  });
  after(() => server.close({ grace: 0 }));

  test('answers those who may pass', async () => {
    assert.equal((await fetch(server.url)).status, 401);
    const answer = await fetch(server.url, { headers });
    assert.equal(await answer.text(), `${greeting}Hello from Python\n`);
  });

  test('streams, and JavaScript sees what leaves the chain', async () => {
    events = [];
    const size = 3_000_000;
    const text = await (await fetch(`${server.url}/count/${size}`, { headers })).text();
    assert.equal(text.length, greeting.length + size);
    const moved = { in: 0, within: 0, out: 0 };
    for (const { kind, state, direction, count } of events) {
      if (kind === 'stream' && state === 'copy' && count > 1) moved[direction] += count;
    }
    assert.deepEqual(moved, { in: 0, within: size, out: text.length });
  });

  test('ends what it makes for a client that goes away', async () => {
    events = [];
    const request = http.get(`${server.url}/count/1000000000`, { headers, agent: false });
    const [response] = await once(request, 'response');
    await once(response, 'data');
    response.destroy();
    const open = () => {
      const streams = events.filter(({ kind }) => kind === 'stream');
      const count = (wanted) => streams.filter(({ state }) => state === wanted).length;
      return count('begin') - count('end');
    };
    for (let i = 0; i < 500 && open() > 0; i++) await delay(10);
    assert.equal(open(), 0);
    assert.equal((await fetch(server.url, { headers })).status, 200);
  });

  test('several at a time', async () => {
    const answers = Array.from({ length: 20 }, async (_, i) => {
      const body = `request ${i} `.repeat(10_000);
      const answer = await fetch(`${server.url}/upper`, { method: 'POST', headers, body });
      assert.equal(await answer.text(), greeting + body.toUpperCase());
    });
    await Promise.all(answers);
  });
});
