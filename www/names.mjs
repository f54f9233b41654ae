/** Names of WIT, and what they are called in JS. */

/** `write-via-stream` as `writeViaStream`. */
export function camel(kebab) {
  const [first, ...rest] = kebab.split('-').map((word) => word.toLowerCase());
  return first + rest.map(capital).join('');
}

/** `output-stream` as `OutputStream`. */
export function pascal(kebab) {
  return kebab
    .split('-')
    .map((word) => capital(word.toLowerCase()))
    .join('');
}

/**
 * The parts of a function's name: `[method]fields.get` is a `method` of the `resource` fields.
 *
 * @param {string} name
 * @returns {{ kind: 'plain' | 'constructor' | 'method' | 'static', resource?: string, name: string }}
 */
export function funcName(name) {
  const [, kind, resource, member] =
    /^\[(constructor|method|static)\]([^.]+)(?:\.(.+))?$/.exec(name) ?? [];
  return kind ? { kind, resource, name: member ?? resource } : { kind: 'plain', name };
}

/** A name of WIT as people read it: `counter.increment` for `[method]counter.increment`. */
export function shown(name) {
  const { kind, resource, name: member } = funcName(name);
  if (kind === 'plain') return name;
  return kind === 'constructor' ? `new ${resource}` : `${resource}.${member}`;
}

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
