/** What every command does with a component's file and with what goes wrong. */

import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { Component } from '../entry/node.js';
import { CannotRun, explain } from './errors.js';

/** Reads and compiles a component. */
export async function load(file: string): Promise<Component> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (error) {
    throw new CannotRun(`cannot read ${file}: ${(error as Error).message}`);
  }
  return Component.compile(bytes);
}

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
