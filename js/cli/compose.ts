/** `tidegate compose`: several components become one, in a file. */

import { basename } from 'node:path';
import process from 'node:process';
import { compose as composeBytes, type LinkTarget } from '../entry/node.js';
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
  tidegate compose auth.wasm pages.wasm -o site.wasm --export wasi:http/handler=auth --export site:pages/all=pages

COMPONENT stands for its export of that name, COMPONENT/EXPORT for another one.

Options:
      --link <COMPONENT/IMPORT=COMPONENT>  what serves an import, where the order does not tell
      --export <NAME=COMPONENT>  an export of the whole; those alone that are named, if any is
  -o, --output <FILE>  where to write to
      --verbose        errors with their stack and causes
  -h, --help           this text

Exit codes: 0; 1 when a file is no component, cannot be read or written, or does not fit, 2 for a wrong command line.
`;

/** Writes the composed component; the result is the exit code. */
export async function compose(args: readonly string[]): Promise<number> {
  let output: string | undefined;
  const link: Record<string, Record<string, LinkTarget>> = {};
  const exports: Record<string, LinkTarget> = {};
  const line = readFiles('compose', args, (name, value) => {
    if (name === '-o' || name === '--output') output = value();
    else if (name === '--link') addLink(link, value());
    else if (name === '--export') addExport(exports, value());
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
    const bytes = await composeBytes(components, {
      link,
      ...(Object.keys(exports).length > 0 && { exports }),
    });
    await writeComponent(out, bytes);
    return 0;
  });
}

function addLink(link: Record<string, Record<string, LinkTarget>>, text: string): void {
  const [, component, name, to] = /^([^/=]+)\/([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (component === undefined || name === undefined || to === undefined) {
    throw new UsageError(`--link ${text}: expected COMPONENT/IMPORT=COMPONENT`);
  }
  link[component] = { ...link[component], [name]: target(to) };
}

function addExport(exports: Record<string, LinkTarget>, text: string): void {
  const [, name, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (name === undefined || to === undefined) {
    throw new UsageError(`--export ${text}: expected NAME=COMPONENT`);
  }
  if (Object.hasOwn(exports, name)) throw new UsageError(`--export ${name}: twice`);
  exports[name] = target(to);
}

function target(text: string): LinkTarget {
  const slash = text.indexOf('/');
  if (slash < 0) return text;
  return { component: text.slice(0, slash), export: text.slice(slash + 1) };
}
