/** WASI in a page, on what a browser has: memory, its private file system, fetch, a service worker. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowsers } from './browsers.mjs';

inBrowsers('WASI', 'fixtures/wasi.html', (visit) => {
  const files = {
    written: 'ok',
    whole: 'HEllo world!',
    rest: 'world!',
    size: 5,
    same: true,
    names: ['folder directory', 'moved.txt regular-file'],
    codes: [
      'no-entry',
      'not-permitted',
      'is-directory',
      'exist',
      'not-directory',
      'is-directory',
      'not-directory',
    ],
  };

  test('files in memory', async () => {
    assert.deepEqual(await check('files', 'memory'), files);
  });

  test("files in the browser's private file system, which stay across a reload", async () => {
    assert.deepEqual(await check('files', 'opfs'), files);
    await visit.page.reload();
    assert.equal(await check('kept'), 'HEllo');
  });

  test('a terminal that the page draws: typed into and written to while a component runs', async () => {
    assert.deepEqual(await check('terminal'), {
      has: true,
      shown: '     1  first\n     2  second\n',
    });
  });

  test('sockets: not supported, but for a network inside of the page', async () => {
    assert.deepEqual(await check('sockets'), {
      denied: 'not-supported',
      got: 'across',
      sent: 'ok',
    });
  });

  test('an HTTP service answers requests, and sends its own by fetch', async () => {
    assert.deepEqual(await check('service'), { upper: 'SHOUT', forwarded: true });
  });

  test('a service worker answers fetches from a component, bodies streaming', async (t) => {
    const seen = await check('worker');
    // Firefox has no service workers that are modules.
    if (seen.unsupported) return t.skip(seen.unsupported);
    assert.deepEqual(seen, {
      greeting: 'Hello from a component\n',
      posted: 'FROM A PAGE',
      streamed: 3_000_000,
    });
  });

  /** Calls one of `fixtures/wasi.mjs`. */
  async function check(name, argument) {
    await visit.page.waitForFunction(() => window.checks !== undefined);
    return visit.page.evaluate((key, value) => window.checks[key](value), name, argument);
  }
});
