/** What every command does with a component's file and with what goes wrong. */

import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { Component } from '../entry/node.js';
import { FEATURES, type Feature } from '../generated/abi.js';
import { isPrecompiled } from '../host/precompiled.js';
import type { CompileOptions } from '../index.js';
import { CannotRun, explain, UsageError } from './errors.js';

export const LOAD_HELP = `\
      --feature <NAME>                A gated feature that the component may use. Repeatable
      --allow-precompiled             Runs what \`tidegate precompile\` has made of the component, if that is in the file. It is
                                      as powerful as tidegate itself: only for files that you have precompiled`;

/** How a component's file becomes a component: what the commands' options say of it. */
export class Loading {
  readonly #features: Feature[] = [];
  #precompiled = false;

  /** Whether `name` is one of these options. */
  take(name: string, value: () => string): boolean {
    if (name === '--feature') this.#features.push(featureNamed(value()));
    else if (name === '--allow-precompiled') this.#precompiled = true;
    else return false;
    return true;
  }

  get features(): readonly Feature[] {
    return this.#features;
  }

  /** Reads and compiles a component. */
  async load(file: string, quiet = false): Promise<Component> {
    const bytes = await readComponent(file);
    const options = { features: this.#features };
    if (this.#precompiled && isPrecompiled(bytes)) return Component.load(bytes, options);
    return compileFor(file, bytes, options, quiet);
  }
}

function featureNamed(text: string): Feature {
  const feature = FEATURES.find((name) => name === text);
  if (feature === undefined) {
    throw new UsageError(`--feature: there is no ${text}; there are ${FEATURES.join(', ')}`);
  }
  return feature;
}

export async function readComponent(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new CannotRun(`cannot read ${file}: ${(error as Error).message}`);
  }
}

export async function writeComponent(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (error) {
    throw new CannotRun(`cannot write ${file}: ${(error as Error).message}`);
  }
}

/** Compiles, and says so when that takes more than a second. */
export function compileFor(
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: CompileOptions,
  quiet = false,
): Promise<Component> {
  return announced(file, bytes, quiet, () => Component.compile(bytes, options));
}

/** Says what is done with a file when that takes more than a second. */
export async function announced<T>(
  file: string,
  bytes: Uint8Array,
  quiet: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const say = () => {
    const size = (bytes.length / 1e6).toFixed(1);
    if (!quiet) process.stderr.write(`tidegate: compiling ${basename(file)} (${size} MB)\n`);
  };
  // A large component keeps this thread busy, so that a timer would come too late.
  if (bytes.length > LARGE) say();
  const timer = bytes.length > LARGE ? undefined : setTimeout(say, SECOND);
  try {
    return await work();
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
