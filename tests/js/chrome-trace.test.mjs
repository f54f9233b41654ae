/** A store's trace as a file of Chrome's trace event format. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { ChromeTrace } from '../../pkg/dist/trace.js';
import { asyncs } from './support/guests.mjs';
import { settle } from './support/time.mjs';

const PHASES = ['M', 'b', 'n', 'e', 'i'];

test('what takes time has a beginning and an end, by the same id, kind and name', async () => {
  const { trace, exports } = await traced({ fetch: async (name) => name });
  await exports.calls.fetchAll(['a', 'b']);
  await new Response(await exports.streams.upper(['ab'], 8)).text();
  await settle();
  const { traceEvents } = written(trace);
  const of = (phase) => traceEvents.filter(({ ph }) => ph === phase);
  const key = ({ id, cat, name, pid }) => `${pid} ${cat} ${id} ${name}`;
  assert.deepEqual(of('b').map(key).sort(), of('e').map(key).sort());
  for (const cat of ['call', 'import', 'stream']) {
    assert.ok(
      of('b').some((event) => event.cat === cat),
      cat,
    );
  }
  const copies = of('n').filter(({ name }) => name === 'copy');
  assert.ok(copies.length >= 2 && copies.every(({ args }) => args.count > 0));
});

test('times are microseconds and go forward; every event is of the process', async () => {
  const { trace, exports } = await traced({ fetch: async (name) => name });
  const before = performance.now() * 1000;
  await exports.calls.fetchEach(['a']);
  const [meta, ...events] = written(trace).traceEvents;
  assert.deepEqual(meta, {
    ph: 'M',
    name: 'process_name',
    pid: 7,
    tid: 0,
    ts: 0,
    args: { name: 'asyncs' },
  });
  assert.ok(events[0].ts >= before && events.at(-1).ts <= performance.now() * 1000);
  for (const [i, { ph, ts, pid, name }] of events.entries()) {
    assert.ok(PHASES.includes(ph) && pid === 7 && name !== '');
    assert.ok(i === 0 || ts >= events[i - 1].ts);
  }
});

test('an import names the call that it belongs to', async () => {
  const { trace, exports } = await traced({ fetch: async (name) => name });
  await exports.calls.fetchEach(['a']);
  const begun = written(trace).traceEvents.filter(({ ph }) => ph === 'b');
  const call = begun.find(({ cat }) => cat === 'call');
  const fetch = begun.find(({ cat }) => cat === 'import');
  assert.equal(fetch.name, 'tidegate:asyncs/host@0.1.0#fetch');
  assert.deepEqual(fetch.args, { parent: call.id });
});

test('what has not ended has no end; a trap is an instant with its message', async () => {
  const { trace, exports } = await traced({ fetch: () => new Promise(() => {}) });
  exports.calls.fetchEach(['a']).catch(() => {});
  assert.equal(written(trace).traceEvents.filter(({ ph }) => ph === 'e').length, 0);
  assert.throws(() => exports.failures.trap());
  const { traceEvents } = written(trace);
  const trap = traceEvents.find(({ ph }) => ph === 'i');
  assert.equal(trap.s, 'p');
  assert.match(trap.args.error, /unreachable/);
  const failed = traceEvents.find(({ ph, args }) => ph === 'e' && args.state === 'fail');
  assert.match(failed.name, /#trap$/);
});

async function traced(host) {
  const trace = new ChromeTrace({ name: 'asyncs', process: 7 });
  const exports = await asyncs(host, { store: new Store({ trace: trace.listen }) });
  return { trace, exports };
}

/** The file, as a tool reads it. */
function written(trace) {
  return JSON.parse(JSON.stringify(trace));
}
