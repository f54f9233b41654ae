/** Deno and Bun, as `npm ci` in this folder installs them: commands that run a program. */

import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

/** With all permissions: what a component may do is for tidegate to say. */
export const DENO = [path('deno'), 'run', '--quiet', '--allow-all', '--node-modules-dir=manual'];
export const BUN = [path('bun')];
