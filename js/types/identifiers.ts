/** Names in TypeScript: unique ones, quoted ones, and those that are taken. */

/** Gives each declaration of a scope a name of its own. */
export class Namer {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** The name, or one like it. */
  take(name: string): string {
    let own = name;
    for (let i = 2; this.#taken.has(own); i++) own = i === 2 ? `${name}_` : `${name}${i}`;
    this.#taken.add(own);
    return own;
  }
}

const words = (text: string) => text.split(' ');

/** Words that cannot name a parameter or a variable. */
export const RESERVED_WORDS: readonly string[] = words(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield',
);

/** What the declarations themselves mean by a name, so that no type of a component may hide it. */
export const RESERVED: readonly string[] = [
  ...RESERVED_WORDS,
  ...words('Array ByteSource CallContext CallOptions GuestFuture Map Promise PromiseLike'),
  ...words(
    'ReadableStream StreamSource Symbol Uint8Array Int8Array Uint16Array Int16Array Uint32Array',
  ),
  ...words('Int32Array BigUint64Array BigInt64Array Float32Array Float64Array'),
];

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** A property's name, quoted where it must be. */
export function key(name: string, always = false): string {
  if (!always && isIdentifier(name)) return name;
  return `'${name.replace(/[\\'\r\n\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
}

/** Lines of declarations, one level deeper. */
export function indent(lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
}

/** Lines of declarations in braces. */
export function block(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n${indent(lines)}\n}`;
}
