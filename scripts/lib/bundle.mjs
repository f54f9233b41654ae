/**
 * Bundles `js/` into the few files that are published: one per entry, and chunks that they share,
 * so that `tidegate` and `tidegate/wasi` have the same error classes. What a bundler of an
 * application must see, `new URL('./runtime.wasm', import.meta.url)`, stays as written.
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, Stop } from './run.mjs';

/** Each becomes `dist/<key>.js`. */
const ENTRIES = {
  node: 'js/entry/node.ts',
  web: 'js/entry/web.ts',
  'wasi-node': 'js/entry/wasi-node.ts',
  'wasi-web': 'js/entry/wasi-web.ts',
  trace: 'js/trace/index.ts',
  cli: 'js/cli/main.ts',
  vite: 'js/vite/index.ts',
  register: 'js/register/index.ts',
  'register-hooks': 'js/register/hooks.ts',
};

/** Started by the page's entry in a thread of its own, where a chunk would be one more thing to find. */
const ALONE = { 'compile-worker': 'js/entry/compile-worker.ts' };

const OPTIONS = {
  absWorkingDir: root,
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

/**
 * Takes the names of rules away (`js/host/rule.ts`): what is left of the function is the identity, calls of which esbuild
 * puts their argument in place of.
 */
const withoutRules = {
  name: 'without-rules',
  setup(build) {
    build.onLoad({ filter: /[\\/]js[\\/].*\.ts$/ }, ({ path }) => {
      const contents = /[\\/]host[\\/]rule\.ts$/.test(path)
        ? 'export function rule(violated) { return violated; }'
        : readFileSync(path, 'utf8').replace(/\brule\(\s*'[a-z0-9-]+',/g, 'rule(');
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * @param {string} folder where to, relative to the work tree
 * @param {{ rules?: boolean }} [options] with `rules`, the rules keep their names and can be switched off
 */
export async function bundle(folder, { rules = false } = {}) {
  const outdir = join(root, folder);
  rmSync(outdir, { recursive: true, force: true });
  const esbuild = await import('esbuild');
  const options = { ...OPTIONS, outdir, plugins: rules ? [] : [withoutRules] };
  try {
    await esbuild.build({ ...options, entryPoints: ENTRIES, splitting: true });
    await esbuild.build({ ...options, entryPoints: ALONE });
  } catch (error) {
    if (!('errors' in error)) throw error;
    throw new Stop(`bundling failed with ${error.errors.length} errors`);
  }
}
