/** Lists whose length is part of their type. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Component } from '../../pkg/dist/node.js';
import { bytes } from './support/guests.mjs';

const FEATURES = { features: ['fixed-length-lists'] };
const IMPORTS = ['words', 'names', 'many', 'maybe', 'grids', 'one'];

describe('fixed-length lists', () => {
  let component;
  let exports;
  let heard;

  before(async () => {
    component = await Component.compile(await bytes('fixed-lists'), FEATURES);
    const imports = IMPORTS.map((name) => [
      name,
      (value) => {
        heard = value;
        return value;
      },
    ]);
    ({ exports } = await component.instantiate(Object.fromEntries(imports)));
  });

  const cases = [
    ['passWords', Uint32Array.of(1, 2 ** 32 - 1, 3)],
    [
      'passNames',
      [
        ['', 'zwei'],
        ['Grüße', '🌊'],
      ],
    ],
    ['passMany', Float64Array.from({ length: 20 }, (_, i) => i / 3)],
    ['passMaybe', Uint8Array.of(1, 2, 3, 255)],
    ['passMaybe', undefined],
    [
      'passGrids',
      [
        [Uint16Array.of(1, 2, 3), Uint16Array.of(4, 5, 6)],
        [Uint16Array.of(7, 8, 9), Uint16Array.of(10, 11, 65_535)],
      ],
    ],
    ['passGrids', []],
    ['passOne', BigInt64Array.of(-5n)],
  ];
  for (const [name, value] of cases) {
    test(`${name} passes ${JSON.stringify(value, show)}`, () => {
      assert.deepEqual(exports[name](value), value);
      assert.deepEqual(heard, value);
    });
  }

  test('plain arrays do as well', () => {
    assert.deepEqual(exports.passWords([1, 2, 3]), Uint32Array.of(1, 2, 3));
    assert.deepEqual(exports.passOne([7n]), BigInt64Array.of(7n));
  });

  test('the length is checked', async () => {
    const wrong = { name: 'TypeError', message: 'v: expected a list of 3, got one of 2' };
    assert.throws(() => exports.passWords([1, 2]), wrong);
    assert.throws(() => exports.passWords(new Uint32Array(2)), wrong);
    assert.throws(() => exports.passNames([['a', 'b'], ['c']]), {
      message: 'v[1]: expected a list of 2, got one of 1',
    });
    assert.throws(() => exports.passWords(['x', 2, 3]), { message: /^v\[0\]: expected/ });
    const { exports: fresh } = await component.instantiate({
      ...Object.fromEntries(IMPORTS.map((name) => [name, () => [1, 2, 3, 4]])),
    });
    assert.throws(() => fresh.passWords([1, 2, 3]), {
      code: 'wrong-value',
      message: /result: expected a list of 3, got one of 4/,
    });
  });

  test('WIT, descriptions and declarations know them', async () => {
    assert.equal(component.imports[0].wit, 'func(v: list<u32, 3>) -> list<u32, 3>');
    assert.deepEqual(component.describe().imports[0].params[0].type, {
      kind: 'list',
      element: { kind: 'u32' },
      length: 3,
    });
    const types = await component.types();
    assert.match(types, /words\(v: Uint32Array\): Uint32Array/);
    assert.match(types, /names\(v: Array<Array<string>>\): Array<Array<string>>/);
  });
});

function show(_, value) {
  return typeof value === 'bigint' ? `${value}n` : value;
}
