/** Every synchronous type: from JS to the guest and back, and through the guest to a host import and back. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ComponentError, ComponentTrap } from '../../pkg/dist/node.js';
import { values } from './support/values.mjs';

const person = {
  name: 'Zoë 🌊',
  age: 255,
  tags: ['', 'a', 'ß'.repeat(300)],
  home: { x: -2147483648, y: 2147483647 },
  favoriteColor: 'dark-blue',
};
const nobody = { name: '', age: 0, tags: [], home: undefined, favoriteColor: 'red' };
const rights = { canRead: true, write: false, executeNow: true };
const flags = (set) =>
  Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`f${i}`, set.includes(i)]));
const some = (val) => ({ tag: 'some', val });
const none = { tag: 'none' };
const ok = (val) => ({ tag: 'ok', val });
const err = (val) => ({ tag: 'err', val });

/** Values of every function of `echo`; each is what JS gives and what it must get. */
const samples = {
  echoBool: [true, false],
  echoU8: [0, 1, 127, 128, 255],
  echoS8: [0, -1, -128, 127],
  echoU16: [0, 32768, 65535],
  echoS16: [0, -1, -32768, 32767],
  echoU32: [0, 1, 2147483648, 4294967295],
  echoS32: [0, -1, -2147483648, 2147483647],
  echoU64: [0n, 1n, 1n << 63n, (1n << 64n) - 1n],
  echoS64: [0n, -1n, -(1n << 63n), (1n << 63n) - 1n],
  echoF32: [0, -0, 1.5, -3.4028234663852886e38, 1.401298464324817e-45, Infinity, -Infinity, NaN],
  echoF64: [0, -0, 0.1, Number.MAX_VALUE, Number.MIN_VALUE, Infinity, -Infinity, NaN],
  echoChar: ['a', '\0', 'ß', '€', '🌊', '\u{10ffff}', '\ud7ff', '\ue000'],
  echoString: ['', 'a', '\0', 'Zoë', '€uro', '🌊🌊', 'x'.repeat(100_000), '日本語'.repeat(5000)],

  echoListBool: [[], [true, false, true]],
  echoListU8: [new Uint8Array(), new Uint8Array([0, 1, 255]), new Uint8Array(200_000).fill(7)],
  echoListS8: [new Int8Array([-128, 0, 127])],
  echoListU16: [new Uint16Array([0, 65535])],
  echoListS16: [new Int16Array([-32768, 32767])],
  echoListU32: [new Uint32Array([0, 4294967295])],
  echoListS32: [new Int32Array([-2147483648, 2147483647])],
  echoListU64: [new BigUint64Array([0n, (1n << 64n) - 1n])],
  echoListS64: [new BigInt64Array([-(1n << 63n), (1n << 63n) - 1n])],
  echoListF32: [new Float32Array([0, -0, 1.5, NaN, Infinity])],
  echoListF64: [new Float64Array([0.1, -0, NaN, -Infinity])],
  echoListChar: [[], ['a', '🌊']],
  echoListString: [[], [''], ['a', 'Zoë', '', '🌊'.repeat(1000)]],
  echoListPoint: [
    [],
    [
      { x: 1, y: -1 },
      { x: 0, y: 2147483647 },
    ],
  ],
  echoListPerson: [[person, nobody, person]],
  echoListShape: [
    [
      { tag: 'nothing' },
      { tag: 'circle', val: 1.25 },
      { tag: 'polygon', val: [{ x: 1, y: 2 }] },
      { tag: 'maybe', val: some(undefined) },
    ],
  ],
  echoListOption: [[], [undefined, 0, 65535, undefined]],
  echoDeepList: [[], [[]], [[[]], [['a', 'b'], []], []]],

  echoColor: ['red', 'green', 'dark-blue'],
  echoPermissions: [rights, { canRead: false, write: false, executeNow: false }],
  echoMany: [flags([]), flags([0, 31]), flags([...Array(32).keys()])],
  echoPoint: [{ x: 0, y: -1 }],
  echoPerson: [person, nobody],
  echoTeam: [
    {
      lead: person,
      members: [nobody, person],
      scores: [
        ['a', 0n],
        ['b', (1n << 64n) - 1n],
      ],
      rights,
    },
  ],
  echoPadded: [{ a: 1, b: 2n, c: true, d: 0.5, e: 65535, f: -0.1, g: '🌊', h: -1 }],
  echoTuple: [[255, 'text', 0.25]],
  echoNestedTuple: [
    [
      [true, -1n],
      [
        ['a', 0],
        ['🌊', 255],
      ],
    ],
  ],
  echoShape: [
    { tag: 'nothing' },
    { tag: 'circle', val: -0.5 },
    { tag: 'named-one', val: 'name' },
    { tag: 'corner', val: { x: 3, y: 4 } },
    { tag: 'maybe', val: none },
    { tag: 'maybe', val: some(undefined) },
    { tag: 'maybe', val: some(9) },
    { tag: 'polygon', val: [] },
  ],
  echoNumber: [
    { tag: 'a', val: 255 },
    { tag: 'b', val: -0.5 },
    { tag: 'c', val: (1n << 64n) - 1n },
    { tag: 'd', val: 0.1 },
    { tag: 'e', val: -128 },
    { tag: 'f', val: '🌊' },
  ],
  echoMap: [new Map(), new Map([['a', 1]]), new Map([...'abcdef'].map((key, i) => [key, i]))],
  echoMapOfLists: [
    new Map([
      [0, []],
      [65535, ['x', '']],
    ]),
  ],

  echoOption: [undefined, 0, 4294967295],
  echoOptionString: [undefined, '', 'text'],
  echoNestedOption: [none, some(undefined), some(''), some('text')],
  echoOptionBool: [none, some(none), some(some(undefined)), some(some(true))],

  echoResultInOption: [undefined, ok(new Uint8Array([1, 2])), err(undefined), err('🌊')],
};

