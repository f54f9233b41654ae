/** Components that become one in a page, and in a service worker, and answer requests there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowsers } from './browsers.mjs';

inBrowsers('a chain of components', 'fixtures/chain.html', (visit) => {
  test('a filter in front of a service', async () => {
    assert.deepEqual(await check('two'), { refused: 401, upper: 'SHOUT' });
  });

  test('a filter, personal texts in JavaScript, and a service: bodies go from one to the other', async () => {
    const size = 3_000_000;
    const longer = size + 'Dear Ada,\n'.length;
    assert.deepEqual(await check('three'), {
      uploaded: longer,
      moved: { in: [size], within: [size], out: [longer] },
      texts: Array.from({ length: 10 }, (_, i) => `Dear ${i},\nFROM ${i},\nR${i}`),
      after: 'Dear Ada,\n.......',
    });
  });

  test('the bytes of the composition, and what it exports', async () => {
    assert.deepEqual(await check('bytes'), {
      exports: ['wasi:http/handler@0.3.2'],
      greeting: 'Dear Ada,\nHello from a component\n',
    });
  });

  test('a service worker composes them, and answers fetches', async (t) => {
    const seen = await check('worker');
    // Not every browser has service workers that are modules.
    if (seen.unsupported) return t.skip(seen.unsupported);
    assert.deepEqual(seen, {
      greeting: 'Dear Ada,\nHello from a component\n',
      greeted: 'Ada',
      posted: 'Dear Ada,\nFROM A PAGE',
      streamed: 3_000_000 + 'Dear Ada,\n'.length,
    });
  });

  /** Calls one of `fixtures/chain.mjs`. */
  async function check(name) {
    await visit.page.waitForFunction(() => window.checks !== undefined);
    return visit.page.evaluate((key) => window.checks[key](), name);
  }
});
