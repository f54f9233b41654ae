/**
 * One component instance tree in a store: the numbers that the store gave it, and what its plan's sources are.
 * Enters: the compiled component and the store. Leaves the order of steps to `linker.ts`.
 */

import type { Import, Lifted, Options, Source } from './artifact.js';
import { waitingInstances } from './blocking.js';
import { registerCallSite } from './call-sites.js';
import type { Compiled } from './compiled.js';
import { TidegateFault } from './errors.js';
import type { HostImports } from './imports.js';
import type { Machine } from './machine.js';
import type { ResourceType } from './resources.js';
import { JSPI, onOwnStack, type Promising } from './stacks.js';
import { Context } from './values/context.js';
import type { Types } from './values/types.js';

/** Makes the JS functions that shims import. */
export interface FunctionMaker {
  lowered(index: number): WebAssembly.ImportValue;
  taskReturn(index: number): WebAssembly.ImportValue;
}

export class Linked {
  readonly types: Types;
  /** How errors tell what is wanted. */
  readonly words: HostImports['words'];
  /** Store numbers of the component instances. */
  readonly instances: readonly number[];
  /** Where this instance's slots begin in the store's table. */
  readonly slots: number;
  readonly cores: WebAssembly.Instance[] = [];
  readonly shims: (WebAssembly.Instance | undefined)[] = [];
  readonly #modules: (WebAssembly.Module | undefined)[];
  readonly #resources: (ResourceType | undefined)[] = [];
  readonly #elementTypes: number[] = [];
  readonly #sites: number[] = [];
  readonly #callSites: number[] = [];
  readonly #mayLeave: WebAssembly.Global[] = [];
  readonly #numbers = new Map<string, WebAssembly.Global>();
  readonly #functions: FunctionMaker;
  /** By component instance, whether its code may wait on the stack that it is called on. */
  readonly waits: readonly boolean[];
  #guards: WebAssembly.Instance | undefined;

