/** `tidegate compose`: several components become one, in a file. */

import { basename } from 'node:path';
import process from 'node:process';
import { compose as composeBytes } from '../entry/node.js';
import { UsageError } from './errors.js';
import { readFiles } from './flags.js';
import { guarded, readComponent, writeComponent } from './load.js';

export const COMPOSE_HELP = `\
Makes one component of several, which call each other without JavaScript in between.

Usage: tidegate compose [OPTIONS] --output <FILE> <COMPONENT>...

An import of a component is served by the nearest one behind it that exports it; what nobody serves is an import of
the whole, and exports that serve nobody are its exports. Versions match as semver does. Components are called by
their files' names, without .wasm and .component.wasm.

  tidegate compose auth.wasm pages.wasm -o site.wasm --link auth/wasi:http/handler=pages

Options:
      --link <COMPONENT/IMPORT=COMPONENT>  what serves an import, where the order does not tell
  -o, --output <FILE>  where to write to
      --verbose        errors with their stack and causes
  -h, --help           this text

Exit codes: 0; 1 when a file is no component, cannot be read or written, or does not fit, 2 for a wrong command line.
`;

/** Writes the composed component; the result is the exit code. */
export async function compose(args: readonly string[]): Promise<number> {
  let output: string | undefined;
  const link: Record<string, Record<string, string>> = {};
  const line = readFiles('compose', args, (name, value) => {
    if (name === '-o' || name === '--output') output = value();
    else if (name === '--link') addLink(link, value());
    else return false;
    return true;
  });
  if (line === undefined) {
    process.stdout.write(COMPOSE_HELP);
    return 0;
  }
  const out = output;
  if (out === undefined) throw new UsageError('where to? -o FILE names it');
  return guarded(line, async () => {
    const components: Record<string, Uint8Array<ArrayBuffer>> = {};
    for (const file of line.files) {
      const name = basename(file).replace(/(\.component)?\.wasm$/, '');
      if (Object.hasOwn(components, name)) throw new UsageError(`two files are called ${name}`);
      components[name] = await readComponent(file);
    }
    const bytes = await composeBytes(components, { link });
    await writeComponent(out, bytes);
    return 0;
  });
}

function addLink(link: Record<string, Record<string, string>>, text: string): void {
  const [, component, name, target] = /^([^/=]+)\/([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (component === undefined || name === undefined || target === undefined) {
    throw new UsageError(`--link ${text}: expected COMPONENT/IMPORT=COMPONENT`);
  }
  link[component] = { ...link[component], [name]: target };
}
