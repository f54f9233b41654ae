/**
 * `tidegate/vite`: a plugin for Vite, and for Rollup and Rolldown, with which components can be imported like modules.
 *
 * ```js
 * // vite.config.js
 * import tidegate from 'tidegate/vite';
 * export default { plugins: [tidegate({ imports: './src/host.js' })] };
 * ```
 * ```js
 * import { greet } from './greet.component.wasm';
 * ```
 *
 * Named exports are the component's: functions of its world, and its interfaces by their full names and by short ones
 * (`run` for `wasi:cli/run@0.3.0`); the default export has all of them, which is how to get at full names in Vite, whose
 * development server does not read `import { 'wasi:cli/run@0.3.0' as run }`. WASI is there and grants nothing. The
 * importing module waits for the instance (top-level await).
 */

import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Component } from '../entry/node.js';
import { importsModule, isRelative } from '../esm/config.js';
import { isComponent, moduleSource, quote } from '../esm/source.js';

export interface TidegateOptions {
  /**
   * The module whose default export is what the components import, WASI aside; it may also grant more of WASI. A path is
   * relative to the project's root. A function gets the component's file and answers for it alone.
   * Default: what the package.json nearest to the component names, `"tidegate": { "imports": "./host.js" }`.
   */
  readonly imports?: string | ((file: string) => string | undefined);
  /**
   * Whether to write `x.d.wasm.ts` beside each imported `x.wasm`, where TypeScript finds it when its option
   * `allowArbitraryExtensions` is on. Default: no.
   */
  readonly types?: boolean;
}

/** As much of a plugin's context as is used here. */
export interface TidegatePluginContext {
  error(message: string): never;
  emitFile(file: { type: 'asset'; name: string; source: Uint8Array }): string;
}

/** The plugin, as Vite, Rollup and Rolldown have them. */
export interface TidegatePlugin {
  readonly name: 'tidegate';
  readonly enforce: 'pre';
  config(): { optimizeDeps: { exclude: string[] } };
  configResolved(config: { readonly root: string; readonly command: string }): void;
  resolveId(source: string, importer?: string): { id: string; external: true } | undefined;
  load(
    this: TidegatePluginContext,
    id: string,
    options?: { readonly ssr?: boolean | undefined },
  ): Promise<string | undefined>;
}

/** Node's module for files, which no bundler shall look for. */
const FILES = 'node:fs/promises';

/** The plugin. */
export default function tidegate(options: TidegateOptions = {}): TidegatePlugin {
  let vite: { readonly root: string; readonly command: string } | undefined;
  return {
    name: 'tidegate',
    enforce: 'pre',
    // Bundled in advance it would not find its wasm files any more.
    config: () => ({ optimizeDeps: { exclude: ['tidegate', 'tidegate/wasi'] } }),
    configResolved(config) {
      vite = config;
    },
    resolveId: (source, importer) =>
      source === FILES && importer?.endsWith('.wasm') ? { id: source, external: true } : undefined,
    async load(id, { ssr = false } = {}) {
      // With a query, as in `x.wasm?url`, it is a matter of Vite's own.
      if (!id.endsWith('.wasm')) return undefined;
      const bytes = new Uint8Array(await readFile(id));
      if (!isComponent(bytes)) return undefined;
      const component = await Component.compile(bytes).catch((error: Error) =>
        this.error(`${id}: ${error.message}`),
      );
      const imports = given(options, id, vite?.root ?? process.cwd());
      const missing = imports === undefined ? unserved(component) : [];
      if (missing.length > 0) {
        this.error(`${id} imports ${missing.join(', ')}: \`imports\` must name a module with that`);
      }
      if (options.types) await writeTypes(component, id);
      const place: Place =
        vite === undefined
          ? {
              kind: 'asset',
              reference: this.emitFile({ type: 'asset', name: nameOf(id), source: bytes }),
            }
          : !ssr
            ? { kind: 'url' }
            : vite.command === 'serve'
              ? { kind: 'file' }
              : { kind: 'inline', bytes };
      return moduleSource({
        exports: component.exports,
        tidegate: 'tidegate',
        wasi: component.imports.some(({ name }) => name.startsWith('wasi:'))
          ? 'tidegate/wasi'
          : undefined,
        imports,
        ...loading(id, place),
      });
    },
  };
}

/** Where the generated module finds the component's bytes. */
type Place =
  /** In a page of Vite's, which serves and places files itself. */
  | { readonly kind: 'url' }
  /** On Vite's development server. */
  | { readonly kind: 'file' }
  /** In the module: a server's bundle of Vite's comes without files beside it. */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** Beside the bundle of Rollup, which may be for Node or for a page. */
  | { readonly kind: 'asset'; readonly reference: string };

function loading(file: string, place: Place): { head?: string; component: string } {
  switch (place.kind) {
    case 'url':
      return {
        head: `import url from ${quote(`${file}?url`)};`,
        component: 'Component.compileStreaming(fetch(url))',
      };
    case 'file':
      return {
        head: `import { readFile } from ${quote(FILES)};`,
        component: `Component.compile(await readFile(${quote(file)}))`,
      };
    case 'inline': {
      const text = Buffer.from(place.bytes).toString('base64');
      return {
        component: `Component.compile(Uint8Array.from(atob('${text}'), (c) => c.charCodeAt(0)))`,
      };
    }
    case 'asset':
      return {
        head: `const url = new URL(import.meta.ROLLUP_FILE_URL_${place.reference});`,
        component: `(url.protocol === 'file:'
  ? import(${quote(FILES)}).then(({ readFile }) => readFile(url)).then((bytes) => Component.compile(bytes))
  : Component.compileStreaming(fetch(url)))`,
      };
  }
}

function given({ imports }: TidegateOptions, file: string, root: string): string | undefined {
  const specifier =
    (typeof imports === 'function' ? imports(file) : imports) ?? importsModule(file);
  if (specifier === undefined) return undefined;
  const path = isRelative(specifier) ? resolve(root, specifier) : specifier;
  return path.replaceAll('\\', '/');
}

/** Imports that are neither WASI's nor nothing but types. */
function unserved({ imports }: Component): string[] {
  return imports
    .filter((item) =>
      item.kind === 'interface'
        ? !item.name.startsWith('wasi:') && item.items.some(({ kind }) => kind !== 'type')
        : item.kind !== 'type',
    )
    .map(({ name }) => name);
}

async function writeTypes(component: Component, file: string): Promise<void> {
  const path = file.replace(/\.wasm$/, '.d.wasm.ts');
  const text = await component.types(nameOf(file));
  // Written only when it changes, so that whoever watches it is not woken for nothing.
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old !== text) await writeFile(path, text);
}

const nameOf = (file: string) =>
  file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
