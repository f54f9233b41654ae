/** Components of separate artifacts, beside each other: the exports of one instance are the imports of another, in one store or in two. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { instance } from './support/guests.mjs';

const THINGS = 'test:beside/things@1.0.0';

/** Both, with what is watched of their store or stores. */
async function linked(options) {
  const maker = await instance('beside-maker', {}, options);
  const user = await instance(
    'beside-user',
    { [THINGS]: maker.exports[THINGS] },
    { store: options.together ? maker.store : new Store() },
  );
  return { maker, user, things: maker.exports[THINGS], use: user.exports };
}

for (const together of [true, false]) {
  const where = together ? 'in one store' : 'in separate stores';

  test(`${where}: a resource is the same one wherever it goes`, async () => {
    const { things, use } = await linked({ together });
    const fetched = use.fetch(7);
    assert.ok(fetched instanceof things.Thing, 'made by one, given away by the other');
    assert.equal(fetched.number(), 7);
    assert.equal(things.alive(), 1);
    assert.equal(use.twice(fetched), 14, 'lent');
    assert.equal(use.twice(fetched), 14, 'and it came back');
    use.consume(fetched);
    assert.equal(things.alive(), 0, 'its destructor has run where it is from');
    assert.throws(() => fetched.number(), TypeError, 'it has been given away');
    const own = new things.Thing(3);
    assert.equal(use.twice(own), 6);
    own[Symbol.dispose]();
    assert.equal(things.alive(), 0);
  });

  test(`${where}: a stream goes from one to the other and back`, async () => {
    const { use } = await linked({ together });
    const bytes = Uint8Array.of(1, 2, 3);
    const through = use.through(new Response(bytes).body);
    const read = new Uint8Array(await new Response(through).arrayBuffer());
    assert.deepEqual(read, bytes);
  });
}

test('one store has one fate; of two, the other goes on', async () => {
  for (const together of [true, false]) {
    const { things, user, use } = await linked({ together });
    const other = await instance('siblings', {}, { store: user.store });
    assert.throws(() => other.exports.trap(), { code: 'core-trap' });
    assert.throws(() => use.fetch(1), { code: 'store-locked' });
    if (together) assert.throws(() => things.alive(), { code: 'store-locked' });
    else assert.equal(things.alive(), 0);
  }
});
