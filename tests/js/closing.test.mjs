/** `store.close`: who waits is told, what is under way is aborted, what guests hold is given back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ComponentTrap, Store } from '../../pkg/dist/node.js';
import { blocking, JSPI } from './support/blocking.mjs';
import { manual, settle } from './support/time.mjs';
import { values } from './support/values.mjs';

const waits = { skip: !JSPI && 'this engine cannot suspend stacks' };
const REASON = new Error('enough');
const closed = (error) => error instanceof ComponentTrap && error.code === 'store-closed';

test(
  'whoever waits is rejected with the reason, the import is aborted, later calls are refused',
  waits,
  async () => {
    const soon = manual();
    const { wait, neverBlocks, store } = await blocking({ soon: soon.call });
    const waiting = assert.rejects(
      wait(),
      (error) =>
        closed(error) && error.cause === REASON && /was closed: enough/.test(error.message),
    );
    await settle();
    const { signal } = soon.calls[0].context;
    assert.equal(signal.aborted, false);
    store.close(REASON);
    await waiting;
    assert.equal(signal.aborted, true);
    assert.equal(store.trap.code, 'store-closed');
    await assert.rejects(neverBlocks(1), { code: 'store-locked' });
    soon.calls[0].resolve(1);
    await settle();
  },
);

test('an import may close the store that has called it', async () => {
  let store;
  const greeting = () => {
    store.close(REASON);
    return 'too late';
  };
  const made = await values({ greeting });
  store = made.store;
  assert.throws(() => made.exports.greetTwice('you'), closed);
  assert.throws(() => made.exports.greetTwice('you'), { code: 'store-locked' });
});

test("the host's resources that guests hold are disposed of, those that are lent are not", async () => {
  const { bank, ledger, store } = await values();
  const [kept, lent] = [new ledger.Account('kept'), new ledger.Account('lent')];
  bank.keep(kept);
  lent.owner = () => {
    store.close();
    return 'nobody';
  };
  assert.throws(() => bank.inspect(lent), closed);
  await setTimeout(10);
  assert.deepEqual([kept.dropped, lent.dropped], [1, 0]);
});

/** An import that makes its component trap. */
const greeting = () => {
  throw REASON;
};

test('a trap gives them back as well', async () => {
  const { bank, ledger, exports } = await values({ greeting });
  const account = new ledger.Account('kept');
  bank.keep(account);
  assert.throws(() => exports.greetTwice('you'), ComponentTrap);
  assert.equal(account.dropped, 0, 'not while calls are on the stack');
  await setTimeout(10);
  assert.equal(account.dropped, 1);
});

test('a store that has trapped keeps its trap, one without instances takes none', async () => {
  const { exports, store } = await values({ greeting });
  assert.throws(() => exports.greetTwice('you'), ComponentTrap);
  const { trap } = store;
  store.close(REASON);
  assert.equal(store.trap, trap);
  const early = new Store();
  early.close(REASON);
  const { code, cause } = await values({}, { store: early }).catch((error) => error);
  assert.deepEqual([code, cause.code, cause.cause], ['store-locked', 'store-closed', REASON]);
});
