/** `tidegate types`: TypeScript declarations of a component, on stdout or into a file. */

import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { Component } from '../entry/node.js';
import { CannotRun, UsageError } from './errors.js';

export const TYPES_HELP = `\
Prints TypeScript declarations of what a component imports and exports.

Usage: tidegate types [OPTIONS] COMPONENT.wasm

  import type { Exports, Imports } from './greet.js';     with -o greet.d.ts
  import { greet } from './greet.component.wasm';         with -o greet.component.d.wasm.ts

The second is for \`tidegate/vite\` and \`tidegate/register\`; TypeScript finds such a file when its option
allowArbitraryExtensions is on.

Options:
  -o, --output FILE    write to FILE instead of stdout
  -h, --help           this text
`;

interface TypesOptions {
  readonly file: string;
  readonly output: string | undefined;
}

/** Writes the declarations; the result is the exit code. */
export async function types(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === undefined) {
    process.stdout.write(TYPES_HELP);
    return 0;
  }
  const { file, output } = options;
  const component = await Component.compile(await read(file));
  const text = await component.types(basename(file));
  if (output === undefined) process.stdout.write(text);
  else await write(output, text);
  return 0;
}

async function read(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new CannotRun(`cannot read ${file}: ${(error as Error).message}`);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CannotRun(`cannot write ${file}: ${(error as Error).message}`);
  }
}

/** `undefined`: help is wanted. */
function parse(args: readonly string[]): TypesOptions | undefined {
  const files: string[] = [];
  let output: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [name, inline] = /^(--\w+)=(.*)$/s.exec(arg)?.slice(1) ?? [arg];
    if (name === '-h' || name === '--help') return undefined;
    if (name === '-o' || name === '--output') {
      output = inline ?? args[++i];
      if (output === undefined) throw new UsageError(`${name} needs a value`);
    } else if (arg.startsWith('-')) {
      throw new UsageError(`there is no option ${name}; see \`tidegate types --help\``);
    } else {
      files.push(arg);
    }
  }
  const [file, second] = files;
  if (file === undefined) throw new UsageError('which component? See `tidegate types --help`');
  if (second !== undefined) throw new UsageError(`one component at a time, not also ${second}`);
  return { file, output };
}
