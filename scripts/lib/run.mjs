/**
 * Starting other programs. Everything here reports on stderr, so that the stdout of
 * `npm start` carries nothing but what the guest wrote.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The work tree. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Something that a person has to do: `message` says what is wrong, `remedy` how to get past it. */
export class Stop extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

export function say(text) {
  process.stderr.write(`tidegate: ${text}\n`);
}

/**
 * Runs a program to its end, its output on our stderr.
 *
 * @throws {Stop} when it cannot be started, ends by a signal, or exits with a code other than 0.
 */
export async function run(command, args, { env, cwd = root } = {}) {
  const shown = `${command} ${args.join(' ')}`;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const { code, signal, error } = await ended(child);
  if (error) throw new Stop(`cannot start \`${shown}\`: ${error.message}`);
  if (code !== 0) throw new Stop(`\`${shown}\` failed (${signal ?? `exit code ${code}`})`);
}

/** Runs a program that has our stdin and stdout; its exit code. */
export async function hand(command, args) {
  const { code, error } = await ended(spawn(command, args, { cwd: root, stdio: 'inherit' }));
  if (error) throw new Stop(`cannot start ${command}: ${error.message}`);
  return code ?? 1;
}

/** What a program printed on its stdout, or undefined when it cannot be started or fails. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** How a child process ended. */
export function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal, error: undefined }));
  });
}

/** The first of `names` that is on the PATH or in `folders`, or undefined. */
export function find(names, folders = []) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  const places = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...folders];
  for (const name of names) {
    for (const place of places) {
      for (const suffix of suffixes) {
        const path = join(place, name + suffix);
        if (existsSync(path)) return path;
      }
    }
  }
  return undefined;
}

/** Runs a script's `main` and turns a {@link Stop} into two lines on stderr and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body(process.argv.slice(2))) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    if (error.remedy) say(`remedy: ${error.remedy}`);
    process.exitCode = 1;
  }
}

/** Seconds since `start` (of `performance.now()`), for people. */
export function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
