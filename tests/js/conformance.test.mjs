/** The conformance runner itself: what it must not let pass. */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as tidegate from '../../pkg/dist/node.js';
import { lacking } from '../conformance/engine.mjs';
import { judge, loadExpectations, readExpectations } from '../conformance/expectations.mjs';
import { runAll } from '../conformance/hosts.mjs';
import { isTrap } from '../conformance/messages.mjs';
import { runScript } from '../conformance/script.mjs';
import { seedsUpTo, underSeeds } from '../conformance/seeds.mjs';
import { matches, toJs } from '../conformance/values.mjs';

const ok = (line) => ({ line, type: 'action', ok: true });
const failed = (line, because) => ({ line, type: 'action', ok: false, why: 'x', because });
const linesOf = ({ problems }) => problems.map(({ line }) => line);

suite('expectations', () => {
  test('a failure is a problem unless its line, or that of its cause, is excluded', () => {
    const outcomes = [ok(1), failed(2), failed(3, 2), failed(4)];
    assert.deepEqual(linesOf(judge(outcomes, [])), [2, 3, 4]);
    const verdict = judge(outcomes, [{ lines: [2] }]);
    assert.deepEqual(linesOf(verdict), [4]);
    assert.equal(verdict.excluded, 2);
  });

  test('an excluded line that passes is a problem, and so is one without a directive', () => {
    assert.deepEqual(linesOf(judge([ok(1), failed(2)], [{ lines: [1, 2, 9] }])), [1, 9]);
  });

  test('a mended script may pass, but only all of it', () => {
    const mended = [{ lines: [1], mended: '1234abcd' }];
    assert.deepEqual(judge([ok(1), ok(2)], mended), { problems: [], excluded: 0, mended: true });
    assert.deepEqual(linesOf(judge([failed(1), ok(2)], mended)), []);
    assert.deepEqual(linesOf(judge([ok(1), failed(2)], mended)), [2, 1]);
    assert.deepEqual(linesOf(judge([ok(1), ok(2)], [...mended, { lines: [2] }])), [1, 2]);
  });

  test('an excluded script has to fail somewhere', () => {
    assert.deepEqual(linesOf(judge([ok(1), failed(2)], [{}])), []);
    assert.equal(judge([ok(1), ok(2)], [{}]).problems.length, 1);
  });

  test('the file is sound, and unsound ones are refused', () => {
    const { suites } = loadExpectations();
    assert.deepEqual(
      suites.map(({ name }) => name),
      ['component-model', 'wasmtime'],
    );
    const head = '[suites.s]\nfiles = ["a.wast"]\n[[exclude]]\n';
    assert.equal(
      readExpectations(`${head}suite="s"\nfile="a"\nreason="r"`).exclusions[0].file,
      'a',
    );
    for (const [text, message] of [
      [`${head}suite="s"\nfile="a"`, /no reason/],
      [`${head}suite="s"\nfile="a"\nreason=""`, /no reason/],
      [`${head}suite="t"\nfile="a"\nreason="r"`, /no suite t/],
      [`${head}suite="s"\nfile="a"\nreason="r"\nline=3`, /line/],
      ['[other]', /other/],
    ]) {
      assert.throws(() => readExpectations(text), message);
    }
  });
});

