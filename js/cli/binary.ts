/** What a component's bytes tell beside its types: the sizes of its core modules, and which tools made it. Expects what has been compiled before. */

import { Reader } from '../host/reader.js';

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
  const reader = new Reader(range, HEADER);
  while (!reader.done) yield { id: reader.byte(), body: reader.bytes() };
}

/** Magic number, version and layer. */
const HEADER = 8;
/** Section ids. Spec: `section` in `Binary.md`; of core modules, the core specification's. */
const [CUSTOM, CORE_MODULE, COMPONENT] = [0, 1, 4];
const [CODE, DATA] = [10, 11];
