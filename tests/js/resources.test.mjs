/** Resources both ways: the guest's as classes of JS, and the host's classes as resources of the guest. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ComponentTrap, Store } from '../../pkg/dist/node.js';
import { collectUntil } from './support/gc.mjs';
import { instance } from './support/guests.mjs';
import { makeLedger, values } from './support/values.mjs';

describe("the guest's resources", () => {
  test('constructor, methods, statics and dispose', async () => {
    const { counters } = await values();
    const { Counter } = counters;
    const counter = new Counter(5);
    assert.ok(counter instanceof Counter);
    assert.equal(counter.value(), 5);
    assert.equal(counter.increment(3), 8);
    assert.equal(counter.value(), 8);
    assert.equal(counters.live(), 1);
    counter[Symbol.dispose]();
    assert.equal(counters.live(), 0, 'the destructor has run');
    counter[Symbol.dispose]();
    assert.equal(counters.live(), 0, 'disposing twice is disposing once');
  });

  test('a static function that returns a resource or an error', async () => {
    const { counters } = await values();
    assert.equal(counters.Counter.checked(7).value(), 7);
    assert.throws(() => counters.Counter.checked(-1), { payload: '-1 is negative' });
  });

  test('lists of resources, given and lent', async () => {
    const { counters } = await values();
    const many = counters.Counter.many(1000);
    assert.equal(many.length, 1000);
    assert.equal(counters.live(), 1000);
    assert.equal(counters.sum(many), 499_500);
    assert.equal(counters.sum([many[1], many[1]]), 2, 'one can be lent twice');
    assert.equal(counters.sum([]), 0);
    for (const counter of many) counter[Symbol.dispose]();
    assert.equal(counters.live(), 0);
  });

  test('a resource that is given away is gone for JS', async () => {
    const { counters, store } = await values();
    const counter = new counters.Counter(4);
    assert.equal(counters.consume(counter), 4);
    assert.equal(counters.live(), 0);
    assert.throws(() => counter.value(), TypeError);
    assert.throws(() => counters.consume(counter), TypeError);
    assert.throws(() => counters.sum([counter]), TypeError);
    counter[Symbol.dispose]();
    assert.equal(store.trap, undefined);
    assert.equal(new counters.Counter(1).value(), 1);
  });

  test('given and lent, or given twice, in one call', async () => {
    const { counters, store } = await values();
    const [a, b] = [new counters.Counter(1), new counters.Counter(2)];
    assert.throws(() => counters.Counter.merge(a, a), TypeError);
    assert.throws(() => counters.swap([a, a]), TypeError);
    assert.equal(a.value(), 1, 'nothing was given');
    const merged = counters.Counter.merge(a, b);
    assert.equal(merged.value(), 3);
    assert.equal(b.value(), 2, 'a lent one stays');
    assert.equal(counters.live(), 2);
    assert.equal(store.trap, undefined);
  });

  test('given and got back', async () => {
    const { counters } = await values();
    const [a, b] = [new counters.Counter(1), new counters.Counter(2)];
    const [c, d] = counters.swap([a, b]);
    assert.deepEqual([c.value(), d.value()], [2, 1]);
    assert.equal(counters.maybe(undefined), undefined);
    assert.equal(counters.maybe(c).value(), 2);
    assert.equal(counters.live(), 2);
  });

  test('what is not a resource of this type is refused', async () => {
    const one = await values();
    const other = await values();
    const { counters } = one;
    const foreign = new other.counters.Counter(1);
    for (const wrong of [undefined, null, {}, 1, new counters.Empty(), foreign]) {
      assert.throws(() => counters.consume(wrong), /^TypeError: counter: /);
      assert.throws(() => counters.sum([wrong]), /^TypeError: counters\[0\]: /);
    }
    assert.throws(() => counters.Counter.prototype.value.call({}), TypeError);
    assert.throws(() => counters.Counter(1), TypeError, 'a class wants new');
    assert.equal(foreign.value(), 1);
    assert.equal(one.store.trap, undefined);
    assert.equal(other.store.trap, undefined);
  });

  test('the classes of two instances differ, in one store too', async () => {
    const store = new Store();
    const a = await values({}, { store });
    const b = await values({}, { store });
    assert.notEqual(a.counters.Counter, b.counters.Counter);
    assert.throws(() => a.counters.consume(new b.counters.Counter(1)), TypeError);
    assert.equal(store.trap, undefined);
  });

  test('a resource whose JS object is collected is dropped', async () => {
    const { counters } = await values();
    (() => void counters.Counter.many(10))();
    const kept = new counters.Counter(1);
    await collectUntil(() => counters.live() === 1);
    assert.equal(counters.live(), 1);
    assert.equal(kept.value(), 1);
  });

  test('disposing of one when its store has ended does nothing', async () => {
    const { counters, bank, ledger, store } = await values();
    const counter = new counters.Counter(1);
    const account = new ledger.Account('x');
    account[Symbol.dispose] = () => {
      throw new Error('mine');
    };
    bank.keep(account);
    assert.throws(() => bank.dropKept(), { code: 'host-error' });
    const { trap } = store;
    counter[Symbol.dispose]();
    assert.equal(store.trap, trap);
    assert.throws(() => counter.value(), /store-locked|locked|dropped|disposed/);
  });

  test('one that is collected when its store has ended does nothing', async () => {
    const { counters, bank, ledger, store } = await values();
    let collected = false;
    const registry = new FinalizationRegistry(() => {
      collected = true;
    });
    (() => registry.register(new counters.Counter(1)))();
    const account = new ledger.Account('x');
    account[Symbol.dispose] = () => {
      throw new Error('mine');
    };
    bank.keep(account);
    assert.throws(() => bank.dropKept(), { code: 'host-error' });
    const { trap } = store;
    await collectUntil(() => collected);
    assert.equal(store.trap, trap);
  });
});

describe("the host's resources", () => {
  test('constructor, methods, statics, borrows and owns, as the guest uses them', async () => {
    const { bank, ledger } = await values();
    assert.deepEqual(bank.tour(), [
      'Ada and Bob',
      'deposit Ok(100)',
      'deposit Err("nothing to deposit")',
      'transfer Ok(())',
      'transfer Err("not enough")',
      'balances 70 30',
      'same true false',
      'found Ada 70',
      'not found: no account of Eve',
      'merged Ada & Bob 100',
      'closed 100',
    ]);
    const dropped = Object.fromEntries(ledger.all.map(({ name, dropped }) => [name, dropped]));
    assert.equal(dropped.Ada, 1, 'the one that was found was dropped by the guest');
    assert.equal(dropped['Ada & Bob'], 0, 'one that was given to the host is its own affair');
  });

  test('an object goes to the guest and comes back as itself', async () => {
    const { bank, ledger } = await values();
    const account = new ledger.Account('Ada');
    account.total = 12n;
    assert.equal(bank.inspect(account), 'Ada: 12');
    assert.equal(account.dropped, 0, 'a borrow is not dropped');
    bank.keep(account);
    assert.equal(bank.take(), account);
    assert.equal(bank.take(), undefined);
    assert.equal(bank.open('Bob'), ledger.all.at(-1));
    assert.equal(account.dropped, 0);
  });

  test('dropping one calls its dispose, once', async () => {
    const { bank, ledger } = await values();
    const account = new ledger.Account('Ada');
    bank.keep(account);
    assert.equal(bank.dropKept(), true);
    assert.equal(account.dropped, 1);
    assert.equal(bank.dropKept(), false);
  });

  test('borrows passed through the guest to the host', async () => {
    const { bank, ledger } = await values();
    const [a, b] = [new ledger.Account('a'), new ledger.Account('b')];
    a.total = 10n;
    bank.passOn(a, b, 4n);
    assert.deepEqual([a.total, b.total], [6n, 4n]);
    assert.throws(() => bank.passOn(a, b, 400n), { payload: 'not enough' });
    bank.passOn(a, a, 1n);
  });

  test('what is not an instance of the class is refused', async () => {
    const { bank, store } = await values();
    const other = makeLedger();
    for (const wrong of [{}, undefined, new other.Account('x')]) {
      assert.throws(() => bank.keep(wrong), /^TypeError: account: /);
    }
    assert.equal(store.trap, undefined);
  });

  test('a dispose that throws ends the store', async () => {
    const { bank, ledger, store } = await values();
    const account = new ledger.Account('Ada');
    const cause = new Error('dispose failed');
    account[Symbol.dispose] = () => {
      throw cause;
    };
    bank.keep(account);
    assert.throws(() => bank.dropKept(), { name: 'ComponentTrap', code: 'host-error', cause });
    assert.equal(store.trap.cause, cause);
  });

  test('the host may call the guest from an import that the guest called', async () => {
    const ledger = makeLedger();
    let guest;
    ledger.notify = (text) => {
      for (const _ of text) guest.bank.calledBack();
    };
    guest = await values({ 'tidegate:values/ledger': ledger });
    assert.equal(guest.bank.callBack('four'), 4);
    assert.equal(guest.store.trap, undefined);
  });
});

describe('misuse of handles', () => {
  class Thing {
    dropped = 0;
    [Symbol.dispose]() {
      this.dropped++;
    }
  }

  async function handles() {
    const given = [];
    const lent = [];
    const made = await instance('handles', {
      host: {
        Thing,
        lend: (thing) => void lent.push(thing),
        give: (thing) => void given.push(thing),
      },
    });
    return { ...made.exports, Item: made.exports.Item, store: made.store, given, lent };
  }

  test('an own resource is made, lent, given and dropped', async () => {
    const guest = await handles();
    const item = guest.make(41);
    assert.ok(item instanceof guest.Item);
    assert.equal(guest.repOf(item), 41);
    assert.equal(guest.take(item), 41);
    assert.equal(guest.dropped(), 1);
    guest.make(1)[Symbol.dispose]();
    assert.equal(guest.dropped(), 2);
    guest.forget(guest.make(2));
    assert.equal(guest.dropped(), 2);
  });

  test('a destructor that traps ends the store', async () => {
    const guest = await handles();
    const item = guest.make(666);
    assert.throws(() => item[Symbol.dispose](), { name: 'ComponentTrap', code: 'core-trap' });
    assert.throws(() => guest.make(1), { code: 'store-locked' });
  });

  const alone = {
    dropUnknown: 'unknown-handle',
    dropZero: 'unknown-handle',
    repUnknown: 'unknown-handle',
    dropTwice: 'unknown-handle',
    returnUnknown: 'unknown-handle',
    returnDropped: 'unknown-handle',
    withoutEnd: /^(table-full|limit-exceeded)$/,
  };
  const withThing = {
    keepBorrow: 'borrows-remain',
    dropBorrowTwice: 'unknown-handle',
    giveBorrow: 'not-owned',
    borrowOfOtherType: 'wrong-handle-type',
    giveTwice: 'unknown-handle',
  };
  for (const [name, code] of [...Object.entries(alone), ...Object.entries(withThing)]) {
    test(`${name}: ${code}`, async () => {
      const guest = await handles();
      const call = () => (name in withThing ? guest[name](new Thing()) : guest[name]());
      assert.throws(call, (error) => {
        assert.ok(error instanceof ComponentTrap);
        assert.match(error.code, code instanceof RegExp ? code : new RegExp(`^${code}$`));
        return true;
      });
      assert.equal(guest.store.trap.code, guest.store.trap.code);
      assert.throws(() => guest.make(1), { code: 'store-locked' });
    });
  }

  test('what is right stays right', async () => {
    const guest = await handles();
    const [a, b, c, d] = Array.from({ length: 4 }, () => new Thing());
    guest.dropBorrow(a);
    guest.lendBorrow(a);
    guest.lendOwn(b);
    guest.giveOwn(c);
    guest.dropOwn(d);
    assert.deepEqual(guest.lent, [a, b]);
    assert.deepEqual(guest.given, [c]);
    assert.deepEqual(
      [a, b, c, d].map((thing) => thing.dropped),
      [0, 1, 0, 1],
    );
    assert.equal(guest.store.trap, undefined);
  });
});
