/** Names of WIT as JS writes them. */

const camelNames = new Map<string, string>();

/** `write-via-stream` as `writeViaStream`; the result is kept. */
export function camel(kebab: string): string {
  let name = camelNames.get(kebab);
  if (name === undefined) {
    const [first = '', ...rest] = words(kebab);
    name = first + rest.map(capital).join('');
    camelNames.set(kebab, name);
  }
  return name;
}

/** `output-stream` as `OutputStream`. */
export function pascal(kebab: string): string {
  return words(kebab).map(capital).join('');
}

/** The parts of a function's name inside of an interface or world. */
export type FuncName =
  | { readonly kind: 'plain'; readonly name: string }
  | { readonly kind: 'constructor'; readonly resource: string }
  | { readonly kind: 'method' | 'static'; readonly resource: string; readonly name: string };

/** `[method]fields.get` in its parts. Spec: `Explainer.md`, "Import and Export Definitions". */
export function funcName(name: string): FuncName {
  const match = /^\[(constructor|method|static)\]([^.]+)(?:\.(.+))?$/.exec(name);
  const [, kind, resource = '', member = ''] = match ?? [];
  switch (kind) {
    case 'constructor':
      return { kind, resource };
    case 'method':
    case 'static':
      return { kind, resource, name: member };
    default:
      return { kind: 'plain', name };
  }
}

/** An import or export name: `wasi:cli/run@0.3.0` is `{ path: 'wasi:cli/run', version: '0.3.0' }`. */
export function interfaceName(name: string): { path: string; version: string | undefined } {
  const at = name.indexOf('@');
  return at < 0
    ? { path: name, version: undefined }
    : { path: name.slice(0, at), version: name.slice(at + 1) };
}

/**
 * The keys of a component's exports: functions, classes and core modules of the world by their own names (to undefined), interfaces by
 * their full name, by the name without version, and by the last part of it, where that means one thing (to the full name).
 */
export function exportKeys(
  items: readonly { readonly kind: string; readonly name: string }[],
): Map<string, string | undefined> {
  const keys = new Map<string, string | undefined>();
  const short = new Map<string, string | undefined>();
  for (const { kind, name } of items) {
    if (kind === 'func' && funcName(name).kind === 'plain') keys.set(camel(name), undefined);
    else if (kind === 'resource') keys.set(pascal(name), undefined);
    else if (kind === 'module') keys.set(camel(name), undefined);
  }
  for (const { kind, name } of items) {
    if (kind !== 'instance' && kind !== 'interface') continue;
    keys.set(name, name);
    const { path } = interfaceName(name);
    const last = camel(path.slice(path.lastIndexOf('/') + 1));
    for (const key of new Set([path, last])) short.set(key, short.has(key) ? undefined : name);
  }
  for (const [key, name] of short) if (name !== undefined && !keys.has(key)) keys.set(key, name);
  return keys;
}

function words(kebab: string): string[] {
  return kebab.split('-').map((word) => word.toLowerCase());
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
