/**
 * What JS passes as imports, matched with what a component wants. Everything missing or mistyped is collected
 * into one error. Leaves how functions are called to `hostfuncs.ts`.
 */

import type { Artifact, Extern } from './artifact.js';
import { ComponentLinkError, type MissingImport, show } from './errors.js';
import { GuestResourceType } from './guest-resource.js';
import { HostResourceType } from './host-resource.js';
import type { Machine } from './machine.js';
import { isModule } from './module.js';
import { camel, funcName, pascal } from './names.js';
import type { Parts } from './parts.js';
import type { GuestClass, ResourceType } from './resources.js';
import { isSuspending } from './suspending.js';
import { findKey } from './versions.js';

/**
 * What a component imports: for each interface an object of functions and classes, for each function of the world
 * a function, for each core module a `WebAssembly.Module`. Keys match semver-compatibly: `wasi:cli/stdout@0.3.2` is served by that key, a compatible
 * version, `wasi:cli/stdout@0.3`, or `wasi:cli/stdout`, most exact first.
 */
export interface Imports {
  readonly [name: string]: object;
}

/** A function of the host. */
export interface HostFunction {
  /** For messages: `wasi:cli/stdout@0.3.0#write-via-stream`. */
  readonly name: string;
  call(...args: unknown[]): unknown;
  /** Marked with `suspending`: a guest waits for its promise also in a synchronous function. */
  readonly suspending?: boolean;
}

type Members = Record<string, unknown>;
type Constructor = new (...args: unknown[]) => object;

export class HostImports {
  readonly #functions = new Map<string, HostFunction>();
  readonly #classes = new Map<string, GuestClass>();
  readonly #modules = new Map<string, WebAssembly.Module>();
  readonly #missing: MissingImport[] = [];
  readonly #artifact: Artifact;
  /** How errors tell what is wanted. */
  readonly words: Parts['describe'];

  /** Throws a `ComponentLinkError` unless everything is there. */
  constructor(artifact: Artifact, imports: Imports, words: Parts['describe']) {
    this.words = words;
    this.#artifact = artifact;
    const given = imports as Members;
    const keys = Object.keys(imports);
    for (const extern of artifact.imports) {
      if (extern.kind !== 'instance') {
        this.#member(given, extern, artifact.imports, []);
        continue;
      }
      const key = this.#key(keys, extern);
      this.#instance(key === undefined ? undefined : given[key], extern, []);
    }
    if (this.#missing.length > 0) throw new ComponentLinkError(this.#missing);
  }

  /** The function that a lowered import calls. */
  function(path: readonly string[]): HostFunction | undefined {
    return this.#functions.get(pathKey(path));
  }

  /** A core module that the host provides. */
  module(path: readonly string[]): WebAssembly.Module | undefined {
    return this.#modules.get(pathKey(path));
  }

  /** The resource types behind the imported resources of the artifact, by their indices. */
  resources(machine: Machine): Map<number, ResourceType> {
    const types = new Map<number, ResourceType>();
    this.#artifact.resources.forEach((desc, index) => {
      if (desc.origin !== 'imported') return;
      const implementation = this.#classes.get(pathKey(desc.path));
      if (implementation === undefined) return;
      // A class that this store made for a guest's resource: handles pass by number.
      const type =
        GuestResourceType.of(machine, implementation) ??
        HostResourceType.of(machine, implementation);
      types.set(index, type);
    });
    return types;
  }

  /** A plain name that implements an interface is served by that name first. */
  #key(keys: readonly string[], { name, implements: of }: Extern): string | undefined {
    const plain = [name, camel(name)].find((key) => keys.includes(key));
    return plain ?? findKey(keys, of ?? name);
  }

  /** What an instance has is asked for: where it has nothing, nothing has to be given. */
  #instance(
    members: unknown,
    extern: Extern & { readonly kind: 'instance' },
    path: readonly string[],
  ): void {
    const { items } = extern;
    const full = [...path, extern.name];
    if (members === undefined || (typeof members === 'object' && members !== null)) {
      for (const item of items) this.#member(members as Members | undefined, item, items, full);
      return;
    }
    this.#missing.push({ name: full.join('#'), wanted: 'interface', found: show(members) });
  }

  #member(
    members: Members | undefined,
    extern: Extern,
    siblings: readonly Extern[],
    path: readonly string[],
  ): void {
    if (extern.kind === 'type') return;
    if (extern.kind === 'instance') {
      this.#instance(members && member(members, extern.name), extern, path);
      return;
    }
    const full = [...path, extern.name];
    const found = this.#take(members ?? {}, extern, full);
    if (found === TAKEN) return;
    this.#missing.push({
      name: full.join('#'),
      wanted: this.words.externWit(this.#artifact, extern, siblings),
      found: found === undefined || found instanceof Misfit ? found?.why : show(found),
    });
  }

  /** Takes what an import is served with; what was found when it does not serve. */
  #take(
    members: Members,
    extern: Extern & { readonly kind: 'func' | 'resource' | 'module' },
    path: readonly string[],
  ): unknown {
    switch (extern.kind) {
      case 'func': {
        const { call, got } = bind(members, extern.name);
        if (call === undefined) return got;
        const name = path.join('#');
        this.#functions.set(pathKey(path), { name, call, suspending: isSuspending(got) });
        return TAKEN;
      }
      case 'resource':
        return this.#class(classOf(members, extern.name), extern.resource, path);
      case 'module':
        return this.#module(member(members, extern.name), extern.ty, path);
    }
  }

  /** A resource that an interface uses of another one is asked for there; here it need not be given, but be the same. */
  #class(found: unknown, resource: number, path: readonly string[]): unknown {
    const desc = this.#artifact.resources[resource]!;
    const first = desc.origin === 'imported' ? pathKey(desc.path) : undefined;
    if (first !== pathKey(path)) {
      const same = typeof found !== 'function' || found === this.#classes.get(first ?? '');
      return same ? TAKEN : new Misfit(`another class than that of ${first}`);
    }
    if (typeof found !== 'function') return found;
    this.#classes.set(first, found as GuestClass);
    return TAKEN;
  }

  #module(found: unknown, ty: number, path: readonly string[]): unknown {
    if (!isModule(found)) return found;
    const why = this.words.misfit(found, this.#artifact.moduleTypes[ty]!);
    if (why !== undefined) return new Misfit(why);
    this.#modules.set(pathKey(path), found);
    return TAKEN;
  }
}

