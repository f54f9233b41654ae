/** Where rules are named: at the places that enforce them, in the heads of scripts, and in `docs/rules.md`. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/run.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');

/** Who enforces a rule, where its source is, and how that says so. */
const LAYERS = [
  { layer: 'runtime', folder: 'src/runtime/src', ends: '.rs', mark: /\brule!\(\s*"([^"]+)"/g },
  { layer: 'compiler', folder: 'src/compiler/src', ends: '.rs', mark: /\brule!\(\s*"([^"]+)"/g },
  { layer: 'host', folder: 'js', ends: '.ts', mark: /\brule\(\s*'([^']+)'/g },
];

/**
 * Every mark in the sources.
 *
 * @returns {{ layer: string, id: string, file: string }[]}
 */
export function marks() {
  return LAYERS.flatMap(({ layer, folder, ends, mark }) =>
    files(folder, ends).flatMap((file) => {
      const code = read(file).replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
      return [...code.matchAll(mark)].map(([, id]) => ({ layer, id, file }));
    }),
  );
}

/**
 * What scripts say that they cover.
 *
 * @returns {Map<string, string[]>} ids by the scripts' paths in `tests/wast`
 */
export function covers() {
  const found = files('tests/wast', '.wast').map((path) => {
    const head = /^(;;.*\n)*/.exec(read(path))[0];
    const lists = [...head.matchAll(/^;; covers: (.+)$/gm)].map(([, list]) => list.split(', '));
    return [path.slice('tests/wast/'.length), lists.flat()];
  });
  return new Map(found);
}

/**
 * The rows of `docs/rules.md`.
 *
 * @returns {{ id: string, rule: string, spec: string, where: string, files: string[], scripts: string[] }[]}
 */
export function rows() {
  const cells = '([^|]+)';
  const row = new RegExp(`^\\| \`([a-z0-9-]+)\` \\|${` ${cells} \\|`.repeat(4)}$`, 'gm');
  const quoted = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
  return [...read('docs/rules.md').matchAll(row)].map(([, id, rule, spec, where, scripts]) => ({
    id,
    rule: rule.trim(),
    spec: spec.trim(),
    where: where.trim(),
    files: quoted(where),
    scripts: quoted(scripts),
  }));
}

function files(folder, ends) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith(ends))
    .sort();
}
