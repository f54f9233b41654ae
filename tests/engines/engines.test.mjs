/** The package on Deno and Bun: their module resolution, their files and sockets, and their own HTTP servers. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../../scripts/lib/run.mjs';
import { allRequired } from '../../scripts/lib/tools.mjs';
import { BUN, DENO, lacking } from './engines.mjs';

const FILES = `\
one
TWO
three
3 bytes
copy.txt deep
../outside: permission denied
made/../../outside: permission denied
none: entity not found
false
`;

/** What each check of `smoke.mjs` has to see. */
const SEEN = {
  describe: ['wasi:cli/run'],
  command: '     1  one\n     2  two\n',
  files: { memory: FILES, disk: FILES },
  serve: ['SHOUT', 100_000],
  fetch: {
    greeting: 'Hello from a component\n',
    echoed: ['there and back', 'b'],
    large: 3_000_000,
    first: true,
    after: 'Hello from a component\n',
    errors: [],
  },
  waiting: 41,
  sockets: { got: 'across', sent: 'ok' },
};

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-engines-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  cpSync(join(root, 'pkg'), join(folder, 'node_modules/tidegate'), { recursive: true });
  cpSync(join(root, 'tests/engines/smoke.mjs'), join(folder, 'smoke.mjs'));
  for (const name of ['command', 'std-files', 'service', 'blocking']) {
    const file = `${name}.component.wasm`;
    cpSync(join(root, 'build/guests', file), join(folder, file));
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [name, command] of Object.entries({ Deno: DENO, Bun: BUN })) {
  const [engine, ...args] = command;
  const reason = lacking(command);
  if (reason !== undefined) {
    if (allRequired) test(name, () => assert.fail(reason));
    else test(name, { skip: reason }, () => {});
    continue;
  }
  const start = (more, input = '') =>
    spawnSync(engine, [...args, ...more], {
      cwd: folder,
      encoding: 'utf8',
      input,
      timeout: 120_000,
    });

  describe(name, () => {
    for (const [check, seen] of Object.entries(SEEN)) {
      test(check, () => {
        const { stdout, stderr } = start(['smoke.mjs', check]);
        assert.ok(stdout.startsWith('{'), stderr);
        assert.deepEqual(JSON.parse(stdout), { name: check, seen });
      });
    }

    const cli = 'node_modules/tidegate/dist/cli.js';

    test('the command line runs a component', () => {
      const { status, stdout, stderr } = start([cli, 'run', 'command.component.wasm'], 'a\nb');
      assert.equal(status, 0, stderr);
      assert.equal(stdout, '     1  a\n     2  b\n');
    });

    test("the command line passes a component's failure on", () => {
      const file = 'command.component.wasm';
      assert.equal(start([cli, 'run', file, '--no-such-option']).status, 2);
      assert.equal(start([cli, 'run', 'package.json']).status, 1);
      const { status, stdout } = start([cli, 'inspect', '--json', file]);
      assert.equal(status, 0);
      assert.equal(JSON.parse(stdout).size, readFileSync(join(folder, file)).length);
    });
  });
}
