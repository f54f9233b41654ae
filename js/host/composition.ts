/**
 * Several components become one: which import belongs to which export is decided here, by names; composer.wasm writes the
 * component around them (`src/compiler/src/compose`).
 */

import { Composition, compile, initSync } from '../generated/composer.js';
import type { Artifact } from './artifact.js';
import { checkOptions, compileError } from './compile.js';
import { bounds } from './compile-limits.js';
import type { Settings } from './compile-thread.js';
import { snapshot } from './component.js';
import type { Components, ComposeOptions, Links, LinkTarget } from './compose.js';
import { ComponentLinkError, type MissingImport, show } from './errors.js';
import { interfaceName } from './names.js';
import { wasmModule } from './platform.js';
import { findKey } from './versions.js';

/** A component as its bytes say. */
interface Part {
  readonly index: number;
  readonly name: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Those that it is linked to. */
  readonly needs: Set<Part>;
}

/** What is left to whoever instantiates the whole: the import, and what serves it already. */
export interface Composed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Host implementations among the links, by the imports of the whole. */
  readonly bound: Readonly<Record<string, object>>;
}

/** Composes; implementations in JavaScript may be among the links. */
export async function composeParts(
  components: Components,
  options: ComposeOptions<LinkTarget | object>,
): Promise<Composed> {
  const { features = [], without = [], limits = {}, link = {}, exports } = options;
  checkOptions({ features, without, limits });
  const entries = Object.entries(components).map(
    ([name, bytes]) => [name, snapshot(bytes)] as const,
  );
  if (entries.length === 0) throw new TypeError('there are no components to compose');
  for (const [name, target] of Object.entries(exports ?? {})) {
    if (typeof target === 'string' || isExport(target)) continue;
    throw new TypeError(
      `exports: ${name}: expected the name of a component, or { component, export }`,
    );
  }
  await loadComposer();
  const composition = new Composition([...features], [...without], bounds(limits));
  try {
    const parts = entries.map(([name, bytes], index): Part => {
      const { imports, exports } = composition.add(name, bytes) as Omit<Part, 'index' | 'name'>;
      return { index, name, imports, exports, needs: new Set() };
    });
    const bound = new Linker(composition, parts, link, exports).run();
    const order = Uint32Array.from(ordered(parts), ({ index }) => index);
    return { bytes: new Uint8Array(composition.finish(order)), bound };
  } catch (error) {
    throw error instanceof ComponentLinkError ? error : compileError(error);
  } finally {
    composition.free();
  }
}

/** Compiles what compiler.wasm leaves to composer.wasm, which has all of the compiler. */
export async function compileByComposer(
  bytes: Uint8Array,
  { features, without, bounds, multiMemory }: Settings,
): Promise<Artifact> {
  await loadComposer();
  try {
    return compile(bytes, features, without, bounds, multiMemory) as Artifact;
  } catch (error) {
    throw compileError(error);
  }
}

async function loadComposer(): Promise<void> {
  // Later calls of it do nothing.
  initSync({ module: await wasmModule('composer') });
}

class Linker {
  readonly #missing: MissingImport[] = [];
  /** The exports that serve an import. */
  readonly #taken = new Set<string>();
  /** What stays outside, and the host's implementation if it has been given. */
  readonly #outside: { part: Part; name: string; host: object | undefined }[] = [];

  constructor(
    private readonly composition: Composition,
    private readonly parts: readonly Part[],
    private readonly links: Links<LinkTarget | object>,
    private readonly exports: ComposeOptions['exports'],
  ) {}

  /** Links everything; the host's implementations by imports of the whole. */
  run(): Record<string, object> {
    for (const name of Object.keys(this.links)) {
      if (this.#part(name) === undefined) this.#miss(name, 'a component', undefined);
    }
    for (const part of this.parts) this.#imports(part);
    const bound = this.#leaveOutside();
    if (this.exports === undefined) this.#exportWhatIsLeft();
    else this.#export(this.exports);
    if (this.#missing.length > 0) throw new ComponentLinkError(this.#missing);
    return bound;
  }

  #imports(part: Part): void {
    const given = Object.hasOwn(this.links, part.name) ? this.links[part.name]! : {};
    const unused = new Set(Object.keys(given));
    for (const name of part.imports) {
      const key = findKey(Object.keys(given), name);
      if (key === undefined) {
        const behind = this.parts.slice(part.index + 1);
        const from = behind.find(({ exports }) => findKey(exports, name) !== undefined);
        if (from === undefined) this.#outside.push({ part, name, host: undefined });
        else this.#link(part, name, from, findKey(from.exports, name)!);
        continue;
      }
      unused.delete(key);
      this.#linkTo(part, name, given[key]!);
    }
    for (const name of unused) this.#miss(`${name} of ${part.name}`, 'an import', undefined);
  }

  /** Links an import to what `link` says. */
  #linkTo(part: Part, name: string, target: LinkTarget | object): void {
    if (typeof target !== 'string' && !isExport(target)) {
      this.#outside.push({ part, name, host: target });
      return;
    }
    const found = this.#find(`${name} of ${part.name}`, name, target);
    if (found !== undefined) this.#link(part, name, found.from, found.name);
  }

