/**
 * Value types in TypeScript. Values that a program gives and values that it gets differ in streams and futures and
 * nothing else, so a type that holds one has two spellings: what JS *gets* (`ReadableStream<T>`, `GuestFuture<T>`) and
 * what it may *give* (`StreamSource<T>`, `T | PromiseLike<T>`).
 *
 * Types are numbered by structure. So only kinds that WIT always names are called by a name, which is right whoever gave
 * it; `type duration = u64` is declared, but not every `u64` is a duration. The text is linear in the number of types:
 * what is long and has no name gets one.
 */

import type { Artifact, TypeDesc } from '../host/artifact.js';
import { camel } from '../host/names.js';
import { typedArrays } from '../host/values/lists.js';
import { block, indent, key, type Namer } from './identifiers.js';

export type Direction = 'get' | 'give';

/** Kinds that a component cannot use without a name. */
const NOMINAL: ReadonlySet<string> = new Set(['record', 'variant', 'enum', 'flags']);
/** Characters; a longer type is declared beside. */
const LONG = 400;

export class Spelling {
  readonly #artifact: Artifact;
  readonly #top: Namer;
  readonly #resources = new Map<number, string>();
  readonly #names = new Map<number, Readonly<Record<Direction, string>>>();
  readonly #directed = new Map<number, boolean>();
  readonly #texts = { get: new Map<number, string>(), give: new Map<number, string>() };
  readonly #beside: string[] = [];

  constructor(artifact: Artifact, top: Namer) {
    this.#artifact = artifact;
    this.#top = top;
  }

  /** What the type is called; the first name stays. Resources and types must be named before any is spelled. */
  nameType(ty: number, get: string, give: string): void {
    if (NOMINAL.has(this.#desc(ty).kind) && !this.#names.has(ty))
      this.#names.set(ty, { get, give });
  }

  nameResource(resource: number, name: string): void {
    if (!this.#resources.has(resource)) this.#resources.set(resource, name);
  }

  /** The name of a resource's objects; one that nobody named is opaque. */
  resource(resource: number): string {
    return this.#resources.get(resource) ?? 'object';
  }

  /** Declarations of long types that have no name. */
  declarations(): readonly string[] {
    return this.#beside;
  }

  /** A named type's declaration: its structure, or another name that it has. */
  declaration(ty: number, qualified: string, name: string, direction: Direction): string[] {
    const own = this.#names.get(ty)?.[direction];
    if (own !== undefined && own !== qualified) return [`export type ${name} = ${own};`];
    const desc = this.#desc(ty);
    if (desc.kind === 'variant') {
      const cases = this.#cases(desc, direction).map((text) => `| ${text}`);
      return [`export type ${name} =\n${indent(cases)};`];
    }
    if (desc.kind !== 'record' && desc.kind !== 'flags') {
      return [`export type ${name} = ${this.#structure(desc, direction)};`];
    }
    const fields = this.#fields(desc, direction).map((field) => `${field};`);
    return [`export interface ${name} ${block(fields)}`];
  }

  /** What a function returns: of its own `result` the ok value, since it throws the error. */
  result(ty: number | null, direction: Direction): string {
    if (ty === null) return 'void';
    const desc = this.#desc(ty);
    const returned = desc.kind === 'result' ? (desc.ok ?? null) : ty;
    return returned === null ? 'void' : this.type(returned, direction);
  }

  /** Whether `undefined` is one of its values. */
  optional(ty: number): boolean {
    const desc = this.#desc(ty);
    return desc.kind === 'option' && this.#desc(desc.ty).kind !== 'option';
  }

  /** A type's name where it has one, else its structure. */
  type(ty: number, direction: Direction): string {
    const name = this.#names.get(ty)?.[direction];
    if (name !== undefined) return name;
    if (direction === 'give' && !this.directed(ty)) return this.type(ty, 'get');
    const known = this.#texts[direction].get(ty);
    if (known !== undefined) return known;
    let text = this.#structure(this.#desc(ty), direction);
    if (text.length > LONG) {
      const own = this.#top.take(`Type${ty}${direction === 'give' ? 'Input' : ''}`);
      this.#beside.push(`type ${own} = ${text};`);
      text = own;
    }
    this.#texts[direction].set(ty, text);
    return text;
  }

  /** Whether the two spellings of a type differ. */
  directed(ty: number): boolean {
    let directed = this.#directed.get(ty);
    if (directed === undefined) {
      const desc = this.#desc(ty);
      directed =
        desc.kind === 'stream' ||
        desc.kind === 'future' ||
        parts(desc).some((part) => this.directed(part));
      this.#directed.set(ty, directed);
    }
    return directed;
  }

  #structure(desc: TypeDesc, direction: Direction): string {
    const of = (inner: number) => this.type(inner, direction);
    switch (desc.kind) {
      case 'bool':
        return 'boolean';
      case 's64':
      case 'u64':
        return 'bigint';
      case 'char':
      case 'string':
        return 'string';
      case 'list':
      case 'fixed-length-list':
        return this.#list(desc.ty, direction);
      case 'tuple':
        return `[${desc.fields.map(({ ty }) => of(ty)).join(', ')}]`;
      case 'record':
      case 'flags':
        return `{ ${this.#fields(desc, direction).join('; ')} }`;
      case 'variant':
        return this.#cases(desc, direction).join(' | ');
      case 'enum':
        return desc.labels.map((label) => key(label, true)).join(' | ');
      case 'option':
        return this.#desc(desc.ty).kind === 'option'
          ? `${tagged('some', desc.ty, of)} | ${tagged('none', null, of)}`
          : `${of(desc.ty)} | undefined`;
      case 'result':
        return `${tagged('ok', desc.ok, of)} | ${tagged('err', desc.err, of)}`;
      case 'map':
        return `Map<${of(desc.key)}, ${of(desc.value)}>`;
      case 'error-context':
        return 'Error';
      case 'own':
      case 'borrow':
        return this.resource(desc.resource);
      case 'stream':
      case 'future':
        return this.#end(desc.kind, desc.element, direction);
      default:
        return 'number';
    }
  }

  #list(ty: number, direction: Direction): string {
    const { kind } = this.#desc(ty);
    const array = Object.hasOwn(typedArrays, kind)
      ? typedArrays[kind as keyof typeof typedArrays]?.name
      : undefined;
    return array ?? `Array<${this.type(ty, direction)}>`;
  }

  #end(kind: 'stream' | 'future', element: number, direction: Direction): string {
    const ty = this.#artifact.elementTypes[element]?.ty ?? null;
    const of = ty === null ? 'undefined' : this.type(ty, direction);
    if (kind === 'future') {
      return direction === 'get' ? `GuestFuture<${of}>` : `${of} | PromiseLike<${of}>`;
    }
    if (ty !== null && this.#desc(ty).kind === 'u8') {
      return direction === 'get' ? 'ReadableStream<Uint8Array>' : 'ByteSource';
    }
    return direction === 'get' ? `ReadableStream<${of}>` : `StreamSource<${of}>`;
  }

