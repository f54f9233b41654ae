/** Deno and Bun, as `npm ci` in this folder installs them where they have a build for the platform: commands that run a program. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

/** With all permissions: what a component may do is for tidegate to say. */
export const DENO = [path('deno'), 'run', '--quiet', '--allow-all', '--node-modules-dir=manual'];
export const BUN = [path('bun')];

/** Why an engine cannot be run here; `undefined` when it can. */
export function lacking([engine]) {
  const { error, status } = spawnSync(engine, ['--version']);
  if (error === undefined && status === 0) return undefined;
  const why = error?.message ?? `\`--version\` ended with ${status}`;
  return `not there for ${process.platform} on ${process.arch}: ${why}`;
}
