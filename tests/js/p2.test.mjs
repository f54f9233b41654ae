/**
 * WASI 0.2: programs of Rust's standard library that wait, unchanged. Where the engine cannot suspend stacks, what has to wait ends with
 * an error that says so, and what does not runs.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Component, ComponentTrap } from '../../pkg/dist/node.js';
import { LoopbackNetwork, wasi } from '../../pkg/dist/wasi-node.js';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const CLI = path('../../pkg/dist/cli.js');
const GUEST = path('../../build/guests/std-waits.component.wasm');
const JSPI = typeof WebAssembly.Suspending === 'function';
const waits = { skip: !JSPI && 'this engine cannot suspend stacks' };

const component = await Component.compile(readFileSync(GUEST));

/** Runs the guest; `output` has what it has written so far. */
function start(args, options = {}) {
  const decoder = new TextDecoder();
  const run = { output: '', done: undefined };
  const stdout = (chunk) => {
    run.output += decoder.decode(chunk, { stream: true });
  };
  const imports = wasi({ args: ['std-waits', ...args], stdout, stderr: stdout, ...options });
  run.done = component
    .instantiate(imports, { quiet: true })
    .then(({ exports }) => exports.run.run.promise());
  return run;
}

async function printed(args, options) {
  const run = start(args, options);
  await run.done;
  return run.output;
}

async function until(condition) {
  while (!condition()) await delay(5);
}

test('what need not wait runs on every engine', async () => {
  assert.equal(await printed(['lines'], { stdin: 'a\nb' }), '> A\n> B\n> end\n');
  assert.equal(await printed(['copy'], { stdin: new Uint8Array(100_000) }), '\0'.repeat(100_000));
  assert.equal(await printed(['sleep', '0']), 'slept\n');
});

test('without JSPI, what would wait says in what, and where it could', { skip: JSPI }, async () => {
  const slow = new ReadableStream({ pull: () => new Promise(() => {}) });
  for (const [args, name] of [
    [['lines'], 'wasi:io/streams@0.2.6#[method]input-stream.blocking-read'],
    [['sleep', '50'], 'wasi:io/poll@0.2.6#[method]pollable.block'],
  ]) {
    await assert.rejects(start(args, { stdin: slow }).done, (error) => {
      assert.ok(error instanceof ComponentTrap);
      assert.equal(error.code, 'cannot-block');
      assert.ok(error.message.includes(name), error.message);
      assert.match(error.message, /cannot suspend.*Node 26/s);
      return true;
    });
  }
});

test('a plain call cannot wait, and says which one can', { skip: !JSPI }, async () => {
  const { exports } = await component.instantiate(wasi({ args: ['', 'sleep', '1'] }));
  assert.throws(() => exports.run.run(), { code: 'cannot-block', message: /promise/ });
});

test('lines of a stdin that comes slowly are answered one by one', waits, async () => {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const run = start(['lines'], { stdin: readable });
  const encoder = new TextEncoder();
  await until(() => run.output === '> ');
  writer.write(encoder.encode('one\n'));
  await until(() => run.output === '> ONE\n> ');
  writer.write(encoder.encode('tw'));
  writer.write(encoder.encode('o\n'));
  await until(() => run.output === '> ONE\n> TWO\n> ');
  writer.close();
  await run.done;
  assert.equal(run.output, '> ONE\n> TWO\n> end\n');
});

test('a stdin that fails is an error of the program', waits, async () => {
  async function* failing() {
    yield new TextEncoder().encode('one\n');
    await delay(1);
    throw new Error('unplugged');
  }
  await assert.rejects(start(['lines'], { stdin: failing() }).done);
});

test('a program sleeps, and others go on meanwhile', waits, async () => {
  const begun = performance.now();
  const runs = Array.from({ length: 20 }, () => start(['sleep', '100']));
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await Promise.all(runs.map(({ done }) => done));
  clearInterval(timer);
  assert.ok(performance.now() - begun >= 100);
  assert.ok(ticks > 1, 'the event loop turns');
  assert.ok(runs.every(({ output }) => output === 'slept\n'));
});

