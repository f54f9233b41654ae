/** Running test runners: their output is shown as it comes, and counted. */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ofCheck, ofNode } from './counts.mjs';
import { ended, root, Stop } from './run.mjs';
import { cargo, pinnedNode, systemNode, targetDir } from './tools.mjs';

/** No runner takes this long; one that hangs is ended, and has failed. */
const PATIENCE_MS = 15 * 60 * 1000;

/**
 * Runs a test runner, its output on ours, and counts. A runner that fails without saying which
 * test failed, or succeeds without having run one, counts as a failure.
 */
export async function runner(command, args, read, env) {
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

/** Runs a subcommand of cargo in the workspace. */
export function cargoRunner([subcommand, ...args], read, env) {
  return runner(cargo(), [subcommand, '--target-dir', targetDir, ...args], read, env);
}

/** Runs a JavaScript tool of node_modules that says yes or no. */
export function nodeCheck(path, args) {
  return runner(process.execPath, [join(root, 'node_modules', path), ...args], ofCheck);
}

/** Runs the `*.test.mjs` of a folder under `node --test`. */
export function nodeRunner(node, folder) {
  const files = list(join(root, folder), '.test.mjs').map((file) => `${folder}/${file}`);
  if (files.length === 0) throw new Stop(`${folder} has no tests`);
  // Garbage collection is for tests of what finalizers do; the suites know the two Nodes by these.
  const env = { TIDEGATE_SYSTEM_NODE: systemNode(), TIDEGATE_PINNED_NODE: pinnedNode() };
  return runner(node, ['--expose-gc', '--test', '--test-reporter=spec', ...files], ofNode, env);
}

/** The files of a folder whose names end in `suffix`, sorted; none when there is no folder. */
export function list(folder, suffix) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort();
}

export function print(text) {
  process.stdout.write(`${text}\n`);
}
