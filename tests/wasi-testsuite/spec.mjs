/** What a test's JSON asks for, in the one form that has operations. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Defaults are the suite's own: see its `doc/specification.md`. */
export function specOf(folder, name) {
  const path = join(folder, `${name}.json`);
  const spec = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const { world = 'wasi:cli/command', proposals = [], servers = [] } = spec;
  if (spec.operations || spec.proposals || spec.servers) {
    return { world, proposals, servers, operations: spec.operations ?? [] };
  }
  const { args, env, root, exit_code, stdout, stderr } = spec;
  const reads = Object.entries({ stdout, stderr }).filter(([, payload]) => payload !== undefined);
  const operations = [
    { type: 'run', args, env, root },
    ...reads.map(([id, payload]) => ({ type: 'read', id, payload })),
    { type: 'wait', exit_code },
  ];
  return { world, proposals, servers, operations };
}
