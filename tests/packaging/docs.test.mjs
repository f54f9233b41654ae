/** The API reference has a page for each entry of the package, and on it everything that the entry exports. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib/run.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');

test('the API reference has every entry that programs import', () => {
  const { exports } = JSON.parse(read('pkg/package.json'));
  // A program, a file for tools, and what `tidegate` exports once more.
  const others = ['./cli', './package.json', './whole'];
  const names = Object.keys(exports).filter((key) => !others.includes(key));
  const index = read('build/docs/index.md');
  for (const name of names) assert.ok(index.includes(`- [\`tidegate${name.slice(1)}\`](`), name);
});

test('the API reference has every class, function and type', async () => {
  for (const [page, module, types] of [
    ['tidegate.md', 'node.js', 'index.d.ts'],
    ['wasi.md', 'wasi-node.js', 'entry/wasi-node.d.ts'],
    ['trace.md', 'trace.js', 'trace/index.d.ts'],
  ]) {
    const text = read(`build/docs/${page}`);
    const values = Object.keys(await import(`../../pkg/dist/${module}`));
    const declared = read(`pkg/dist/types/${types}`);
    const lists = declared.matchAll(/^export (?:type )?\{([^}]+)\}/gm);
    const own = declared.matchAll(/^export (?:declare )?(?:class|interface|type) (\w+)/gm);
    // Functions are among the values.
    const names = [...lists, ...own].flatMap(
      ([, list]) => list.replace(/\w+ as /g, '').match(/\b[A-Z]\w+\b/g) ?? [],
    );
    assert.ok(names.length > 2);
    for (const name of [...values, ...names]) assert.match(text, new RegExp(`^## ${name}$`, 'm'));
  }
});

test('the API reference explains members, not what is private', () => {
  const text = read('build/docs/tidegate.md');
  assert.match(text, /static compile\(bytes: BufferSource.*\n```\n\nCompiles a component/);
  assert.doesNotMatch(text, /#private|@internal/);
});