/** A nested option or case without a payload has no `val`, or an undefined one. */
function normal(value) {
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object') return value;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
    return value;
  const entries = Object.entries(value).filter(([key, val]) => key !== 'val' || val !== undefined);
  return Object.fromEntries(entries.map(([key, val]) => [key, normal(val)]));
}

function same(got, expected, message) {
  assert.deepEqual(normal(got), normal(expected), message);
}

describe('every type, to the guest and back', () => {
  let guest;
  before(async () => {
    guest = await values();
  });
  for (const [name, list] of Object.entries(samples)) {
    test(name, () => {
      for (const value of list) same(guest.echo[name](value), value);
    });
  }

  test('functions of up to 16 flat parameters, and more', () => {
    const args = [1, -1, 2, -2, 3, -3, 4n, -4n, 0.5, -0.25, true, '🌊', 'text', 7, 8];
    const text = '1 -1 2 -2 3 -3 4 -4 0.5 -0.25 true 🌊 text 7 8';
    assert.equal(guest.echo.sixteen(...args), text);
    assert.equal(guest.echo.seventeen(...args, 9), `${text} 9`);
    assert.equal(guest.echo.nothing(), undefined);
  });
});

describe('every type, through the guest to a host import and back', () => {
  let guest;
  before(async () => {
    guest = await values();
    guest.control.forward(true);
  });
  for (const [name, list] of Object.entries(samples)) {
    test(name, () => {
      for (const value of list) {
        guest.heard.length = 0;
        same(guest.echo[name](value), value);
        same(guest.heard, [[name, [value]]]);
      }
    });
  }

  test('functions of up to 16 flat parameters, and more', () => {
    const args = [1, -1, 2, -2, 3, -3, 4n, -4n, 0.5, -0.25, true, '🌊', 'text', 7, 8];
    assert.equal(guest.echo.sixteen(...args), args.join(' '));
    assert.equal(guest.echo.seventeen(...args, 9), [...args, 9].join(' '));
    assert.equal(guest.echo.nothing(), undefined);
  });
});

