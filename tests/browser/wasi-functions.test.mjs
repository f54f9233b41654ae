/** Every function of WASI 0.3 in a page: the checks that Node runs too, on folders in memory and in the private file system. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveDemo } from '../../www/serve.mjs';
import { inBrowsers } from './browsers.mjs';

const serve = () => {
  const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
  return serveDemo({
    mounts: [
      { at: '/fixtures/', folder: folder('fixtures') },
      { at: '/wasi/', folder: folder('../wasi') },
    ],
  });
};

inBrowsers(
  'every function of WASI',
  'fixtures/wasi-functions.html',
  (visit) => {
    for (const kind of ['memory', 'opfs']) {
      test(`with folders of ${kind}`, async () => {
        await visit.page.waitForFunction(() => window.check !== undefined);
        const failures = {};
        for (const name of await visit.page.evaluate(() => window.names)) {
          const why = await visit.page.evaluate((...args) => window.check(...args), name, kind);
          if (why !== undefined) failures[name] = why;
        }
        assert.deepEqual(failures, {});
        assert.deepEqual(await visit.page.evaluate(() => window.missing()), []);
        assert.deepEqual(await visit.page.evaluate(() => window.uncalled()), []);
      });
    }
  },
  serve,
);
