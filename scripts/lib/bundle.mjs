/**
 * Bundles `js/` into the few files that are published: one per entry, one per part that is loaded when it is needed
 * (`js/host/parts.ts`), and chunks that they share, so that `tidegate` and `tidegate/wasi` have the same error classes. What a bundler of an
 * application must see, `new URL('./runtime.wasm', import.meta.url)`, stays as written.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
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
  parts: 'js/host/parts.ts',
};

/** Started by the page's entry in a thread of its own, where a chunk would be one more thing to find. */
const ALONE = { 'compile-worker': 'js/entry/compile-worker.ts' };

const OPTIONS = {
  absWorkingDir: root,
  chunkNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  external: ['node:*'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** Sources as they are bundled. */
function sources(rules) {
  const users = new Set([
    ...Object.values(partFiles()),
    'js/host/parts.ts',
    ENTRIES['register-hooks'],
  ]);
  return {
    name: 'sources',
    setup(build) {
      build.onLoad({ filter: /[\\/]js[\\/].*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = rules ? text : withoutRules(path, text);
        const file = relative(root, path).replaceAll('\\', '/');
        return { contents: users.has(file) ? undivided(contents) : contents, loader: 'ts' };
      });
    },
  };
}

/**
 * Takes the names of rules away (`js/host/rule.ts`): what is left of the function is the identity, calls of which esbuild
 * puts their argument in place of.
 */
function withoutRules(path, text) {
  return /[\\/]host[\\/]rule\.ts$/.test(path)
    ? 'export function rule(violated) { return violated; }'
    : text.replace(/\brule\(\s*'[a-z0-9-]+',/g, 'rule(');
}

/**
 * Has what imports some of the host import all of it. Otherwise esbuild would cut the host into a chunk for every set of files that
 * share something of it, and a page would have to fetch them all.
 */
function undivided(text) {
  return `import ${JSON.stringify(join(root, 'js/index.ts'))};\n${text}`;
}

/** The sources of the parts that are loaded when they are needed, by their names. */
function partFiles() {
  const text = readFileSync(join(root, 'js/host/parts.ts'), 'utf8');
  const found = [...text.matchAll(/(\w+): \(\) => import\('(\.[^']+)\.js'\)/g)];
  const source = (specifier) => `${posix.join('js/host', specifier)}.ts`;
  return Object.fromEntries(found.map(([, name, specifier]) => [name, source(specifier)]));
}

/** The page's entry with all parts in it from the start, for where nothing can be imported later. */
function whole(outputs) {
  const parts = Object.entries(partFiles()).map(([name, file]) => {
    const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === file);
    return { name, specifier: `./${posix.basename(path)}` };
  });
  return [
    "import { provide } from './parts.js';",
    ...parts.map(({ name, specifier }) => `import * as ${name} from '${specifier}';`),
    `provide({ ${parts.map(({ name }) => `${name}: async () => ${name}`).join(', ')} });`,
    "export * from './web.js';\n",
  ].join('\n');
}

/**
 * @param {string} folder where to, relative to the work tree
 * @param {{ rules?: boolean }} [options] with `rules`, the rules keep their names and can be switched off
 */
export async function bundle(folder, { rules = false } = {}) {
  const outdir = join(root, folder);
  rmSync(outdir, { recursive: true, force: true });
  const esbuild = await import('esbuild');
  const options = { ...OPTIONS, outdir, plugins: [sources(rules)] };
  try {
    const { metafile } = await esbuild.build({
      ...options,
      entryPoints: ENTRIES,
      splitting: true,
      metafile: true,
    });
    await esbuild.build({ ...options, entryPoints: ALONE });
    writeFileSync(join(outdir, 'whole.js'), whole(metafile.outputs));
  } catch (error) {
    if (!('errors' in error)) throw error;
    throw new Stop(`bundling failed with ${error.errors.length} errors`);
  }
}
