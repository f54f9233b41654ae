/** What tidegate is built of: the steps of the build graph, in order. */

import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.mjs';
import { nameAll } from './naming.mjs';
import { makePackage } from './package.mjs';
import { withoutPanics, withoutPlaces } from './panics.mjs';
import { writeReference } from './reference.mjs';
import { root, run, Stop, say } from './run.mjs';
import { componentizeJs, componentizePython, copyWit } from './toolchains.mjs';
import { cargo, lockedVersion, npm, runCargo, rustTarget, targetDir } from './tools.mjs';

const WASM = 'wasm32-unknown-unknown';
const WORKSPACE = ['Cargo.toml', 'Cargo.lock'];
const PANICS = ['scripts/lib/panics.mjs', 'scripts/lib/wasm.mjs'];
const crate = (name) => [`src/${name}/Cargo.toml`, `src/${name}/src`];

/**
 * The compiler is a download: size first, which is that of what brotli makes of it. Inlining saves bytes, but makes the download
 * 8% larger; `-Oz` and common subexpressions save 3% of the bytes, and make it 1% larger.
 */
const SMALL = ['-O2', '--converge', '--skip-pass=inlining-optimizing', '--skip-pass=local-cse'];
/** The runtime is called all the time, and is no smaller when optimised for size. */
const FAST = ['-O3'];

/** The features that rustc's wasm may use, all of which the oldest engine that we run on has. */
const WASM_OPT = [
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-multivalue',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-reference-types',
  '--enable-sign-ext',
  '--strip-debug',
  '--strip-producers',
  '--strip-target-features',
];