  constructor(
    readonly machine: Machine,
    readonly compiled: Compiled,
    imports: HostImports,
    functions: (linked: Linked) => FunctionMaker,
  ) {
    const { artifact } = compiled;
    this.words = imports.words;
    this.waits = waitingInstances(
      artifact,
      (lowered) => imports.function(artifact.lowered[lowered]!.path)?.suspending === true,
    );
    this.types = compiled.types;
    this.instances = artifact.instances.map((_, index) => {
      const inst = machine.expect(machine.runtime.instance_new());
      machine.blame.place(inst, { compiled, index });
      return inst;
    });
    this.slots = machine.table.length;
    machine.table.grow(artifact.slots);
    this.#modules = compiled.modules.map((module, i) => {
      const desc = artifact.modules[i]!;
      return desc.origin === 'imported' ? imports.module(desc.path) : module;
    });
    this.#functions = functions(this);
  }

  /** Whether something of it may run on a stack of its own: what waits, and explicit threads. */
  get needsThreads(): boolean {
    const { shims } = this.compiled.artifact;
    return (
      this.waits.includes(true) ||
      shims.some(({ imports }) => imports.some(({ source }) => source.from === 'threads'))
    );
  }

  /** The core module with this index of the artifact. */
  module(index: number): WebAssembly.Module {
    const module = this.#modules[index];
    if (module === undefined) throw new TidegateFault(`there is no core module ${index}`);
    return module;
  }

  /** A context for values of one canonical definition. */
  context(options: Options): Context {
    return new Context(this, options);
  }

  /** The resource type with this index of the artifact. */
  resource(index: number): ResourceType {
    const type = this.#resources[index];
    if (type === undefined) throw new TidegateFault(`resource ${index} is not there yet`);
    return type;
  }

  setResource(index: number, type: ResourceType): void {
    this.#resources[index] = type;
  }

  /** Store number of an element type: the same for the same structure, resources being the same. */
  elementType(index: number): number {
    let number = this.#elementTypes[index];
    if (number === undefined) {
      const { key, flatNumber } = this.compiled.artifact.elementTypes[index]!;
      const identity = key.replace(/r(\d+)/g, (_, r) => `r${this.resource(Number(r)).number}`);
      const { elementTypes, runtime } = this.machine;
      number =
        elementTypes.get(identity) ?? this.machine.expect(runtime.type_new(flatNumber ? 1 : 0));
      elementTypes.set(identity, number);
      this.#elementTypes[index] = number;
    }
    return number;
  }

  /** A lifted function as calls enter it on stacks of their own; undefined when it cannot wait, or the engine cannot suspend it. */
  guard({ guard, options }: Lifted): Promising | undefined {
    if (!JSPI || typeof guard !== 'number' || !this.waits[options.instance]) return undefined;
    this.#guards ??= this.#makeGuards();
    return onOwnStack(this.#guards.exports[`f${guard}`] as (...args: never[]) => unknown);
  }

  /** Guards are few bytes and seldom needed, so that nobody compiles them ahead. */
  #makeGuards(): WebAssembly.Instance {
    const { code, imports } = this.compiled.artifact.guards!;
    return new WebAssembly.Instance(new WebAssembly.Module(code), this.importObject(imports));
  }

  /** What a module is instantiated with. */
  importObject(imports: readonly Import[]): WebAssembly.Imports {
    const object: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
    for (const { module, name, source } of imports) {
      object[module] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>;
      object[module][name] = this.resolve(source);
    }
    return object;
  }

  /** What a source stands for, which exists by the time that a step mentions it. */
  resolve(source: Source | null | undefined): WebAssembly.ImportValue {
    if (source === null || source === undefined) throw new TidegateFault('an option is missing');
    switch (source.from) {
      case 'runtime':
        return exported(this.machine.runtimeExports, source.name, 'the runtime');
      case 'driver':
        return exported(this.machine.driverExports, source.name, 'the driver');
      case 'trap':
        return this.machine.trapFunction;
      case 'fault':
        return this.machine.fault;
      case 'entered':
        return this.machine.entered;
      case 'threads':
        return this.machine.starts;
      case 'table':
        return this.machine.table;
      case 'done':
        return this.machine.threads?.done ?? nobodyWaits;
      case 'late':
        return this.machine.threads?.late ?? nobodyWaits;
      case 'lowered':
        return this.#functions.lowered(source.index);
      case 'return':
        return this.#functions.taskReturn(source.index);
      case 'instance':
        return this.#number('instance', this.instances[source.index]!);
      case 'elementType':
        return this.#number('elementType', this.elementType(source.index));
      case 'resource':
        return this.#number('resource', this.resource(source.index).number);
      case 'site':
        return this.#number('site', this.#site(source.index));
      case 'callSite':
        this.#callSites[source.index] ??= registerCallSite(this, source.index);
        return this.#number('callSite', this.#callSites[source.index]!);
      case 'mayLeave':
        return this.#flag(source.instance);
      case 'core':
        return exported(this.cores[source.instance]?.exports, source.name, 'a core instance');
      case 'shim':
        return exported(this.shims[source.shim]?.exports, source.name, 'a shim');
    }
  }

  #site(index: number): number {
    let number = this.#sites[index];
    if (number === undefined) {
      const { element, options } = this.compiled.artifact.sites[index]!;
      const cx = this.context(options);
      number = this.machine.sites.push({ cx, element: cx.types.element(element) }) - 1;
      this.#sites[index] = number;
    }
    return number;
  }

  #flag(instance: number): WebAssembly.Global {
    this.#mayLeave[instance] ??= new WebAssembly.Global({ value: 'i32', mutable: true }, 1);
    return this.#mayLeave[instance];
  }

  #number(kind: string, value: number): WebAssembly.Global {
    const key = `${kind} ${value}`;
    let global = this.#numbers.get(key);
    if (global === undefined) {
      global = new WebAssembly.Global({ value: 'i32', mutable: false }, value);
      this.#numbers.set(key, global);
    }
    return global;
  }
}

function exported(
  exports: WebAssembly.Exports | undefined,
  name: string,
  of: string,
): WebAssembly.ImportValue {
  const value = exports?.[name];
  if (value === undefined) throw new TidegateFault(`${of} has no export ${name}`);
  return value;
}

/** Stands where a shim imports what only a component calls that may wait. */
function nobodyWaits(): never {
  throw new TidegateFault('something waits that was not to');
}
