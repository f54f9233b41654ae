/** What a component's bytes tell beside its types: the sizes of its core modules, and which tools made it. Expects what has been compiled before. */

/** By field (`language`, `processed-by`, `sdk`), names of tools and their versions. Spec: tool-conventions, `ProducersSection.md`. */
export type Producers = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A core module; all sizes are bytes. */
export interface ModuleSize {
  /** Of its name section; empty without one. */
  readonly name: string;
  readonly size: number;
  readonly code: number;
  readonly data: number;
}

export interface BinaryReport {
  readonly producers: Producers;
  /** In order of the binary. */
  readonly modules: readonly ModuleSize[];
}

export function readBinary(bytes: Uint8Array): BinaryReport {
  const producers: Record<string, Record<string, string>> = {};
  const modules: ModuleSize[] = [];
  const component = (range: Uint8Array): void => {
    for (const { id, body } of sections(range)) {
      if (id === CUSTOM) custom(body, producers);
      else if (id === CORE_MODULE) modules.push(module(body, producers));
      else if (id === COMPONENT) component(body);
    }
  };
  component(bytes);
  return { producers, modules };
}

function module(range: Uint8Array, producers: Record<string, Record<string, string>>): ModuleSize {
  let [name, code, data] = ['', 0, 0];
  for (const { id, body } of sections(range)) {
    if (id === CUSTOM) name ||= custom(body, producers);
    else if (id === CODE) code += body.length;
    else if (id === DATA) data += body.length;
  }
  return { name, size: range.length, code, data };
}

/** Collects a producers section; gives the module's name for a name section. */
function custom(body: Uint8Array, producers: Record<string, Record<string, string>>): string {
  // Nobody has validated what is in custom sections.
  try {
    const reader = new Reader(body);
    const section = reader.text();
    if (section === 'name') return moduleName(reader);
    if (section !== 'producers') return '';
    for (let fields = reader.number(); fields > 0; fields--) {
      const field = reader.text();
      producers[field] ??= {};
      for (let tools = reader.number(); tools > 0; tools--) {
        const tool = reader.text();
        producers[field][tool] = reader.text();
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return '';
}

function moduleName(reader: Reader): string {
  return reader.byte() === 0 && reader.number() > 0 ? reader.text() : '';
}

function* sections(range: Uint8Array): Generator<{ id: number; body: Uint8Array }> {
  const reader = new Reader(range.subarray(HEADER));
  while (!reader.done) {
    const id = reader.byte();
    yield { id, body: reader.bytes(reader.number()) };
  }
}

/** Reads a binary from front to back. Throws a RangeError past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the section ends too early');
    return byte;
  }

  /** A u32 in LEB128. */
  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  bytes(length: number): Uint8Array {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('the section ends too early');
    return this.#bytes.subarray(from, this.#at);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes(this.number()));
  }
}

/** Magic number, version and layer. */
const HEADER = 8;
/** Section ids. Spec: `section` in `Binary.md`; of core modules, the core specification's. */
const [CUSTOM, CORE_MODULE, COMPONENT] = [0, 1, 4];
const [CODE, DATA] = [10, 11];
