/**
 * A component's world as WIT, from its description. What a component's binary does not have is not there: comments, the world's name,
 * and names of types that are the same by structure (`type duration = u64` is declared, uses of it say `u64`).
 */

import { type FuncName, funcName } from '../host/names.js';
import type { ItemDescription, ResourceDescription, WorldDescription } from '../index.js';
import { escaped, indented, WitScope } from './wit-scope.js';

/** All of it: the world, and the packages of the interfaces that it names. */
export function witOf(world: WorldDescription): string {
  return new Printer(world).text();
}

type Interface = ItemDescription & { readonly kind: 'interface' };
type Func = ItemDescription & { readonly kind: 'func' };

class Printer {
  readonly #world: WorldDescription;
  /** Interfaces that have a name in a package; one that is imported and exported is one. */
  readonly #interfaces = new Map<string, ItemDescription[]>();
  /** Where a type is declared that interfaces share. */
  readonly #owners = new Map<object, { readonly id: string; readonly name: string }>();

  constructor(world: WorldDescription) {
    this.#world = world;
    for (const item of [...world.imports, ...world.exports]) {
      const id = item.kind === 'interface' ? idOf(item) : undefined;
      if (id !== undefined) this.#add(id, (item as Interface).items);
    }
  }

  text(): string {
    const packages = new Map<string, string[]>();
    for (const [id, items] of this.#interfaces) {
      const [, name = '', own = '', version = ''] = PACKAGED.exec(id)!;
      const body = this.#body(new WitScope(id, this.#owners), items);
      const before = packages.get(name + version);
      const text = braces(`interface ${escaped(own)}`, body);
      packages.set(name + version, before ? [...before, '', ...text] : text);
    }
    const lines = ['package root:component;', '', ...braces('world root', this.#root())];
    for (const [name, body] of packages) lines.push('', ...braces(`package ${name}`, body));
    return `${lines.join('\n')}\n`;
  }

  #add(id: string, items: readonly ItemDescription[]): void {
    const known = this.#interfaces.get(id) ?? [];
    const names = new Set(known.map(({ name }) => name));
    this.#interfaces.set(id, [...known, ...items.filter(({ name }) => !names.has(name))]);
    for (const item of items) {
      const type = item.kind === 'type' ? item.type : item.kind === 'resource' && item.resource;
      if (type && !this.#owners.has(type)) this.#owners.set(type, { id, name: item.name });
    }
  }

  #root(): string[] {
    const scope = new WitScope(undefined, this.#owners);
    const { imports, exports } = this.#world;
    const types = (items: readonly ItemDescription[]) =>
      items.filter(({ kind, name }) => kind === 'type' || kind === 'resource' || member(name));
    const own = this.#body(scope, types([...imports, ...exports]));
    const lines = [
      ...imports.flatMap((item) => this.#extern('import', item, scope)),
      ...exports.flatMap((item) => this.#extern('export', item, scope)),
    ];
    return [...scope.take(), ...own, ...lines];
  }

  /** A line of the world for what is no type. */
  #extern(direction: string, item: ItemDescription, scope: WitScope): string[] {
    const { kind, name } = item;
    if (kind === 'module') return [`// ${direction} ${name}: core module`];
    if (kind === 'func') {
      return member(name) ? [] : [`${direction} ${escaped(name)}: ${func(item, scope)};`];
    }
    if (kind !== 'interface') return [];
    const id = idOf(item);
    if (id === name) return [`${direction} ${id};`];
    if (id !== undefined) return [`${direction} ${escaped(name)}: ${id};`];
    const body = this.#body(new WitScope(undefined, this.#owners), item.items);
    return braces(`${direction} ${escaped(name)}: interface`, body);
  }

  /** The items of an interface; what they use comes first. */
  #body(scope: WitScope, items: readonly ItemDescription[]): string[] {
    for (const item of items) {
      if (item.kind === 'type') scope.declare(item.type, item.name);
      else if (item.kind === 'resource') scope.declare(item.resource, item.name);
    }
    const lines = items.flatMap((item) => {
      if (item.kind === 'type') return scope.typeLines(item.type, item.name);
      if (item.kind === 'resource') return this.#resource(item.resource, item.name, items, scope);
      if (item.kind === 'module') return [`// ${item.name}: core module`];
      if (item.kind === 'interface' || member(item.name)) return [];
      return [`${escaped(item.name)}: ${func(item, scope)};`];
    });
    return [...scope.take(), ...lines];
  }

  #resource(
    resource: ResourceDescription,
    name: string,
    items: readonly ItemDescription[],
    scope: WitScope,
  ): string[] {
    const other = scope.alias(resource, name);
    if (other !== undefined) return other;
    const lines = items.flatMap((item) => {
      const own = item.kind === 'func' && member(item.name)?.resource === name;
      return own ? [memberLine(item, scope)] : [];
    });
    return lines.length === 0
      ? [`resource ${escaped(name)};`]
      : braces(`resource ${escaped(name)}`, lines);
  }
}

/** The parts of a resource's function's name; undefined for other functions. */
function member(name: string): Exclude<FuncName, { kind: 'plain' }> | undefined {
  const parsed = funcName(name);
  return parsed.kind === 'plain' ? undefined : parsed;
}

function memberLine(item: Func, scope: WitScope): string {
  const own = funcName(item.name);
  if (own.kind === 'static') return `${escaped(own.name)}: static ${func(item, scope)};`;
  // `self` is not written.
  if (own.kind === 'method') return `${escaped(own.name)}: ${func(item, scope, 1)};`;
  const fallible = item.result?.kind === 'result' ? ` -> ${scope.text(item.result)}` : '';
  return `constructor(${params(item, scope, 0)})${fallible};`;
}

function func(item: Func, scope: WitScope, skip = 0): string {
  const result = item.result === undefined ? '' : ` -> ${scope.text(item.result)}`;
  return `${item.async ? 'async ' : ''}func(${params(item, scope, skip)})${result}`;
}

function params({ params: all }: Func, scope: WitScope, skip: number): string {
  return all
    .slice(skip)
    .map(({ name, type }) => `${escaped(name)}: ${scope.text(type)}`)
    .join(', ');
}

function braces(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [`${head} {}`] : [`${head} {`, ...indented(lines), '}'];
}

/** `wasi:cli/stdout@0.3.0` in its package, its name and the package's version. */
const PACKAGED = /^([^/]+:[^/]+)\/([^@/]+)(@.+)?$/;

/** The interface of a package that an import or export is; undefined for one that is written in place. */
function idOf({ name, implements: of }: Interface): string | undefined {
  return [of, name].find((id) => id !== undefined && PACKAGED.test(id));
}
