/**
 * Types of core modules: whether a module serves as one that is wanted, and their texts. The engine tells of a module what it imports
 * and exports and of which kinds; the types are known of modules that came out of a component, others are checked by the
 * engine when they are linked. Spec: `core:moduletype` and its subtyping.
 */

import type { CoreExternType, CoreLimits, CoreModuleType } from './artifact.js';
import { typeOfModule } from './module.js';

/** Why `module` cannot stand where a module of the type `wanted` is wanted; undefined when it can. */
export function misfit(module: WebAssembly.Module, wanted: CoreModuleType): string | undefined {
  const found = typeOfModule(module);
  const imports = found?.imports ?? WebAssembly.Module.imports(module).map(kindOnly);
  const exports = found?.exports ?? WebAssembly.Module.exports(module).map(kindOnly);
  // It may import less than is said and export more.
  const served = new Map(wanted.imports.map((item) => [`${item.module}\0${item.name}`, item]));
  for (const item of imports) {
    const given = served.get(`${item.module}\0${item.name}`);
    const name = `${item.module} ${item.name}`;
    if (given === undefined) return `a core module that imports ${name}`;
    if (!serves(given, item)) return `a core module that imports ${name} as ${text(item)}`;
  }
  const offered = new Map(exports.map((item) => [item.name, item]));
  for (const item of wanted.exports) {
    const given = offered.get(item.name);
    if (given === undefined) return `a core module that does not export ${item.name}`;
    if (!serves(given, item)) return `a core module that exports ${item.name} as ${text(given)}`;
  }
  return undefined;
}

/** In WebAssembly's text format, as far as it matters. */
export function moduleText({ imports, exports }: CoreModuleType): string {
  const items = [
    ...imports.map((item) => `(import "${item.module}" "${item.name}" (${text(item)}))`),
    ...exports.map((item) => `(export "${item.name}" (${text(item)}))`),
  ];
  return ['core module', ...items].join(' ');
}

/** Of what only the kind is known. */
interface KindOnly {
  readonly kind: CoreExternType['kind'];
}

type Item = CoreExternType | KindOnly;

/** As the JS API describes it: its `function` is a `func`, and TypeScript's library does not know its `tag`. */
function kindOnly<T extends { readonly kind: string }>(item: T): T & KindOnly {
  const kind = item.kind === 'function' ? 'func' : (item.kind as KindOnly['kind']);
  return { ...item, kind };
}

/** Whether `given` may stand for `wanted`: what nobody knows is the engine's to refuse. */
function serves(given: Item, wanted: Item): boolean {
  if (given.kind !== wanted.kind) return false;
  if (!isTyped(given) || !isTyped(wanted)) return true;
  switch (given.kind) {
    case 'func':
    case 'tag':
      return same(given.signature, (wanted as typeof given).signature);
    case 'global': {
      const { value, mutable } = wanted as typeof given;
      return same(given.value, value) && given.mutable === mutable;
    }
    case 'table': {
      const { element, limits } = wanted as typeof given;
      return same(given.element, element) && within(given.limits, limits);
    }
    case 'memory': {
      const { limits, shared } = wanted as typeof given;
      return given.shared === shared && within(given.limits, limits);
    }
  }
}

function isTyped(item: Item): item is CoreExternType {
  return 'signature' in item || 'limits' in item || 'value' in item;
}

function same(a: string | null | undefined, b: string | null | undefined): boolean {
  return typeof a !== 'string' || typeof b !== 'string' || a === b;
}

function within(given: CoreLimits, wanted: CoreLimits): boolean {
  if (given.is64 !== wanted.is64 || given.min < wanted.min) return false;
  return typeof wanted.max !== 'number' || (given.max ?? Number.POSITIVE_INFINITY) <= wanted.max;
}

function text(item: Item): string {
  if (!isTyped(item)) return item.kind;
  switch (item.kind) {
    case 'func':
    case 'tag':
      return `${item.kind} ${item.signature ?? ''}`.trim();
    case 'global':
      return `global ${item.mutable ? 'mut ' : ''}${item.value ?? ''}`.trim();
    case 'table':
      return `table ${size(item.limits)} ${item.element ?? ''}`.trim();
    case 'memory':
      return `memory ${size(item.limits)}${item.shared ? ' shared' : ''}`;
  }
}

function size({ is64, min, max }: CoreLimits): string {
  return `${is64 ? 'i64 ' : ''}${min}${typeof max === 'number' ? ` ${max}` : ''}`;
}
