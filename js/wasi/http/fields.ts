/** wasi:http/types.fields: headers and trailers. */

import { ComponentError } from '../../index.js';

/** Spec: `header-error`. */
type HeaderError = {
  readonly tag: 'invalid-syntax' | 'forbidden' | 'immutable' | 'size-exceeded';
};

type Entry = readonly [name: string, value: Uint8Array];

/** Spec: `fields`. Names are equal without regard to case, and keep the one that they were first given in. */
export class Fields {
  #entries: Entry[] = [];
  #mutable = true;

  /** Fields of the network: whatever names and values they have, but not those that belong to a connection. */
  static received(entries: Iterable<readonly [string, Uint8Array]>): Fields {
    const fields = new Fields();
    for (const [name, value] of entries) {
      if (!FORBIDDEN.has(name.toLowerCase())) fields.#entries.push([name, value]);
    }
    fields.#mutable = false;
    return fields;
  }

  /** Spec: `fields.from-list`. */
  static fromList(entries: readonly Entry[]): Fields {
    const fields = new Fields();
    for (const [name, value] of entries) fields.append(name, value);
    return fields;
  }

  /** Spec: `fields.get`. */
  get(name: string): Uint8Array[] {
    const key = name.toLowerCase();
    return this.#entries.filter(([n]) => n.toLowerCase() === key).map(([, value]) => value);
  }

  /** Spec: `fields.has`. */
  has(name: string): boolean {
    const key = name.toLowerCase();
    return this.#entries.some(([n]) => n.toLowerCase() === key);
  }

  /** Spec: `fields.set`. */
  set(name: string, values: readonly Uint8Array[]): void {
    this.#check(name, values);
    this.#remove(name);
    for (const value of values) this.#entries.push([name, value]);
  }

  /** Spec: `fields.delete`. */
  delete(name: string): void {
    this.#check(name, []);
    this.#remove(name);
  }

  /** Spec: `fields.get-and-delete`. */
  getAndDelete(name: string): Uint8Array[] {
    this.#check(name, []);
    const values = this.get(name);
    this.#remove(name);
    return values;
  }

  /** Spec: `fields.append`. */
  append(name: string, value: Uint8Array): void {
    this.#check(name, [value]);
    const key = name.toLowerCase();
    const known = this.#entries.find(([n]) => n.toLowerCase() === key)?.[0];
    this.#entries.push([known ?? name, value]);
  }

  /** Spec: `fields.copy-all`. */
  copyAll(): Entry[] {
    return [...this.#entries];
  }

  /** Spec: `fields.entries` of 0.2, which has no `size-exceeded` either: a component of 0.2 that goes beyond traps. */
  entries(): Entry[] {
    return this.copyAll();
  }

  /** Spec: `fields.clone`. */
  clone(): Fields {
    const copy = new Fields();
    copy.#entries = [...this.#entries];
    return copy;
  }

  /** The same fields, which nobody can change through the result. */
  frozen(): Fields {
    const copy = new Fields();
    copy.#entries = this.#entries;
    copy.#mutable = false;
    return copy;
  }

  /** Name after value after name, the bytes of values being the characters, as `node:http` takes them. */
  raw(): string[] {
    return this.#entries.flatMap(([name, value]) => [name, latin1(value)]);
  }

  /** The number that `content-length` says, if it says one. */
  contentLength(): number | undefined {
    const [value, ...rest] = this.get('content-length');
    if (value === undefined || rest.length > 0) return undefined;
    const text = latin1(value);
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  #check(name: string, values: readonly Uint8Array[]): void {
    if (!this.#mutable) throw refused('immutable');
    if (!isToken(name) || !values.every(isValue)) throw refused('invalid-syntax');
    if (values.length === 0) return;
    if (FORBIDDEN.has(name.toLowerCase())) throw refused('forbidden');
    let size = 0;
    for (const [n, value] of this.#entries) size += n.length + value.length;
    for (const value of values) size += name.length + value.length;
    if (size > MOST_BYTES) throw refused('size-exceeded');
  }

  #remove(name: string): void {
    const key = name.toLowerCase();
    this.#entries = this.#entries.filter(([n]) => n.toLowerCase() !== key);
  }
}

/** Fields from `node:http`'s way to give them. */
export function fieldsOfRaw(raw: readonly string[]): Fields {
  const entries: [string, Uint8Array][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) entries.push([raw[i]!, bytesOf(raw[i + 1]!)]);
  return Fields.received(entries);
}

/** A character a byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** RFC 9110, section 5.6.2. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** RFC 9110, section 5.5. */
function isValue(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 9 || (byte >= 32 && byte !== 127));
}

function refused(tag: HeaderError['tag']): ComponentError<HeaderError> {
  return new ComponentError({ tag });
}

/** What belongs to a connection and not to a message: RFC 9110, section 7.6.1, and what the target says of itself. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** Names and values of one section. */
const MOST_BYTES = 256 * 1024;