describe("a function's own result", () => {
  const results = {
    echoResult: [ok('text'), ok(''), err(7)],
    echoResultOk: [ok(255), err(undefined)],
    echoResultError: [ok(undefined), err('wrong')],
    echoResultEmpty: [ok(undefined), err(undefined)],
    echoResultRecord: [ok(person), err({ tag: 'corner', val: { x: 1, y: 2 } })],
    echoNestedResult: [ok(ok(1)), ok(err('inner')), err(ok(undefined)), err(err(2))],
  };
  for (const [name, list] of Object.entries(results)) {
    test(name, async () => {
      const guest = await values();
      for (const value of list) {
        const call = () => guest.echo[name](value);
        if (value.tag === 'ok') {
          same(call(), value.val);
        } else {
          assert.throws(call, (error) => {
            assert.ok(error instanceof ComponentError);
            same(error.payload, value.val);
            return true;
          });
        }
      }
      assert.equal(guest.store.trap, undefined, 'an error is no trap');
    });
  }

  test('of a host import: returned, or thrown with a payload', async () => {
    const cases = [
      [() => 'fine', ok('fine')],
      [
        () => {
          throw new ComponentError(5);
        },
        err(5),
      ],
      [
        () => {
          throw Object.assign(new Error('x'), { payload: 6 });
        },
        err(6),
      ],
      [
        () => {
          throw { payload: 7 };
        },
        err(7),
      ],
      [
        () => {
          throw 8;
        },
        err(8),
      ],
    ];
    for (const [echoResult, expected] of cases) {
      const guest = await values({
        'tidegate:values/echo@1.2.3': new Proxy(
          { echoResult },
          { get: (own, name) => own[name] ?? ((v) => v) },
        ),
      });
      guest.control.forward(true);
      const call = () => guest.echo.echoResult(ok(''));
      if (expected.tag === 'ok') assert.equal(call(), expected.val);
      else assert.throws(call, { name: 'ComponentError', payload: expected.val });
    }
  });
});

describe('what JS may pass instead', () => {
  let guest;
  before(async () => {
    guest = await values();
  });
  const accepted = [
    ['echoListU8', [1, 2, 3], new Uint8Array([1, 2, 3])],
    ['echoListU8', new Uint16Array([1, 255]), new Uint8Array([1, 255])],
    ['echoOption', null, undefined],
    ['echoListU64', [1n, 2n], new BigUint64Array([1n, 2n])],
    ['echoListF32', [1, 0.5], new Float32Array([1, 0.5])],
    ['echoF32', 0.1, Math.fround(0.1)],
    ['echoString', 'a\ud800b', 'a\ufffdb'],
    ['echoString', '\udc00', '\ufffd'],
    ['echoPermissions', { write: true }, { canRead: false, write: true, executeNow: false }],
    ['echoPoint', { x: 1, y: 2, z: 3 }, { x: 1, y: 2 }],
    ['echoShape', { tag: 'nothing', val: 'ignored' }, { tag: 'nothing' }],
    ['echoPerson', { ...nobody, home: undefined, extra: 1 }, nobody],
  ];
  for (const [name, given, expected] of accepted) {
    test(`${name}(${String(JSON.stringify(given, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))})`, () => {
      same(guest.echo[name](given), expected);
    });
  }
});

