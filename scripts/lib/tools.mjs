/**
 * The tools that a build needs from the outside: each is checked when a step first asks for it,
 * and fetched when a registry or rustup can give it. What we cannot fetch stops with a remedy.
 */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ask, find, root, run, Stop, say } from './run.mjs';

const RUSTUP_REMEDY = 'install rustup from https://rustup.rs, then open a new shell';

/** Whether tests whose tool (a browser, a C compiler) is missing fail, instead of being skipped. */
export const allRequired = process.env.TIDEGATE_REQUIRE_ALL === '1';

/** Where cargo puts what it builds; passed on every call, so that we know where to look. */
export const targetDir = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

/** What to do about a Python that is missing. */
export const PYTHON_REMEDY =
  'install Python 3.9 or newer with `venv`: `apt-get install python3-venv`';

/** A Python that can make environments, or undefined. */
export function python() {
  const check = 'import ensurepip, sys, venv; assert sys.version_info >= (3, 9)';
  return memo('python', () =>
    ['python3', 'python'].find((name) => ask(name, ['-c', check]) !== undefined),
  );
}

const once = new Map();

/** Checks are made once per process. */
function memo(key, body) {
  if (!once.has(key)) once.set(key, body());
  return once.get(key);
}

/** @throws {Stop} on a Node older than package.json's `engines`. */
export function checkNode() {
  const [major] = process.versions.node.split('.');
  if (Number(major) >= 20) return;
  throw new Stop(
    `Node ${process.versions.node} is too old: 20 or newer is needed`,
    'https://nodejs.org',
  );
}

/** The path of cargo, of a toolchain that is new enough. */
export function cargo() {
  return memo('cargo', () => {
    const path = rustTool('cargo');
    if (!path) throw new Stop('cargo is not installed', RUSTUP_REMEDY);
    const version = ask(rustTool('rustc') ?? 'rustc', ['--version']);
    if (!version) {
      throw new Stop('rustup has no usable Rust toolchain', '`rustup default stable`');
    }
    const wanted = cargoToml(/^rust-version = "([\d.]+)"/m);
    if (older(version.match(/[\d.]+/)?.[0] ?? '0', wanted)) {
      throw new Stop(
        `${version} is too old: ${wanted} or newer is needed`,
        '`rustup update stable`',
      );
    }
    return path;
  });
}

/** Makes sure that the toolchain has the standard library of `target`. */
export async function rustTarget(target) {
  await memo(`target ${target}`, async () => {
    cargo();
    const args = ['--print', 'target-libdir', '--target', target];
    const folder = ask(rustTool('rustc'), args);
    if (folder && existsSync(folder)) return;
    await rustup(['target', 'add', target], `Rust's standard library for ${target}`);
  });
}

/** Makes sure that `cargo <subcommand>` works; `component` is what rustup calls it. */
export async function rustComponent(subcommand, component) {
  await memo(`component ${component}`, async () => {
    if (ask(cargo(), [subcommand, '--version'])) return;
    await rustup(['component', 'add', component], component);
  });
}

/** Runs cargo with our target directory. `before` is the subcommand, `after` all else. */
export async function runCargo(subcommand, args, env) {
  await run(cargo(), [subcommand, '--target-dir', targetDir, ...args], { env });
}

/**
 * npm and its first arguments. Inside `npm start` npm names itself; it is then run by the Node
 * that runs it now, because the `node` on the PATH is one that npm is about to replace.
 */
export function npm() {
  const { npm_execpath: script } = process.env;
  if (script?.endsWith('.js')) return [systemNode(), script];
  const path = find(['npm']);
  if (!path) throw new Stop('npm is not installed', 'it comes with Node: https://nodejs.org');
  return [path];
}

/** The Node that a person has, as opposed to the one in node_modules that npm puts first. */
export function systemNode() {
  return process.env.npm_node_execpath ?? process.execPath;
}

/** The Node pinned in package.json: the newest that the suites run on. */
export function pinnedNode() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(root, 'node_modules/node/bin', file);
}

/** Cargo.lock's version of a package. */
export function lockedVersion(name) {
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8');
  const version = lock.match(new RegExp(`name = "${name}"\\nversion = "([^"]+)"`))?.[1];
  if (!version) throw new Stop(`Cargo.lock does not name ${name}`);
  return version;
}

async function rustup(args, what) {
  const path = rustTool('rustup');
  if (!path) {
    const remedy = `${RUSTUP_REMEDY}, or install it with the package manager that Rust came from`;
    throw new Stop(`${what} is missing, and there is no rustup to add it`, remedy);
  }
  say(`rustup ${args.join(' ')}`);
  await run(path, args);
}

/** rustup puts its tools into a folder that a shell opened earlier has not on its PATH. */
function rustTool(name) {
  return find([name], [join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin')]);
}

function cargoToml(pattern) {
  return readFileSync(join(root, 'Cargo.toml'), 'utf8').match(pattern)[1];
}

/** Whether dotted version `a` is older than `b`. */
function older(a, b) {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const at = right.findIndex((part, i) => part !== (left[i] ?? 0));
  return at >= 0 && (left[at] ?? 0) < right[at];
}
