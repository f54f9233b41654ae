/** WASI 0.2 in a page: what waits does so on its stack, and the page goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowsers } from './browsers.mjs';

inBrowsers('WASI 0.2', 'fixtures/p2.html', (visit) => {
  test('a program answers whoever types', async () => {
    assert.deepEqual(await check('typed'), ['> ', 'ONE\n> ', 'TWO\n> end\n']);
  });

  test('programs sleep, and the page goes on', async () => {
    assert.deepEqual(await check('sleep'), { output: 'slept\n'.repeat(3), ticked: true });
  });

  const files =
    'one\nTWO\nthree\n3 bytes\ncopy.txt deep\n../outside: permission denied\n' +
    'made/../../outside: permission denied\nnone: entity not found\nfalse\n';

  test('a program works on files in memory', async () => {
    assert.equal(await check('files', 'memory'), files);
  });

  test("a program works on files in the browser's private file system", async () => {
    assert.equal(await check('files', 'opfs'), files);
  });

  test('two programs talk to each other on a network inside of the page', async () => {
    assert.deepEqual(await check('network'), ['echo one\n', 'echo two\n']);
  });

  test('a service answers requests, and sends its own by fetch', async () => {
    assert.deepEqual(await check('proxy'), {
      greeting: 'Hello from a proxy\n',
      echo: 'from a page',
      waited: ['waited\n', 'waited\n'],
      counted: 3_000_000,
      forwarded: true,
    });
  });

  /** Calls one of `fixtures/p2.mjs`. */
  async function check(name, argument) {
    await visit.page.waitForFunction(() => window.checks !== undefined);
    return visit.page.evaluate((key, value) => window.checks[key](value), name, argument);
  }
});
