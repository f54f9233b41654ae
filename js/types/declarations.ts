/**
 * TypeScript declarations of a component: what it imports and exports, in the conventions of its JS values.
 *
 * Enters: the artifact's type description. Leaves: the text of a `.d.ts`, which also serves as the declaration of the
 * module that `tidegate/vite` and `tidegate/register` make of the component.
 * How types and functions are spelled is left to `spelling.ts` and `functions.ts`.
 */

import type { Artifact, Extern } from '../host/artifact.js';
import { camel, exportKeys, funcName, interfaceName, pascal } from '../host/names.js';
import { Functions } from './functions.js';
import { block, indent, isIdentifier, key, Namer, RESERVED } from './identifiers.js';
import { type Direction, Spelling } from './spelling.js';

/** The text of a declaration file; `source` is what the heading calls the component. */
export function declarations(artifact: Artifact, source: string): string {
  return new Printer(artifact).file(source);
}

/** A group of declarations that becomes one namespace: an interface, or the world itself. */
interface Scope {
  readonly name: string;
  readonly items: readonly Extern[];
  /** Whether the component exports it. */
  readonly exported: boolean;
  /** The interface's name in WIT; undefined for the world. */
  readonly of: string | undefined;
  /** Names of its types, by their items; one whose spellings differ has two. */
  readonly names: Map<Extern, { readonly get: string; readonly give: string }>;
}

class Printer {
  readonly #artifact: Artifact;
  readonly #spelling: Spelling;
  readonly #functions: Functions;
  readonly #top = new Namer([...RESERVED, 'Imports', 'Exports', 'instance']);
  readonly #scopes: readonly Scope[];

  constructor(artifact: Artifact) {
    this.#artifact = artifact;
    this.#spelling = new Spelling(artifact, this.#top);
    this.#functions = new Functions(artifact, this.#spelling);
    this.#scopes = [
      ...this.#scopesOf(artifact.imports, false),
      ...this.#scopesOf(artifact.exports, true),
    ];
    for (const scope of this.#scopes) this.#nameItems(scope);
  }

  file(source: string): string {
    const body = [
      ...this.#scopes.flatMap((scope) => this.#scope(scope)),
      this.#imports(),
      this.#exports(),
    ];
    const types = this.#spelling.declarations();
    const text = [...types, ...body].join('\n');
    const used = ['ByteSource', 'CallContext', 'CallOptions', 'GuestFuture', 'StreamSource'].filter(
      (name) => new RegExp(`\\b${name}\\b`).test(text),
    );
    const from = used.length === 0 ? [] : [`import type { ${used.join(', ')} } from 'tidegate';`];
    const names = ['Imports', 'Exports', ...new Set(this.#scopes.map(({ name }) => name))];
    return [
      `// Types of ${source.replace(/[\r\n\u2028\u2029]/g, ' ')}, made by tidegate ${this.#artifact.version}.`,
      ...from,
      ...types,
      ...body,
      `export type { ${names.join(', ')} };`,
      this.#module(),
      '',
    ].join('\n\n');
  }

  #scopesOf(items: readonly Extern[], exported: boolean): Scope[] {
    const prefix = exported ? 'Exported' : '';
    const scope = (name: string, of: string | undefined, own: readonly Extern[]): Scope => ({
      name: this.#top.take(prefix + name),
      items: own,
      exported,
      of,
      names: new Map(),
    });
    const world = items.filter(({ kind }) => kind === 'type' || kind === 'resource');
    const scopes = world.length > 0 ? [scope('World', undefined, items)] : [];
    for (const item of items) {
      if (item.kind === 'instance') scopes.push(scope(scopeName(item.name), item.name, item.items));
    }
    return scopes;
  }

  #nameItems({ name, items, names }: Scope): void {
    const namer = new Namer([...RESERVED, ...this.#scopes.map((scope) => scope.name)]);
    for (const item of items) {
      if (item.kind !== 'type' && item.kind !== 'resource') continue;
      const get = namer.take(pascal(item.name));
      const two = item.kind === 'type' && this.#spelling.directed(item.ty);
      const give = two ? namer.take(`${get}Input`) : get;
      names.set(item, { get, give });
      if (item.kind === 'resource') this.#spelling.nameResource(item.resource, `${name}.${get}`);
      else this.#spelling.nameType(item.ty, `${name}.${get}`, `${name}.${give}`);
    }
  }

  /** A namespace of its types, and an interface of its functions and classes with the same name. */
  #scope(scope: Scope): string[] {
    const types = [...scope.names].flatMap(([item, names]) =>
      this.#declaration(scope, item, names),
    );
    const namespace = types.length > 0 ? [`declare namespace ${scope.name} ${block(types)}`] : [];
    if (scope.of === undefined) return namespace;
    const doc = `/** The ${scope.exported ? 'exported' : 'imported'} interface \`${comment(scope.of)}\`. */\n`;
    const members = block(this.#surface(scope.items, scope));
    return [...namespace, `${doc}interface ${scope.name} ${members}`];
  }

  #declaration(
    scope: Scope,
    item: Extern,
    { get, give }: { readonly get: string; readonly give: string },
  ): string[] {
    if (item.kind === 'resource') {
      const first = this.#spelling.resource(item.resource);
      if (first !== `${scope.name}.${get}`) return [`export type ${get} = ${first};`];
      return scope.exported && this.#defined(item.resource)
        ? this.#functions.guestClass(scope.items, item.name, get)
        : this.#functions.hostInterface(scope.items, item.name, get);
    }
    if (item.kind !== 'type') return [];
    const one = (name: string, direction: Direction) =>
      this.#spelling.declaration(item.ty, `${scope.name}.${name}`, name, direction);
    return give === get ? one(get, 'get') : [...one(get, 'get'), ...one(give, 'give')];
  }

  /** Functions and classes, as members of an object type. */
  #surface(items: readonly Extern[], scope: Scope): string[] {
    return items.flatMap((item) => {
      if (item.kind === 'func' && funcName(item.name).kind === 'plain') {
        return [this.#functions.method(item.name, item.func, scope.exported, 0)];
      }
      if (item.kind === 'module') {
        const mark = scope.exported ? 'readonly ' : '';
        return [`${mark}${key(camel(item.name))}: WebAssembly.Module;`];
      }
      if (item.kind !== 'resource' || !this.#introduced(item, scope)) return [];
      const type = this.#spelling.resource(item.resource);
      const of = scope.exported
        ? `typeof ${type}`
        : this.#functions.hostClass(items, item.name, type);
      return [`${scope.exported ? 'readonly ' : ''}${key(pascal(item.name))}: ${of};`];
    });
  }

  /** Whether a resource's class belongs here: other interfaces may use it under a name of theirs. */
  #introduced(item: Extern & { readonly kind: 'resource' }, scope: Scope): boolean {
    const desc = this.#artifact.resources[item.resource];
    if (scope.exported) return this.#defined(item.resource);
    const path = scope.of === undefined ? [item.name] : [scope.of, item.name];
    return desc?.origin === 'imported' && desc.path.join('#') === path.join('#');
  }

  #defined(resource: number): boolean {
    return this.#artifact.resources[resource]?.origin === 'defined';
  }

