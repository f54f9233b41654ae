/**
 * The test suites behind `npm test`. Each brings what it needs up to date, runs one test runner,
 * and is counted by what that runner printed. A suite whose build fails counts as one failure,
 * and the others go on.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROWSER_REMEDY, browserRequired, webdriver } from './browser.mjs';
import { add, line, none, ofCargo, ofCheck, ofNode } from './counts.mjs';
import { build } from './graph.mjs';
import { ended, root, Stop, since } from './run.mjs';
import { steps, tool } from './steps.mjs';
import {
  cargo,
  checkNode,
  pinnedNode,
  rustComponent,
  rustTarget,
  systemNode,
  targetDir,
} from './tools.mjs';

const WASM = 'wasm32-unknown-unknown';
/** No suite takes this long; one that hangs is ended, and has failed. */
const PATIENCE_MS = 15 * 60 * 1000;

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
      for (const manifest of ['Cargo.toml', 'tests/guests/Cargo.toml']) {
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
    needs: ['npm', 'compiler', 'driver'],
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
    run: () => cargoRunner(['test', '--locked', '--workspace', '--no-fail-fast'], ofCargo),
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
    name: 'packaging',
    about: 'the package, packed and installed',
    needs: ['package', 'guests'],
    run: () => nodeRunner(systemNode(), 'tests/packaging'),
  },
  {
    name: 'browser',
    about: 'the page and the package in real browsers',
    needs: ['package', 'guests'],
    run: () => nodeRunner(pinnedNode(), 'tests/browser'),
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
    rows.push(`${suite.name.padEnd(10)} ${since(began).padStart(8)}  ${line(counts)}`);
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
  const crates = ['--package', 'tidegate-runtime', '--package', 'tidegate-compiler'];
  const counts = none();
  for (const args of [
    ['--workspace', '--all-targets', ...strict],
    [...crates, '--target', WASM, ...strict],
  ]) {
    add(counts, await cargoRunner(['clippy', '--locked', ...args], ofCheck));
  }
  return counts;
}

/** What `wasm-pack test --headless --chrome` does, for both crates. */
async function runInBrowser() {
  const env = webdriver();
  if (!env) {
    const what = 'Chromium with chromedriver is not installed';
    if (browserRequired) throw new Stop(what, BROWSER_REMEDY);
    print(`SKIPPED: ${what}\nremedy: ${BROWSER_REMEDY}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  await rustTarget(WASM);
  const counts = none();
  for (const name of ['runtime', 'compiler']) {
    const tests = wasmTests(name).flatMap((test) => ['--test', test]);
    if (tests.length === 0) throw new Stop(`src/${name}/tests has no wasm-bindgen test`);
    const args = ['test', '--locked', '--target', WASM, '--package', `tidegate-${name}`, ...tests];
    const runner = 'CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER';
    add(
      counts,
      await cargoRunner(args, ofCargo, {
        ...env,
        [runner]: join(root, tool('wasm-bindgen-test-runner')),
      }),
    );
  }
  return counts;
}

/** The integration tests of a crate that are written for wasm-bindgen's runner. */
function wasmTests(name) {
  const folder = join(root, 'src', name, 'tests');
  return list(folder, '.rs')
    .filter((file) => readFileSync(join(folder, file), 'utf8').includes('#[wasm_bindgen_test'))
    .map((file) => file.slice(0, -'.rs'.length));
}

function cargoRunner([subcommand, ...args], read, env) {
  return runner(cargo(), [subcommand, '--target-dir', targetDir, ...args], read, env);
}

function nodeCheck(path, args) {
  return runner(process.execPath, [join(root, 'node_modules', path), ...args], ofCheck);
}

function nodeRunner(node, folder) {
  const files = list(join(root, folder), '.test.mjs').map((file) => `${folder}/${file}`);
  if (files.length === 0) throw new Stop(`${folder} has no tests`);
  // The suites know the two Nodes by these.
  const env = { TIDEGATE_SYSTEM_NODE: systemNode(), TIDEGATE_PINNED_NODE: pinnedNode() };
  return runner(node, ['--test', '--test-reporter=spec', ...files], ofNode, env);
}

/**
 * Runs a test runner, its output on ours, and counts. A runner that fails without saying which
 * test failed, or succeeds without having run one, counts as a failure.
 */
async function runner(command, args, read, env) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
    process.stdout.write(part);
  });
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    // What it started may hold the other end of the pipe for ever.
    child.stdout.destroy();
  }, PATIENCE_MS);
  const { code, error } = await ended(child);
  clearTimeout(timer);
  if (error) throw new Stop(`cannot start ${command}: ${error.message}`);
  const counts = read(text, code === 0);
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (code === 0 && counts.passed + counts.failed + counts.skipped === 0) {
    throw new Stop(`\`${command} ${args.join(' ')}\` ran no test`);
  }
  return counts;
}

function list(folder, suffix) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort();
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
