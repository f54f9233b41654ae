/**
 * What JS passes as imports, matched with what a component wants. Everything missing or mistyped is collected
 * into one error. Leaves how functions are called to `hostfuncs.ts`.
 */

import type { Artifact, Extern } from './artifact.js';
import { ComponentLinkError, type MissingImport, show } from './errors.js';
import { GuestResourceType } from './guest-resource.js';
import { HostResourceType } from './host-resource.js';
import type { Machine } from './machine.js';
import { camel, funcName, pascal } from './names.js';
import type { GuestClass, ResourceType } from './resources.js';
import { findKey } from './versions.js';
import { externWit } from './wit.js';

/**
 * What a component imports: for each interface an object of functions and classes, for each function of the world
 * a function. Keys match semver-compatibly: `wasi:cli/stdout@0.3.2` is served by that key, a compatible
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
  /** It is a component of the same store: to wait for it is not to wait for the host. */
  readonly sibling?: boolean;
}

type Members = Record<string, unknown>;
type Constructor = new (...args: unknown[]) => object;

export class HostImports {
  readonly #functions = new Map<string, HostFunction>();
  readonly #classes = new Map<string, GuestClass>();
  readonly #missing: MissingImport[] = [];
  readonly #artifact: Artifact;

  /** Throws a `ComponentLinkError` unless everything is there. */
  constructor(artifact: Artifact, imports: Imports) {
    this.#artifact = artifact;
    const given = imports as Members;
    const keys = Object.keys(imports);
    for (const extern of artifact.imports) {
      if (extern.kind !== 'instance') {
        this.#member(given, extern, artifact.imports, []);
        continue;
      }
      const key = this.#key(keys, extern);
      const members = key === undefined ? undefined : given[key];
      for (const item of extern.items) this.#member(members, item, extern.items, [extern.name]);
    }
    if (this.#missing.length > 0) throw new ComponentLinkError(this.#missing);
  }

  /** The function that a lowered import calls. */
  function(path: readonly string[]): HostFunction | undefined {
    return this.#functions.get(pathKey(path));
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
    return typeof of === 'string' ? (plain ?? findKey(keys, of)) : findKey(keys, name);
  }

  /** Whether a resource type is that of the import with this path, and not another name for an earlier one. */
  #introduces(resource: number, path: readonly string[]): boolean {
    const desc = this.#artifact.resources[resource]!;
    return desc.origin === 'imported' && pathKey(desc.path) === pathKey(path);
  }

  #member(
    container: unknown,
    extern: Extern,
    siblings: readonly Extern[],
    path: readonly string[],
  ): void {
    if (extern.kind === 'type') return;
    const members =
      (typeof container === 'object' && container !== null) || typeof container === 'function'
        ? (container as Members)
        : undefined;
    const full = [...path, extern.name];
    // A resource that an interface uses of another one is asked for there.
    if (extern.kind === 'resource' && !this.#introduces(extern.resource, full)) return;
    const name = full.join('#');
    let found: unknown = container;
    if (members !== undefined) {
      if (extern.kind === 'resource') {
        found = classOf(members, extern.name);
        if (typeof found === 'function') this.#classes.set(pathKey(full), found as GuestClass);
      } else if (extern.kind === 'func') {
        const { call, got } = bind(members, extern.name);
        found = got;
        if (call !== undefined) this.#functions.set(pathKey(full), { name, call });
      }
    }
    if (this.#functions.has(pathKey(full)) || this.#classes.has(pathKey(full))) return;
    this.#missing.push({
      name,
      wanted: externWit(this.#artifact, extern, siblings),
      found: found === undefined ? undefined : show(found),
    });
  }
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
    got: method,
  };
}

function pathKey(path: readonly string[]): string {
  return path.join('#');
}
