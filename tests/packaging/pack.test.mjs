/**
 * The package as its users get it: packed, installed into an empty project without the network,
 * and used from there.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/lib/run.mjs';
import { pinnedNode, systemNode } from '../../scripts/lib/tools.mjs';
import { guest, makeProject } from './project.mjs';

const GUEST = guest('command');
const TSC = join(root, 'node_modules/typescript/bin/tsc');

/** Every file of the package matches exactly one, and every one matches a file. */
const EXPECTED = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^dist\/(node|web|whole|parts|wasi-node|wasi-web|trace|cli|compile-worker|vite|register|register-hooks)\.js$/,
  /^dist\/(chunk|compile|precompiled?|composition|describe|declarations|trace|threads|deadlock)-[A-Z0-9]+\.js$/,
  /^dist\/(runtime|driver|compiler|composer)\.wasm$/,
  /^dist\/types\/[a-z0-9/-]+\.d\.ts$/,
  /^docs\/(guide|cli|errors|rules|wasi)\.md$/,
  /^examples\/store-in-worker\/[A-Za-z-]+\.(mjs|html|md)$/,
];

const USE = `
import { readFile } from 'node:fs/promises';
import { Component, ComponentTrap } from 'tidegate';
import { wasi, WasiExit } from 'tidegate/wasi';

const component = await Component.compile(await readFile(process.argv[2]));
const instance = await component.instantiate(
  wasi({ args: ['command'], stdin: 'one\\ntwo\\n', stdout: 'inherit' }),
);
try {
  await instance.exports.run.run();
} catch (error) {
  if (!(error instanceof ComponentTrap && error.cause instanceof WasiExit)) throw error;
  process.exitCode = error.cause.code;
}
`;

const TYPED = `
import { Component, ComponentError, Store, type Imports, type Instance } from 'tidegate';
import { ChromeTrace } from 'tidegate/trace';
import { wasi, WasiExit } from 'tidegate/wasi';

export async function start(bytes: Uint8Array<ArrayBuffer>): Promise<Instance> {
  const component: Component = await Component.compile(bytes);
  const imports: Imports = { ...wasi({ args: ['a'], env: { A: 'b' }, stdin: 'text' }), log() {} };
  const { listen } = new ChromeTrace({ name: 'program' });
  const store = new Store({ policy: { seed: 7 }, deadlock: 'error', trace: listen });
  return component.instantiate(imports, { store });
}

export function code(error: unknown): number | undefined {
  if (error instanceof ComponentError) return 1;
  return error instanceof WasiExit ? error.code : undefined;
}

// @ts-expect-error: the types are checked, not absent.
Component.compile(5);
`;

let project;
let files;
let remove;

before(() => {
  const made = makeProject();
  project = made.folder;
  files = made.files;
  remove = made.remove;
  writeFileSync(join(project, 'use.mjs'), USE);
  writeFileSync(join(project, 'typed.ts'), TYPED);
});

after(() => remove());

test('holds exactly the expected files', () => {
  for (const path of files) {
    const matches = EXPECTED.filter((pattern) => pattern.test(path)).length;
    assert.equal(matches, 1, `${path} is in the package`);
  }
  for (const pattern of EXPECTED) {
    assert.ok(
      files.some((path) => pattern.test(path)),
      `a file matches ${pattern}`,
    );
  }
});

test('is no larger a download than it may be', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'bench/size.mjs')], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('has one version everywhere', () => {
  const { version, dependencies } = manifestOf('pkg/package.json');
  assert.equal(version, manifestOf('package.json').version);
  const crates = readFileSync(join(root, 'Cargo.toml'), 'utf8');
  assert.match(crates, new RegExp(`^version = "${version}"$`, 'm'));
  assert.equal(dependencies, undefined, 'no dependency at run time');
});

test('every file that the exports map names is there', () => {
  const named = JSON.stringify(manifestOf('pkg/package.json').exports).match(/dist\/[^"]+/g);
  for (const path of new Set(named)) assert.ok(files.includes(path), path);
});

for (const [title, node] of [
  ["the system's Node", process.env.TIDEGATE_SYSTEM_NODE ?? systemNode()],
  ['the pinned Node', pinnedNode()],
]) {
  test(`compiles and runs a component on ${title}`, () => {
    const { status, stdout, stderr } = start(node, ['use.mjs', GUEST]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /one/);
    assert.match(stdout, /two/);
  });

  test(`its command line interface works on ${title}`, () => {
    const cli = join(project, 'node_modules/tidegate/dist/cli.js');
    const { status, stdout, stderr } = start(node, [cli, 'run', GUEST], 'three\n');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /three/);
  });
}

for (const [title, flags] of [
  ['Node', ['--module', 'nodenext', '--types', 'node']],
  ['a bundler for the web', ['--module', 'esnext', '--moduleResolution', 'bundler', '--types', '']],
]) {
  test(`its types are right for ${title}`, () => {
    const lib = 'es2023,dom,dom.iterable,dom.asynciterable,esnext.disposable';
    const roots = ['--typeRoots', join(root, 'node_modules/@types')];
    const strict = ['--noEmit', '--strict', '--target', 'es2022', '--lib', lib];
    const { status, stdout } = start(process.execPath, [
      TSC,
      ...[...strict, ...roots, ...flags],
      'typed.ts',
    ]);
    assert.equal(status, 0, stdout);
  });
}

function start(command, args, input = '') {
  return spawnSync(command, args, { cwd: project, input, encoding: 'utf8' });
}

function manifestOf(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
