/**
 * A component as an ES module: `tidegate/vite` and `tidegate/register` put this source in its place. Its named exports are
 * the keys of `instance.exports`, its default export is all of them. One instance, in a store of its own, made when the
 * module is evaluated; so importers wait for it.
 */

import { exportKeys } from '../host/names.js';

/** What differs between bundlers and loaders. Module specifiers are as the generated module can import them. */
export interface ModuleParts {
  /** What the component exports. */
  readonly exports: readonly { readonly kind: string; readonly name: string }[];
  readonly tidegate: string;
  /** Absent when the component imports nothing of WASI. */
  readonly wasi?: string | undefined;
  /** The module whose default export is the rest of the imports. */
  readonly imports?: string | undefined;
  /** Further import declarations, for `component`. */
  readonly head?: string;
  /** An expression: a promise of the compiled component; `Component` is in scope. */
  readonly component: string;
}

/** The first bytes of a component, as opposed to a core module. Spec: `Binary.md`, the preamble's layer. */
export function isComponent(bytes: Uint8Array): boolean {
  const preamble = [0x00, 0x61, 0x73, 0x6d, undefined, undefined, 0x01, 0x00];
  return bytes.length >= 8 && preamble.every((byte, i) => byte === undefined || byte === bytes[i]);
}

export function moduleSource(parts: ModuleParts): string {
  const { exports, tidegate, wasi, imports, head, component } = parts;
  const given = [...(wasi ? ['...wasi()'] : []), ...(imports ? ['...imports'] : [])];
  const names = [...exportKeys(exports).keys()];
  const aliases = names.map((name, i) => `e${i} as ${/^\w+$/.test(name) ? name : quote(name)}`);
  if (!names.includes('default')) aliases.push('exports as default');
  return [
    `import { Component } from ${quote(tidegate)};`,
    ...(wasi ? [`import { wasi } from ${quote(wasi)};`] : []),
    ...(imports ? [`import imports from ${quote(imports)};`] : []),
    ...(head ? [head] : []),
    `const component = await ${component};`,
    `const { exports } = await component.instantiate({ ${given.join(', ')} });`,
    ...names.map((name, i) => `const e${i} = exports[${quote(name)}];`),
    `export { ${aliases.join(', ')} };`,
    '',
  ].join('\n');
}

export const quote = (text: string) => JSON.stringify(text);
