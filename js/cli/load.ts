/** What every command does with a component's file and with what goes wrong. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { Component } from '../entry/node.js';
import type { CompileOptions } from '../index.js';
import { CannotRun, explain } from './errors.js';

/** Reads and compiles a component. */
export async function load(file: string, quiet = false): Promise<Component> {
  return compileFor(file, await readComponent(file), {}, quiet);
}

export async function readComponent(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new CannotRun(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Compiles, and says so when that takes more than a second. */
export async function compileFor(
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: CompileOptions,
  quiet = false,
): Promise<Component> {
  const say = () => {
    const size = (bytes.length / 1e6).toFixed(1);
    if (!quiet) process.stderr.write(`tidegate: compiling ${basename(file)} (${size} MB)\n`);
  };
  // A large component keeps this thread busy, so that a timer would come too late.
  if (bytes.length > LARGE) say();
  const timer = bytes.length > LARGE ? undefined : setTimeout(say, SECOND);
  try {
    return await Component.compile(bytes, options);
  } finally {
    clearTimeout(timer);
  }
}

/** What takes about a second to compile. */
const LARGE = 4_000_000;
/** Milliseconds. */
const SECOND = 1000;

/** Runs a command; what it throws becomes a message and an exit code. */
export async function guarded(
  { quiet, verbose }: { readonly quiet: boolean; readonly verbose: boolean },
  command: () => Promise<number>,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const { message, code } = explain(error, verbose);
    if (!quiet) process.stderr.write(`tidegate: ${message}\n`);
    return code;
  }
}