  #cases(desc: TypeDesc & { readonly kind: 'variant' }, direction: Direction): string[] {
    const of = (ty: number) => this.type(ty, direction);
    return desc.cases.map(({ name, ty }) => tagged(name, ty, of));
  }

  #fields(
    desc: TypeDesc & { readonly kind: 'record' | 'tuple' | 'flags' },
    direction: Direction,
  ): string[] {
    if (desc.kind === 'flags') {
      return desc.labels.map((label) => `${key(camel(label))}?: boolean | undefined`);
    }
    return desc.fields.map(({ name, ty }) => {
      const mark = this.optional(ty) ? '?' : '';
      return `${key(camel(name))}${mark}: ${this.type(ty, direction)}`;
    });
  }

  #desc(ty: number): TypeDesc {
    const desc = this.#artifact.types[ty];
    if (desc === undefined) throw new RangeError(`the artifact has no type ${ty}`);
    return desc;
  }
}

/** Types that a type's values hold; the elements of streams and futures aside. */
function parts(desc: TypeDesc): number[] {
  switch (desc.kind) {
    case 'list':
    case 'fixed-length-list':
    case 'option':
      return [desc.ty];
    case 'map':
      return [desc.key, desc.value];
    case 'record':
    case 'tuple':
      return desc.fields.map(({ ty }) => ty);
    case 'variant':
      return desc.cases.flatMap(({ ty }) => ty ?? []);
    case 'result':
      return [desc.ok, desc.err].flatMap((ty) => ty ?? []);
    default:
      return [];
  }
}

function tagged(name: string, ty: number | null | undefined, of: (ty: number) => string): string {
  const tag = `tag: ${key(name, true)}`;
  return typeof ty === 'number' ? `{ ${tag}; val: ${of(ty)} }` : `{ ${tag} }`;
}
