/** `node --import tidegate/register`: a component imported like a module, in a project that has installed the package. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pinnedNode, systemNode } from '../../scripts/lib/tools.mjs';
import { makeConsumer, VALUES_HOST } from './consumer.mjs';

const APP = `
import all, {
  counters,
  greetTwice,
  'tidegate:values/echo@1.2.3' as echo,
} from './values.component.wasm';
import { ComponentTrap } from 'tidegate';
const again = await import('./values.component.wasm');
const counter = new counters.Counter(40);
console.log(JSON.stringify({
  greeting: greetTwice('you'),
  count: counter.increment(2),
  echoed: echo.echoString('text'),
  same: all.counters === counters && again.default === all,
  names: Object.keys(again).sort(),
  trap: typeof ComponentTrap,
}));
`;

const CORE = `
try {
  await import('./core.wasm');
  console.log('imported');
} catch (error) {
  console.log(error.code);
}
`;

const LOUD = `
import { wasi } from 'tidegate/wasi';
export default wasi({ args: ['loud'], stdin: 'one\\ntwo\\n', stdout: 'inherit' });
`;

const RUN = `
import { run } from './command.component.wasm';
await run.run().catch((error) => { if (error.cause?.name !== 'WasiExit') throw error; });
console.log('done');
`;

let project;

before(() => {
  project = makeConsumer(
    {
      'app.mjs': APP,
      'core.mjs': CORE,
      'run.mjs': RUN,
      'host.mjs': VALUES_HOST,
      'loud/run.mjs': RUN.replace('./', '../loud/'),
      'loud/host.mjs': LOUD,
      'loud/package.json': '{ "type": "module", "tidegate": { "imports": "./host.mjs" } }',
      'wrong/run.mjs': 'import "../broken.wasm";',
      'missing/run.mjs': 'import "./values.component.wasm";',
      'missing/package.json': '{ "type": "module" }',
      'mistyped/run.mjs': 'import "./values.component.wasm";',
      'mistyped/package.json': '{ "type": "module", "tidegate": { "imports": 5 } }',
    },
    { guests: ['values', 'command'], manifest: { tidegate: { imports: './host.mjs' } } },
  );
  const copy = (from, to) => project.run('cp', [from, to]);
  copy('command.component.wasm', 'loud/command.component.wasm');
  copy('values.component.wasm', 'missing/values.component.wasm');
  copy('values.component.wasm', 'mistyped/values.component.wasm');
  const preamble = [0, 0x61, 0x73, 0x6d];
  writeFileSync(join(project.folder, 'core.wasm'), new Uint8Array([...preamble, 1, 0, 0, 0]));
  writeFileSync(join(project.folder, 'broken.wasm'), new Uint8Array([...preamble, 13, 0, 1, 0, 9]));
});

after(() => project.remove());

for (const [title, node] of [
  ["the system's Node", systemNode()],
  ['the pinned Node', pinnedNode()],
]) {
  describe(`on ${title}`, () => {
    const start = (file) =>
      project.run(node, ['--throw-deprecation', '--import', 'tidegate/register', file]);

    test('a component is a module, with the imports that package.json names', () => {
      const { status, stdout, stderr } = start('app.mjs');
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
      const { greeting, names, ...rest } = JSON.parse(stdout);
      assert.match(greeting, /hello you.*hello you/);
      assert.deepEqual(rest, { count: 42, echoed: 'text', same: true, trap: 'function' });
      for (const name of ['default', 'echo', 'greetTwice', 'tidegate:values/counters']) {
        assert.ok(names.includes(name), name);
      }
    });

    test('WASI is there and grants nothing', () => {
      const { status, stdout, stderr } = start('run.mjs');
      assert.equal(status, 0, stderr);
      assert.equal(stdout, 'done\n');
    });

    test('the nearest package.json may grant more', () => {
      const { status, stdout, stderr } = start('loud/run.mjs');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /one[\s\S]*two[\s\S]*done/);
    });

    test('core modules are left to Node', () => {
      const { status, stdout, stderr } = project.run(node, [
        ...['--import', 'tidegate/register'],
        'core.mjs',
      ]);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /imported|ERR_UNKNOWN_FILE_EXTENSION/);
    });

    for (const [folder, message] of [
      ['wrong', /ComponentCompileError[\s\S]*broken\.wasm/],
      ['missing', /ComponentLinkError[\s\S]*tidegate:values\/ledger/],
      ['mistyped', /mistyped\/package\.json: tidegate\.imports: expected the name of a module/],
    ]) {
      test(`what is wrong is said: ${folder}`, () => {
        const { status, stderr } = start(`${folder}/run.mjs`);
        assert.equal(status, 1);
        assert.match(stderr, message);
      });
    }
  });
}
