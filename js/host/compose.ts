/** Several components become one: what a program says of it, and the bytes. `composition.ts` does the work. */

import type { CompileOptions } from './compile.js';
import { part } from './parts.js';

/** The name of a component, whose export of the same name serves the import; or one of its exports by another name. */
export type LinkTarget = string | { readonly component: string; readonly export: string };

/** By component, by import, what serves the import. Names of interfaces match as versions do. */
export type Links<T = LinkTarget> = Readonly<Record<string, Readonly<Record<string, T>>>>;

/** Components by the names that links and messages have for them; their order says who stands in front of whom. */
export type Components = Readonly<Record<string, BufferSource>>;

/** How components are composed into bytes. */
export interface ComposeOptions<T = LinkTarget>
  extends Pick<CompileOptions, 'features' | 'without' | 'limits'> {
  /** What serves an import that the order of the components does not tell. */
  readonly link?: Links<T>;
  /** The exports of the whole, by their names, instead of those that the order of the components tells. */
  readonly exports?: Readonly<Record<string, LinkTarget>>;
}

/**
 * Makes one component of several, of the standard form: any runtime takes it, and `Component.compile` does.
 *
 * An import is served by the nearest component behind that exports it, unless `link` says otherwise; what nobody serves is an
 * import of the whole, and exports that serve nobody are its exports, unless `exports` names others. Throws a `ComponentLinkError`
 * that names what does not fit, or a `ComponentCompileError`.
 */
export async function compose(
  components: Components,
  options: ComposeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { composeParts } = await part('compose');
  const { bytes, bound } = await composeParts(components, options);
  const [name] = Object.keys(bound);
  if (name !== undefined) {
    throw new TypeError(
      `link: ${name}: expected the name of a component; Component.compose takes implementations`,
    );
  }
  return bytes;
}