  #imports(): string {
    const lines = this.#world(false);
    for (const scope of this.#scopes) {
      const { exported, of, name, items } = scope;
      // Nobody has to pass an interface of nothing but types.
      if (exported || of === undefined || this.#surface(items, scope).length === 0) continue;
      lines.push(`${key(of)}: ${name};`);
    }
    // A type, not an interface: so it is assignable to tidegate's `Imports`.
    return `/** What the component wants. \`Omit<Imports, \\\`wasi:\${string}\\\`>\` is what \`wasi()\` does not give. */\ntype Imports = ${block(lines)};`;
  }

  #exports(): string {
    const lines = this.#world(true);
    const names = new Map<string | undefined, string>();
    for (const { exported, of, name } of this.#scopes) if (exported) names.set(of, name);
    for (const [short, full] of exportKeys(this.#artifact.exports)) {
      const name = names.get(full);
      if (full !== undefined && name !== undefined) lines.push(`readonly ${key(short)}: ${name};`);
    }
    return `/** What an instance has: \`component.instantiate<Exports>(imports)\`. */\ninterface Exports ${block(lines)}`;
  }

  /** Functions and classes of the world itself. */
  #world(exported: boolean): string[] {
    const { imports, exports } = this.#artifact;
    const items = exported ? exports : imports;
    const found = this.#scopes.find((s) => s.exported === exported && s.of === undefined);
    const none = { name: '', items, exported, of: undefined, names: new Map() };
    return this.#surface(items, found ?? none);
  }

  /** The exports as a module has them: under each of their names, and all of them as the default. */
  #module(): string {
    const keys = exportKeys(this.#artifact.exports);
    const locals = new Map<string, string>();
    const lines = ['declare const instance: Exports;'];
    // The shorter names come last, and make better names of variables.
    for (const [name, full] of [...keys].reverse()) {
      if (locals.has(full ?? name)) continue;
      const local = this.#top.take(isIdentifier(name) ? name : 'item');
      locals.set(full ?? name, local);
      lines.push(`declare const ${local}: Exports[${key(name, true)}];`);
    }
    const names = [...keys].map(([name, full]) => {
      const local = locals.get(full ?? name);
      return local === name ? name : `${local} as ${key(name)}`;
    });
    if (!keys.has('default')) names.push('instance as default');
    return [...lines, `export {\n${indent(names.map((name) => `${name},`))}\n};`].join('\n');
  }
}

/** `wasi:cli/stdout@0.3.0` becomes `WasiCliStdout`. */
function scopeName(name: string): string {
  return interfaceName(name)
    .path.split(/[^A-Za-z0-9-]+/)
    .map(pascal)
    .join('');
}

const comment = (text: string) => text.replace(/[*\r\n\u2028\u2029]/g, ' ');
