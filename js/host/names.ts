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

function words(kebab: string): string[] {
  return kebab.split('-').map((word) => word.toLowerCase());
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
