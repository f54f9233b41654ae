/** One interface or world of WIT: the names that types have there, and types spelled by them. */

import type { NamedType, ResourceDescription, ValueType } from '../index.js';

type Owners = ReadonlyMap<object, { readonly id: string; readonly name: string }>;

/** Kinds that WIT cannot use without a name. Others are told apart by structure, so that a name for one would be a guess. */
const NOMINAL: ReadonlySet<string> = new Set(['record', 'variant', 'enum', 'flags']);
/** Characters; a longer type is declared by itself: spelled out, a type can be exponentially longer than its description. */
const LONG = 300;

export class WitScope {
  readonly #id: string | undefined;
  readonly #owners: Owners;
  /** By type or resource, its name here. */
  readonly #names = new Map<object, string>();
  readonly #taken = new Set<string>();
  readonly #texts = new Map<ValueType, string>();
  /** By the interface that it comes from: what is used of it. */
  readonly #uses = new Map<string, string[]>();
  #beside: string[] = [];

  /** `id`: the interface's; a world and an interface that is written in place have none. */
  constructor(id: string | undefined, owners: Owners) {
    this.#id = id;
    this.#owners = owners;
  }

  /** The name of one of this scope's own items; all are declared before any is spelled. */
  declare(type: ValueType | ResourceDescription, name: string): void {
    this.#taken.add(name);
    const named = !('kind' in type) || NOMINAL.has(type.kind);
    if (named && !this.#names.has(type)) this.#names.set(type, name);
  }

  /** What the items that were spelled need before them: `use` lines and long types. Empties both. */
  take(): string[] {
    const uses = [...this.#uses].map(
      ([id, names]) => `use ${this.#path(id)}.{${names.join(', ')}};`,
    );
    const lines = [...uses, ...this.#beside];
    this.#uses.clear();
    this.#beside = [];
    return lines;
  }

  /** The declaration of a type. */
  typeLines(type: ValueType, name: string): string[] {
    if (!NOMINAL.has(type.kind)) return [`type ${escaped(name)} = ${this.#structure(type)};`];
    const other = this.alias(type, name);
    if (other !== undefined) return other;
    const parts = this.#parts(type).map((part) => `${part},`);
    return [`${type.kind} ${escaped(name)} {`, ...indented(parts), '}'];
  }

  /** The lines for another name of what has one already, here or in another interface; undefined when it has none. */
  alias(type: ValueType | ResourceDescription, name: string): string[] | undefined {
    const first = this.#names.get(type);
    if (first !== undefined && first !== name) {
      return [`type ${escaped(name)} = ${escaped(first)};`];
    }
    const owner = this.#owners.get(type);
    if (owner === undefined || owner.id === this.#id) return undefined;
    this.#use(owner, name);
    return [];
  }

  /** A type where it is used. */
  text(type: ValueType): string {
    if (NOMINAL.has(type.kind)) return this.#name(type) ?? this.#inline(type);
    let text = this.#texts.get(type);
    if (text === undefined) {
      text = this.#structure(type);
      if (text.length > LONG) {
        const name = this.#fresh('long-type');
        this.#beside.push(`type ${name} = ${text};`);
        text = name;
      }
      this.#texts.set(type, text);
    }
    return text;
  }

  #name(type: object): string | undefined {
    const own = this.#names.get(type);
    if (own !== undefined) return escaped(own);
    const owner = this.#owners.get(type);
    if (owner === undefined) return undefined;
    // Of an interface that is imported and exported: two types, one name.
    if (owner.id === this.#id) return escaped(owner.name);
    const name = this.#fresh(owner.name);
    this.#names.set(type, name);
    this.#use(owner, name);
    return escaped(name);
  }

  #use({ id, name }: { readonly id: string; readonly name: string }, as: string): void {
    const text = name === as ? escaped(name) : `${escaped(name)} as ${escaped(as)}`;
    this.#uses.set(id, [...(this.#uses.get(id) ?? []), text]);
  }

  #fresh(name: string): string {
    let own = name;
    for (let i = 2; this.#taken.has(own); i++) own = `${name}-n${i}`;
    this.#taken.add(own);
    return own;
  }

  /** How an interface is named here: by its last name in its own package. */
  #path(id: string): string {
    const packageOf = (of: string) => of.replace(/\/[^@]+/, '');
    if (this.#id === undefined || packageOf(id) !== packageOf(this.#id)) return id;
    return escaped(/\/([^@]+)/.exec(id)![1]!);
  }

  #resource(resource: ResourceDescription): string {
    return this.#name(resource) ?? escaped(resource.name);
  }

  #structure(type: ValueType): string {
    switch (type.kind) {
      case 'list': {
        const length = type.length === undefined ? '' : `, ${type.length}`;
        return `list<${this.text(type.element)}${length}>`;
      }
      case 'option':
        return `option<${this.text(type.element)}>`;
      case 'map':
        return `map<${this.text(type.key)}, ${this.text(type.value)}>`;
      case 'tuple':
        return `tuple<${type.types.map((part) => this.text(part)).join(', ')}>`;
      case 'result': {
        const [ok, err] = [type.ok && this.text(type.ok), type.err && this.text(type.err)];
        if (err !== undefined) return `result<${ok ?? '_'}, ${err}>`;
        return ok === undefined ? 'result' : `result<${ok}>`;
      }
      case 'own':
        return this.#resource(type.resource);
      case 'borrow':
        return `borrow<${this.#resource(type.resource)}>`;
      case 'stream':
      case 'future':
        return type.element === undefined ? type.kind : `${type.kind}<${this.text(type.element)}>`;
      default:
        return type.kind;
    }
  }

  /** A component made by hand may leave out the name; WIT has no such form. */
  #inline(type: ValueType): string {
    return `${type.kind} { ${this.#parts(type).join(', ')} }`;
  }

  #parts(type: ValueType): string[] {
    const field = ({ name, type: of }: NamedType) => `${escaped(name)}: ${this.text(of)}`;
    switch (type.kind) {
      case 'record':
        return type.fields.map(field);
      case 'variant':
        return type.cases.map(({ name, type: of }) =>
          of === undefined ? escaped(name) : `${escaped(name)}(${this.text(of)})`,
        );
      case 'enum':
      case 'flags':
        return type.labels.map(escaped);
      default:
        return [];
    }
  }
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** Words of WIT, which have to be marked as names. Spec: `keyword` in `WIT.md`. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'as async bool borrow char constructor enum error-context export f32 f64 flags from func future import include interface list map ' +
    'option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with world'
  ).split(' '),
);

export function escaped(name: string): string {
  return KEYWORDS.has(name) ? `%${name}` : name;
}
