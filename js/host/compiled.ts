/** A compiled component: the artifact with its modules, immutable and shared by all instances. */

import type { Artifact, DefinedModule } from './artifact.js';
import { ComponentCompileError } from './errors.js';
import { Types } from './values/types.js';

export interface Compiled {
  readonly artifact: Artifact;
  /** Undefined where the host provides the module. */
  readonly modules: readonly (WebAssembly.Module | undefined)[];
  readonly shims: readonly WebAssembly.Module[];
  readonly types: Types;
  /** The same in memories with 64-bit addresses. */
  readonly types64: Types;
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
    Promise.all(
      artifact.unusedModules.map((range) => compileModule(bytes, { ...range, patches: [] })),
    ),
  ]);
  return {
    artifact,
    modules,
    shims,
    types: new Types(artifact),
    types64: new Types(artifact, true),
  };
}

async function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  module: DefinedModule,
): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(patched(bytes, module));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // V8 names the place as `@+12`, SpiderMonkey as `at offset 12`.
    const place = /(?:@\+|at offset )(\d+)/.exec(message)?.[1];
    const offset = inComponent(module, Number(place ?? 0));
    throw new ComponentCompileError(
      `a core module of the component is not valid: ${message} (at offset ${offset} of the component)`,
      { code: 'invalid', offset, cause },
    );
  }
}

/** The bytes of a module as the engine gets them. */
function patched(
  bytes: Uint8Array<ArrayBuffer>,
  { start, end, patches }: DefinedModule,
): Uint8Array<ArrayBuffer> {
  if (patches.length === 0) return bytes.subarray(start, end);
  const pieces: Uint8Array[] = [];
  let at = start;
  for (const patch of patches) {
    pieces.push(bytes.subarray(at, patch.start), patch.bytes);
    at = patch.end;
  }
  pieces.push(bytes.subarray(at, end));
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const piece of pieces) {
    whole.set(piece, to);
    to += piece.length;
  }
  return whole;
}

/** Where in the component an offset of a patched module is. */
function inComponent({ start, patches }: DefinedModule, offset: number): number {
  let at = start + offset;
  for (const patch of patches) {
    if (at < patch.start + patch.bytes.length) break;
    at -= patch.bytes.length - (patch.end - patch.start);
  }
  return at;
}
