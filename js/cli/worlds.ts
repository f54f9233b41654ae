/** Which of several versions of an interface counts. */

import type { Component } from '../index.js';

/** The export `name@version` of a component with the newest version: a component may be of WASI 0.2 and 0.3 at a time. */
export function newestExport({ exports }: Component, name: string): string | undefined {
  return exports
    .map((item) => item.name)
    .filter((full) => full.startsWith(`${name}@`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
}
