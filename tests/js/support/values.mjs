/** A host for the guest `values`: its `echo` returns what it is given, its `ledger` keeps accounts. */

import { ComponentError } from '../../../pkg/dist/node.js';
import { instance } from './guests.mjs';

/** An instance; `imports` replaces imports by their keys, and an undefined one takes them away. */
export async function values(imports = {}, options = {}) {
  const heard = [];
  const echo = new Proxy(
    {},
    {
      get: (_, name) =>
        function echoed(...args) {
          heard.push([name, args]);
          return name === 'sixteen' || name === 'seventeen' ? args.map(String).join(' ') : args[0];
        },
    },
  );
  const ledger = makeLedger();
  const all = {
    'tidegate:values/echo@1.2.3': echo,
    'tidegate:values/ledger': ledger,
    greeting: (name) => `Hello, ${name}!`,
    ...imports,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  const made = await instance('values', Object.fromEntries(given), options);
  return { ...made.exports, exports: made.exports, heard, ledger, store: made.store };
}

/** The interface `ledger`, with the accounts it has made. */
export function makeLedger() {
  const all = [];
  class Account {
    dropped = 0;
    total = 0n;

    constructor(owner) {
      this.name = owner;
      all.push(this);
    }

    owner() {
      return this.name;
    }

    deposit(amount) {
      if (amount === 0n) throw new ComponentError('nothing to deposit');
      this.total += amount;
      return this.total;
    }

    balance() {
      return this.total;
    }

    isSame(other) {
      return this === other;
    }

    static find(owner) {
      const found = all.find((account) => account.name === owner);
      if (found === undefined) throw new ComponentError(`no account of ${owner}`);
      const copy = new Account(owner);
      copy.total = found.total;
      return copy;
    }

    [Symbol.dispose]() {
      this.dropped++;
    }
  }
  return {
    Account,
    all,
    transfer(source, target, amount) {
      if (amount > source.total) throw new ComponentError('not enough');
      source.total -= amount;
      target.total += amount;
    },
    close(account) {
      return account.total;
    },
    merge(accounts) {
      const merged = new Account(accounts.map((account) => account.name).join(' & '));
      merged.total = accounts.reduce((sum, account) => sum + account.total, 0n);
      return merged;
    },
    notify() {},
  };
}
