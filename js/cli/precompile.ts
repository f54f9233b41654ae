/** `tidegate precompile`: a component compiled ahead of time, in a file. */

import process from 'node:process';
import { precompile as precompileBytes } from '../entry/node.js';
import { UsageError } from './errors.js';
import { readOneFile } from './flags.js';
import { announced, guarded, Loading, readComponent, writeComponent } from './load.js';

export const PRECOMPILE_HELP = `\
Compiles a component ahead of time.

Usage: tidegate precompile [OPTIONS] --output <FILE> <COMPONENT>

The result is the component with a custom section more. \`Component.load\` takes it without loading the compiler, in any
engine; everybody else takes it as the component. It is for this version of tidegate alone.

Options:
      --feature <NAME>  a gated feature that the component may use; repeatable
  -o, --output <FILE>   where to write to
      --quiet           no messages
      --verbose         errors with their stack and causes
  -h, --help            this text

Exit codes: 0; 1 when the file is no component or cannot be read or written, 2 for a wrong command line.
`;

/** Writes the precompiled component; the result is the exit code. */
export async function precompile(args: readonly string[]): Promise<number> {
  let output: string | undefined;
  const loading = new Loading();
  const line = readOneFile('precompile', args, (name, value) => {
    if (name === '-o' || name === '--output') output = value();
    else if (name === '--feature') loading.take(name, value);
    else return false;
    return true;
  });
  if (line === undefined) {
    process.stdout.write(PRECOMPILE_HELP);
    return 0;
  }
  const out = output;
  if (out === undefined) throw new UsageError('where to? -o FILE names it');
  return guarded(line, async () => {
    const bytes = await readComponent(line.file);
    const { features } = loading;
    await writeComponent(
      out,
      await announced(line.file, bytes, line.quiet, () => precompileBytes(bytes, { features })),
    );
    return 0;
  });
}
