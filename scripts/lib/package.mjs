/** Puts together `pkg/`, the folder that is published: `pkg-template/` and what was built. */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from './run.mjs';

const PKG = join(root, 'pkg');
const TYPES = join(root, 'build/types');
/** What the template's exports map names under `types`. */
const TYPED_ENTRIES = [
  'index.d.ts',
  'entry/wasi-node.d.ts',
  'entry/wasi-web.d.ts',
  'trace/index.d.ts',
  'vite/index.d.ts',
];

export async function makePackage() {
  rmSync(PKG, { recursive: true, force: true });
  cpSync(join(root, 'pkg-template'), PKG, { recursive: true });
  copyFileSync(join(root, 'LICENSE'), join(PKG, 'LICENSE'));
  cpSync(join(root, 'build/bundle'), join(PKG, 'dist'), { recursive: true });
  for (const name of ['runtime', 'driver', 'compiler', 'composer']) {
    copyFileSync(join(root, `build/${name}.wasm`), join(PKG, `dist/${name}.wasm`));
  }
  copyDeclarations();
  // What the README links to.
  for (const folder of ['docs', 'examples']) {
    cpSync(join(root, folder), join(PKG, folder), { recursive: true });
  }
  chmodSync(join(PKG, 'dist/cli.js'), 0o755);
  writeManifest();
}

/** The version has one home, the workspace's package.json. */
function writeManifest() {
  const path = join(PKG, 'package.json');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { name, ...rest } = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, `${JSON.stringify({ name, version, ...rest }, null, 2)}\n`);
}

/** Copies the declarations that the public ones reach, and no others: the rest is not API. */
function copyDeclarations() {
  const reached = new Set();
  const visit = (path) => {
    if (reached.has(path) || !existsSync(path)) return;
    reached.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, specifier] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g)) {
      visit(resolve(dirname(path), `${specifier}.d.ts`));
    }
  };
  for (const entry of TYPED_ENTRIES) visit(join(TYPES, entry));
  for (const path of reached) {
    const to = join(PKG, 'dist/types', relative(TYPES, path));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(path, to);
  }
}
