/** An empty project with the packed package in it, installed without the network. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib/run.mjs';
import { npm } from '../../scripts/lib/tools.mjs';

/** Where a guest is, built. */
export const guest = (name) => join(root, `build/guests/${name}.component.wasm`);

/** Packs `pkg/` and installs it: the project's folder, the files of the package, and how to get rid of it. */
export function makeProject() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tidegate-pack-')));
  const pack = ['pack', join(root, 'pkg'), '--json', '--pack-destination', folder];
  const [packed] = JSON.parse(runNpm(folder, pack));
  const manifest = { name: 'consumer', private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  runNpm(folder, ['install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`]);
  return {
    folder,
    files: packed.files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function runNpm(cwd, args) {
  const [command, ...first] = npm();
  const { status, stdout, stderr } = spawnSync(command, [...first, ...args], {
    cwd,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `npm ${args.join(' ')}: ${stderr}`);
  return stdout;
}
