/** Running the command line interface of the built package. */

import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ended, root, Stop } from './run.mjs';
import { systemNode } from './tools.mjs';

/**
 * Runs `tidegate ...args` on the Node that the person has, in the folder that npm was called in;
 * stdout and stderr are ours.
 *
 * @param {string[]} args
 * @param {string} [input] a file that is piped to stdin; without it stdin is ours
 * @returns {Promise<number>} the exit code, 128 + n when signal n ended it
 */
export async function tidegate(args, input) {
  const child = spawn(systemNode(), [join(root, 'pkg/dist/cli.js'), ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
  });
  if (input !== undefined) {
    // A guest may end before it has read everything.
    child.stdin.on('error', () => {});
    createReadStream(input).pipe(child.stdin);
  }
  // The terminal signals the whole group; we stay to pass the exit code on.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const { code, signal, error } = await ended(child);
  if (error) throw new Stop(`cannot start ${systemNode()}: ${error.message}`);
  return code ?? 128 + (constants.signals[signal] ?? 0);
}