suite('judgements of directives', () => {
  test('a message stands for its codes, and core traps for their own kind', () => {
    const trap = (code, message = '') => ({ code, message });
    assert.ok(isTrap('wasm trap: cannot leave component instance', trap('cannot-leave')));
    assert.ok(!isTrap('cannot leave component instance', trap('store-locked')));
    assert.ok(isTrap('unreachable', trap('core-trap', 'the component trapped: unreachable')));
    assert.ok(!isTrap('unreachable', trap('core-trap', 'the component trapped: divide by zero')));
    assert.ok(!isTrap('nobody says this', trap('core-trap')));
  });

  test('values are compared by the type that the component has', () => {
    const option = (element) => ({ kind: 'option', element });
    const u8 = { type: 'u8', value: '7' };
    const some = (value) => ({ type: 'option', value });
    assert.equal(toJs(option({ kind: 'u8' }), some(u8)), 7);
    assert.deepEqual(toJs(option(option({ kind: 'u8' })), some(some(null))), {
      tag: 'some',
      val: undefined,
    });
    assert.ok(!matches(option(option({ kind: 'u8' })), some(some(null)), undefined));
    assert.ok(!matches({ kind: 'f32' }, { type: 'f32', value: '0' }, -0));
    assert.ok(matches({ kind: 'f32' }, { type: 'f32', value: '2143289345' }, Number.NaN));
    assert.throws(() => toJs({ kind: 'u16' }, u8), /u8 where the component has u16/);
    const flags = { kind: 'flags', labels: ['a-b', 'c'] };
    assert.ok(matches(flags, { type: 'flags', value: ['a-b'] }, { aB: true, c: false }));
    assert.ok(!matches(flags, { type: 'flags', value: [] }, { aB: true, c: false }));
  });

  test('what is about a component that failed has failed because of it; unsupported is not invalid', async () => {
    const file = { filename: 'x.wasm', module_type: 'binary' };
    const script = {
      commands: [
        { type: 'module', line: 1, ...file },
        { type: 'action', line: 2, action: { type: 'invoke', field: 'f', args: [] } },
        { type: 'assert_invalid', line: 3, text: 'x', ...file },
        { type: 'unheard-of', line: 4 },
      ],
    };
    const { ComponentCompileError } = tidegate;
    const Component = {
      compile: async () => {
        throw new ComponentCompileError('no', { code: 'unsupported' });
      },
    };
    const load = async () => new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
    const outcomes = await runScript(script, { load, tidegate: { ...tidegate, Component } });
    assert.deepEqual(
      outcomes.map(({ line, ok, because }) => [line, ok, because]),
      [
        [1, false, undefined],
        [2, false, 1],
        [3, false, undefined],
        [4, false, undefined],
      ],
    );
  });
});

suite('seeds', () => {
  test('are different from each other, and the same each time', () => {
    const seeds = seedsUpTo(200);
    assert.equal(new Set(seeds.map((seed) => BigInt(seed) | 1n)).size, 200);
    assert.deepEqual(seedsUpTo(3), seeds.slice(0, 3));
  });

  test('a directive that fails under one of them has failed, and names it', async () => {
    const run = async (seed) => [ok(1), seed > 6n ? failed(2) : ok(2)];
    assert.deepEqual(await underSeeds(['5', '7', '8'], run), [
      ok(1),
      { ...failed(2), why: '--seed 7: x (2 of 3 seeds)' },
    ]);
  });

  test('reach the stores of a script, whose binaries are compiled once', async () => {
    const policies = [];
    let compiled = 0;
    const Component = {
      compile: async () => {
        compiled += 1;
        return { instantiate: async () => ({ exports: {} }), describe: () => ({ exports: [] }) };
      },
    };
    class Store {
      constructor({ policy }) {
        policies.push(policy);
      }
    }
    const file = { filename: 'x.wasm', module_type: 'binary' };
    const script = { commands: [{ type: 'module', line: 1, ...file }] };
    const load = async () => new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
    const world = { load, tidegate: { ...tidegate, Component, Store } };
    assert.ok((await runScript(script, world, ['5', '6']))[0].ok);
    assert.ok((await runScript(script, world))[0].ok);
    assert.deepEqual(policies, [{ seed: 5n }, { seed: 6n }, 'fifo']);
    assert.equal(compiled, 2);
  });
});

test('a host that dies fails its script, and the next one gets a fresh host', async () => {
  let opened = 0;
  const open = async () => {
    opened += 1;
    return {
      run: async ({ name }) => {
        if (name === 'bad') throw new Error('gone');
        return { missing: [], outcomes: [ok(1)] };
      },
      end: async () => {},
    };
  };
  const seen = [];
  for await (const { name, outcomes } of runAll(open, [{ name: 'bad' }, { name: 'good' }])) {
    seen.push([name, outcomes[0].ok]);
  }
  assert.deepEqual(seen, [
    ['bad', false],
    ['good', true],
  ]);
  assert.equal(opened, 2);
});

test('what an engine lacks is found by trying, and a misspelt need is an error', () => {
  const jspi = 'Suspending' in WebAssembly;
  assert.deepEqual(lacking({ requires: ['jspi'] }), jspi ? [] : ['jspi']);
  assert.deepEqual(lacking({}, ['jspi']), jspi ? [] : ['jspi']);
  assert.deepEqual(lacking({ config: { reference_types: 'true', gc: 'false' } }), []);
  assert.throws(() => lacking({ requires: ['jspy'] }), /jspy/);
});
