/**
 * `tidegate inspect`, run as a process. The WIT of some guests is kept in `wit/`, where a test of the build tool has the reference
 * implementation's parser read it; after a change that is meant, write it anew: `npm run tidegate -- inspect GUEST`, without the heading.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const guest = (name) => path(`../../build/guests/${name}.component.wasm`);
const folder = mkdtempSync(join(tmpdir(), 'tidegate-inspect-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const inspect = (...args) =>
  spawnSync(process.execPath, [path('../../pkg/dist/cli.js'), 'inspect', ...args], {
    encoding: 'utf8',
  });
const heading = (text) =>
  Object.fromEntries(
    [...text.matchAll(/^\/\/ (\S+(?: \S+)?) {2,}(.+)$/gm)].map(([, name, value]) => [name, value]),
  );
const report = (name) => JSON.parse(inspect('--json', guest(name)).stdout);

for (const name of ['service', 'values', 'types', 'std-hello']) {
  test(`the world of ${name} as WIT`, () => {
    const { status, stdout, stderr } = inspect(guest(name));
    assert.equal(status, 0, stderr);
    assert.equal(
      stdout.slice(stdout.indexOf('package')),
      readFileSync(path(`wit/${name}.wit`), 'utf8'),
    );
  });
}

test('of a component for two versions of WASI, the newest is its world', () => {
  const { stdout } = inspect(guest('two-runs'));
  assert.equal(heading(stdout).world, 'wasi:cli/command@0.3.0');
});

test('the heading names world, tools, sizes and what is needed', () => {
  const command = heading(inspect(guest('command')).stdout);
  assert.match(command.file, /^command\.component\.wasm, [\d,]+ bytes$/);
  assert.equal(command.world, 'wasi:cli/command@0.3.2');
  assert.match(command.toolchain, /wit-component \d+/);
  assert.equal(command['needs JSPI'], 'no');
  assert.match(
    command['module 0'],
    /^command\.wasm, [\d,]+ bytes: code [\d,]+ bytes, data [\d,]+ bytes$/,
  );
  const blocking = heading(inspect(guest('blocking')).stdout);
  assert.match(blocking['needs JSPI'], /^yes: wait, .* may come to wait in .*waitable-set\.wait$/);
  assert.equal(blocking.features, 'async-builtins, async-stackful');
  assert.match(
    heading(inspect(guest('std-files')).stdout)['needs JSPI'],
    /^no, unless .*\[method\]pollable\.block/,
  );
  assert.equal(heading(inspect(guest('values')).stdout).world, 'one of its own');
});

test('the same as JSON', () => {
  const { file, size, world, features, needsJspi, producers, modules, imports, exports, wit } =
    report('service');
  const bytes = readFileSync(guest('service'));
  assert.equal(file, 'service.component.wasm');
  assert.equal(size, bytes.length);
  assert.equal(world, 'wasi:http/service@0.3.2');
  assert.deepEqual(features, []);
  assert.equal(needsJspi, null);
  assert.ok(producers['processed-by']['wit-component']);
  assert.equal(modules[0].name, 'service.wasm');
  for (const { size: whole, code, data } of modules) assert.ok(code + data < whole && whole < size);
  assert.ok(imports.some(({ name }) => name === 'wasi:http/client@0.3.2'));
  const handle = exports[0].items.find(({ kind }) => kind === 'func');
  assert.equal(handle.wit, 'async func(request: request) -> result<response, error-code>');
  assert.equal(wit, readFileSync(path('wit/service.wit'), 'utf8'));
  assert.deepEqual(report('blocking').needsJspi.exports.includes('wait'), true);
});

const file = (name, bytes) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

/** A component with nothing but a producers section that says it is longer than it is. */
test('sections that nobody validates do no harm', () => {
  const name = [9, ...Buffer.from('producers')];
  const component = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 0, name.length + 2, ...name, 5, 200];
  const { status, stdout } = inspect(file('odd.wasm', Uint8Array.from(component)));
  assert.equal(status, 0);
  assert.equal(heading(stdout).toolchain, 'unknown');
  assert.match(stdout, /world root \{\}/);
});

for (const [what, args, code, message] of [
  ['no file', [], 2, /which component/],
  ['two files', ['a.wasm', 'b.wasm'], 2, /one component at a time/],
  ['an unknown option', ['a.wasm', '--what'], 2, /no option --what/],
  ['a file that is not there', [join(folder, 'none.wasm')], 1, /cannot read/],
  ['a text', [file('text.wasm', 'hello')], 1, /cannot compile the component/],
  [
    'a core module',
    [file('core.wasm', Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))],
    1,
    /core WebAssembly module/,
  ],
  [
    'half a component',
    [file('half.wasm', readFileSync(guest('command')).subarray(0, 1000))],
    1,
    /cannot compile the component/,
  ],
]) {
  test(`${what}: exit code ${code}, a message and no stack`, () => {
    const { status, stdout, stderr } = inspect(...args);
    assert.equal(status, code);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}