describe('a wrong value is refused before anything enters the guest', () => {
  let guest;
  before(async () => {
    guest = await values();
  });
  const team = { lead: person, members: [nobody], scores: [], rights };
  const wrong = [
    ['echoBool', 1, TypeError, 'v: '],
    ['echoBool', undefined, TypeError, 'v: '],
    ['echoU8', 256, RangeError, 'v: '],
    ['echoU8', -1, RangeError, 'v: '],
    ['echoU8', 1.5, RangeError, 'v: '],
    ['echoU8', NaN, RangeError, 'v: '],
    ['echoU8', '1', TypeError, 'v: '],
    ['echoU8', 1n, TypeError, 'v: '],
    ['echoS8', 128, RangeError, 'v: '],
    ['echoU16', 65536, RangeError, 'v: '],
    ['echoS16', -32769, RangeError, 'v: '],
    ['echoU32', 4294967296, RangeError, 'v: '],
    ['echoS32', 2147483648, RangeError, 'v: '],
    ['echoU64', -1n, RangeError, 'v: '],
    ['echoU64', 1n << 64n, RangeError, 'v: '],
    ['echoU64', 1, TypeError, 'v: '],
    ['echoS64', 1n << 63n, RangeError, 'v: '],
    ['echoF64', '1', TypeError, 'v: '],
    ['echoF32', 1n, TypeError, 'v: '],
    ['echoChar', '', Error, 'v: '],
    ['echoChar', 'ab', Error, 'v: '],
    ['echoChar', '\ud800', Error, 'v: '],
    ['echoChar', 65, TypeError, 'v: '],
    ['echoString', 5, TypeError, 'v: '],
    ['echoString', null, TypeError, 'v: '],
    ['echoString', Symbol('s'), TypeError, 'v: '],
    ['echoListU8', 'text', TypeError, 'v: '],
    ['echoListU8', [1, 256], RangeError, 'v[1]: '],
    ['echoListString', ['a', 5], TypeError, 'v[1]: '],
    ['echoDeepList', [[], [['a'], ['b', 5]]], TypeError, 'v[1][1][1]: '],
    ['echoColor', 'blue', Error, 'v: '],
    ['echoColor', 0, TypeError, 'v: '],
    ['echoColor', 'toString', Error, 'v: '],
    ['echoPermissions', { write: 1 }, TypeError, 'v'],
    ['echoPermissions', null, TypeError, 'v'],
    ['echoPoint', { x: 1 }, TypeError, 'v.y: '],
    ['echoPoint', null, TypeError, 'v: '],
    ['echoPoint', 'x', TypeError, 'v: '],
    [
      'echoTeam',
      { ...team, members: [nobody, { ...person, name: 5 }] },
      TypeError,
      'v.members[1].name: ',
    ],
    [
      'echoTeam',
      { ...team, lead: { ...person, favoriteColor: 'x' } },
      Error,
      'v.lead.favoriteColor: ',
    ],
    ['echoTeam', { ...team, scores: [['a', 1]] }, TypeError, 'v.scores[0][1]: '],
    ['echoTuple', [1, 'a'], TypeError, 'v: '],
    ['echoTuple', { 0: 1, 1: 'a', 2: 0.5, length: 3 }, TypeError, 'v: '],
    ['echoShape', { tag: 'square' }, Error, 'v'],
    ['echoShape', 'nothing', TypeError, 'v: '],
    ['echoShape', { tag: 'circle' }, TypeError, 'v.val: '],
    ['echoShape', { tag: 'polygon', val: [{ x: 1, y: 2 }, { x: 1 }] }, TypeError, 'v.val[1].y: '],
    ['echoShape', { tag: '__proto__', val: 1 }, Error, 'v'],
    ['echoNestedOption', 'text', TypeError, 'v: '],
    ['echoNestedOption', some(5), TypeError, 'v.val: '],
    ['echoResult', 'text', TypeError, 'v: '],
    ['echoResult', { tag: 'ok', val: 5 }, TypeError, 'v.val: '],
    ['echoMap', { a: 1 }, TypeError, 'v: '],
    ['echoMap', new Map([['a', 'b']]), TypeError, 'v'],
    ['echoMap', new Map([[5, 5]]), TypeError, 'v'],
  ];
  for (const [name, value, type, prefix] of wrong) {
    test(`${name}: ${prefix}`, () => {
      assert.throws(
        () => guest.echo[name](value),
        (error) => {
          assert.ok(error instanceof type, `${error.name}: ${error.message}`);
          assert.ok(!(error instanceof ComponentTrap), 'the guest is not to blame');
          assert.ok(error.message.startsWith(prefix), error.message);
          return true;
        },
      );
      assert.equal(guest.store.trap, undefined);
      assert.equal(guest.echo.echoU8(5), 5, 'the store still works');
    });
  }

  test('too few arguments', () => {
    assert.throws(() => guest.echo.echoString(), { name: 'TypeError', message: /^v: / });
  });

  test('a value whose getter throws', () => {
    const value = {
      get x() {
        throw new Error('mine');
      },
      y: 1,
    };
    assert.throws(() => guest.echo.echoPoint(value), /mine/);
    assert.equal(guest.echo.echoU8(5), 5, 'the store still works');
  });

  test('a value that changes while it is read does no harm', () => {
    let reads = 0;
    const value = {
      get x() {
        return reads++ === 0 ? 1 : 'changed';
      },
      y: 1,
    };
    try {
      guest.echo.echoPoint(value);
    } catch (error) {
      assert.ok(error instanceof Error);
    }
  });
});

