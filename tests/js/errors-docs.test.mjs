/** `docs/errors.md` names every class and code that there is, and no other. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tidegate from '../../pkg/dist/node.js';
import { root } from '../../scripts/lib/run.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const page = read('docs/errors.md');
const section = (title) => page.split(/^## /m).find((text) => text.startsWith(`${title}\n`));

/** The codes that tables of a section explain, each with a cause and a remedy. */
function explained(title) {
  const rows = section(title).matchAll(/^\| `([a-z-]+)` \| (.+) \| (.+) \|$/gm);
  return [...rows].map(([, code, cause, remedy]) => {
    assert.ok(cause.endsWith('.') && remedy.endsWith('.'), code);
    return code;
  });
}

/** The members of a union of strings in the published declarations. */
function union(file, name) {
  const text = read(`pkg/dist/types/${file}`);
  const body = new RegExp(`type ${name} = ([^;]+);`).exec(text)[1];
  return [...body.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code);
}

test('every trap code is explained once, and no other', () => {
  const codes = [
    ...union('generated/abi.d.ts', 'TrapCode'),
    ...union('host/errors.d.ts', 'TrapCode'),
  ];
  assert.ok(codes.length > 30);
  assert.deepEqual(explained('ComponentTrap').sort(), codes.sort());
});

test('every compile error code is explained once, and no other', () => {
  const codes = union('host/errors.d.ts', 'CompileErrorCode');
  // The compiler's own list, whose bugs are faults; components that do not fit are a ComponentLinkError; `simd` is between our own files.
  const variants = /enum ErrorCode \{(.*?)^\}/ms.exec(read('src/compiler/src/error.rs'))[1];
  const own = [...variants.matchAll(/^ +([A-Z]\w+),/gm)].map(([, variant]) =>
    variant.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase(),
  );
  // What `Component.load` refuses never reaches the compiler.
  const all = [...own, 'not-precompiled', 'stale'];
  assert.deepEqual([...codes, 'internal', 'mismatch', 'simd'].sort(), all.sort());
  assert.deepEqual(explained('ComponentCompileError').sort(), codes.sort());
});

test('every class is explained', () => {
  const classes = Object.entries(tidegate)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
    .map(([name]) => name);
  assert.ok(classes.length >= 5);
  for (const name of classes) assert.ok(section(name), name);
});

test('compile errors carry their codes', async () => {
  const { Component, ComponentCompileError } = tidegate;
  const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  for (const [code, bytes] of [
    ['not-wasm', new TextEncoder().encode('<!doctype html>')],
    ['core-module', Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)],
    ['truncated', Uint8Array.from([...preamble, 0x07, 0x05])],
    ['invalid', Uint8Array.from([...preamble, 0x07, 0x02, 0x01, 0x00])],
  ]) {
    const error = await Component.compile(bytes).catch((thrown) => thrown);
    assert.ok(error instanceof ComponentCompileError, code);
    assert.equal(error.code, code, error.message);
  }
});

test('where to compile is an option', async () => {
  const { Component } = tidegate;
  const empty = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00);
  for (const worker of ['auto', 'always', 'never', undefined]) {
    assert.ok((await Component.compile(empty, { worker })) instanceof Component);
  }
  await assert.rejects(Component.compile(empty, { worker: 'sometimes' }), TypeError);
});
