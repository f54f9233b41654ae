/**
 * TypeScript declarations of a component: what it imports and exports, in the conventions of its JS values.
 *
 * Enters: the artifact's type description. Leaves: the text of a `.d.ts`. Values that a program gives and values it
 * gets differ in streams, futures and nothing else, so each type has up to two spellings: what JS *gets*
 * (`ReadableStream<T>`, `PromiseLike<T>`) and what it may *give* (`StreamSource<T>`, `T | PromiseLike<T>`).
 */

import type { Artifact, Extern, FuncDesc, TypeDesc } from '../host/artifact.js';
import { camel, pascal } from '../host/names.js';

/** The text of a declaration file for `artifact`, whose component came from `source` (shown in the heading). */
export function declarations(artifact: Artifact, source: string): string {
  return new Printer(artifact).file(source);
}

type Direction = 'get' | 'give';

/** A group of declarations that becomes one namespace: an interface, or the world itself. */
interface Scope {
  readonly name: string;
  readonly items: readonly Extern[];
  /** Whether the component exports it. */
  readonly exported: boolean;
}

const NUMERIC: Readonly<Record<string, string>> = {
  s8: 'Int8Array',
  u8: 'Uint8Array',
  s16: 'Int16Array',
  u16: 'Uint16Array',
  s32: 'Int32Array',
  u32: 'Uint32Array',
  s64: 'BigInt64Array',
  u64: 'BigUint64Array',
  f32: 'Float32Array',
  f64: 'Float64Array',
};

class Printer {
  readonly #artifact: Artifact;
  /** Resource number to the qualified name of its class. */
  readonly #classes = new Map<number, string>();
  /** Type number to its name in the scope being printed. */
  #names = new Map<number, string>();

  constructor(artifact: Artifact) {
    this.#artifact = artifact;
  }

  file(source: string): string {
    const scopes = [
      ...scopesOf(this.#artifact.imports, false),
      ...scopesOf(this.#artifact.exports, true),
    ];
    for (const scope of scopes) this.#nameClasses(scope);
    const body = scopes.map((scope) => this.#namespace(scope));
    const used = ['StreamSource'].filter((name) => body.some((text) => text.includes(`${name}<`)));
    return [
      `// Types of ${source}, made by tidegate.`,
      ...(used.length > 0 ? [`import type { ${used.join(', ')} } from 'tidegate';`] : []),
      ...body,
      this.#members('Imports', this.#artifact.imports, false),
      this.#members('Exports', this.#artifact.exports, true),
      '',
    ].join('\n\n');
  }

  #nameClasses(scope: Scope): void {
    for (const item of scope.items) {
      if (item.kind === 'resource' && !this.#classes.has(item.resource)) {
        this.#classes.set(item.resource, `${scope.name}.${pascal(item.name)}`);
      }
    }
  }

  #namespace(scope: Scope): string {
    this.#names = new Map();
    for (const item of scope.items) {
      if (item.kind === 'type') this.#names.set(item.ty, `${scope.name}.${pascal(item.name)}`);
    }
    const lines = scope.items.flatMap((item) => this.#declaration(scope, item));
    return `export namespace ${scope.name} {\n${indent(lines)}\n}`;
  }

  #declaration(scope: Scope, item: Extern): string[] {
    switch (item.kind) {
      case 'type':
        return [`export type ${pascal(item.name)} = ${this.#structure(item.ty, 'get')};`];
      case 'resource':
        return this.#class(scope, item.name);
      case 'func':
        // Members of a resource are printed with its class.
        if (item.name.startsWith('[')) return [];
        return [
          `export type ${pascal(item.name)}Function = ${this.#funcType(item.func, scope.exported, 0)};`,
        ];
      case 'instance':
        return [];
    }
  }

  #class(scope: Scope, resource: string): string[] {
    const lines = [`export class ${pascal(resource)} {`];
    let constructed = false;
    for (const item of scope.items) {
      if (item.kind !== 'func') continue;
      const func = this.#func(item.func);
      if (item.name === `[constructor]${resource}`) {
        constructed = true;
        lines.push(`  constructor(${this.#params(func, scope.exported, 0)});`);
      } else if (item.name.startsWith(`[method]${resource}.`)) {
        lines.push(`  ${this.#method(item.name, func, scope.exported, 1)};`);
      } else if (item.name.startsWith(`[static]${resource}.`)) {
        lines.push(`  static ${this.#method(item.name, func, scope.exported, 0)};`);
      }
    }
    if (!constructed) lines.splice(1, 0, '  private constructor();');
    if (scope.exported) lines.push('  [Symbol.dispose](): void;');
    return [...lines, '}'];
  }