/** An import is served. */
const TAKEN = Symbol('taken');

/** Something of the right kind that does not fit all the same. */
class Misfit {
  constructor(readonly why: string) {}
}

/** A member by its name in JS, or else by its name in WIT. */
function member(members: object, name: string): unknown {
  return own(members, camel(name)) ?? own(members, name);
}

function classOf(members: object, resource: string): unknown {
  return own(members, pascal(resource)) ?? own(members, resource);
}

/** A property, unless it is one that every object or function has: `to-string` is not `Object.prototype.toString`. */
function own(members: object, name: string): unknown {
  const value = (members as Members)[name];
  const everywhere = value === (Object.prototype as unknown as Members)[name];
  const everyFunction =
    typeof members === 'function' && value === (Function.prototype as unknown as Members)[name];
  return everywhere || everyFunction ? undefined : value;
}

/** The function behind a name; what was found when it is none. */
function bind(
  members: Members,
  name: string,
): { call?: HostFunction['call'] | undefined; got: unknown } {
  const parsed = funcName(name);
  if (parsed.kind === 'plain') {
    const got = member(members, name);
    return { call: typeof got === 'function' ? got.bind(members) : undefined, got };
  }
  const implementation = classOf(members, parsed.resource);
  if (typeof implementation !== 'function') return { got: implementation };
  if (parsed.kind === 'constructor') {
    const Class = implementation as Constructor;
    return { call: (...args) => new Class(...args), got: Class };
  }
  if (parsed.kind === 'static') {
    const got = member(implementation, parsed.name);
    return { call: typeof got === 'function' ? got.bind(implementation) : undefined, got };
  }
  const { prototype } = implementation as unknown as { prototype: object | undefined };
  const method = [camel(parsed.name), parsed.name].find(
    (name) => prototype !== undefined && own(prototype, name) !== undefined,
  );
  if (method === undefined) return { got: undefined };
  return {
    call: (self, ...args) => (self as Record<string, HostFunction['call']>)[method]!(...args),
    got: own(prototype!, method),
  };
}

function pathKey(path: readonly string[]): string {
  return path.join('#');
}
