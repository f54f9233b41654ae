/**
 * TypeScript declarations of a component: what it imports and exports, in the conventions of its JS values.
 *
 * Enters: the artifact's type description. Leaves: the text of a `.d.ts`, which also serves as the declaration of the
 * module that `tidegate/vite` and `tidegate/register` make of the component. How types are spelled is left to `spelling.ts`.
 */

import type { Artifact, Extern, FuncDesc } from '../host/artifact.js';
import { camel, exportKeys, type FuncName, funcName, interfaceName, pascal } from '../host/names.js';
import { indent, isIdentifier, key, Namer, RESERVED, RESERVED_WORDS } from './identifiers.js';
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

/** What follows the parameters of an async function. */
const EXPORT_OPTIONS = { name: 'options', type: '?: CallOptions' };
const IMPORT_CONTEXT = { name: 'context', type: ': CallContext' };

class Printer {
  readonly #artifact: Artifact;
  readonly #spelling: Spelling;
  readonly #top = new Namer([...RESERVED, 'Imports', 'Exports', 'instance']);
  readonly #scopes: readonly Scope[];

  constructor(artifact: Artifact) {
    this.#artifact = artifact;
    this.#spelling = new Spelling(artifact, this.#top);
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
    const types = [...scope.names].flatMap(([item, names]) => this.#declaration(scope, item, names));
    const namespace =
      types.length > 0 ? [`declare namespace ${scope.name} {\n${indent(types)}\n}`] : [];
    if (scope.of === undefined) return namespace;
    const members = indent(this.#surface(scope.items, scope));
    return [
      ...namespace,
      `/** The ${scope.exported ? 'exported' : 'imported'} interface \`${comment(scope.of)}\`. */\ninterface ${scope.name} {\n${members}\n}`,
    ];
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
        ? this.#guestClass(scope, item.name, get)
        : this.#hostInterface(scope, item.name, get);
    }
    if (item.kind !== 'type') return [];
    const one = (name: string, direction: Direction) =>
      this.#spelling.declaration(item.ty, `${scope.name}.${name}`, name, direction);
    return give === get ? one(get, 'get') : [...one(get, 'get'), ...one(give, 'give')];
  }

  /** A resource that the component implements. */
  #guestClass(scope: Scope, resource: string, name: string): string[] {
    const lines: string[] = [];
    let constructed = false;
    for (const { parsed, func } of this.#members(scope, resource)) {
      if (parsed.kind === 'constructor') {
        constructed = true;
        lines.push(`constructor(${this.#params(func, true, 0)});`);
      } else if (parsed.kind === 'method' || parsed.kind === 'static') {
        const prefix = parsed.kind === 'static' ? 'static ' : '';
        const skip = parsed.kind === 'method' ? 1 : 0;
        lines.push(`${prefix}${this.#method(parsed.name, func, true, skip)}`);
      }
    }
    if (!constructed) lines.unshift('private constructor();');
    lines.unshift('#private;');
    lines.push('[Symbol.dispose](): void;');
    return [`export class ${name} {`, indent(lines), '}'];
  }

