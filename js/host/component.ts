/** Components: bytes, compiled once, instantiated as often as wanted. */

import { SHIM_ABI, VERSION } from '../generated/abi.js';
import type { Artifact } from './artifact.js';
import { type Compiled, compileModules } from './compiled.js';
import { ComponentCompileError, TidegateFault } from './errors.js';
import { buildExports, type ComponentExports } from './exports.js';
import { HostImports, type Imports } from './imports.js';
import { link } from './linker.js';
import { wasmModule } from './platform.js';
import { Store } from './store.js';
import { describe, type ExternType } from './wit.js';

/** How components are instantiated. */
export interface InstantiateOptions {
  /** The store to live in; a fresh one by default. */
  readonly store?: Store;
}

/** A compiled component: immutable, shared by its instances. */
export class Component {
  readonly #compiled: Compiled;
  #imports: readonly ExternType[] | undefined;
  #exports: readonly ExternType[] | undefined;

  private constructor(compiled: Compiled) {
    this.#compiled = compiled;
  }

  /** Throws a `ComponentCompileError` when the bytes are not a component, or need what is not supported. */
  static async compile(bytes: BufferSource): Promise<Component> {
    const copy = snapshot(bytes);
    return new Component(await compileModules(copy, await compileArtifact(copy)));
  }

  /** As `compile`, of a response's body. */
  static async compileStreaming(response: Response | PromiseLike<Response>): Promise<Component> {
    const answer = await response;
    if (!answer.ok) {
      throw new TypeError(`the component could not be loaded: ${answer.status} for ${answer.url}`);
    }
    // The compiler is loaded meanwhile.
    const [bytes] = await Promise.all([answer.arrayBuffer(), loadCompiler()]);
    return Component.compile(bytes);
  }

  /** What the component imports. */
  get imports(): readonly ExternType[] {
    const { artifact } = this.#compiled;
    this.#imports ??= describe(artifact, artifact.imports);
    return this.#imports;
  }

  /** What the component exports. */
  get exports(): readonly ExternType[] {
    const { artifact } = this.#compiled;
    this.#exports ??= describe(artifact, artifact.exports);
    return this.#exports;
  }

  /**
   * TypeScript declarations of what the component imports and exports: `Imports`, `Exports` and their types, and of the
   * module that `tidegate/vite` and `tidegate/register` make of it. `name` is what the heading calls it.
   */
  async types(name = 'a component'): Promise<string> {
    // Few programs want them, so that only these load what prints them.
    const { declarations } = await import('../types/declarations.js');
    return declarations(this.#compiled.artifact, name);
  }

  /**
   * Makes an instance. Throws a `ComponentLinkError` that names every import that is missing or mistyped, or a
   * `ComponentTrap` when a start function traps.
   */
  async instantiate<E extends object = ComponentExports>(
    imports: Imports = {},
    options: InstantiateOptions = {},
  ): Promise<Instance<E>> {
    const given = new HostImports(this.#compiled.artifact, imports);
    const store = options.store ?? new Store();
    const machine = await Store.machine(store);
    if (machine.locked) throw machine.refusal();
    const linked = await link(machine, this.#compiled, given);
    return new Instance(buildExports(linked) as unknown as E, store);
  }
}

/** An instance of a component. */
export class Instance<E extends object = ComponentExports> {
  constructor(
    /** The exports: see `ComponentExports` for their names. */
    readonly exports: E,
    readonly store: Store,
  ) {}
}

type Compiler = typeof import('../generated/compiler.js');

let compiler: Promise<Compiler> | undefined;

/** The compiler, which only those load who compile. */
function loadCompiler(): Promise<Compiler> {
  compiler ??= Promise.all([import('../generated/compiler.js'), wasmModule('compiler')]).then(
    ([glue, module]) => {
      glue.initSync({ module });
      return glue;
    },
  );
  compiler.catch(() => {
    compiler = undefined;
  });
  return compiler;
}

async function compileArtifact(bytes: Uint8Array): Promise<Artifact> {
  const { compile } = await loadCompiler();
  let artifact: Artifact;
  try {
    artifact = compile(bytes) as Artifact;
  } catch (error) {
    throw compileError(error);
  }
  if (artifact.version !== VERSION || artifact.shimAbi !== SHIM_ABI) {
    throw new TidegateFault(
      `the artifact was made by tidegate ${artifact.version} (shim ABI ${artifact.shimAbi}), ` +
        `but this is ${VERSION} (shim ABI ${SHIM_ABI})`,
    );
  }
  return artifact;
}

/** The compiler's error, which is an object; anything else is a panic of the compiler. */
function compileError(error: unknown): Error {
  if (typeof error !== 'object' || error === null || error instanceof Error) {
    return new TidegateFault('the compiler failed', { cause: error });
  }
  const { message, offset, construct } = error as {
    readonly message: string;
    readonly offset?: number | null;
    readonly construct?: string | null;
  };
  return new ComponentCompileError(message, {
    offset: offset ?? undefined,
    construct: construct ?? undefined,
  });
}

/** The bytes as they are now, whatever happens to them while the compiler is loaded. */
function snapshot(bytes: BufferSource): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(bytes)) {
    return new Uint8Array(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return new Uint8Array(bytes.slice(0));
}
