/** Finds what imports have, and notes which functions of it are called. */

import { camel, FUNCTIONS, LINKED, pascal } from './functions.mjs';

/** Full names of the functions that a host gives of `FUNCTIONS`. */
export function provided(imports) {
  return all().filter((full) => find(imports, full) !== undefined);
}

/** Full names of all that a host has to give. */
export function all() {
  return Object.entries(FUNCTIONS).flatMap(([of, names]) =>
    LINKED.includes(of) ? [] : names.map((name) => `${of}#${name}`),
  );
}

/** The imports, and in `called` the full name of each function that is called. */
export function recorded(imports, called) {
  const copy = Object.fromEntries(
    Object.entries(imports).map(([key, members]) => [key, { ...members }]),
  );
  for (const full of all()) {
    const place = find(copy, full);
    const { owner, key, fn } = place;
    owner[key] = place.constructs
      ? new Proxy(fn, {
          construct(target, args) {
            called.add(full);
            return new target(...args);
          },
        })
      : function (...args) {
          called.add(full);
          return fn.apply(this, args);
        };
  }
  return copy;
}

/** Where a function is: an object, its key there, and the function. */
function find(imports, full) {
  const [of, name] = full.split('#');
  const owner = imports[`${of}@0.3`];
  if (owner === undefined) return undefined;
  const [, kind, resource, member] = /^\[(\w+)\]([^.]+)(?:\.(.+))?$/.exec(name) ?? [];
  const at = (object, key) => {
    const fn = object?.[key];
    return typeof fn === 'function' ? { owner: object, key, fn } : undefined;
  };
  if (kind === undefined) return at(owner, camel(name));
  const found = at(owner, pascal(resource));
  if (kind === 'constructor') return found && { ...found, constructs: true };
  return at(kind === 'static' ? found?.fn : found?.fn.prototype, camel(member));
}
