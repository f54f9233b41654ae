// The declarations of components: `tsc` accepts programs that use every type, and refuses wrong uses.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Component } from '../../pkg/dist/node.js';
import { FEATURES } from '../conformance/features.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const GUESTS = ['asyncs', 'command', 'elements', 'types', 'values'];
const guest = (name) => join(root, `build/guests/${name}.component.wasm`);
const cli = (...args) =>
  spawnSync(process.execPath, [join(root, 'pkg/dist/cli.js'), 'types', ...args], {
    encoding: 'utf8',
  });

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-types-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'pkg'), join(folder, 'node_modules/tidegate'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

after(() => rmSync(folder, { recursive: true, force: true }));

describe('declarations', () => {
  test('are right for programs that use every type, and refuse wrong uses', () => {
    for (const name of GUESTS) {
      copyFileSync(join(root, `tests/js/types/${name}.ts`), join(folder, `${name}.ts`));
      const { status, stderr } = cli(
        guest(name),
        '-o',
        join(folder, `${name}.component.d.wasm.ts`),
      );
      assert.equal(status, 0, stderr);
    }
    // Each way of finding modules, and with the libraries checked as well.
    for (const flags of [
      ['--module', 'nodenext', '--types', 'node', '--skipLibCheck'],
      ['--module', 'esnext', '--moduleResolution', 'bundler', '--types', ''],
    ]) {
      const { status, stdout } = tsc(
        flags,
        GUESTS.map((name) => `${name}.ts`),
      );
      assert.equal(status, 0, stdout);
    }
  });

  test('are themselves free of errors', () => {
    for (const name of GUESTS) {
      const { status, stdout } = cli(guest(name));
      assert.equal(status, 0);
      writeFileSync(join(folder, `plain-${name}.d.ts`), stdout);
    }
    const files = GUESTS.map((name) => `plain-${name}.d.ts`);
    const { status, stdout } = tsc(['--module', 'nodenext', '--types', 'node'], files);
    assert.equal(status, 0, stdout);
  });

  test('are the same from the command line and from the API', async () => {
    const component = await Component.compile(readFileSync(guest('values')));
    assert.equal(await component.types('values.component.wasm'), cli(guest('values')).stdout);
    assert.match(await component.types('a\nb'), /^\/\/ Types of a b, made by tidegate/);
  });

  test('are short though a type spelled out is not', async () => {
    const component = await Component.compile(readFileSync(guest('types')));
    const { length } = await component.types();
    assert.ok(length < 20_000, `${length} characters`);
  });

  test('exist for every guest', async () => {
    const guests = readdirSync(join(root, 'build/guests')).filter((file) => file.endsWith('.wasm'));
    assert.ok(guests.length >= GUESTS.length);
    for (const file of guests) {
      // QuickJS's core module has extended constant expressions, which Node 20 lacks.
      if (
        /^(toolchain-js|program-js|personal)/.test(file) &&
        process.versions.node.startsWith('20.')
      )
        continue;
      // And 64-bit memories.
      if (file.startsWith('memory64') && process.versions.node.startsWith('20.')) continue;
      const bytes = readFileSync(join(root, 'build/guests', file));
      const component = await Component.compile(bytes, { features: FEATURES });
      assert.match(await component.types(file), /export type \{ Imports, Exports/);
    }
  });
});

describe('the command line', () => {
  for (const [args, code, message] of [
    [[], 2, /which component/],
    [['a.wasm', 'b.wasm'], 2, /one component at a time/],
    [['--what', 'a.wasm'], 2, /no option --what/],
    [['a.wasm', '-o'], 2, /-o needs a value/],
    [['missing.wasm'], 1, /cannot read missing\.wasm/],
    [[fileURLToPath(import.meta.url)], 1, /cannot compile the component/],
    [[guest('values'), '--output=/missing/x.d.ts'], 1, /cannot write \/missing\/x\.d\.ts/],
  ]) {
    test(`types ${args.join(' ').replaceAll(root, '')}: ${message.source}`, () => {
      const { status, stdout, stderr } = cli(...args);
      assert.match(stderr, message);
      assert.equal(status, code);
      assert.equal(stdout, '');
    });
  }

  test('has help', () => {
    const { status, stdout } = cli('--help');
    assert.equal(status, 0);
    assert.match(stdout, /Usage: tidegate types/);
  });
});

function tsc(flags, files) {
  const lib = 'es2023,dom,dom.iterable,dom.asynciterable,esnext.disposable';
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--target', 'es2022'];
  const args = [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...[...strict, '--lib', lib, '--allowArbitraryExtensions', '--ignoreConfig'],
    ...['--typeRoots', join(root, 'node_modules/@types'), ...flags],
  ];
  return spawnSync(process.execPath, [...args, ...files], { cwd: folder, encoding: 'utf8' });
}
