/**
 * Bundles `js/` into the few files that are published: one per entry, and chunks that they share,
 * so that `tidegate` and `tidegate/wasi` have the same error classes. What a bundler of an
 * application must see, `new URL('./runtime.wasm', import.meta.url)`, stays as written.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, Stop } from './run.mjs';

const OUT = join(root, 'build/bundle');

/** Each becomes `dist/<key>.js`. */
const ENTRIES = {
  node: 'js/entry/node.ts',
  web: 'js/entry/web.ts',
  'wasi-node': 'js/entry/wasi-node.ts',
  'wasi-web': 'js/entry/wasi-web.ts',
  cli: 'js/cli/main.ts',
  vite: 'js/vite/index.ts',
  register: 'js/register/index.ts',
  'register-hooks': 'js/register/hooks.ts',
};

/** Started by the page's entry in a thread of its own, where a chunk would be one more thing to find. */
const ALONE = { 'compile-worker': 'js/entry/compile-worker.ts' };

const OPTIONS = {
  absWorkingDir: root,
  outdir: OUT,
  chunkNames: 'chunk-[hash]',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  external: ['node:*'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
};

export async function bundle() {
  rmSync(OUT, { recursive: true, force: true });
  const esbuild = await import('esbuild');
  try {
    await esbuild.build({ ...OPTIONS, entryPoints: ENTRIES, splitting: true });
    await esbuild.build({ ...OPTIONS, entryPoints: ALONE });
  } catch (error) {
    if (!('errors' in error)) throw error;
    throw new Stop(`bundling failed with ${error.errors.length} errors`);
  }
}
