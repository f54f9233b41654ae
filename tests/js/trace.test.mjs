/** What tools see of a component and its store: `component.describe()` and `new Store({ trace })`. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { asyncs, component, instance } from './support/guests.mjs';
import { internal } from './support/internal.mjs';
import { deferred, settle } from './support/time.mjs';

describe('a described world', () => {
  test('has the types by identity, also when it is cloned', async () => {
    const world = structuredClone((await component('values')).describe());
    const echo = world.exports.find(({ name }) => name === 'tidegate:values/echo@1.2.3');
    const item = (name) => echo.items.find((one) => one.name === name);
    assert.equal(item('echo-point').params[0].type, item('point').type);
    assert.deepEqual(item('point').type, {
      kind: 'record',
      fields: [
        { name: 'x', type: { kind: 's32' } },
        { name: 'y', type: { kind: 's32' } },
      ],
    });
    assert.deepEqual(item('echo-result-error').result, { kind: 'result', err: { kind: 'string' } });
    assert.equal(item('nothing').result, undefined);
    assert.ok(world.modules.length > 0 && world.modules.every(({ size }) => size > 0));
  });

  test('tells resources of the host from those of the component', async () => {
    const { imports, exports, resources } = (await component('values')).describe();
    const find = (items, name) =>
      items.flatMap((one) => one.items ?? []).find((i) => i.name === name);
    const [account, counter] = [find(imports, 'account'), find(exports, 'counter')];
    assert.deepEqual(account.resource, { name: 'account', imported: true });
    assert.deepEqual(counter.resource, { name: 'counter', imported: false });
    assert.ok(resources.includes(account.resource) && resources.includes(counter.resource));
    assert.equal(find(exports, '[method]counter.value').params[0].type.resource, counter.resource);
  });
});

describe('a trace', () => {
  test('follows tasks and subtasks', async () => {
    const { events, store } = traced();
    const later = deferred();
    const { calls } = await asyncs({ fetch: () => later.promise }, { store });
    const called = calls.fetchEach(['a']);
    await settle();
    later.resolve('A');
    await called;
    const tasks = events.filter(({ name }) => name !== undefined);
    assert.deepEqual(texts(tasks), [
      'call begin fetch-each',
      'call start fetch-each',
      'import begin fetch',
      'import wait fetch',
      'call wait fetch-each',
      'import end fetch',
      'call end fetch-each',
    ]);
    assert.ok(events.every(({ time }, i) => i === 0 || time >= events[i - 1].time));
    assert.equal(new Set(tasks.map(({ id }) => id)).size, 2);
    const [call, , subtask] = tasks;
    assert.equal('parent' in call, false);
    assert.equal(subtask.parent, call.id);
  });

  test('follows streams, and counts what they carry', async () => {
    const { events, store } = traced();
    const { streams } = await asyncs({}, { store });
    const upper = await streams.upper(['ab', 'c'], 8);
    assert.equal(await new Response(upper).text(), 'ABC');
    await settle();
    const call = events.find(({ kind }) => kind === 'call');
    for (const direction of ['in', 'out']) {
      const { id } = events.find((event) => event.direction === direction);
      const seen = events.filter((event) => event.id === id);
      assert.equal(seen[0].state, 'begin');
      assert.equal(seen[0].parent, call.id);
      assert.equal(seen.at(-1).state, 'end');
      assert.deepEqual(
        seen.filter(({ state }) => state === 'drop').map(({ side }) => side),
        ['writable', 'readable'],
      );
      assert.equal(
        seen.reduce((sum, { count = 0 }) => sum + count, 0),
        3,
      );
    }
  });

  test('says that a component has cancelled a call, and that it has trapped', async () => {
    const { events, store } = traced();
    const host = { fetch: (name) => (name === 'a' ? Promise.resolve('A') : new Promise(() => {})) };
    const { calls, failures } = await asyncs(host, { store });
    await calls.race('a', 'b');
    const [cancelled, ...others] = events.filter(({ state }) => state === 'cancel');
    assert.equal(cancelled.kind, 'import');
    assert.deepEqual(others, []);
    assert.throws(() => failures.trap());
    assert.match(events.find(({ kind }) => kind === 'trap').error, /unreachable/);
    assert.equal(events.at(-1).state, 'fail');
  });

  test('follows a call of the program that is aborted', async () => {
    const { events, store } = traced();
    const { calls } = await asyncs({ fetch: () => new Promise(() => {}) }, { store });
    const controller = new AbortController();
    const call = calls.fetchEach(['a'], { signal: controller.signal });
    controller.abort();
    await assert.rejects(call, { name: 'AbortError' });
    await settle();
    const of = (kind) =>
      events.filter((event) => event.kind === kind && 'name' in event).map(({ state }) => state);
    assert.deepEqual(of('call'), ['begin', 'start', 'wait', 'cancel', 'fail']);
    assert.deepEqual(of('import'), ['begin', 'wait', 'cancel']);
  });

  test('says in which import a call of the program began', async () => {
    const { events, store } = traced();
    let inner;
    const host = {
      log: () => {
        inner = calls.add(1, 2);
      },
    };
    const { calls, failures } = await asyncs(host, { store });
    failures.callLog('x');
    assert.equal(await inner, 3);
    const [outer, log, add] = events.filter(({ state }) => state === 'begin');
    assert.deepEqual([outer.name, log.name, add.name].map(short), ['call-log', 'log', 'add']);
    assert.equal(outer.parent, undefined);
    assert.equal(log.parent, outer.id);
    assert.equal(add.parent, log.id);
  });

  test('knows in which call a guest works on after it has returned', async () => {
    const { events, store } = traced();
    const { calls, log } = await asyncs({ fetch: async (name) => name }, { store });
    const others = calls.fetchEach(['c']);
    await calls.background(['a', 'b']);
    await Promise.all([others, settle()]);
    assert.equal(log.length, 2);
    const begun = events.filter(({ state, name }) => state === 'begin' && name !== undefined);
    const of = (name) => begun.filter((event) => short(event.name) === name);
    const [background] = of('background');
    const [other] = of('fetch-each');
    assert.deepEqual(
      [...of('fetch'), ...of('log')].map(({ parent }) => parent === background.id).sort(),
      [false, true, true, true, true],
    );
    assert.equal(of('fetch').filter(({ parent }) => parent === other.id).length, 1);
  });

  test('says in which call a stream was made that an import returned', async () => {
    const { events, store } = traced();
    const makeStream = () => new Blob(['abc']).stream();
    const { streams } = await asyncs({ makeStream }, { store });
    assert.equal(await streams.pull(), 3n);
    const given = events.find(({ direction }) => direction === 'in');
    const pull = events.find(({ name }) => short(name) === 'pull');
    assert.equal(given.parent, pull.id);
  });

  test('follows a stream from one component to another', async () => {
    const { events, store } = traced();
    const one = await asyncs({}, { store });
    const other = await asyncs({}, { store });
    const stream = await one.streams.produce(1000n, 100);
    const [count] = await other.streams.consume(stream, 100);
    assert.equal(count, 1000n);
    await settle();
    const { id } = events.find(({ state }) => state === 'copy');
    const seen = events.filter((event) => event.id === id);
    assert.deepEqual(
      seen.filter(({ state }) => state === 'pass').map(({ direction }) => direction),
      ['out', 'within'],
    );
    const copies = seen.filter(({ state }) => state === 'copy');
    assert.ok(copies.every(({ direction }) => direction === 'within'));
    assert.equal(
      copies.reduce((sum, event) => sum + event.count, 0),
      1000,
    );
    assert.equal(seen.at(-1).state, 'end');
  });

  test('follows calls from component to component, and their cancellation', async () => {
    const { events, store } = traced();
    const { exports } = await instance('relay', {}, { store, quiet: true });
    assert.equal(await exports.relay(21), 42);
    const [relay, , double] = events;
    assert.deepEqual([relay.name, double.name], ['relay', 'double']);
    assert.equal(double.parent, relay.id);
    const states = (id) => events.filter((event) => event.id === id).map(({ state }) => state);
    assert.deepEqual(states(relay.id), ['begin', 'start', 'wait', 'end']);
    assert.deepEqual(states(double.id), ['begin', 'start', 'wait', 'end']);
    await exports.giveUp();
    const forever = events.find(({ name }) => name === 'forever');
    assert.deepEqual(states(forever.id), ['begin', 'start', 'wait', 'cancel', 'fail']);
    assert.deepEqual(unfinished(events), []);
  });

  test('follows streams and futures that components hand each other by adapters', async () => {
    const { events, store } = traced();
    const { exports } = await instance('hand-over', {}, { store, quiet: true });
    const call = (name) => events.find((event) => event.kind === 'call' && event.name === name);
    const seen = (kind, parent) => {
      const [begin] = events.filter(
        (event) => event.kind === kind && event.state === 'begin' && event.parent === parent.id,
      );
      return events.filter(({ id }) => id === begin.id).map(told);
    };

    assert.equal(await exports.send(), 42);
    const send = call('send');
    assert.equal(call('take').parent, send.id);
    const passed = (count) => [
      'within begin',
      'within pass',
      `within copy ${count}`,
      'within drop writable',
      'within drop readable',
      'within end',
    ];
    assert.deepEqual(seen('stream', send), passed(3));
    assert.deepEqual(seen('future', send), passed(1));

    const stream = await exports.pull();
    assert.deepEqual([...new Uint8Array(await new Response(stream).arrayBuffer())], [1, 2, 3]);
    await settle();
    const make = call('make');
    assert.equal(make.parent, call('pull').id);
    assert.deepEqual(seen('stream', make), [
      'within begin',
      'within pass',
      'out pass',
      'out copy 3',
      'out drop writable',
      'out drop readable',
      'out end',
    ]);
    assert.deepEqual(unfinished(events), []);
  });

  test('has an end for everything that has begun, under any schedule', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const events = [];
      const trace = (event) => events.push(event);
      const store = new Store({ trace, policy: { seed } });
      const fetch = async (name) => name;
      const { calls, streams } = await asyncs({ fetch }, { store });
      await Promise.all([
        calls.fetchAll(['a', 'b', 'c']),
        calls.race('d', 'e'),
        streams.consume(await streams.produce(100n, 7), 9),
        streams.first(new Blob(['abcdef']), 2),
      ]);
      await settle();
      assert.deepEqual(unfinished(events), [], `seed ${seed}`);
      assert.equal(store.trap, undefined);
    }
  });

  test('is not there when nobody listens', async () => {
    const { driver, runtime } = await modules();
    const { Machine } = await internal('machine');
    const { Tracer } = await internal('trace');
    const own = new Machine(runtime, driver, {});
    const watched = new Machine(runtime, driver, {}, (store) => new Tracer(store, () => {}));
    const native = (call) => /native code/.test(Function.prototype.toString.call(call));
    assert.ok(
      Object.values(own.runtimeExports).every((one) => typeof one !== 'function' || native(one)),
    );
    assert.equal(native(watched.runtimeExports.task_enter), false);
  });

  test('wants a function', () => {
    assert.throws(() => new Store({ trace: 1 }), { name: 'TypeError' });
  });
});

function traced() {
  const events = [];
  return { events, store: new Store({ trace: (event) => events.push(event) }) };
}

function texts(events) {
  return events.map(({ kind, state, name }) => `${kind} ${state} ${short(name)}`);
}

/** An event of a stream or future, in words. */
function told({ direction, state, count, side }) {
  return [direction, state, count ?? side].filter((word) => word !== undefined).join(' ');
}

function short(name) {
  return name?.replace(/.*#/, '');
}

/** What has begun and not ended, or has ended twice. */
function unfinished(events) {
  const states = new Map();
  for (const { id, kind, state } of events) {
    const ends = state === 'end' || state === 'fail' || (kind === 'import' && state === 'cancel');
    const [begun = 0, ended = 0] = states.get(id) ?? [];
    states.set(id, [begun + (state === 'begin' ? 1 : 0), ended + (ends ? 1 : 0)]);
  }
  const wrong = [...states].filter(([, [begun, ended]]) => begun !== 1 || ended !== 1);
  return wrong.map(([id]) => events.filter((event) => event.id === id));
}

async function modules() {
  const load = async (name) =>
    new WebAssembly.Module(await readFile(new URL(`../../pkg/dist/${name}.wasm`, import.meta.url)));
  return { runtime: await load('runtime'), driver: await load('driver') };
}
