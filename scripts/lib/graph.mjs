/**
 * A build graph by content: a step is stale when the bytes of its inputs, its recipe or the
 * presence of its outputs have changed since it last succeeded. Stamps are in `build/stamps`.
 * Nothing but files is looked at for that, so a build with nothing to do takes milliseconds;
 * tools are looked for by the steps that run.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {string} doing what a person is told while it runs
 * @property {string[]} [needs] names of steps that come first
 * @property {string[]} inputs files and folders, relative to the work tree
 * @property {string} [recipe] anything else that the outputs depend on
 * @property {string[]} outputs files, relative to the work tree
 * @property {() => Promise<void>} run
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, Stop, say, since } from './run.mjs';

const STAMPS = join(root, 'build/stamps');
const LOCK = join(root, 'build/lock');
/** What has failed in this process: `npm test` goes on, and need not try the same again. */
const failures = new Map();
/** Folders of other build tools inside of folders that are inputs. */
const FOREIGN = new Set(['target', 'node_modules', '__pycache__']);

/**
 * Brings the steps named `wanted`, and what they need, up to date.
 *
 * @param {Step[]} steps in an order in which every step follows what it needs
 * @param {string[]} wanted
 */
export async function build(steps, wanted) {
  const names = closure(steps, wanted);
  const chosen = steps.filter(({ name }) => names.has(name));
  if (chosen.every((step) => isFresh(step))) return;
  const release = await lock();
  try {
    for (const step of chosen) {
      if (!isFresh(step)) await execute(step);
    }
  } finally {
    release();
  }
}

async function execute(step) {
  say(`${step.doing} …`);
  const start = performance.now();
  rmSync(stampOf(step), { force: true });
  // The key is of the inputs as they were before: a file that is saved meanwhile makes it stale.
  const key = keyOf(step);
  const failed = failures.get(key);
  if (failed) throw new Stop(`it has failed already: ${failed.message}`, failed.remedy);
  try {
    await step.run();
  } catch (error) {
    failures.set(key, error);
    throw error;
  }
  const missing = step.outputs.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new Stop(`step "${step.name}" did not make ${missing.join(', ')}`);
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stampOf(step), key);
  say(`${step.doing}: done in ${since(start)}`);
}

function isFresh(step) {
  if (!existsSync(stampOf(step))) return false;
  if (!step.outputs.every((path) => existsSync(join(root, path)))) return false;
  return readFileSync(stampOf(step), 'utf8') === keyOf(step);
}

function stampOf(step) {
  return join(STAMPS, step.name);
}

function keyOf(step) {
  const hash = createHash('sha256').update(`${step.name}\0${step.recipe ?? ''}`);
  for (const input of step.inputs) {
    for (const path of filesUnder(input)) {
      const bytes = readFileSync(join(root, path));
      hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex');
}

/** Every file at or under a path, sorted; none when there is nothing. */
function filesUnder(path) {
  let entries;
  try {
    entries = readdirSync(join(root, path), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter(({ name }) => !FOREIGN.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = `${path}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(child) : [child];
    });
}

function closure(steps, wanted) {
  const names = new Set(wanted);
  for (const step of [...steps].reverse()) {
    if (names.has(step.name)) for (const need of step.needs ?? []) names.add(need);
  }
  return names;
}

/** One build at a time per work tree; the lock of a process that is gone counts as free. */
async function lock() {
  mkdirSync(join(root, 'build'), { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return () => rmSync(LOCK, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = lockOwner();
    if (owner === undefined) {
      rmSync(LOCK, { force: true });
      continue;
    }
    if (!told) say(`waiting for the build of process ${owner} (build/lock)`);
    told = true;
    await sleep(200);
  }
}

function lockOwner() {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'));
    // Between its creation and its first write the file is empty; its owner is alive.
    if (pid === 0) return 'unknown';
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === 'EPERM' ? 'unknown' : undefined;
  }
}
