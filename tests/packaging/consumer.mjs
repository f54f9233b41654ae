/** A project with files of its own that uses the packed package. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../scripts/lib/run.mjs';
import { guest, makeProject } from './project.mjs';

/**
 * @param {Record<string, string>} files the project's own, by their paths
 * @param {{ guests?: string[], linked?: string[], manifest?: object }} [more] guests that are copied to its root, packages
 *   that are those of the work tree, and more of its package.json
 */
export function makeConsumer(files, { guests = [], linked = [], manifest = {} } = {}) {
  const { folder, remove } = makeProject();
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const run = (command, args) =>
    spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  write('package.json', JSON.stringify({ private: true, type: 'module', ...manifest }));
  for (const name of linked) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  for (const name of guests) copyFileSync(guest(name), join(folder, `${name}.component.wasm`));
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { folder, run, write, remove };
}

/** The host's side of the guest `values`, as a module. */
export const VALUES_HOST = `
class Account {
  constructor(owner) { this.name = owner; }
  owner() { return this.name; }
  deposit() { return 0n; }
  balance() { return 0n; }
  isSame(other) { return other === this; }
  static find(owner) { return new Account(owner); }
}
const ledger = { Account, transfer() {}, close: () => 0n, merge: ([first]) => first, notify() {} };
const echo = new Proxy({}, { get: () => (value) => value });
export default {
  'tidegate:values/ledger': ledger,
  'tidegate:values/echo': echo,
  greeting: (name) => \`hello \${name}\`,
};
`;
