/**
 * What a project says about its components: `"tidegate": { "imports": "./host.js" }` in the package.json that is
 * nearest to the component names the module whose default export is their imports, WASI aside.
 */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The module with the imports of the component in `file`: a path when it was relative, else as written. */
export function importsModule(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const text = read(join(folder, 'package.json'));
    if (text !== undefined) return fromManifest(text, folder);
    if (folder === dirname(folder)) return undefined;
  }
}

/** Whether a specifier is a path, to be resolved from somewhere. */
export const isRelative = (specifier: string) => /^\.\.?[/\\]/.test(specifier);

function fromManifest(text: string, folder: string): string | undefined {
  const path = join(folder, 'package.json');
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`${path} is not JSON`, { cause });
  }
  const imports = (manifest as { tidegate?: { imports?: unknown } } | null)?.tidegate?.imports;
  if (imports === undefined) return undefined;
  if (typeof imports !== 'string') {
    throw new TypeError(`${path}: tidegate.imports: expected the name of a module`);
  }
  return isRelative(imports) ? resolve(folder, imports) : imports;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