  /** A resource that JS implements: what its objects can do. */
  #hostInterface(scope: Scope, resource: string, name: string): string[] {
    const lines = this.#members(scope, resource).flatMap(({ parsed, func }) =>
      parsed.kind === 'method' ? [this.#method(parsed.name, func, false, 1)] : [],
    );
    return [`export interface ${name} {`, indent(lines), '}'];
  }

  /** The class of a resource that JS implements, as a type that any class of it has, whatever its constructor. */
  #hostClass(scope: Scope, resource: string, type: string): string {
    const lines = [`readonly prototype: ${type};`];
    for (const { parsed, func } of this.#members(scope, resource)) {
      if (parsed.kind === 'constructor') {
        lines.push(`new (${this.#params(func, false, 0)}): ${type};`);
      } else if (parsed.kind === 'static') {
        lines.push(this.#method(parsed.name, func, false, 0));
      }
    }
    return `{\n${indent(lines)}\n}`;
  }

  #members(scope: Scope, resource: string): { parsed: FuncName; func: FuncDesc }[] {
    return scope.items.flatMap((item) => {
      if (item.kind !== 'func') return [];
      const parsed = funcName(item.name);
      return parsed.kind !== 'plain' && parsed.resource === resource
        ? [{ parsed, func: this.#func(item.func) }]
        : [];
    });
  }

  #method(name: string, func: FuncDesc, exported: boolean, skip: number): string {
    return `${key(camel(name))}(${this.#params(func, exported, skip)}): ${this.#result(func, exported)};`;
  }

  #params(func: FuncDesc, exported: boolean, skip: number): string {
    const namer = new Namer(RESERVED_WORDS);
    const own = func.params.slice(skip);
    // What a caller may leave out: options with nothing but options after them.
    let required = exported ? own.length : 0;
    while (required > 0 && this.#spelling.optional(own[required - 1]!.ty)) required--;
    if (!exported) required = own.length;
    const params = own.map(({ name, ty }, i) => {
      const type = this.#spelling.type(ty, exported ? 'give' : 'get');
      return `${namer.take(camel(name))}${i < required ? '' : '?'}: ${type}`;
    });
    if (func.async) {
      const last = exported ? EXPORT_OPTIONS : IMPORT_CONTEXT;
      params.push(`${namer.take(last.name)}${last.type}`);
    }
    return params.join(', ');
  }

  #result(func: FuncDesc, exported: boolean): string {
    const text = this.#spelling.result(func.result ?? null, exported ? 'get' : 'give');
    if (!func.async) return text;
    return exported ? `Promise<${text}>` : `${text} | PromiseLike<${text}>`;
  }

  /** Functions and classes, as members of an object type. */
  #surface(items: readonly Extern[], scope: Scope): string[] {
    return items.flatMap((item) => {
      if (item.kind === 'func' && funcName(item.name).kind === 'plain') {
        return [this.#method(item.name, this.#func(item.func), scope.exported, 0)];
      }
      if (item.kind !== 'resource' || !this.#introduced(item, scope)) return [];
      const type = this.#spelling.resource(item.resource);
      const of = scope.exported ? `typeof ${type}` : this.#hostClass(scope, item.name, type);
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
    for (const { exported, of, name } of this.#scopes) {
      if (!exported && of !== undefined) lines.push(`${key(of)}: ${name};`);
    }
    // A type, not an interface: so it is assignable to tidegate's `Imports`.
    return `/** What the component wants. \`Omit<Imports, \\\`wasi:\${string}\\\`>\` is what \`wasi()\` does not give. */\ntype Imports = {\n${indent(lines)}\n};`;
  }

  #exports(): string {
    const lines = this.#world(true);
    const names = new Map<string | undefined, string>();
    for (const { exported, of, name } of this.#scopes) if (exported) names.set(of, name);
    for (const [short, full] of exportKeys(this.#artifact.exports)) {
      const name = names.get(full);
      if (full !== undefined && name !== undefined) lines.push(`readonly ${key(short)}: ${name};`);
    }
    return `/** What an instance has: \`component.instantiate<Exports>(imports)\`. */\ninterface Exports {\n${indent(lines)}\n}`;
  }

  /** Functions and classes of the world itself. */
  #world(exported: boolean): string[] {
    const { imports, exports } = this.#artifact;
    const items = exported ? exports : imports;
    const found = this.#scopes.find((s) => s.exported === exported && s.of === undefined);
    const none = { name: '', items, exported, of: undefined, names: new Map() };
    return this.#surface(items, found ?? none);
  }

  /** The exports as a module has them. */
  #module(): string {
    const lines = ['declare const instance: Exports;'];
    const names: string[] = [];
    for (const [name] of exportKeys(this.#artifact.exports)) {
      if (isIdentifier(name) && this.#top.free(name)) {
        lines.push(`export const ${this.#top.take(name)}: Exports[${key(name, true)}];`);
      } else {
        const local = this.#top.take(isIdentifier(name) ? name : 'item');
        lines.push(`declare const ${local}: Exports[${key(name, true)}];`);
        names.push(`${local} as ${key(name)}`);
      }
    }
    if (!exportKeys(this.#artifact.exports).has('default')) names.push('instance as default');
    return [...lines, `export { ${names.join(', ')} };`].join('\n');
  }

  #func(index: number): FuncDesc {
    const func = this.#artifact.funcs[index];
    if (func === undefined) throw new RangeError(`the artifact has no function type ${index}`);
    return func;
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
