/**
 * A chain of components in one process that serves requests: an authorisation filter in Rust (`wasi:http/middleware`), personal texts
 * in JavaScript (componentize-qjs), and a service in Rust that streams. What one of them imports is another one, or is elsewhere.
 */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Component, Store } from '../../pkg/dist/node.js';
import { remote, serve, toFetchHandler, wasi } from '../../pkg/dist/wasi-node.js';
import { EXTENDED_CONST } from './support/engine.mjs';

const guest = (name) =>
  readFile(new URL(`../../build/guests/${name}.component.wasm`, import.meta.url));
const ada = { authorization: 'Bearer Ada' };
/** `tidegate:chain/personal` by the program. */
const here = {
  async personalise(name, text) {
    return (async function* () {
      yield new TextEncoder().encode(`Dear ${name},\n`);
      yield* text;
    })();
  },
};
const personal = 'tidegate:chain/personal';
const handler = 'wasi:http/handler';

/** An instance of the composition, and what happens in its store. */
async function chain(components, options) {
  const component = await Component.compose(components, options);
  const events = [];
  const store = new Store({ trace: (event) => events.push(event) });
  return { component, events, instance: await component.instantiate(wasi(), { store }) };
}

const names = (items) => items.map(({ name }) => name.replace(/@.*/, ''));

/** How many elements have moved in streams of this direction. */
const moved = (events, direction) =>
  events
    .filter((e) => e.kind === 'stream' && e.state === 'copy' && e.direction === direction)
    .reduce((sum, { count }) => sum + count, 0);

test('a filter in front of a service: bodies go from one to the other', async () => {
  const [filter, service] = await Promise.all([guest('filter'), guest('service')]);
  const { component, instance } = await chain(
    { filter, service },
    { link: { filter: { [personal]: here } } },
  );
  assert.ok(!names(component.imports).includes(handler), 'the filter is served by the service');
  const fetched = toFetchHandler(instance);
  assert.equal((await fetched(new Request('http://host/'))).status, 401);
  const greeting = await fetched(new Request('http://host/', { headers: ada }));
  assert.equal(await greeting.text(), 'Dear Ada,\nHello from a component\n');
  const upper = { method: 'POST', body: 'shout', headers: ada };
  const shouted = await fetched(new Request('http://host/upper', upper));
  assert.equal(await shouted.text(), 'Dear Ada,\nSHOUT');
  assert.equal((await fetched(new Request('http://host/nowhere', { headers: ada }))).status, 404);
});

test('the same import is in another process by configuration', async () => {
  const service = await Component.compile(await guest('service'));
  const server = await serve(await service.instantiate(wasi()));
  try {
    const { instance } = await chain(
      { filter: await guest('filter') },
      { link: { filter: { [handler]: remote(server.url), [personal]: here } } },
    );
    const fetched = toFetchHandler(instance);
    assert.equal((await fetched(new Request('http://host/'))).status, 401);
    const upper = { method: 'POST', body: 'shout', headers: ada };
    const shouted = await fetched(new Request('http://host/upper', upper));
    assert.equal(await shouted.text(), 'Dear Ada,\nSHOUT');
  } finally {
    await server.close({ grace: 0 });
  }
});

const lacking =
  !WebAssembly.validate(EXTENDED_CONST) && 'this engine lacks extended constant expressions';

describe('a chain of three', { skip: lacking }, () => {
  let made;
  let server;
  before(async () => {
    const [filter, person, service] = await Promise.all(
      ['filter', 'personal', 'service'].map(guest),
    );
    made = await chain({ filter, person, service });
    server = await serve(made.instance);
  });
  after(() => server.close({ grace: 0 }));

  test('nothing of the chain is left to the program', () => {
    const imports = names(made.component.imports);
    assert.ok(!imports.includes(handler) && !imports.includes(personal), imports.join());
    assert.ok(imports.every((name) => name.startsWith('wasi:')));
    assert.ok(names(made.component.exports).includes(handler));
  });

  test('bodies go from component to component, and reach JavaScript where they leave', async () => {
    assert.equal((await fetch(server.url)).status, 401);
    made.events.length = 0;
    const count = 1_000_000;
    const answer = await fetch(`${server.url}/count/${count}`, { headers: ada });
    const text = await answer.text();
    assert.equal(text.length, count + 'Dear Ada,\n'.length);
    assert.ok(text.startsWith('Dear Ada,\n....'));
    assert.equal(moved(made.events, 'within'), count, 'the service to the personal texts');
    assert.equal(moved(made.events, 'out'), text.length, 'what the client gets');
    assert.equal(moved(made.events, 'in'), 0);
    const imports = made.events.filter(({ kind }) => kind === 'import');
    assert.deepEqual(
      [...new Set(names(imports))].filter((name) => !/^wasi:/.test(name)),
      [],
    );
  });

  test('many at a time, none lost', async () => {
    const answers = Array.from({ length: 50 }, async (_, i) => {
      const headers = { authorization: `Bearer ${i}` };
      const body = `request ${i}`;
      const answer = await fetch(`${server.url}/upper`, { method: 'POST', headers, body });
      assert.equal(await answer.text(), `Dear ${i},\nREQUEST ${i}`);
    });
    await Promise.all(answers);
  });
});
