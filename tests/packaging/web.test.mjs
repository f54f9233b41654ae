/**
 * The installed package in an application for pages: served and built by Vite without any plugin, bundled by esbuild, and as
 * it is, named by an import map.
 */

import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import { serveDemo } from '../../www/serve.mjs';
import { inBrowsers } from '../browser/browsers.mjs';
import { largeComponent } from './large.mjs';
import { guest, makeProject } from './project.mjs';

const APP = fileURLToPath(new URL('app', import.meta.url));
const PACKAGE = 'node_modules/tidegate/dist';
/** What the package loads by its URL. esbuild leaves such URLs as they are, so that the files are for its user to copy. */
const ASSETS = [
  'runtime.wasm',
  'driver.wasm',
  'compiler.wasm',
  'composer.wasm',
  'compile-worker.js',
];

const QUIET = { configFile: false, logLevel: 'error' };

const WAYS = {
  async 'Vite, serving'(folder) {
    const server = await vite.createServer({
      ...QUIET,
      root: folder,
      server: { host: '127.0.0.1', port: 0 },
    });
    await server.listen();
    return { url: server.resolvedUrls.local[0], close: () => server.close() };
  },

  async 'Vite, built'(folder) {
    await vite.build({ ...QUIET, root: folder, base: './' });
    return serveFolder(join(folder, 'dist'));
  },

  async esbuild(folder) {
    const out = join(folder, 'out');
    await esbuild.build({
      absWorkingDir: folder,
      entryPoints: ['app.mjs'],
      outdir: out,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
    });
    cpSync(join(folder, 'public'), out, { recursive: true });
    copyFileSync(join(folder, 'index.html'), join(out, 'index.html'));
    for (const file of ASSETS) copyFileSync(join(folder, PACKAGE, file), join(out, file));
    return serveFolder(out);
  },

  'an import map': (folder) => serveMapped(folder),

  'an import map, where a policy forbids workers': (folder) =>
    serveMapped(folder, {
      'content-security-policy':
        "default-src 'self'; img-src data:; worker-src 'none'; " +
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
    }),
};

for (const [way, serve] of Object.entries(WAYS)) {
  const forbidden = way.endsWith('forbids workers');
  inBrowsers(`the package by ${way}`, '', define(forbidden), () => start(serve));
}

inBrowsers(
  'the package in a service worker',
  '',
  (visit) => {
    test('runs a command, as it is and composed', async (t) => {
      await visit.page.waitForFunction(() => window.checks !== undefined);
      const answer = await visit.page.evaluate(() => window.checks.serviceWorker());
      if (answer === 'TypeError' || answer === 'SecurityError') {
        visit.problems.length = 0;
        t.skip('this browser has no modules in service workers');
        return;
      }
      assert.equal(answer, '     1  one\n     1  one\n');
    });
  },
  () => start(WAYS['an import map']),
);

/** @returns {(visit: import('../browser/browsers.mjs').Visit) => void} */
function define(forbidden) {
  return (visit) => {
    test('runs a command with WASI', async () => {
      const text = '     1  one\n     2  two\n';
      assert.deepEqual(await check('command'), { text, exit: true });
    });

    test('composes, which takes a wasm file of its own', async () => {
      assert.equal(await check('composed'), '     1  one\n');
    });

    test('compiles a large component in a worker, and one worker serves all', async () => {
      let seen = await check('large', 'auto');
      // On a machine that does much else, any task can be long.
      for (let i = 0; i < 3 && seen.tasks.length > 0 && !forbidden; i++) {
        seen = await check('large', 'auto');
      }
      const { started, answers, tasks } = seen;
      // Refused, it is tried once; the policy's violation is on the console.
      assert.equal(started, 1);
      assert.equal(answers, forbidden ? 0 : 3, 'ready, and two components');
      if (forbidden) expectViolations();
      else assert.deepEqual(tasks, [], 'no task of the page was long');
    });

    test('compiles it in place when told to', async () => {
      const { started, tasks } = await check('large', 'never');
      assert.equal(started, 0);
      // Otherwise the test above would prove nothing.
      if (await visit.page.evaluate(() => 'PerformanceLongTaskTiming' in window)) {
        assert.ok(tasks.length > 0, 'it takes long');
      }
    });

    test('refuses a broken component alike on either thread', async () => {
      const aside = await check('broken', 'always');
      assert.equal(aside.refused, true, aside.message);
      assert.ok(aside.length > 1_000_000);
      assert.deepEqual(await check('broken', 'never'), aside);
      if (forbidden) expectViolations();
    });

    async function check(name, argument) {
      await visit.page.waitForFunction(() => window.checks !== undefined);
      return visit.page.evaluate((key, value) => window.checks[key](value), name, argument);
    }

    function expectViolations() {
      const others = visit.problems.filter((text) => !/worker-src/.test(text));
      visit.problems.splice(0, visit.problems.length, ...others);
    }
  };
}

let project;

after(() => project?.remove());

/** The project with the application in it, the same for all, served. */
function start(serve) {
  if (project === undefined) {
    project = makeProject();
    const { folder } = project;
    cpSync(APP, folder, { recursive: true });
    mkdirSync(join(folder, 'public'));
    copyFileSync(guest('command'), join(folder, 'public/command.component.wasm'));
    writeFileSync(join(folder, 'public/large.component.wasm'), largeComponent());
  }
  return serve(project.folder);
}

/** The files as they are, the package's among them. */
function serveMapped(folder, headers) {
  const out = join(folder, 'mapped');
  cpSync(join(folder, 'public'), out, { recursive: true });
  for (const name of ['app.mjs', 'service-worker.mjs']) {
    copyFileSync(join(folder, name), join(out, name));
  }
  const imports = { tidegate: '/dist/web.js', 'tidegate/wasi': '/dist/wasi-web.js' };
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  writeFileSync(join(out, 'index.html'), html.replace('<script', `${map}\n<script`));
  return serveFolder(out, [{ at: '/dist/', folder: join(folder, PACKAGE) }], headers);
}

function serveFolder(folder, mounts = [], headers = {}) {
  return serveDemo({ mounts: [{ at: '/', folder, headers }, ...mounts] });
}
