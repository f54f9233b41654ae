/** Parts of the host that are loaded when they are needed, and what happens when they cannot be. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { provide } from '../../pkg/dist/parts.js';
import { asyncs } from './support/guests.mjs';
import { internal } from './support/internal.mjs';

const DIST = new URL('../../pkg/dist/', import.meta.url);

test('a part that cannot be loaded is named, with what to do', async () => {
  const { part, provide: give } = await internal('parts');
  const cause = new TypeError('404');
  give({ trace: () => Promise.reject(cause) });
  await assert.rejects(part('trace'), (error) => {
    assert.match(error.message, /'trace': 404.*tidegate\/whole/s);
    assert.equal(error.cause, cause);
    return true;
  });
});

test('a part that could not be loaded is asked for again', async () => {
  const { part, provide: give } = await internal('parts');
  const trace = {};
  let refused = true;
  give({ trace: async () => (refused ? Promise.reject(new Error('offline')) : trace) });
  await assert.rejects(part('trace'), /offline/);
  refused = false;
  assert.equal(await part('trace'), trace);
});

test('a deadlock that cannot be described is a deadlock all the same', async () => {
  provide({
    compile: () => import(partFile('compile')),
    describe: () => import(partFile('describe')),
    deadlock: () => Promise.reject(new Error('offline')),
  });
  const { failures } = await asyncs({}, { store: new Store({ deadlock: 'error' }) });
  await assert.rejects(failures.deadlock(), ({ code, message }) => {
    assert.equal(code, 'deadlock');
    assert.match(message, /^deadlock: nothing is ready .*offline/);
    return true;
  });
});

/** Where the package has a part. */
function partFile(name) {
  const file = readdirSync(DIST).find((file) => new RegExp(`^${name}-[A-Z0-9]+\\.js$`).test(file));
  return new URL(file, DIST).href;
}
