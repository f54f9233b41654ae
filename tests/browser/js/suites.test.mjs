/**
 * The suites of `tests/js` that need nothing of Node, as they are, in real browsers: what they import of Node is replaced by
 * `runner/`, and the package's entry for Node by the one for pages.
 */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { serveDemo } from '../../../www/serve.mjs';
import { inBrowsers } from '../browsers.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Tests that do not run here, by suites, with the reasons. */
const SUITES = {
  async: {},
  'bad-input': {},
  beside: {},
  blocking: {},
  closing: {},
  cancellation: {
    'the reason > a listener is not left behind': 'only Node tells which listeners there are',
  },
  'chrome-trace': {},
  compose: {},
  'core-modules': {},
  deadlock: {},
  elements: {},
  errors: {},
  features: {},
  'fixed-lists': {},
  'laws-misuse': {},
  limits: {
    'limits of the compiler > are all in the guide, and tested here': 'it reads the guide',
    'limits of a store > are all in the guide, and tested here': 'it reads the guide',
  },
  memory64: {},
  resources: {},
  siblings: {},
  streams: {},
  trace: {},
  traps: {},
  values: {},
  vectors: {},
};

/** Those that do not run where a page has no way to collect its garbage. */
const COLLECTING = {
  resources: [
    "the guest's resources > a resource whose JS object is collected is dropped",
    "the guest's resources > one that is collected when its store has ended does nothing",
  ],
};

/** How long a suite may take: some try hundreds of schedules, and the machine may be busy. */
const PATIENCE_MS = 600_000;

inBrowsers(
  'the suites',
  'suites/suites.html',
  (visit) => {
    for (const [name, excluded] of Object.entries(SUITES)) {
      test(name, { timeout: PATIENCE_MS + 10_000 }, async () => {
        const without = { ...excluded };
        if (!(await visit.page.evaluate(() => 'gc' in globalThis))) {
          for (const test of COLLECTING[name] ?? []) without[test] = 'this page has no collector';
        }
        const results = await run(visit.page, name, without);
        // What the suites have the package report is on the console.
        const problems = visit.problems.filter((text) => !/^console\.(warn|error): /.test(text));
        visit.problems.splice(0, visit.problems.length, ...problems);
        const failed = results.filter(({ error }) => error !== undefined);
        assert.deepEqual(
          failed.map((one) => `${one.name}: ${one.error}`),
          [],
        );
        const names = results.map((one) => one.name);
        assert.ok(names.length > 0);
        for (const test of Object.keys(without)) assert.ok(names.includes(test), test);
      });
    }
  },
  serve,
);

/** Loads and runs a suite in the page. */
async function run(page, name, excluded) {
  await page.evaluate(
    (suite, without) => {
      import(`/suites/${suite}.mjs`)
        .then((module) => module.run(without))
        .then(
          (results) => Object.assign(window, { results }),
          (error) => Object.assign(window, { results: [{ name: suite, error: String(error) }] }),
        );
    },
    name,
    excluded,
  );
  await page.waitForFunction(() => window.results !== undefined, {
    timeout: PATIENCE_MS,
    polling: 200,
  });
  return page.evaluate(() => window.results);
}

async function serve() {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-suites-'));
  try {
    await bundle(folder);
    copyFileSync(path('suites.html'), join(folder, 'suites.html'));
    const mounts = [
      { at: '/suites/', folder },
      { at: '/build/guests/', folder: path('../../../build/guests') },
      { at: '/pkg/', folder: path('../../../pkg') },
    ];
    const { url, close } = await serveDemo({ mounts });
    return {
      url,
      async close() {
        await close();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

async function bundle(outdir) {
  await esbuild.build({
    entryPoints: Object.keys(SUITES).map((name) => ({ in: `suite:${name}`, out: name })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    plugins: [forPages],
  });
}

/** By what they stand for. */
const SUPPORT = { 'gc.mjs': 'runner/gc.mjs', 'internal.mjs': 'runner/internal.mjs' };
const RUNNER = {
  'node:test': 'runner/test.mjs',
  'node:assert/strict': 'runner/assert.mjs',
  'node:timers/promises': 'runner/timers.mjs',
  'node:fs/promises': 'runner/files.mjs',
};

const forPages = {
  name: 'for-pages',
  setup(build) {
    build.onResolve({ filter: /^suite:/ }, ({ path: name }) => ({
      path: name.slice('suite:'.length),
      namespace: 'suite',
    }));
    build.onLoad({ filter: /.*/, namespace: 'suite' }, ({ path: name }) => ({
      contents: `import '../../js/${name}.test.mjs';\nexport { run } from './runner/test.mjs';`,
      resolveDir: path('.'),
    }));
    build.onResolve({ filter: /^node:/ }, ({ path: name }) => {
      const stands = RUNNER[name];
      return stands === undefined ? { path: name, external: true } : { path: path(stands) };
    });
    build.onResolve({ filter: /\/support\/(gc|internal)\.mjs$/ }, ({ path: file }) => ({
      path: path(SUPPORT[file.replace(/^.*\//, '')]),
    }));
    build.onResolve({ filter: /\/pkg\/dist\/\w+\.js$/ }, ({ path: file }) => {
      const entry = file.replace(/^.*\/pkg\/dist\//, '/pkg/dist/');
      return { path: entry.replace('/node.js', '/web.js'), external: true };
    });
  },
};
