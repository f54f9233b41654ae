/** Features by their names, as options have them. */

import { show } from './errors.js';

/** @throws TypeError for features that are not among `all`. */
export function checkFeatures(
  option: string,
  names: readonly string[],
  all: readonly string[],
): void {
  if (!Array.isArray(names)) {
    throw new TypeError(`${option}: expected an array, got ${show(names)}`);
  }
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${option}: there is no ${show(unknown)}; there are ${all.join(', ')}`);
  }
}
