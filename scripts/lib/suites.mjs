/**
 * The test suites behind `npm test`. Each brings what it needs up to date, runs one test runner,
 * and is counted by what that runner printed. A suite whose build fails counts as one failure,
 * and the others go on.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROWSER_REMEDY, chromium, firefox, webdriver } from './browser.mjs';
import { add, line, none, ofCargo, ofCheck, ofScripts } from './counts.mjs';
import { build } from './graph.mjs';
import { root, Stop, since } from './run.mjs';
import { cargoRunner, list, nodeCheck, nodeRunner, print, runner } from './runners.mjs';
import { steps, tool } from './steps.mjs';
import { copyWit } from './toolchains.mjs';
import {
  allRequired,
  cargo,
  checkNode,
  PYTHON_REMEDY,
  pinnedNode,
  python,
  rustComponent,
  rustTarget,
  systemNode,
} from './tools.mjs';

const WASM = 'wasm32-unknown-unknown';
/** The crates that are published as wasm. */
const CRATES = ['tidegate-runtime', 'tidegate-compiler'];

/** In how many orders each async script is run. */
const SEEDS = 200;

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} about
 * @property {string[]} [needs] build steps that come first
 * @property {() => Promise<import('./counts.mjs').Counts>} run
 */

/** @type {Suite[]} */
export const suites = [
  {
    name: 'rustfmt',
    about: 'Rust is formatted',
    async run() {
      await rustComponent('fmt', 'rustfmt');
      const counts = none();
      for (const manifest of ['Cargo.toml', 'fuzz/Cargo.toml', 'tests/guests/Cargo.toml']) {
        const args = ['fmt', '--all', '--check', '--manifest-path', manifest];
        add(counts, await runner(cargo(), args, ofCheck));
      }
      return counts;
    },
  },
  {
    name: 'biome',
    about: 'TypeScript and JavaScript are formatted and lint-free',
    needs: ['npm'],
    run: () => nodeCheck('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
  },
  {
    name: 'tsc',
    about: 'TypeScript, strict',
    needs: ['npm', 'compiler', 'composer', 'driver'],
    run: () => nodeCheck('typescript/bin/tsc', ['-p', 'tsconfig.json']),
  },
  {
    name: 'clippy',
    about: 'Rust is lint-free, natively and as wasm',
    run: runClippy,
  },
  {
    name: 'native',
    about: 'cargo test of the workspace',
    run() {
      const others = ['--workspace', '--exclude', 'tidegate-fuzz'];
      return cargoRunner(['test', '--locked', ...others, '--no-fail-fast'], ofCargo);
    },
  },
  {
    name: 'fuzz',
    about: 'hostile input: a short run of the fuzz targets, the same each time',
    async run() {
      const counts = none();
      const suite = ['--profile', 'smoke', '--package', 'tidegate-fuzz', '--no-fail-fast'];
      add(counts, await cargoRunner(['test', '--locked', ...suite], ofCargo));
      // The targets are a workspace of their own, whose lock file nothing else here looks at.
      const targets = ['--manifest-path', 'fuzz/Cargo.toml', '--depth', '0'];
      add(counts, await runner(cargo(), ['tree', '--locked', ...targets], ofCheck));
      return counts;
    },
  },
  {
    name: 'js',
    about: "the built package on the system's Node",
    needs: ['package', 'guests'],
    run: () => nodeRunner(systemNode(), 'tests/js'),
  },
  {
    name: 'js-pinned',
    about: 'the built package on the Node of package.json',
    needs: ['package', 'guests'],
    run: () => nodeRunner(pinnedNode(), 'tests/js'),
  },
  {
    name: 'engines',
    about: 'the built package on Deno and Bun',
    needs: ['package', 'guests', 'engines'],
    run: () => nodeRunner(pinnedNode(), 'tests/engines'),
  },
  {
    name: 'python',
    about: 'guests in Python on the Node of package.json',
    needs: ['package', 'guests'],
    run: runPython,
  },
  {
    name: 'wast',
    about: "our scripts on the system's Node",
    needs: ['package', 'wast'],
    run: () => runScripts(systemNode(), 'node'),
  },
  {
    name: 'wast-pinned',
    about: 'our scripts on the Node of package.json',
    needs: ['package', 'wast'],
    run: () => runScripts(pinnedNode(), 'node'),
  },
  {
    name: 'wast-seeds',
    about: `our async scripts, each with tasks in ${SEEDS} orders`,
    needs: ['package', 'wast'],
    run: () => runScripts(pinnedNode(), 'node', ['--seeds', String(SEEDS)]),
  },
  {
    name: 'wast-chromium',
    about: 'our scripts in Chromium',
    needs: ['package', 'wast'],
    run: () => runScriptsIn('chromium', chromium()),
  },
  {
    name: 'wast-firefox',
    about: 'our scripts in Firefox',
    needs: ['package', 'wast'],
    run: () => runScriptsIn('firefox', firefox()),
  },
  {
    name: 'packaging',
    about: 'the package, packed and installed',
    needs: ['package', 'guests', 'docs'],
    run: () => nodeRunner(pinnedNode(), 'tests/packaging'),
  },
  {
    name: 'browser',
    about: 'the page and the package in real browsers',
    needs: ['package', 'guests'],
    run: () => nodeRunner(pinnedNode(), 'tests/browser'),
  },
  {
    name: 'js-browsers',
    about: 'the suites of the JS host in real browsers',
    needs: ['package', 'guests'],
    run: () => nodeRunner(pinnedNode(), 'tests/browser/js'),
  },
  {
    name: 'wasm',
    about: 'the crates in headless Chromium',
    needs: ['bindgen'],
    run: runInBrowser,
  },
];

/**
 * Runs suites one after the other; the last line on stdout counts them all.
 *
 * @param {string[]} names
 * @returns {Promise<number>} the exit code
 */
export async function runSuites(names) {
  checkNode();
  const [total, rows, start] = [none(), [], performance.now()];
  for (const suite of suites.filter(({ name }) => names.includes(name))) {
    print(`\n── ${suite.name}: ${suite.about}`);
    const began = performance.now();
    const counts = await runSuite(suite);
    add(total, counts);
    rows.push(`${suite.name.padEnd(13)} ${since(began).padStart(8)}  ${line(counts)}`);
    print(`── ${rows.at(-1)}`);
  }
  print(`\n${rows.join('\n')}\nin ${since(start)}\n\n${line(total)}`);
  return total.failed > 0 ? 1 : 0;
}

async function runSuite({ needs, run }) {
  try {
    await build(steps, needs ?? []);
    return await run();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    print(error.message);
    if (error.remedy) print(`remedy: ${error.remedy}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function runClippy() {
  await rustComponent('clippy', 'clippy');
  await rustTarget(WASM);
  const strict = ['--', '--deny', 'warnings'];
  const counts = none();
  for (const args of [
    ['--workspace', '--all-targets'],
    ...CRATES.map((name) => ['--package', name, '--target', WASM, '--lib', ...wasmTests(name)]),
    ['--package', 'tidegate-runtime', '--target', WASM, '--lib', '--features', 'standalone'],
    ['--package', 'tidegate-compiler', '--target', WASM, '--lib', '--features', 'compose'],
  ]) {
    add(counts, await cargoRunner(['clippy', '--locked', ...args, ...strict], ofCheck));
  }
  // They have a workspace and a target directory of their own, and one of them reads interfaces that are put there.
  copyWit();
  const guests = ['--manifest-path', 'tests/guests/Cargo.toml', '--workspace', '--target', WASM];
  add(counts, await runner(cargo(), ['clippy', '--locked', ...guests, ...strict], ofCheck));
  return counts;
}

/** Runs the scripts of `tests/wast`, which the build has converted. */
function runScripts(node, host, more = []) {
  const args = ['tests/wast', '--converted', 'build/wast', '--host', host, ...more];
  return runner(node, ['tests/conformance/run.mjs', ...args], ofScripts);
}

function runScriptsIn(browser, path) {
  return path ? runScripts(pinnedNode(), browser) : withoutBrowser(`${browser} is not installed`);
}

/** A visible skip, or a failure where browsers are required. */
function withoutBrowser(what) {
  if (allRequired) throw new Stop(what, BROWSER_REMEDY);
  print(`SKIPPED: ${what}\nremedy: ${BROWSER_REMEDY}`);
  return { passed: 0, failed: 0, skipped: 1 };
}

/** Guests of some 20 MB each, which take a while to be made, once. */
async function runPython() {
  if (python() === undefined) {
    if (allRequired) throw new Stop('Python is not installed', PYTHON_REMEDY);
    print(`SKIPPED: Python is not installed\nremedy: ${PYTHON_REMEDY}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  await build(steps, ['python-guests']);
  return nodeRunner(pinnedNode(), 'tests/python');
}

/** What `wasm-pack test --headless --chrome` does, for both crates. */
async function runInBrowser() {
  const browser = webdriver();
  if (!browser) return withoutBrowser('Chromium with chromedriver is not installed');
  await rustTarget(WASM);
  const testRunner = join(root, tool('wasm-bindgen-test-runner'));
  const env = { ...browser, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: testRunner };
  const counts = none();
  for (const name of CRATES) {
    const tests = wasmTests(name);
    if (tests.length === 0) throw new Stop(`${name} has no wasm-bindgen test`);
    const args = ['test', '--locked', '--target', WASM, '--package', name, ...tests];
    add(counts, await cargoRunner(args, ofCargo, env));
  }
  return counts;
}

/** Flags that choose the integration tests of a crate that are written for wasm-bindgen's runner. */
function wasmTests(name) {
  const folder = join(root, 'src', name.replace('tidegate-', ''), 'tests');
  return list(folder, '.rs')
    .filter((file) => readFileSync(join(folder, file), 'utf8').includes('#[wasm_bindgen_test'))
    .flatMap((file) => ['--test', file.slice(0, -'.rs'.length)]);
}
