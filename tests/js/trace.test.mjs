/** What tools see of a component and its store: `component.describe()` and `new Store({ trace })`. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { asyncs, component } from './support/guests.mjs';
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
    assert.deepEqual(texts(events), [
      'call begin fetch-each',
      'import begin fetch',
      'import wait fetch',
      'call wait fetch-each',
      'import end fetch',
      'call end fetch-each',
    ]);
    assert.ok(events.every(({ time }, i) => i === 0 || time >= events[i - 1].time));
    assert.equal(new Set(events.map(({ id }) => id)).size, 2);
  });

  test('follows streams, and counts what they carry', async () => {
    const { events, store } = traced();
    const { streams } = await asyncs({}, { store });
    const upper = await streams.upper(['ab', 'c'], 8);
    assert.equal(await new Response(upper).text(), 'ABC');
    const of = (direction) => events.filter((event) => event.direction === direction);
    for (const direction of ['in', 'out']) {
      const seen = of(direction);
      assert.equal(seen[0].state, 'begin');
      assert.equal(seen.at(-1).state, 'end');
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
    assert.equal(events.filter(({ state }) => state === 'cancel').length, 1);
    assert.throws(() => failures.trap());
    assert.match(events.find(({ kind }) => kind === 'trap').error, /unreachable/);
    assert.equal(events.at(-1).state, 'fail');
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
  return events.map(({ kind, state, name }) => `${kind} ${state} ${name.replace(/.*#/, '')}`);
}