test('output waits for a sink that is slow, and no more than a bound is kept', waits, async () => {
  let most = 0;
  let underWay = 0;
  let total = 0;
  const stdout = async (chunk) => {
    underWay += chunk.length;
    total += chunk.length;
    most = Math.max(most, underWay);
    const { length } = chunk;
    await delay(0);
    underWay -= length;
  };
  await start(['pour', '5000000'], { stdout }).done;
  await until(() => underWay === 0);
  assert.equal(total, 5_000_000);
  assert.ok(most <= 2 ** 20, `${most} bytes`);
});

test('a sink that fails is an error of the program', waits, async () => {
  const stdout = () => delay(1).then(() => Promise.reject(new Error('full')));
  await assert.rejects(start(['pour', '3000000'], { stdout, stderr: undefined }).done);
});

for (const [name, granted] of [
  ['an address', ['127.0.0.1']],
  ['a name', ['localhost']],
]) {
  test(`TCP: a client of a real server, by ${name}`, waits, async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => socket.end(`got ${text.length}: ${text.slice(0, 5)}`));
    });
    server.listen(0, granted[0] === 'localhost' ? undefined : '127.0.0.1');
    await once(server, 'listening');
    const address = `${granted[0]}:${server.address().port}`;
    const options = { network: granted, stdin: 'x'.repeat(300_000) };
    assert.equal(await printed(['connect', address], options), 'got 300000: xxxxx');
    server.close();
  });
}

test('TCP: what is not granted, and what is not there', waits, async () => {
  const denied = start(['connect', '127.0.0.1:9']);
  await assert.rejects(denied.done);
  assert.match(denied.output, /PermissionDenied/);
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  const refused = start(['connect', `127.0.0.1:${port}`], { network: true });
  await assert.rejects(refused.done);
  assert.match(refused.output, /ConnectionRefused/);
  const unknown = start(['connect', 'no-such-host.invalid:1'], { network: true });
  await assert.rejects(unknown.done);
});

test('TCP: a server of real clients', waits, async () => {
  const run = start(['listen'], { network: ['127.0.0.1'] });
  await until(() => run.output.endsWith('\n'));
  const port = Number(run.output.trim().split(':')[1]);
  for (const word of ['one', 'two']) {
    const socket = net.connect(port, '127.0.0.1');
    socket.write(`${word}\n`);
    assert.equal(String((await once(socket, 'data'))[0]), `echo ${word}\n`);
    socket.end(`last\n`);
    assert.equal(String((await once(socket, 'data'))[0]), `echo last\n`);
    await once(socket, 'close');
  }
  await run.done;
});

test('TCP: two programs on a network of their own', waits, async () => {
  const network = new LoopbackNetwork();
  const server = start(['listen'], { network });
  await until(() => server.output.endsWith('\n'));
  for (const word of ['one', 'two']) {
    const options = { network, stdin: `${word}\n` };
    assert.equal(await printed(['connect', server.output.trim()], options), `echo ${word}\n`);
  }
  await server.done;
});

test('UDP: there and back', waits, async () => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => socket.send(`re ${bytes}`, port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = `127.0.0.1:${socket.address().port}`;
  const output = await printed(['datagrams', address], { network: true });
  assert.equal(output, `re one from ${address}\nre two\n`);
  socket.close();
});

test('UDP: as many datagrams at a time as there are, and as are asked for', async () => {
  const imports = wasi({ network: new LoopbackNetwork() });
  const { createUdpSocket } = imports['wasi:sockets/udp-create-socket@0.2'];
  const socket = (port) => {
    const made = createUdpSocket('ipv4');
    made.startBind(undefined, { tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } });
    made.finishBind();
    return made;
  };
  const [from, to] = [socket(0), socket(0)];
  const [input] = to.stream(undefined);
  const [, output] = from.stream(to.localAddress());
  assert.deepEqual(input.receive(9n), []);
  const sent = [1, 2, 3, 4].map((byte) => ({ data: Uint8Array.of(byte) }));
  assert.equal(await output.send(sent), 4n);
  await input.subscribe().block();
  const bytes = (most) => input.receive(most).map(({ data }) => data[0]);
  assert.deepEqual(bytes(0n), []);
  assert.deepEqual(bytes(3n), [1, 2, 3]);
  await input.subscribe().block();
  assert.deepEqual(bytes(3n), [4]);
  for (const each of [from, to]) each[Symbol.dispose]();
});