/** Named by what they make. */
export const steps = [
  {
    name: 'npm',
    doing: 'installing the npm packages of package-lock.json',
    inputs: ['package.json', 'package-lock.json'],
    outputs: ['node_modules/.package-lock.json'],
    run: () => npmCi('.'),
  },
  {
    name: 'jco',
    doing: 'installing what jco transpiles with, of bench/jco/package-lock.json',
    inputs: ['bench/jco/package.json', 'bench/jco/package-lock.json'],
    outputs: ['bench/jco/node_modules/.package-lock.json'],
    run: () => npmCi('bench/jco'),
  },
  {
    name: 'engines',
    doing: 'installing Deno and Bun, of tests/engines/package-lock.json',
    inputs: ['tests/engines/package.json', 'tests/engines/package-lock.json'],
    outputs: ['tests/engines/node_modules/.package-lock.json'],
    run: () => npmCi('tests/engines'),
  },
  {
    name: 'bindgen',
    doing: 'installing wasm-bindgen at the version of Cargo.lock (some minutes, once)',
    inputs: [],
    get recipe() {
      return lockedVersion('wasm-bindgen');
    },
    outputs: [tool('wasm-bindgen'), tool('wasm-bindgen-test-runner')],
    run: installBindgen,
  },
  {
    name: 'runtime',
    doing: 'building runtime.wasm',
    needs: ['npm'],
    inputs: [
      ...WORKSPACE,
      ...crate('abi'),
      ...crate('runtime'),
      'scripts/lib/naming.mjs',
      ...PANICS,
    ],
    recipe: [...FAST, ...WASM_OPT].join(' '),
    outputs: ['build/runtime.wasm'],
    async run() {
      const wasm = await cargoWasm('tidegate-runtime', 'release', '--features', 'standalone');
      await wasmOpt(FAST, wasm, 'build/runtime.wasm');
      withoutPlaces(join(root, 'build/runtime.wasm'));
      nameAll(join(root, 'build/runtime.wasm'), 'tidegate', 'runtime');
    },
  },
  {
    name: 'compiler',
    doing: 'building compiler.wasm',
    needs: ['npm', 'bindgen'],
    inputs: [...WORKSPACE, ...crate('abi'), ...crate('compiler'), ...PANICS],
    recipe: [...SMALL, ...WASM_OPT].join(' '),
    outputs: ['build/compiler.wasm', 'js/generated/compiler.js', 'js/generated/compiler.d.ts'],
    run: () => buildCompiler('compiler'),
  },
  {
    name: 'composer',
    doing: 'building composer.wasm',
    needs: ['npm', 'bindgen'],
    inputs: [...WORKSPACE, ...crate('abi'), ...crate('compiler'), ...PANICS],
    recipe: [...SMALL, ...WASM_OPT].join(' '),
    outputs: ['build/composer.wasm', 'js/generated/composer.js', 'js/generated/composer.d.ts'],
    run: () => buildCompiler('composer', '--features', 'compose'),
  },
  {
    name: 'driver',
    doing: 'generating the driver module and the constants',
    inputs: [...WORKSPACE, ...crate('abi'), ...crate('xtask')],
    outputs: ['build/driver.wasm', 'js/generated/abi.ts'],
    async run() {
      mkdirSync(join(root, 'js/generated'), { recursive: true });
      await xtask('driver', 'build/driver.wasm');
      await xtask('constants', 'js/generated/abi.ts');
    },
  },
  {
    name: 'guests',
    doing: 'building the guests',
    needs: ['npm'],
    inputs: [...WORKSPACE, ...crate('xtask'), 'tests/guests', 'scripts/lib/toolchains.mjs'],
    outputs: ['build/guests/command.component.wasm'],
    async run() {
      await rustTarget(WASM);
      await rustTarget('wasm32-wasip2');
      rmSync(join(root, 'build/guests'), { recursive: true, force: true });
      copyWit();
      await xtask('guests', 'build/guests');
      await xtask('toolchains', 'build/guests');
      await componentizeJs('build/guests');
    },
  },
  {
    name: 'python-guests',
    doing: 'building the guests in Python (some minutes)',
    inputs: ['tests/guests/python', 'tests/guests/Cargo.lock', 'scripts/lib/toolchains.mjs'],
    outputs: ['program', 'proxy', 'generator'].map((name) => `build/python/${name}.component.wasm`),
    run: () => componentizePython('build/python'),
  },
  {
    name: 'bench-guests',
    doing: 'building the guests of the benchmarks',
    inputs: [...WORKSPACE, ...crate('xtask'), 'bench'],
    outputs: ['build/bench'],
    async run() {
      await xtask('bench-guests', 'build/bench');
    },
  },
  {
    name: 'wast',
    doing: 'converting the scripts of tests/wast',
    inputs: [...WORKSPACE, ...crate('xtask'), 'tests/wast'],
    outputs: ['build/wast/index.json'],
    run: () => convertScripts('tests/wast', 'build/wast'),
  },
  {
    name: 'types',
    doing: 'checking types and writing declarations',
    needs: ['npm', 'compiler', 'composer', 'driver'],
    inputs: ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'js'],
    outputs: ['build/types/index.d.ts'],
    async run() {
      rmSync(join(root, 'build/types'), { recursive: true, force: true });
      await nodeTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
    },
  },
  {
    name: 'docs',
    doing: 'writing the API reference',
    needs: ['types'],
    inputs: ['build/types', 'scripts/lib/reference.mjs'],
    outputs: ['build/docs/index.md'],
    run: writeReference,
  },
  {
    name: 'bundle',
    doing: 'bundling the JavaScript',
    needs: ['npm', 'compiler', 'composer', 'driver'],
    inputs: ['package-lock.json', 'js', 'scripts/lib/bundle.mjs'],
    outputs: ['build/bundle/node.js', 'build/bundle/web.js'],
    run: () => bundle('build/bundle'),
  },
  {
    name: 'package',
    doing: 'putting pkg/ together',
    needs: ['runtime', 'compiler', 'composer', 'driver', 'types', 'bundle'],
    inputs: [
      'package.json',
      'LICENSE',
      'pkg-template',
      'docs',
      'examples',
      'scripts/lib/package.mjs',
      'build/bundle',
      'build/types',
      'build/runtime.wasm',
      'build/compiler.wasm',
      'build/composer.wasm',
      'build/driver.wasm',
    ],
    outputs: ['pkg/package.json', 'pkg/dist/cli.js'],
    run: makePackage,
  },
  {
    name: 'mutable',
    doing: 'building tidegate with rules that can be switched off',
    needs: ['npm', 'bindgen', 'compiler', 'composer', 'driver'],
    inputs: [
      ...WORKSPACE,
      ...['abi', 'compiler', 'runtime'].flatMap(crate),
      'js',
      'scripts/lib/bundle.mjs',
      'build/driver.wasm',
    ],
    outputs: ['build/mutable/node.js', 'build/mutable/compiler.wasm'],
    run: buildMutable,
  },
];

/**
 * Converts a folder of `.wast` scripts for `tests/conformance`.
 *
 * @param {string} from
 * @param {string} to a folder; what was in it goes
 * @param {{ legacyIndices?: boolean }} [options] whether texts may be from before WebAssembly/component-model#655
 */
