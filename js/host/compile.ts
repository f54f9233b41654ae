/**
 * From bytes to an artifact. The compiler runs in place, or in a worker where that keeps a page responsive; errors are the
 * same. What the engine compiles afterwards it compiles on threads of its own: `compiled.ts`.
 */

import {
  type CompileLimits,
  FEATURES,
  type Feature,
  SHIM_ABI,
  SHIPPED_FEATURES,
  type ShippedFeature,
  VERSION,
} from '../generated/abi.js';
import { compile, initSync } from '../generated/compiler.js';
import type { Artifact } from './artifact.js';
import { bounds, checkLimits } from './compile-limits.js';
import { compileAside, type Settings } from './compile-thread.js';
import { multiMemory } from './engine.js';
import {
  type CompileErrorCode,
  ComponentCompileError,
  ComponentLinkError,
  show,
  TidegateFault,
} from './errors.js';
import { checkFeatures } from './features.js';
import { part } from './parts.js';
import { platform, wasmModule } from './platform.js';

/** How components are compiled. */
export interface CompileOptions {
  /**
   * Whether the compiler runs in a worker of its own. `'auto'`, the default: for components over 1 MB on the main thread of
   * a page. `'always'`: wherever there are workers, whatever the size; on Node there are none. Where a worker cannot be
   * started, as when a content security policy forbids it, the compiler runs in place.
   */
  readonly worker?: 'auto' | 'always' | 'never';
  /**
   * Features that the specification gates and the component may use; none by default. Without its feature a construct is a
   * `ComponentCompileError` with the code `gated`. They may change before the specification is final:
   *
   * - `async-stackful`: async functions without a callback, on a stack of their own
   * - `async-builtins`: cancelling with `async`, reading and writing streams and futures without it
   * - `threading`: threads of an instance, `thread.*`
   * - `error-context`: the type and its built-ins
   * - `fixed-length-lists`: `list<T, N>`
   * - `memory64`: memories with 64-bit addresses
   * - `forward`: `stream.forward` and `future.forward`
   * - `nested-names`: names with several namespaces or packages
   * - `canonical-names`: interface names with a `version-suffix`
   * - `gc`: lifting and lowering for languages with garbage collection, of functions whose parameters and results are numbers,
   *   `bool`, `char`, enums or flags
   */
  readonly features?: readonly Feature[];
  /**
   * Features that have shipped and the component may not use all the same, for whoever has to run it on older hosts too;
   * none by default. One that is used is a `ComponentCompileError` with the code `excluded`. Hosts of WASI 0.3.0 know
   * neither of the last two, those of 0.2 none:
   *
   * - `async`: async functions, streams and futures
   * - `map`: the type
   * - `implements`: `implements` and `external-id` of imports and exports
   */
  readonly without?: readonly ShippedFeature[];
  /** Bounds on what the component may cost, other than the default ones. */
  readonly limits?: CompileLimits;
  /**
   * Whether the modules that join components may have several memories: by default what this engine allows. Without, such
   * calls work as well and are slower, which is for tests and for comparing.
   */
  readonly multiMemory?: boolean;
}

/** The artifact, and the bytes once more: they have moved when a worker had them. */
export interface CompiledBytes {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Smaller components compile in less time than is felt. */
const LARGE = 1_000_000;

/** @throws TypeError or RangeError for options that there are not. */
export function checkOptions({
  worker = 'auto',
  features = [],
  without = [],
  limits = {},
  multiMemory: several,
}: CompileOptions): void {
  checkLimits(limits);
  if (worker !== 'auto' && worker !== 'always' && worker !== 'never') {
    throw new TypeError("worker: expected 'auto', 'always' or 'never'");
  }
  if (several !== undefined && typeof several !== 'boolean') {
    throw new TypeError(`multiMemory: expected a boolean, got ${show(several)}`);
  }
  checkFeatures('features', features, FEATURES);
  checkFeatures('without', without, SHIPPED_FEATURES);
}

/** Compiles for this engine. Takes `bytes` over: nobody else may use them. */
export async function compileArtifact(
  bytes: Uint8Array<ArrayBuffer>,
  options: CompileOptions,
): Promise<CompiledBytes> {
  checkOptions(options);
  const several = options.multiMemory ?? multiMemory();
  if (several && !multiMemory()) {
    throw new TypeError('multiMemory: this engine does not allow a module several memories');
  }
  return compileFor(bytes, options, several);
}

/** Compiles for engines that allow a module several memories, or for all. Expects options that are in order. Takes `bytes` over. */
export async function compileFor(
  bytes: Uint8Array<ArrayBuffer>,
  options: CompileOptions,
  multiMemory: boolean,
): Promise<CompiledBytes> {
  const { features = [], without = [], limits = {} } = options;
  const settings: Settings = {
    features: [...features],
    without: [...without],
    bounds: bounds(limits),
    multiMemory,
  };
  const answer = wantsWorker(bytes, options) ? await compileAside(bytes, settings) : undefined;
  if (answer === undefined)
    return checked({ artifact: await compileInPlace(bytes, settings), bytes });
  if (!('error' in answer)) return checked(answer);
  const artifact = await compileOther(answer.bytes, settings, answer.error);
  return checked({ artifact, bytes: answer.bytes });
}

function wantsWorker({ length }: Uint8Array, { worker = 'auto' }: CompileOptions): boolean {
  return worker === 'always' || (worker === 'auto' && length > LARGE && platform().responsive);
}

let ready: Promise<void> | undefined;

function loadCompiler(): Promise<void> {
  ready ??= wasmModule('compiler').then((module) => {
    initSync({ module });
  });
  ready.catch(() => {
    ready = undefined;
  });
  return ready;
}

async function compileInPlace(bytes: Uint8Array, settings: Settings): Promise<Artifact> {
  await loadCompiler();
  const { features, without, bounds, multiMemory } = settings;
  try {
    return compile(bytes, features, without, bounds, multiMemory) as Artifact;
  } catch (error) {
    return compileOther(bytes, settings, error);
  }
}

/** What compiler.wasm has refused: initial values of SIMD, which hardly any component has, are composer.wasm's to compile. */
async function compileOther(
  bytes: Uint8Array,
  settings: Settings,
  refusal: unknown,
): Promise<Artifact> {
  if ((refusal as { code?: unknown } | null)?.code !== 'simd') throw compileError(refusal);
  const { compileByComposer } = await part('compose');
  return compileByComposer(bytes, settings);
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
export function compileError(error: unknown): Error {
  if (typeof error !== 'object' || error === null || error instanceof Error) {
    return new TidegateFault('the compiler failed', { cause: error });
  }
  const { code, message, offset, construct, feature } = error as {
    readonly code: CompileErrorCode | 'internal' | 'mismatch' | 'simd';
    readonly message: string;
    readonly offset?: number | null;
    readonly construct?: string | null;
    readonly feature?: Feature | null;
  };
  if (code === 'internal' || code === 'simd') return new TidegateFault(message);
  if (code === 'mismatch') {
    const name = construct ?? 'the composition';
    return new ComponentLinkError([{ name, wanted: 'what it imports', found: message }]);
  }
  return new ComponentCompileError(message, {
    code,
    offset: offset ?? undefined,
    construct: construct ?? undefined,
    feature: feature ?? undefined,
  });
}
