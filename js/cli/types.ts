/** `tidegate types`: TypeScript declarations of a component, on stdout or into a file. */

import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { CannotRun } from './errors.js';
import { readOneFile } from './flags.js';
import { guarded, Loading } from './load.js';

export const TYPES_HELP = `\
Prints TypeScript declarations of what a component imports and exports.

Usage: tidegate types [OPTIONS] COMPONENT.wasm

  import type { Exports, Imports } from './greet.js';     with -o greet.d.ts
  import { greet } from './greet.component.wasm';         with -o greet.component.d.wasm.ts

The second is for \`tidegate/vite\` and \`tidegate/register\`; TypeScript finds such a file when its option
allowArbitraryExtensions is on.

Options:
  -o, --output FILE    write to FILE instead of stdout
      --feature NAME   a gated feature that the component may use; repeatable
      --verbose        errors with their stack and causes
  -h, --help           this text

Exit codes: 0; 1 when the file is no component or cannot be read or written, 2 for a wrong command line.
`;

/** Writes the declarations; the result is the exit code. */
export async function types(args: readonly string[]): Promise<number> {
  let output: string | undefined;
  const loading = new Loading();
  const line = readOneFile('types', args, (name, value) => {
    if (name !== '-o' && name !== '--output') return loading.take(name, value);
    output = value();
    return true;
  });
  if (line === undefined) {
    process.stdout.write(TYPES_HELP);
    return 0;
  }
  return guarded(line, async () => {
    const component = await loading.load(line.file, line.quiet);
    const text = await component.types(basename(line.file));
    if (output === undefined) process.stdout.write(text);
    else await write(output, text);
    return 0;
  });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CannotRun(`cannot write ${file}: ${(error as Error).message}`);
  }
}