export async function convertScripts(from, to, { legacyIndices = false } = {}) {
  rmSync(resolve(root, to), { recursive: true, force: true });
  const env = { WAST_STRICT_COMPONENT_INDICES: legacyIndices ? '0' : '1' };
  const args = ['--locked', '--quiet', '--package', 'tidegate-xtask', '--', 'wast', from, to];
  await runCargo('run', args, env);
}

/** Runs a JavaScript tool of node_modules, e.g. `typescript/bin/tsc`. */
export async function nodeTool(path, args) {
  await run(process.execPath, [join(root, 'node_modules', path), ...args]);
}

/** Where a program that we install for ourselves is, relative to the work tree. */
export function tool(name) {
  return `build/tools/bin/${name}${process.platform === 'win32' ? '.exe' : ''}`;
}

/** Installs what the lock file of a folder names. */
async function npmCi(folder) {
  const [command, ...first] = npm();
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  await run(command, [...first, 'ci', ...flags], { cwd: join(root, folder) });
}

async function installBindgen() {
  const version = lockedVersion('wasm-bindgen');
  const bins = ['wasm-bindgen', 'wasm-bindgen-test-runner'].flatMap((bin) => ['--bin', bin]);
  const where = ['--root', 'build/tools', '--force'];
  const args = ['wasm-bindgen-cli', '--version', version, ...bins, ...where];
  // A tool that runs for a second need not be optimised; that halves the time to compile it.
  const env = { CARGO_PROFILE_RELEASE_OPT_LEVEL: '1', CARGO_PROFILE_RELEASE_DEBUG: 'false' };
  try {
    await run(cargo(), ['install', '--locked', ...args], { env });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    // A mirror of the registry may lack a version that the crate's own lock file names.
    say('again with the newest dependencies that the registry offers');
    await run(cargo(), ['install', ...args], { env });
  }
}

/** One of the wasm files of the compiler's crate, and its glue; `features` are cargo's arguments. */
async function buildCompiler(name, ...features) {
  const out = `build/glue/${name}`;
  await glue(await cargoWasm('tidegate-compiler', 'release', ...features), out, name);
  withoutPanics(join(root, out, `${name}_bg.wasm`));
  await wasmOpt(SMALL, `${out}/${name}_bg.wasm`, `build/${name}.wasm`);
  mkdirSync(join(root, 'js/generated'), { recursive: true });
  for (const file of [`${name}.js`, `${name}.d.ts`]) {
    copyFileSync(join(root, out, file), join(root, 'js/generated', file));
  }
}

/** The published bundle and wasm files but for their size, for `npm run mutate`. */
async function buildMutable() {
  const out = 'build/mutable';
  const options = ['mutable', '--features', 'mutate'];
  const runtime = await cargoWasm('tidegate-runtime', ...options);
  const compiler = await cargoWasm('tidegate-compiler', ...options);
  await bundle(out, { rules: true });
  await glue(compiler, 'build/mutable-glue', 'compiler');
  // The bundle has the published compiler's glue.
  const [one, other] = ['build/mutable-glue', 'js/generated'].map((folder) =>
    readFileSync(join(root, folder, 'compiler.js'), 'utf8'),
  );
  if (one !== other) throw new Stop('the feature `mutate` changes what crosses to JavaScript');
  for (const [from, to] of [
    [runtime, 'runtime.wasm'],
    [join(root, 'build/mutable-glue/compiler_bg.wasm'), 'compiler.wasm'],
    [join(root, 'build/driver.wasm'), 'driver.wasm'],
  ]) {
    copyFileSync(from, join(root, out, to));
  }
}

/** Makes the JavaScript that the compiler is called through: `name` is what the files are called. */
async function glue(wasm, out, name) {
  rmSync(join(root, out), { recursive: true, force: true });
  // Without the default path: it would make every bundler look for a file that we ship elsewhere.
  const flags = ['--target', 'web', '--omit-default-module-path', '--out-name', name];
  await run(join(root, tool('wasm-bindgen')), [...flags, '--out-dir', out, wasm]);
}

/** Builds a crate for the web; the path of its wasm file. */
async function cargoWasm(name, profile = 'release', ...options) {
  await rustTarget(WASM);
  const args = ['--locked', '--profile', profile, '--target', WASM, '--package', name, ...options];
  await runCargo('build', args);
  return join(targetDir, WASM, profile, `${name.replaceAll('-', '_')}.wasm`);
}

async function wasmOpt(level, from, to) {
  await nodeTool('binaryen/bin/wasm-opt', [...level, ...WASM_OPT, from, '-o', to]);
}

async function xtask(...args) {
  await runCargo('run', ['--locked', '--quiet', '--package', 'tidegate-xtask', '--', ...args]);
}
