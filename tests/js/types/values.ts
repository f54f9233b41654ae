// Every type of value and both kinds of resource, against the declarations of the guest `values`.

import { Component, type Instance } from 'tidegate';
import type instance from './values.component.wasm';
import {
  bank,
  counters,
  type Exports,
  echo,
  type greetTwice,
  type Imports,
  type TidegateValuesLedger,
} from './values.component.wasm';

/** Whether two types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Same<A, B> extends true ? [] : ['not the same']): void {}

// Scalars, lists.
same<Parameters<typeof echo.echoU8>, [v: number]>();
same<ReturnType<typeof echo.echoS64>, bigint>();
same<ReturnType<typeof echo.echoListU8>, Uint8Array>();
same<ReturnType<typeof echo.echoListS64>, BigInt64Array>();
same<ReturnType<typeof echo.echoListF32>, Float32Array>();
same<ReturnType<typeof echo.echoListChar>, string[]>();
same<ReturnType<typeof echo.echoDeepList>, string[][][]>();
same<ReturnType<typeof echo.nothing>, void>();
echo.echoBool(true).valueOf();
// @ts-expect-error: a bigint is wanted.
echo.echoU64(1);
// @ts-expect-error: a number is wanted.
echo.echoU32(1n);
// @ts-expect-error: a string is wanted.
echo.echoChar(65);
// @ts-expect-error: bytes are wanted.
echo.echoListU8('text');

// Records, flags, enums, tuples, maps.
const person = { name: 'a', age: 3, tags: ['b'], favoriteColor: 'dark-blue' } as const;
const { home, favoriteColor } = echo.echoPerson({ ...person, tags: [], home: undefined });
same<typeof home, { x: number; y: number } | undefined>;
same<typeof favoriteColor, 'red' | 'green' | 'dark-blue'>();
echo.echoPermissions({ canRead: true });
same<ReturnType<typeof echo.echoTuple>, [number, string, number]>();
same<ReturnType<typeof echo.echoNestedTuple>, [[boolean, bigint], [string, number][]]>();
same<ReturnType<typeof echo.echoMapOfLists>, Map<number, string[]>>();
// @ts-expect-error: favoriteColor is missing.
echo.echoPerson({ name: 'a', age: 3, tags: [] });
// @ts-expect-error: no such flag.
echo.echoPermissions({ 'can-read': true });
// @ts-expect-error: no such color.
echo.echoColor('blue');
// @ts-expect-error: too short.
echo.echoTuple([1, 'a']);

// Variants, options, results.
const shape = echo.echoShape({ tag: 'corner', val: { x: 1, y: 2 } });
if (shape.tag === 'polygon') same<typeof shape.val, { x: number; y: number }[]>;
if (shape.tag === 'nothing') same<typeof shape, { tag: 'nothing' }>();
echo.echoOption(undefined);
echo.echoOption();
const nested = echo.echoNestedOption({ tag: 'some', val: undefined });
if (nested.tag === 'some') same<typeof nested.val, string | undefined>();
same<ReturnType<typeof echo.echoResult>, string>();
same<ReturnType<typeof echo.echoResultOk>, number>();
same<ReturnType<typeof echo.echoResultError>, void>();
same<
  ReturnType<typeof echo.echoNestedResult>,
  { tag: 'ok'; val: number } | { tag: 'err'; val: string }
>();
// @ts-expect-error: a circle has a radius.
echo.echoShape({ tag: 'circle' });
// @ts-expect-error: no such case.
echo.echoShape({ tag: 'square' });
// @ts-expect-error: a nested option is tagged.
echo.echoNestedOption('text');

// Resources of the component.
using counter = new counters.Counter(5);
same<ReturnType<typeof counter.increment>, number>();
const merged = counters.Counter.merge(counter, counters.Counter.checked(3));
same<typeof merged, InstanceType<Exports['counters']['Counter']>>();
counters.sum([counter, merged]);
// @ts-expect-error: not a counter, though it has all its methods.
counters.consume({ increment: () => 1, value: () => 1, [Symbol.dispose]() {} });
// @ts-expect-error: an `empty` is not a counter.
counters.consume(new counters.Empty());

// Resources of the host.
class Account {
  #balance = 0n;
  constructor(private readonly name: string) {}
  owner(): string {
    return this.name;
  }
  deposit(amount: bigint): bigint {
    this.#balance += amount;
    return this.#balance;
  }
  balance(): bigint {
    return this.#balance;
  }
  isSame(other: Account): boolean {
    return this === other;
  }
  static find(owner: string): Account {
    return new Account(owner);
  }
}
const ledger: TidegateValuesLedger = {
  Account,
  transfer(source: Account, target: Account, amount) {
    source.deposit(-amount);
    target.deposit(amount);
  },
  close: (account) => account.balance(),
  merge: ([first]) => first ?? new Account(''),
  notify() {},
};
const account: TidegateValuesLedger.Account = bank.open('me');
bank.keep(account);
// @ts-expect-error: `balance` is missing.
bank.keep({ owner: () => '', deposit: () => 1n, isSame: () => true });
// @ts-expect-error: the constructor takes a string.
const badClass: TidegateValuesLedger['Account'] = class extends Account {
  constructor(balance: bigint) {
    super(String(balance));
  }
};
// @ts-expect-error: `close` is missing.
const badLedger: TidegateValuesLedger = {
  Account,
  transfer() {},
  merge: ledger.merge,
  notify() {},
};

// The whole.
same<typeof greetTwice, (name: string) => string>;
same<typeof instance, Exports>();
same<Exports['tidegate:values/echo@1.2.3'], Exports['echo']>();
export async function start(bytes: Uint8Array<ArrayBuffer>): Promise<Instance<Exports>> {
  const component = await Component.compile(bytes);
  const imports: Imports = {
    'tidegate:values/ledger@1.2.3': ledger,
    'tidegate:values/echo@1.2.3': echo,
    greeting: (name) => `hello ${name}`,
  };
  same<Promise<string>, ReturnType<typeof component.types>>();
  return component.instantiate<Exports>(imports);
}
// @ts-expect-error: the interfaces are missing.
export const bad: Imports = { greeting: (name) => name };
export { badClass, badLedger };
