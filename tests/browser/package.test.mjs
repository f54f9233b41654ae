/** The packed package in a page, named by an import map, on the page's own thread. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowsers } from './browsers.mjs';

inBrowsers('the package', 'fixtures/package.html', (visit) => {
  test('passes values and resources both ways', async () => {
    assert.deepEqual(await check('values'), {
      text: 'a tide \u{1f30a}',
      big: '18446744073709551615',
      bytes: [1, 2, 255],
      shape: { tag: 'corner', val: { x: -1, y: 2 } },
      counter: 42,
      greeting: 'hello you hello you',
    });
  });

  test('refuses a wrong value before the guest runs', async () => {
    const { name, message, after } = await check('wrongValue');
    assert.equal(name, 'TypeError');
    assert.match(message, /expected a string, got 5/);
    assert.equal(after, 7);
  });

  test('names missing imports', async () => {
    assert.deepEqual(await check('link'), { link: true, missing: true });
  });

  test('runs async functions at once', async () => {
    assert.deepEqual(await check('calls'), {
      sum: 5,
      fetched: [
        { tag: 'ok', val: '<a>' },
        { tag: 'err', val: 'not found' },
        { tag: 'ok', val: '<c>' },
      ],
      yields: 3000,
    });
  });

  test('passes streams and futures both ways', async () => {
    assert.deepEqual(await check('streams'), {
      upper: 'IN A PAGE',
      count: 300_000,
      future: 'later',
    });
  });

  test('locks the store of a trap, and no other', async () => {
    assert.deepEqual(await check('trap'), {
      trap: true,
      code: 'core-trap',
      panics: true,
      tasks: ['export root'],
      later: 'store-locked',
      cause: true,
      other: 2,
    });
  });

  test('survives a stack overflow', async () => {
    assert.equal(await check('overflow'), 'stack-overflow');
  });

  test('runs a command with WASI', async () => {
    assert.deepEqual(await check('command'), { text: '-     1  one\n-     2  two\n', exit: 2 });
  });

  /** Calls one of `fixtures/package.mjs`. */
  async function check(name) {
    await visit.page.waitForFunction(() => window.checks !== undefined);
    return visit.page.evaluate((key) => window.checks[key](), name);
  }
});
