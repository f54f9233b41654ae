/**
 * From bytes to an artifact. The compiler runs in place, or in a worker where that keeps a page responsive; errors are the
 * same. What the engine compiles afterwards it compiles on threads of its own: `compiled.ts`.
 */

import { SHIM_ABI, VERSION } from '../generated/abi.js';
import { compile, initSync } from '../generated/compiler.js';
import type { Artifact } from './artifact.js';
import { compileAside } from './compile-thread.js';
import { type CompileErrorCode, ComponentCompileError, TidegateFault } from './errors.js';
import { platform, wasmModule } from './platform.js';

/** How components are compiled. */
export interface CompileOptions {
  /**
   * Whether the compiler runs in a worker of its own. `'auto'`, the default: for components over 1 MB on the main thread of
   * a page. `'always'`: wherever there are workers, whatever the size; on Node there are none. Where a worker cannot be
   * started, as when a content security policy forbids it, the compiler runs in place.
   */
  readonly worker?: 'auto' | 'always' | 'never';
}

/** The artifact, and the bytes once more: they have moved when a worker had them. */
export interface CompiledBytes {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Smaller components compile in less time than is felt. */
const LARGE = 1_000_000;

/** @throws TypeError for options that there are not. */
export function checkOptions({ worker = 'auto' }: CompileOptions): void {
  if (worker !== 'auto' && worker !== 'always' && worker !== 'never') {
    throw new TypeError("worker: expected 'auto', 'always' or 'never'");
  }
}

/** Takes `bytes` over: nobody else may use them. */
export async function compileArtifact(
  bytes: Uint8Array<ArrayBuffer>,
  options: CompileOptions,
): Promise<CompiledBytes> {
  const answer = wantsWorker(bytes, options) ? await compileAside(bytes) : undefined;
  if (answer === undefined) return checked({ artifact: await compileInPlace(bytes), bytes });
  if ('error' in answer) throw compileError(answer.error);
  return checked(answer);
}

function wantsWorker({ length }: Uint8Array, { worker = 'auto' }: CompileOptions): boolean {
  return worker === 'always' || (worker === 'auto' && length > LARGE && platform().responsive);
}

let ready: Promise<void> | undefined;

/** The compiler's module, which only those load who compile. Its glue is small, and service workers cannot import later. */
function loadCompiler(): Promise<void> {
  ready ??= wasmModule('compiler').then((module) => {
    initSync({ module });
  });
  ready.catch(() => {
    ready = undefined;
  });
  return ready;
}

async function compileInPlace(bytes: Uint8Array): Promise<Artifact> {
  await loadCompiler();
  try {
    return compile(bytes) as Artifact;
  } catch (error) {
    throw compileError(error);
  }
}

function checked(compiled: CompiledBytes): CompiledBytes {
  const { version, shimAbi } = compiled.artifact;
  if (version !== VERSION || shimAbi !== SHIM_ABI) {
    throw new TidegateFault(
      `the artifact was made by tidegate ${version} (shim ABI ${shimAbi}), ` +
        `but this is ${VERSION} (shim ABI ${SHIM_ABI})`,
    );
  }
  return compiled;
}

/** The compiler's error, which is a plain object; anything else is a panic of the compiler. */
function compileError(error: unknown): Error {
  if (typeof error !== 'object' || error === null || error instanceof Error) {
    return new TidegateFault('the compiler failed', { cause: error });
  }
  const { code, message, offset, construct } = error as {
    readonly code: CompileErrorCode | 'internal';
    readonly message: string;
    readonly offset?: number | null;
    readonly construct?: string | null;
  };
  if (code === 'internal') return new TidegateFault(message);
  return new ComponentCompileError(message, {
    code,
    offset: offset ?? undefined,
    construct: construct ?? undefined,
  });
}
