/** Real browsers for the suites of this folder, watched. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BROWSER_REMEDY } from '../../scripts/lib/browser.mjs';
import { allRequired } from '../../scripts/lib/tools.mjs';
import { serveDemo } from '../../www/serve.mjs';
import { BROWSERS, launch } from './launch.mjs';

/** What a theme is asked for by, and which there are to ask for. */
const THEMES = {
  chromium: {
    themes: ['light', 'dark'],
    prefer: (page, theme) =>
      page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]),
  },
  firefox: { themes: ['dark'], prefer: async () => {} },
};

/** How long anything on a page may take. */
export const PATIENCE_MS = 20_000;

/**
 * @typedef {object} Visit
 * @property {import('puppeteer-core').Page} page a new tab, at the path that the suite names
 * @property {string} url of the server, with a `/` at its end
 * @property {string[]} themes the `prefers-color-scheme` that it can be asked for
 * @property {(theme: string) => Promise<void>} prefer asks for one
 * @property {string[]} problems errors in the console, exceptions and failed requests so far; a test
 *   that expects some takes them out, any that is left fails it
 */

/**
 * Defines a suite once per browser. One that is not installed is a visible skip, or a failure where
 * nothing may be skipped.
 *
 * @param {string} name
 * @param {string} path the page that each test starts from
 * @param {(visit: Visit) => void} define
 * @param {() => Promise<{ url: string, close: () => Promise<void> }>} [serve] starts what is visited;
 *   the demo page and `/fixtures/` by default
 */
export function inBrowsers(name, path, define, serve = serveFixtures) {
  for (const [key, browser] of Object.entries(BROWSERS)) {
    const title = `${name} in ${browser.name}`;
    if (browser.path() !== undefined) describe(title, () => suite(key, path, define, serve));
    else missing(title, `${browser.name} is not installed; remedy: ${BROWSER_REMEDY}`);
  }
}

function serveFixtures() {
  const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
  return serveDemo({ mounts: [{ at: '/fixtures/', folder: fixtures }] });
}

function missing(title, message) {
  if (allRequired) test(title, () => assert.fail(message));
  else test(title, { skip: message }, () => {});
}

function suite(key, path, define, serve) {
  const { themes, prefer } = THEMES[key];
  let server;
  let browser;
  /** @type {Visit} */
  const visit = { themes, problems: [], prefer: (theme) => prefer(visit.page, theme) };
  before(async () => {
    server = await serve();
    visit.url = server.url;
    browser = await launch(key);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    visit.page = await browser.newPage();
    visit.page.setDefaultTimeout(PATIENCE_MS);
    visit.problems.length = 0;
    watch(visit.page, visit.problems);
    await visit.page.goto(visit.url + path);
  });
  afterEach(async () => {
    await visit.page.close();
    assert.deepEqual(visit.problems, []);
  });
  define(visit);
}

function watch(page, problems) {
  page.on('console', (message) => {
    const type = message.type();
    if (type === 'error' || type === 'warn') problems.push(`console.${type}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
}
