/** A compiled component: the artifact with its modules, immutable and shared by all instances. */

import type { Artifact, ByteRange } from './artifact.js';
import { ComponentCompileError } from './errors.js';
import { Types } from './values/types.js';

export interface Compiled {
  readonly artifact: Artifact;
  /** Undefined where the host provides the module. */
  readonly modules: readonly (WebAssembly.Module | undefined)[];
  readonly shims: readonly WebAssembly.Module[];
  readonly types: Types;
}

/** Has the engine compile the core modules, in parallel; this is where function bodies are validated. */
export async function compileModules(
  bytes: Uint8Array<ArrayBuffer>,
  artifact: Artifact,
): Promise<Compiled> {
  const [modules, shims] = await Promise.all([
    Promise.all(
      artifact.modules.map((module) =>
        module.origin === 'defined' ? compileModule(bytes, module) : undefined,
      ),
    ),
    Promise.all(artifact.shims.map(({ code }) => WebAssembly.compile(code))),
    // Nobody instantiates them, but with an invalid one the component is invalid.
    Promise.all(artifact.unusedModules.map((range) => compileModule(bytes, range))),
  ]);
  return { artifact, modules, shims, types: new Types(artifact) };
}

async function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  { start, end }: ByteRange,
): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes.subarray(start, end));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // V8 names the place as `@+12`, SpiderMonkey as `at offset 12`.
    const place = /(?:@\+|at offset )(\d+)/.exec(message)?.[1];
    const offset = start + Number(place ?? 0);
    throw new ComponentCompileError(
      `a core module of the component is not valid: ${message} (at offset ${offset} of the component)`,
      { code: 'invalid', offset, cause },
    );
  }
}