test('tidegate run: a program answers whoever types', waits, async () => {
  const child = spawn(process.execPath, [CLI, 'run', GUEST, 'lines']);
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  await until(() => output === '> ');
  child.stdin.write('one\n');
  await until(() => output === '> ONE\n> ');
  child.stdin.end();
  assert.deepEqual(await once(child, 'close'), [0, null]);
  assert.equal(output, '> ONE\n> end\n');
});

test('who asks again and again leaves the event loop its turn', waits, async () => {
  async function* late() {
    await delay(20);
    yield Uint8Array.of(1);
  }
  const imports = wasi({ stdin: late() });
  const { subscribeDuration } = imports['wasi:clocks/monotonic-clock@0.2'];
  const input = imports['wasi:cli/stdin@0.2'].getStdin();
  const { poll } = imports['wasi:io/poll@0.2'];
  // Only promises are waited for, as a component does.
  const settled = async (value) => (typeof value?.then === 'function' ? await value : value);
  let ready;
  do ready = await settled(poll([subscribeDuration(0n), input.subscribe()]));
  while (!ready.includes(1));
  assert.deepEqual(input.read(9n), Uint8Array.of(1));
  assert.throws(() => poll([]), TypeError);
});

test('sockets are in the states that wasi:sockets names, with its codes', async () => {
  const imports = wasi({ network: new LoopbackNetwork() });
  const { createTcpSocket } = imports['wasi:sockets/tcp-create-socket@0.2'];
  const { instanceNetwork } = imports['wasi:sockets/instance-network@0.2'];
  const network = instanceNetwork();
  const at = (port) => ({ tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } });
  const code = (payload) => (error) => error.payload === payload;
  const listener = createTcpSocket('ipv4');
  assert.throws(() => listener.finishBind(), code('not-in-progress'));
  assert.throws(() => listener.startListen(), code('invalid-state'), 'it is not bound');
  listener.startBind(network, at(0));
  assert.throws(() => listener.startBind(network, at(0)), code('concurrency-conflict'));
  listener.finishBind();
  assert.throws(() => listener.accept(), code('invalid-state'));
  listener.startListen();
  listener.finishListen();
  assert.ok(listener.isListening());
  assert.throws(() => listener.startConnect(network, at(1)), code('invalid-state'));
  assert.throws(() => listener.accept(), code('would-block'));
  const client = createTcpSocket('ipv4');
  client.startConnect(network, listener.localAddress());
  assert.throws(() => client.finishConnect(), code('would-block'));
  await client.subscribe().block();
  const [input, output] = client.finishConnect();
  await listener.subscribe().block();
  const [accepted, theirInput, theirOutput] = listener.accept();
  assert.deepEqual(accepted.remoteAddress(), client.localAddress());
  theirOutput.write(new TextEncoder().encode('hello'));
  await input.subscribe().block();
  client.shutdown('receive');
  assert.throws(() => input.read(10n), { payload: { tag: 'closed' } });
  output.write(Uint8Array.of(7));
  client.shutdown('send');
  assert.throws(() => output.checkWrite(), { payload: { tag: 'closed' } });
  assert.deepEqual(await theirInput.blockingRead(10n), Uint8Array.of(7));
  await assert.rejects(async () => theirInput.blockingRead(10n), { payload: { tag: 'closed' } });
  const refused = createTcpSocket('ipv4');
  refused.startConnect(network, at(9));
  await refused.subscribe().block();
  assert.throws(() => refused.finishConnect(), code('connection-refused'));
  assert.throws(() => refused.finishConnect(), code('not-in-progress'));
  for (const each of [client, accepted, listener, refused]) each[Symbol.dispose]();
});