describe('a wrong value returned by a host import ends the store', () => {
  const wrong = [
    ['echoU8', 5, 256, /result: .*255/],
    ['echoString', 'a', undefined, /result: expected a string/],
    ['echoPerson', person, { ...person, tags: ['a', 5] }, /result\.tags\[1\]: expected a string/],
    ['echoListU8', new Uint8Array(1), [1, -1], /result\[1\]: /],
    ['echoColor', 'red', 'blue', /result: /],
    ['echoMap', new Map(), {}, /result: /],
    ['echoString', 'a', Promise.resolve('a'), /./],
  ];
  for (const [name, given, returned, message] of wrong) {
    test(name, async () => {
      const guest = await values({
        'tidegate:values/echo@1.2.3': new Proxy({}, { get: () => () => returned }),
      });
      guest.control.forward(true);
      assert.throws(
        () => guest.echo[name](given),
        (error) => {
          assert.ok(error instanceof ComponentTrap);
          assert.ok(['wrong-value', 'host-error'].includes(error.code), error.code);
          assert.match(`${error.message} ${error.cause?.message}`, message);
          return true;
        },
      );
      assert.ok(guest.store.trap instanceof ComponentTrap);
    });
  }
});

describe('names of exports and imports', () => {
  test('an interface by its full name, without version, and by its own name', async () => {
    const { exports } = await values();
    assert.equal(exports['tidegate:values/echo@1.2.3'].echoU8(1), 1);
    assert.equal(exports['tidegate:values/echo'].echoU8(2), 2);
    assert.equal(exports.echo.echoU8(3), 3);
    assert.equal(exports.greetTwice('Ada'), 'Hello, Ada! Hello, Ada!');
  });

  test('imports by compatible versions, the most exact first', async () => {
    const echo = (answer) => new Proxy({}, { get: () => () => answer });
    const keys = [
      'tidegate:values/echo@1.2.3',
      'tidegate:values/echo@1.2.0',
      'tidegate:values/echo@1',
      'tidegate:values/echo',
    ];
    for (let i = 0; i < keys.length; i++) {
      const imports = Object.fromEntries(keys.slice(i).map((key, j) => [key, echo(i + j)]));
      const guest = await values({ 'tidegate:values/echo@1.2.3': undefined, ...imports });
      guest.control.forward(true);
      assert.equal(guest.echo.echoU8(99), i, keys[i]);
    }
  });

  test('what a component imports and exports', async () => {
    const { component } = await import('./support/guests.mjs');
    const { imports, exports } = await component('values');
    const echo = exports.find((item) => item.name === 'tidegate:values/echo@1.2.3');
    const wit = (name) => echo.items.find((item) => item.name === name)?.wit;
    assert.equal(wit('echo-u8'), 'func(v: u8) -> u8');
    assert.equal(wit('echo-map'), 'func(v: map<string, u32>) -> map<string, u32>');
    assert.equal(wit('echo-result'), 'func(v: result<string, u32>) -> result<string, u32>');
    assert.ok(imports.some((item) => item.kind === 'func' && item.name === 'greeting'));
    assert.ok(imports.some((item) => item.name === 'tidegate:values/ledger@1.2.3'));
  });
});