  #method(name: string, func: FuncDesc, exported: boolean, skip: number): string {
    const member = camel(name.slice(name.indexOf('.') + 1));
    return `${member}(${this.#params(func, exported, skip)}): ${this.#result(func, exported)}`;
  }

  #funcType(index: number, exported: boolean, skip: number): string {
    const func = this.#func(index);
    return `(${this.#params(func, exported, skip)}) => ${this.#result(func, exported)}`;
  }

  #params(func: FuncDesc, exported: boolean, skip: number): string {
    const direction = exported ? 'give' : 'get';
    const params = func.params
      .slice(skip)
      .map(({ name, ty }) => `${safe(camel(name))}: ${this.#type(ty, direction)}`);
    if (func.async)
      params.push(
        exported ? 'options?: { signal?: AbortSignal }' : 'options: { signal: AbortSignal }',
      );
    return params.join(', ');
  }

  #result(func: FuncDesc, exported: boolean): string {
    const direction = exported ? 'get' : 'give';
    const result = func.result ?? null;
    let text = 'void';
    if (result !== null) {
      const type = this.#desc(result);
      const thrown = type.kind === 'result';
      const ty = thrown ? (type.ok ?? null) : result;
      if (ty !== null) text = this.#type(ty, direction);
    }
    if (!func.async) return text;
    return exported ? `Promise<${text}>` : `${text} | PromiseLike<${text}>`;
  }

  /** A type's name where its scope has one, else its structure. */
  #type(ty: number, direction: Direction): string {
    const name = this.#names.get(ty);
    const named = name !== undefined && (direction === 'get' || !this.#directed(ty));
    return named ? name : this.#structure(ty, direction);
  }

  #structure(ty: number, direction: Direction): string {
    const type = this.#desc(ty);
    const of = (inner: number) => this.#type(inner, direction);
    switch (type.kind) {
      case 'bool':
        return 'boolean';
      case 's64':
      case 'u64':
        return 'bigint';
      case 'char':
      case 'string':
        return 'string';
      case 'list':
        return NUMERIC[this.#desc(type.ty).kind] ?? `Array<${of(type.ty)}>`;
      case 'tuple':
        return `[${type.fields.map((f) => of(f.ty)).join(', ')}]`;
      case 'record':
        return `{ ${type.fields.map((f) => this.#field(f.name, f.ty, direction)).join('; ')} }`;
      case 'variant':
        return type.cases.map((c) => tagged(c.name, c.ty ?? null, of)).join(' | ');
      case 'enum':
        return type.labels.map((l) => `'${l}'`).join(' | ');
      case 'flags':
        return `{ ${type.labels.map((l) => `${camel(l)}${direction === 'give' ? '?' : ''}: boolean`).join('; ')} }`;
      case 'option':
        return this.#desc(type.ty).kind === 'option'
          ? `{ tag: 'some'; val: ${of(type.ty)} } | { tag: 'none' }`
          : `${of(type.ty)} | undefined`;
      case 'result':
        return `${tagged('ok', type.ok ?? null, of)} | ${tagged('err', type.err ?? null, of)}`;
      case 'map':
        return `Map<${of(type.key)}, ${of(type.value)}>`;
      case 'own':
      case 'borrow':
        return this.#classes.get(type.resource) ?? 'object';
      case 'stream':
      case 'future':
        return this.#end(type.kind, type.element, direction);
      default:
        return 'number';
    }
  }

  #end(kind: 'stream' | 'future', element: number, direction: Direction): string {
    const ty = this.#artifact.elementTypes[element]?.ty ?? null;
    const of = ty === null ? 'undefined' : this.#type(ty, direction);
    if (kind === 'future')
      return direction === 'get' ? `PromiseLike<${of}>` : `${of} | PromiseLike<${of}>`;
    const item = ty !== null && this.#desc(ty).kind === 'u8' ? 'Uint8Array' : of;
    return direction === 'get' ? `ReadableStream<${item}>` : `StreamSource<${item}>`;
  }

  #field(name: string, ty: number, direction: Direction): string {
    const optional = this.#desc(ty).kind === 'option' ? '?' : '';
    return `${camel(name)}${optional}: ${this.#type(ty, direction)}`;
  }

  /** Whether the two spellings of a type differ. */
  #directed(ty: number): boolean {
    const type = this.#desc(ty);
    switch (type.kind) {
      case 'stream':
      case 'future':
      case 'flags':
        return true;
      case 'list':
      case 'option':
        return this.#directed(type.ty);
      case 'record':
      case 'tuple':
        return type.fields.some((f) => this.#directed(f.ty));
      case 'variant':
        return type.cases.some((c) => c.ty != null && this.#directed(c.ty));
      case 'result':
        return [type.ok, type.err].some((t) => t != null && this.#directed(t));
      case 'map':
        return this.#directed(type.value);
      default:
        return false;
    }
  }

  #members(name: string, items: readonly Extern[], exported: boolean): string {
    const lines = items.flatMap((item) => {
      switch (item.kind) {
        case 'instance':
          return [
            `'${item.name}': {`,
            indent(this.#surface(scopeName(item.name, exported), item.items)),
            '};',
          ];
        case 'func':
          return [`${camel(item.name)}: ${worldName(exported)}.${pascal(item.name)}Function;`];
        case 'resource':
          return [`${pascal(item.name)}: typeof ${worldName(exported)}.${pascal(item.name)};`];
        case 'type':
          return [];
      }
    });
    return `export interface ${name} {\n${indent(lines)}\n}`;
  }

  #surface(scope: string, items: readonly Extern[]): string[] {
    return items.flatMap((item) => {
      if (item.kind === 'func' && !item.name.startsWith('[')) {
        return [`${camel(item.name)}: ${scope}.${pascal(item.name)}Function;`];
      }
      return item.kind === 'resource'
        ? [`${pascal(item.name)}: typeof ${scope}.${pascal(item.name)};`]
        : [];
    });
  }

  #desc(ty: number): TypeDesc {
    const desc = this.#artifact.types[ty];
    if (desc === undefined) throw new RangeError(`the artifact has no type ${ty}`);
    return desc;
  }

  #func(index: number): FuncDesc {
    const func = this.#artifact.funcs[index];
    if (func === undefined) throw new RangeError(`the artifact has no function type ${index}`);
    return func;
  }
}