  /** The export that a target names; `undefined` when there is none, which is told of `about`. */
  #find(about: string, name: string, target: LinkTarget): { from: Part; name: string } | undefined {
    const { component, export: wanted } =
      typeof target === 'string' ? { component: target, export: name } : target;
    const from = this.#part(component);
    const found = from && findKey(from.exports, wanted);
    if (from === undefined) this.#miss(about, `a component ${show(component)}`, undefined);
    else if (found === undefined) {
      const has = from.exports.join(', ') || 'nothing';
      this.#miss(about, `the export ${wanted} of ${component}`, `exports of ${has}`);
    } else return { from, name: found };
    return undefined;
  }

  #link(part: Part, name: string, from: Part, found: string): void {
    part.needs.add(from);
    this.#taken.add(`${from.index} ${found}`);
    this.composition.link(part.index, name, from.index, found);
  }

  /** Imports of compatible versions are one, of the newest. */
  #leaveOutside(): Record<string, object> {
    const names = this.#outside.map(({ name }) => name);
    const hosts = new Map<string, object | undefined>();
    for (const { part, name, host } of this.#outside) {
      const outer = newest(names, name);
      this.composition.leave_outside(part.index, name, outer);
      if (!hosts.has(outer)) hosts.set(outer, host);
      else if (hosts.get(outer) !== host) {
        const wanted = 'one implementation for all components that import it from outside';
        this.#miss(`${name} of ${part.name}`, wanted, 'several, or one for some of them');
      }
    }
    const bound = [...hosts].filter((entry): entry is [string, object] => entry[1] !== undefined);
    return Object.fromEntries(bound);
  }

  /** What is named is seen from outside: by the name that it has, or by one that it is given. */
  #export(exports: NonNullable<ComposeOptions['exports']>): void {
    const seen = new Set<string>();
    for (const [name, target] of Object.entries(exports)) {
      const about = `the export ${name} of the whole`;
      const found = this.#find(about, name, target);
      if (found === undefined) continue;
      const outer = typeof target === 'string' ? found.name : name;
      if (seen.has(outer)) this.#miss(about, 'a name of its own', `${outer} twice`);
      seen.add(outer);
      this.composition.export(found.from.index, found.name, outer);
    }
  }

  /** What serves no import is seen from outside; what stands in front hides what is behind. */
  #exportWhatIsLeft(): void {
    const seen = new Set<string>();
    for (const { index, exports } of this.parts) {
      for (const name of exports) {
        if (seen.has(name) || this.#taken.has(`${index} ${name}`)) continue;
        seen.add(name);
        this.composition.export(index, name, name);
      }
    }
  }

  #part(name: string): Part | undefined {
    return this.parts.find((part) => part.name === name);
  }

  #miss(name: string, wanted: string, found: string | undefined): void {
    this.#missing.push({ name, wanted, found });
  }
}

/** Each component after those that it needs. */
function ordered(parts: readonly Part[]): Part[] {
  const order = new Set<Part>();
  const visit = (part: Part, path: readonly Part[]) => {
    if (order.has(part)) return;
    if (path.includes(part)) {
      const cycle = [...path.slice(path.indexOf(part)), part].map(({ name }) => name);
      const wanted = 'components that do not need each other in a circle';
      throw new ComponentLinkError([{ name: part.name, wanted, found: cycle.join(' > ') }]);
    }
    for (const need of part.needs) visit(need, [...path, part]);
    order.add(part);
  };
  for (const part of parts) visit(part, []);
  return [...order];
}

/** The name among `names` that is compatible with `name` and newest. */
function newest(names: readonly string[], name: string): string {
  const { path } = interfaceName(name);
  const compatible = names.filter((other) => {
    return interfaceName(other).path === path && findKey([other], name) !== undefined;
  });
  return findKey(compatible, path) ?? name;
}

function isExport(target: object): target is { component: string; export: string } {
  const { component, export: name } = (target ?? {}) as Partial<Record<string, unknown>>;
  return typeof component === 'string' && typeof name === 'string';
}
