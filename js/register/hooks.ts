/** The hooks of `tidegate/register`: the source of a module instead of a component's bytes. */

import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { importsModule } from '../esm/config.js';
import { isComponent, moduleSource } from '../esm/source.js';
import { compile, initSync } from '../generated/composer.js';
import type { Artifact } from '../host/artifact.js';
import { bounds } from '../host/compile-limits.js';
import { ComponentCompileError } from '../host/errors.js';

interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: true;
}

const files = {
  tidegate: new URL('./node.js', import.meta.url).href,
  wasi: new URL('./wasi-node.js', import.meta.url).href,
  // Which has all of the compiler: it is read from disk.
  composer: new URL('./composer.wasm', import.meta.url),
};

/** Node's `load` hook, for either way of registering it. Core modules are left to Node. */
export function load<Context, Result>(
  url: string,
  context: Context,
  nextLoad: (url: string, context?: Context) => Result,
): Result | Loaded {
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'file:' || !pathname.endsWith('.wasm')) return nextLoad(url, context);
  const file = fileURLToPath(url);
  const bytes = new Uint8Array(readFileSync(file));
  if (!isComponent(bytes)) return nextLoad(url, context);
  const imports = importsModule(file);
  const source = moduleSource({
    exports: exportsOf(bytes, file),
    tidegate: files.tidegate,
    wasi: files.wasi,
    imports: imports && isAbsolute(imports) ? pathToFileURL(imports).href : imports,
    head: "import { readFile } from 'node:fs/promises';",
    component: 'Component.compile(await readFile(new URL(import.meta.url)))',
  });
  return { format: 'module', source, shortCircuit: true };
}

/** What a component exports, found out at once: hooks cannot wait on every Node. */
function exportsOf(bytes: Uint8Array, file: string): Artifact['exports'] {
  initSync({ module: new WebAssembly.Module(readFileSync(files.composer)) });
  try {
    return (compile(bytes, [], [], bounds({}), false) as Artifact).exports;
  } catch (error) {
    // What the compiler refuses it says in a plain object.
    if (error instanceof Error) throw error;
    const { code, message, offset, construct } = error as ComponentCompileError;
    throw new ComponentCompileError(`${file}: ${message}`, {
      code,
      offset,
      construct,
      cause: error,
    });
  }
}