function scopesOf(items: readonly Extern[], exported: boolean): Scope[] {
  const scopes: Scope[] = [];
  const world = items.filter((item) => item.kind !== 'instance');
  if (world.length > 0) scopes.push({ name: worldName(exported), items: world, exported });
  for (const item of items) {
    if (item.kind === 'instance') {
      scopes.push({ name: scopeName(item.name, exported), items: item.items, exported });
    }
  }
  return scopes;
}

const worldName = (exported: boolean) => (exported ? 'WorldExports' : 'WorldImports');

/** `wasi:cli/stdout@0.3.0` becomes `WasiCliStdout`; an export's gets `Exported` before it, for both may occur. */
function scopeName(name: string, exported: boolean): string {
  const plain = name.replace(/@.*$/, '').split(/[:/.]/).map(pascal).join('');
  return exported ? `Exported${plain}` : plain;
}

function tagged(name: string, ty: number | null, of: (ty: number) => string): string {
  return ty === null ? `{ tag: '${name}' }` : `{ tag: '${name}'; val: ${of(ty)} }`;
}

/** A parameter's name, kept clear of the words that TypeScript reserves. */
const safe = (name: string) => (RESERVED.has(name) ? `${name}_` : name);

const indent = (lines: readonly string[]) =>
  lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `  ${line}`)
    .join('\n');

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);
