/** Functions and the classes of resources in TypeScript, of the component and of its host. */

import type { Artifact, Extern, FuncDesc } from '../host/artifact.js';
import { camel, type FuncName, funcName } from '../host/names.js';
import { block, key, Namer, RESERVED_WORDS } from './identifiers.js';
import type { Spelling } from './spelling.js';

/** What follows the parameters of an async function. */
const EXPORT_OPTIONS = { name: 'options', type: '?: CallOptions' };
const IMPORT_CONTEXT = { name: 'context', type: ': CallContext' };

/**
 * Prints members of interfaces. What a component exports is called by JS, which gives parameters and gets the result; what
 * it imports is called by the component. Members are methods, so that a host's own classes fit where its resources go.
 */
export class Functions {
  readonly #artifact: Artifact;
  readonly #spelling: Spelling;

  constructor(artifact: Artifact, spelling: Spelling) {
    this.#artifact = artifact;
    this.#spelling = spelling;
  }

  /** A function or method as a member; the first `skip` parameters are not spelled. */
  method(name: string, index: number, exported: boolean, skip: number): string {
    const func = this.#func(index);
    // Only in brackets is it a method like others.
    const member = name === 'constructor' ? "['constructor']" : key(camel(name));
    return `${member}(${this.#params(func, exported, skip)}): ${this.#result(func, exported)};`;
  }

  /** A resource that the component implements. */
  guestClass(items: readonly Extern[], resource: string, name: string): string[] {
    const lines: string[] = [];
    let constructed = false;
    for (const { parsed, func } of this.#members(items, resource)) {
      if (parsed.kind === 'constructor') {
        constructed = true;
        lines.push(`constructor(${this.#params(this.#func(func), true, 0)});`);
      } else if (parsed.kind === 'method' || parsed.kind === 'static') {
        const prefix = parsed.kind === 'static' ? 'static ' : '';
        const skip = parsed.kind === 'method' ? 1 : 0;
        lines.push(`${prefix}${this.method(parsed.name, func, true, skip)}`);
      }
    }
    if (!constructed) lines.unshift('private constructor();');
    lines.unshift('#private;');
    lines.push('[Symbol.dispose](): void;');
    return [`export class ${name} ${block(lines)}`];
  }

  /** A resource that JS implements: what its objects can do. */
  hostInterface(items: readonly Extern[], resource: string, name: string): string[] {
    const lines = this.#members(items, resource).flatMap(({ parsed, func }) =>
      parsed.kind === 'method' ? [this.method(parsed.name, func, false, 1)] : [],
    );
    return [`export interface ${name} ${block(lines)}`];
  }

  /** The class of a resource that JS implements, as a type that any class of it has, whatever its constructor. */
  hostClass(items: readonly Extern[], resource: string, type: string): string {
    const lines = [`readonly prototype: ${type};`];
    for (const { parsed, func } of this.#members(items, resource)) {
      if (parsed.kind === 'constructor') {
        lines.push(`new (${this.#params(this.#func(func), false, 0)}): ${type};`);
      } else if (parsed.kind === 'static') {
        lines.push(this.method(parsed.name, func, false, 0));
      }
    }
    return block(lines);
  }

  #members(items: readonly Extern[], resource: string): { parsed: FuncName; func: number }[] {
    return items.flatMap((item) => {
      if (item.kind !== 'func') return [];
      const parsed = funcName(item.name);
      return parsed.kind !== 'plain' && parsed.resource === resource
        ? [{ parsed, func: item.func }]
        : [];
    });
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

  #func(index: number): FuncDesc {
    const func = this.#artifact.funcs[index];
    if (func === undefined) throw new RangeError(`the artifact has no function type ${index}`);
    return func;
  }
}
