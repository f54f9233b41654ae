/** `docs/rules.md`, the rules that the sources mark, and the scripts that cover them agree. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { root } from '../../scripts/lib/run.mjs';
import { covers, marks, rows } from '../mutate/rules.mjs';

const page = rows();
const sources = marks();
const scripts = covers();

suite('docs/rules.md', () => {
  test('has one row for each rule, in its own words', () => {
    const ids = page.map(({ id }) => id);
    assert.ok(ids.length > 0);
    assert.deepEqual(ids, [...new Set(ids)]);
    const lines = readFileSync(join(root, 'docs/rules.md'), 'utf8').match(/^\| `/gm);
    assert.equal(lines.length, ids.length, 'a row is not written like the others');
    for (const { id, rule, spec } of page) assert.ok(rule.endsWith('.') && spec !== '', id);
  });

  test('names the places that have its marks, and all of them', () => {
    for (const { id, where, files } of page) {
      const marked = sources.filter((mark) => mark.id === id).map(({ file }) => file);
      assert.deepEqual([...new Set(files)].sort(), [...new Set(marked)].sort(), id);
      assert.equal(files.length === 0, where.startsWith('by construction: '), id);
    }
    const known = new Set(page.map(({ id }) => id));
    for (const { id, file } of sources) assert.ok(known.has(id), `${id} of ${file} has no row`);
  });

  test('names the scripts that cover it, and all of them', () => {
    for (const { id, scripts: named } of page) {
      const covering = [...scripts].filter(([, ids]) => ids.includes(id)).map(([path]) => path);
      assert.deepEqual([...named].sort(), covering.sort(), id);
    }
    const known = new Set(page.map(({ id }) => id));
    for (const [path, ids] of scripts) {
      assert.ok(existsSync(join(root, 'tests/wast', path)));
      for (const id of ids) assert.ok(known.has(id), `${id} of ${path} has no row`);
    }
  });
});

test('a rule is marked once in each layer', () => {
  const places = sources.map(({ layer, id }) => `${layer}/${id}`);
  assert.deepEqual(places, [...new Set(places)]);
});

test('no two rules share a number', () => {
  // FNV-1a, as `rule::number` in `src/abi`.
  const number = (id) =>
    [...id].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 0x01000193), 0x811c9dc5);
  const ids = new Set(sources.map(({ id }) => id));
  assert.equal(new Set([...ids].map(number)).size, ids.size);
});

test('what is published has no mark', () => {
  const dist = join(root, 'pkg/dist');
  const bundle = readdirSync(dist).filter((file) => file.endsWith('.js'));
  const text = bundle.map((file) => readFileSync(join(dist, file), 'utf8')).join('\n');
  const host = sources.filter(({ layer }) => layer === 'host');
  assert.ok(host.length > 0);
  for (const { id } of host)
    assert.ok(!text.includes(`\`${id}\``) && !text.includes(`"${id}"`), id);
  for (const file of ['runtime.wasm', 'compiler.wasm', 'composer.wasm']) {
    const module = new WebAssembly.Module(readFileSync(join(dist, file)));
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    assert.ok(!names.includes('mutate'), file);
  }
});
