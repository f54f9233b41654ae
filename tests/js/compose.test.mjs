/** Components that become one: by order, by name, with what stays outside, and what does not fit. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  Component,
  ComponentCompileError,
  ComponentLinkError,
  compose,
} from '../../pkg/dist/node.js';

const guest = (name) =>
  readFile(new URL(`../../build/guests/${name}.component.wasm`, import.meta.url));
const [link, end, odd] = await Promise.all(
  ['compose-link', 'compose-end', 'compose-odd'].map(guest),
);

/** The outermost calls the next one, and so on; the last one asks the host. */
const tell = () => ({ 'test:chain/say@1.2.0': { say: (n) => n * 10 } });

test('an import is served by the next component that exports it', async () => {
  const one = await Component.compose({ first: link, second: link, last: end });
  assert.deepEqual(
    one.imports.map(({ name }) => name),
    ['test:chain/say@1.2.0'],
  );
  assert.deepEqual(
    one.exports.map(({ name }) => name),
    ['test:chain/step@1.0.0'],
  );
  const { exports } = await one.instantiate(tell());
  assert.equal(
    exports.step.step(1),
    32,
    '1 + 1 + 1 is asked for, and each adds 1 to what comes back',
  );
});

test('what nobody serves is imported from outside', async () => {
  const two = await Component.compose({ first: link, second: link });
  assert.deepEqual(
    two.imports.map(({ name }) => name),
    ['test:chain/step@1.0.1'],
  );
  const { exports } = await two.instantiate({ 'test:chain/step': { step: (n) => n * 100 } });
  assert.equal(exports.step.step(1), 302);
});

test('a link names a component, an export of another name, or an implementation', async () => {
  const parts = { first: link, second: link, last: end };
  const step = 'test:chain/step';
  const short = await Component.compose(parts, { link: { first: { [step]: 'last' } } });
  assert.equal((await short.instantiate(tell())).exports.step.step(1), 21);
  const named = { component: 'last', export: 'test:chain/step@1.1.0' };
  const same = await Component.compose(parts, { link: { first: { [step]: named } } });
  assert.equal((await same.instantiate(tell())).exports.step.step(1), 21);
  const here = { step: (n) => n + 1000 };
  const bound = await Component.compose(
    { first: link, second: link },
    { link: { second: { [step]: here } } },
  );
  assert.equal((await bound.instantiate()).exports.step.step(1), 1005);
});

/** What is exported when this is asked for. */
async function exported(parts, exports) {
  const one = await Component.compose(parts, { exports });
  return one.exports.map(({ name }) => name);
}

test('exports names what is seen from outside, and as what', async () => {
  const parts = { first: link, second: link, last: end };
  const step = 'test:chain/step';
  assert.deepEqual(await exported(parts, { [step]: 'last' }), ['test:chain/step@1.1.0']);
  assert.deepEqual(await exported(parts, {}), []);
  const inner = { component: 'second', export: step };
  const last = { component: 'last', export: step };
  const exports = { [step]: 'first', 'test:inner/step@2.0.0': inner, 'last-step': last };
  const one = await Component.compose(parts, { exports });
  const instance = await one.instantiate(tell());
  assert.deepEqual(
    one.exports.map(({ name }) => name),
    ['test:chain/step@1.0.0', 'test:inner/step@2.0.0', 'last-step'],
  );
  const { exports: whole } = instance;
  assert.equal(whole[`${step}@1.0.0`].step(1), 32, 'first asks second, and that last');
  assert.equal(whole['test:inner/step@2.0.0'].step(1), 21);
  assert.equal(whole.lastStep.step(1), 10);
});

test('compose gives a component of the standard form', async () => {
  const bytes = await compose({ first: link, last: end });
  const twice = await Component.compose({ outer: link, inner: bytes });
  assert.equal((await twice.instantiate(tell())).exports.step.step(1), 32);
  await assert.rejects(
    compose({ first: link }, { link: { first: { 'test:chain/step': { step() {} } } } }),
    /TypeError: link: .*Component\.compose takes implementations/,
  );
});

/** The names of what is missing or mistyped. */
async function names(components, options) {
  const error = await Component.compose(components, options).then(assert.fail, (e) => e);
  assert.ok(error instanceof ComponentLinkError, error);
  return error.missing.map(({ name }) => name);
}

test('what does not fit is named, all of it', async () => {
  const step = 'test:chain/step@1.0.1';
  const link_ = {
    nobody: {},
    first: { 'test:chain/other': 'last', [step]: 'nobody' },
    second: { [step]: { component: 'last', export: 'test:chain/other' } },
  };
  assert.deepEqual(await names({ first: link, second: link, last: end }, { link: link_ }), [
    'nobody',
    `${step} of first`,
    'test:chain/other of first',
    `${step} of second`,
  ]);
  const circle = { second: { [step]: 'first' } };
  assert.deepEqual(await names({ first: link, second: link }, { link: circle }), ['first']);
  assert.deepEqual(await names({ first: link, last: odd }), [`${step} of first`]);
  const one = { first: { [step]: { step() {} } }, second: { [step]: { step() {} } } };
  const [name] = await names({ first: link, second: link }, { link: one });
  assert.equal(name, `${step} of second`);
});

test('exports that there are not, twice, or without a right name', async () => {
  const parts = { first: link, last: end };
  const step = 'test:chain/step';
  const nothing = {
    [step]: 'nobody',
    'test:chain/other': 'first',
    'a-name': { component: 'last', export: 'test:chain/other' },
  };
  assert.deepEqual(
    await names(parts, { exports: nothing }),
    Object.keys(nothing).map((name) => `the export ${name} of the whole`),
  );
  const twice = { [step]: 'first', [`${step}@1.0.0`]: 'first' };
  assert.deepEqual(await names(parts, { exports: twice }), [
    `the export ${step}@1.0.0 of the whole`,
  ]);
  const bad = { 'No Name': { component: 'first', export: step } };
  assert.deepEqual(await names(parts, { exports: bad }), ['its exports of the composition']);
  for (const target of [1, null, { component: 'first' }]) {
    await assert.rejects(
      Component.compose(parts, { exports: { [step]: target } }),
      /TypeError: exports: test:chain\/step: expected the name of a component/,
    );
  }
});

test('what is no component is said as by compile', async () => {
  await assert.rejects(Component.compose({ first: new Uint8Array(8) }), ComponentCompileError);
  await assert.rejects(Component.compose({}), TypeError);
  await assert.rejects(Component.compose({ first: 'bytes' }), TypeError);
});
