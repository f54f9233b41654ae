/** Modules of the host that the package does not export, for tests of what no component can bring about. */

import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** The module `js/host/NAME.ts`, apart from the package's own copy of it. */
export function internal(name) {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`../../../js/host/${name}.ts`, import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
