/** A folder for programs that know the package by its name, and find guests beside them. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/run.mjs';

/** @param {string[]} guests the names of those that are wanted there */
export function makeFolder(guests) {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-js-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'pkg'), join(folder, 'node_modules/tidegate'), 'junction');
  for (const name of guests) {
    const file = `${name}.component.wasm`;
    copyFileSync(join(root, 'build/guests', file), join(folder, file));
  }
  return {
    folder,
    write: (name, text) => writeFileSync(join(folder, name), text),
    /** Runs Node there, this one. */
    run: (...args) => {
      const options = { cwd: folder, encoding: 'utf8', timeout: 60_000 };
      return spawnSync(process.execPath, args, options);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
