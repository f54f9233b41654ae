/** What the law wants of a store that ends. */

import assert from 'node:assert/strict';
import { ComponentTrap } from '../../../pkg/dist/node.js';
import { asyncs } from './guests.mjs';
import { within } from './time.mjs';

/**
 * Calls `call`, which must fail with a trap of this code; then `later`, which must fail at once because of it.
 *
 * @returns {Promise<ComponentTrap>} the trap
 */
export async function ends(store, code, call, later) {
  let trap;
  try {
    await within(5000, call());
  } catch (error) {
    trap = error;
  }
  assert.ok(trap !== undefined, 'it did not fail');
  assert.ok(trap instanceof ComponentTrap, `${trap.name}: ${trap.message}`);
  assert.match(trap.code, code instanceof RegExp ? code : new RegExp(`^${code}$`));
  assert.equal(store.trap.code, trap.code);
  assert.equal(store.trap.cause, trap.cause);
  if (later !== undefined) {
    let second;
    try {
      await within(1000, later());
    } catch (error) {
      second = error;
    }
    assert.ok(second instanceof ComponentTrap, `${second?.name}: ${second?.message}`);
    assert.equal(second.code, 'store-locked');
    assert.equal(second.cause, store.trap, 'the cause is the first trap');
  }
  return trap;
}

/** A store of its own works. */
export async function nextStoreWorks() {
  const { calls } = await asyncs({ add: async (a, b) => a + b });
  assert.equal(await calls.addRemotely(40, 2), 42);
}
