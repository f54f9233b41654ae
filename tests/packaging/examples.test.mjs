/** The examples for pages, built by Vite with the installed package, in real browsers. */

import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as vite from 'vite';
import { root } from '../../scripts/lib/run.mjs';
import { serveDemo } from '../../www/serve.mjs';
import { inBrowsers } from '../browser/browsers.mjs';
import { guest, makeProject } from './project.mjs';

inBrowsers(
  'the example of a store in a worker',
  '',
  (visit) => {
    test('moves streams both ways', async () => {
      await visit.page.waitForFunction(() => document.querySelector('output').textContent !== '');
      const shown = await visit.page.$eval('output', ({ textContent }) => textContent);
      assert.deepEqual(JSON.parse(shown), {
        words: 4,
        text: 'FROM HERE, THROUGH THERE',
        stopped: 'stopped',
        translated: 'stressed evil',
        parsed: 'ComponentError: not a number: nothing',
        late: 'TimeoutError',
      });
    });
  },
  async () => {
    const { folder, remove } = makeProject();
    try {
      cpSync(join(root, 'examples/store-in-worker'), folder, { recursive: true });
      mkdirSync(join(folder, 'public'));
      copyFileSync(guest('text'), join(folder, 'public/text.component.wasm'));
      await vite.build({ configFile: false, logLevel: 'error', root: folder, base: './' });
      const mounts = [{ at: '/', folder: join(folder, 'dist') }];
      const { url, close } = await serveDemo({ mounts });
      return {
        url,
        async close() {
          await close();
          remove();
        },
      };
    } catch (error) {
      remove();
      throw error;
    }
  },
);
