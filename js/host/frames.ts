/**
 * Guests' functions in an engine's stack. Enters: the text of `error.stack`, in which V8, SpiderMonkey and JavaScriptCore name
 * functions of wasm each in their own way. Leaves: names, and the component where the core module tells. Never throws: a stack
 * that is not understood has no frames.
 */

import { demangled } from './demangle.js';
import { Reader } from './reader.js';

/** A core module of a guest. */
export interface CoreModule {
  readonly module: WebAssembly.Module;
  /** The component instance that it belongs to, if there is only one. */
  readonly component: string | undefined;
}

/** A function of a guest. */
export interface CoreFrame {
  readonly name: string;
  readonly component: string | undefined;
}

/** What a stack tells. */
export interface CoreStack {
  /** The guests' functions up to the first one of JS, innermost first. */
  readonly frames: readonly CoreFrame[];
  /** The innermost function is one of tidegate's runtime. */
  readonly inRuntime: boolean;
}

/** A function of wasm as the engine has it. */
interface Line {
  /** With the module's name in front, where it has one. */
  readonly label: string | undefined;
  readonly index: number | undefined;
}

/** Most frames that are looked at. */
const MOST_FRAMES = 32;

/** The name of tidegate's own modules, in front of their functions' names. */
const OWN = 'tidegate.';

export function coreStack(stack: unknown, modules: readonly CoreModule[]): CoreStack {
  const lines = typeof stack === 'string' ? wasmLines(stack) : [];
  const guests = lines.filter(({ label }) => !label?.startsWith(OWN));
  const indices = new Set(guests.map(({ index }) => index));
  const known = guests.length === 0 ? [] : modules.map((one) => new Names(one, indices));
  return {
    frames: guests.map((line) => named(line, known)),
    inRuntime: lines[0]?.label === `${OWN}runtime`,
  };
}

/** The innermost functions of wasm, up to one of JS. */
function wasmLines(stack: string): Line[] {
  const lines: Line[] = [];
  for (const text of stack.split('\n')) {
    const line = wasmLine(text);
    if (line === undefined && lines.length > 0) break;
    if (line !== undefined) lines.push(line);
    if (lines.length === MOST_FRAMES) break;
  }
  return lines;
}

/** `at label (wasm://wasm/hash:wasm-function[12]:0x34)` and, of a function without a name, `at wasm://...`. */
const V8 = /^\s*at (?:(.+) \()?\S*:wasm-function\[(\d+)\]:0x[\da-f]+\)?$/;
/** `label@url line 1 > WebAssembly.Module:wasm-function[12]:0x34`; both may have an `@`: that of a version, for one. */
const SPIDERMONKEY =
  /^(.*?)@(?:[a-z][a-z\d+.-]*:\/|blob:|data:).*:wasm-function\[(\d+)\]:0x[\da-f]+$/;
/** `module.wasm-function[name or index]@[wasm code]` */
const JAVASCRIPTCORE = /^(?:(.*)\.)?wasm-function\[(.+)\]@\[wasm code\]$/;

function wasmLine(text: string): Line | undefined {
  const match = V8.exec(text) ?? SPIDERMONKEY.exec(text);
  if (match !== null) {
    const [, label, index] = match;
    const known = label !== undefined && label !== `wasm-function[${index}]`;
    return { label: known ? label : undefined, index: Number(index) };
  }
  const [, module, name] = JAVASCRIPTCORE.exec(text) ?? [];
  if (name === undefined) return undefined;
  if (/^\d+$/.test(name)) return { label: undefined, index: Number(name) };
  return {
    label: module === undefined || module === '<?>' ? name : `${module}.${name}`,
    index: undefined,
  };
}

function named({ label, index }: Line, modules: readonly Names[]): CoreFrame {
  const matches = modules.filter((names) => names.fits(label, index));
  const [one, other] = matches;
  const name = one === undefined ? label : one.of(label, index);
  return {
    name: name === undefined ? `wasm-function[${index}]` : demangled(name),
    component: other === undefined ? one?.owner.component : undefined,
  };
}

/** Names of a core module, from its name section, as far as they are asked for. */
class Names {
  #module = '';
  readonly #functions = new Map<number, string>();

  constructor(
    readonly owner: CoreModule,
    wanted: ReadonlySet<number | undefined>,
  ) {
    for (const section of WebAssembly.Module.customSections(owner.module, 'name')) {
      try {
        this.#read(new Reader(new Uint8Array(section)), wanted);
      } catch {
        // It is the guest's, and may be anything; what has been read stays.
      }
    }
  }

  /** Whether the engine would call the function with this index so. */
  fits(label: string | undefined, index: number | undefined): boolean {
    const bare = label === undefined || label === this.#module;
    if (bare) return index !== undefined && !this.#functions.has(index);
    if (index === undefined) return label.startsWith(`${this.#module}.`);
    const name = this.#functions.get(index);
    return name !== undefined && (label === name || label === this.#prefixed(name));
  }

  /** The function's own name. */
  of(label: string | undefined, index: number | undefined): string | undefined {
    if (index !== undefined) return this.#functions.get(index);
    const prefix = this.#prefixed('');
    return label?.startsWith(prefix) ? label.slice(prefix.length) : label;
  }

  #prefixed(name: string): string {
    return this.#module === '' ? name : `${this.#module}.${name}`;
  }

  #read(reader: Reader, wanted: ReadonlySet<number | undefined>): void {
    while (!reader.done) {
      const [id, section] = [reader.byte(), new Reader(reader.bytes())];
      if (id === 0) this.#module = section.text();
      if (id !== 1) continue;
      for (let count = section.number(); count > 0; count--) {
        const index = section.number();
        const name = section.bytes();
        if (wanted.has(index)) this.#functions.set(index, new TextDecoder().decode(name));
      }
    }
  }
}
