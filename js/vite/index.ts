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
import { Component, precompile } from '../entry/node.js';
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
  /**
   * Whether a build has its components compiled ahead of time, so that nobody who runs it loads the compiler. It is for the
   * version of tidegate that is in the build. Default: yes; a development server compiles in place.
   */
  readonly precompile?: boolean;
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
      const ahead = options.precompile !== false && vite?.command !== 'serve';
      const source = ahead ? await precompile(bytes) : bytes;
      const place = ((): Place => {
        if (vite?.command === 'serve') return { kind: ssr ? 'file' : 'url' };
        if (vite !== undefined && ssr) return { kind: 'inline', bytes: source };
        // Vite places files itself; these are not as they are on the disk.
        if (vite !== undefined && !ahead) return { kind: 'url' };
        const reference = this.emitFile({ type: 'asset', name: nameOf(id), source });
        return { kind: vite === undefined ? 'asset' : 'page', reference };
      })();
      return moduleSource({
        exports: component.exports,
        tidegate: 'tidegate',
        wasi: component.imports.some(({ name }) => name.startsWith('wasi:'))
          ? 'tidegate/wasi'
          : undefined,
        imports,
        ...loading(id, place, ahead),
      });
    },
  };
}

/** Where the generated module finds the component's bytes. */
type Place =
  /** In a page of Vite's, as the file is on the disk. */
  | { readonly kind: 'url' }
  /** On Vite's development server. */
  | { readonly kind: 'file' }
  /** In the module: a server's bundle of Vite's comes without files beside it. */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** In a page of Vite's, emitted. */
  | { readonly kind: 'page'; readonly reference: string }
  /** Beside the bundle of Rollup, which may be for Node or for a page. */
  | { readonly kind: 'asset'; readonly reference: string };

function loading(file: string, place: Place, ahead: boolean): { head?: string; component: string } {
  const [ofBytes, ofResponse] = ahead ? ['load', 'load'] : ['compile', 'compileStreaming'];
  switch (place.kind) {
    case 'url':
      return {
        head: `import url from ${quote(`${file}?url`)};`,
        component: `Component.${ofResponse}(fetch(url))`,
      };
    case 'file':
      return {
        head: `import { readFile } from ${quote(FILES)};`,
        component: `Component.${ofBytes}(await readFile(${quote(file)}))`,
      };
    case 'inline': {
      const text = Buffer.from(place.bytes).toString('base64');
      return {
        component: `Component.${ofBytes}(Uint8Array.from(atob('${text}'), (c) => c.charCodeAt(0)))`,
      };
    }
    case 'page':
      // Vite puts a string there, which depends on its option `base`.
      return {
        component: `Component.${ofResponse}(fetch(import.meta.ROLLUP_FILE_URL_${place.reference}))`,
      };
    case 'asset':
      return {
        head: `const url = new URL(import.meta.ROLLUP_FILE_URL_${place.reference});`,
        component: `(url.protocol === 'file:'
  ? import(${quote(FILES)}).then(({ readFile }) => readFile(url)).then((bytes) => Component.${ofBytes}(bytes))
  : Component.${ofResponse}(fetch(url)))`,
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
