/** Components: bytes, compiled once, instantiated as often as wanted. */

import type { CompileOptions } from './compile.js';
import { type Compiled, compileModules } from './compiled.js';
import type { Components, ComposeOptions, LinkTarget } from './compose.js';
import { show } from './errors.js';
import { buildExports, type ComponentExports } from './exports.js';
import { HostImports, type Imports } from './imports.js';
import { link } from './linker.js';
import { type Parts, part } from './parts.js';
import { wasmModule } from './platform.js';
import type { LoadOptions } from './precompiled.js';
import { JSPI } from './stacks.js';
import { Store } from './store.js';
import type { ExternType } from './wit.js';
import type { WorldDescription } from './world.js';

/** How components are instantiated. */
export interface InstantiateOptions {
  /** The store to live in; a fresh one by default. */
  readonly store?: Store;
  /** Does not warn of what the component may need and this engine lacks; `describe().needsJspi` says it too. */
  readonly quiet?: boolean;
}

/** A compiled component: immutable, shared by its instances. */
export class Component {
  readonly #compiled: Compiled;
  readonly #describe: Parts['describe'];
  #imports: readonly ExternType[] | undefined;
  #exports: readonly ExternType[] | undefined;
  #warned = false;

  /** Imports that have been given when it was composed. */
  readonly #bound: Imports;

  private constructor(compiled: Compiled, describe: Parts['describe'], bound: Imports = {}) {
    this.#compiled = compiled;
    this.#describe = describe;
    this.#bound = bound;
  }

  /**
   * Compiles a component. The bytes are copied first, so that they may change meanwhile.
   *
   * Throws a `ComponentCompileError` when the bytes are not a component, or need what is not supported.
   */
  static async compile(bytes: BufferSource, options: CompileOptions = {}): Promise<Component> {
    const copy = snapshot(bytes);
    const [{ compileArtifact }, describe] = await loadCompiler();
    const compiled = await compileArtifact(copy, options);
    return new Component(await compileModules(compiled.bytes, compiled.artifact), describe);
  }

  /** As `compile`, of a response's body; the compiler is loaded while it arrives. */
  static async compileStreaming(
    response: Response | PromiseLike<Response>,
    options: CompileOptions = {},
  ): Promise<Component> {
    const [bytes] = await Promise.all([bodyOf(response), loadCompiler()]);
    return Component.compile(bytes, options);
  }

  /**
   * Takes what `precompile` or `tidegate precompile` has made, in bytes or as a response: the compiler is not loaded. Load what
   * you, or whom you trust, have precompiled: unlike a component, it is as powerful as the code of your program.
   *
   * Throws a `ComponentCompileError` with the code `not-precompiled`, or `stale` when it was made by another version of
   * tidegate; `Component.compile` takes such a component all the same.
   */
  static async load(
    source: BufferSource | Response | PromiseLike<Response>,
    options: LoadOptions = {},
  ): Promise<Component> {
    const [{ readPrecompiled }, describe, bytes] = await Promise.all([
      part('precompiled'),
      part('describe'),
      isBytes(source) ? snapshot(source) : bodyOf(source),
    ]);
    const artifact = await readPrecompiled(bytes, options);
    return new Component(await compileModules(bytes, artifact), describe);
  }

  /**
   * Compiles several components as one, in which they call each other without JavaScript in between: see `compose`. A link may
   * also be an implementation in JavaScript, like `remote(url)`, of an import of one of them.
   */
  static async compose(
    components: Components,
    options: CompileOptions & ComposeOptions<LinkTarget | object> = {},
  ): Promise<Component> {
    const { composeParts } = await part('compose');
    const { bytes, bound } = await composeParts(components, options);
    const [{ compileArtifact }, describe] = await loadCompiler();
    const compiled = await compileArtifact(bytes, options);
    const modules = await compileModules(compiled.bytes, compiled.artifact);
    return new Component(modules, describe, bound);
  }

  /** What the component imports. */
  get imports(): readonly ExternType[] {
    const { artifact } = this.#compiled;
    this.#imports ??= this.#describe.describe(artifact, artifact.imports);
    return this.#imports;
  }

  /** What the component exports. */
  get exports(): readonly ExternType[] {
    const { artifact } = this.#compiled;
    this.#exports ??= this.#describe.describe(artifact, artifact.exports);
    return this.#exports;
  }

  /** Imports and exports with their types as plain data, and the sizes of the core modules; made anew for each call. */
  describe(): WorldDescription {
    return this.#describe.describeWorld(this.#compiled.artifact);
  }

  /**
   * TypeScript declarations of what the component imports and exports: `Imports`, `Exports` and their types, and of the
   * module that `tidegate/vite` and `tidegate/register` make of it. `name` is what the heading calls it.
   */
  async types(name = 'a component'): Promise<string> {
    const { declarations } = await part('declarations');
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
    const all = { ...imports, ...this.#bound };
    const given = new HostImports(this.#compiled.artifact, all, this.#describe);
    const store = options.store ?? new Store();
    const machine = await Store.machine(store);
    if (machine.locked) throw machine.refusal();
    if (!JSPI && options.quiet !== true) this.#warn();
    const linked = await link(machine, this.#compiled, given);
    return new Instance(buildExports(linked) as unknown as E, store);
  }

  /** Once, of what this engine may not be able to run. */
  #warn(): void {
    const { jspiNeeds, jspiWarning } = this.#describe;
    const needs = this.#warned ? undefined : jspiNeeds(this.#compiled.artifact);
    this.#warned = true;
    if (needs !== undefined) console.warn(`tidegate: ${jspiWarning(needs)}`);
  }
}

/** An instance of a component. */
export class Instance<E extends object = ComponentExports> {
  constructor(
    /** The exports: see `ComponentExports` for their names. */
    readonly exports: E,
    /** What it lives in. */
    readonly store: Store,
  ) {}
}

/** What those load who compile, all at the same time. */
function loadCompiler(): Promise<[Parts['compile'], Parts['describe'], WebAssembly.Module]> {
  return Promise.all([part('compile'), part('describe'), wasmModule('compiler')]);
}

async function bodyOf(
  response: Response | PromiseLike<Response>,
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await response;
  if (!answer.ok) {
    throw new TypeError(`the component could not be loaded: ${answer.status} for ${answer.url}`);
  }
  return new Uint8Array(await answer.arrayBuffer());
}

function isBytes(source: BufferSource | Response | PromiseLike<Response>): source is BufferSource {
  // What is neither is refused as bytes.
  return (
    typeof source !== 'object' ||
    !(source !== null && ('then' in source || 'arrayBuffer' in source))
  );
}

/** The bytes as they are now, whatever happens to them while the compiler is loaded. */
export function snapshot(bytes: BufferSource): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(bytes)) {
    return new Uint8Array(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  const tag = Object.prototype.toString.call(bytes);
  if (tag !== '[object ArrayBuffer]' && tag !== '[object SharedArrayBuffer]') {
    throw new TypeError(`expected the bytes of a component, got ${show(bytes)}`);
  }
  return new Uint8Array(new Uint8Array(bytes));
}

/**
 * Compiles a component ahead of time. The result is the component with one more custom section: `Component.load` takes it
 * without the compiler, and to everybody else it is the component still. It is made for all engines, and for this version of
 * tidegate alone.
 *
 * Throws a `ComponentCompileError` as `Component.compile` does.
 */
export async function precompile(
  bytes: BufferSource,
  options: Omit<CompileOptions, 'multiMemory'> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const copy = snapshot(bytes);
  const [{ precompileBytes }] = await Promise.all([part('precompile'), wasmModule('compiler')]);
  return precompileBytes(copy, options);
}
