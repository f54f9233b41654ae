/** Real browsers, started headless with a fresh profile. */

import puppeteer from 'puppeteer-core';
import { BROWSER_REMEDY, chromium, firefox } from '../../scripts/lib/browser.mjs';
import { Stop } from '../../scripts/lib/run.mjs';

/** By the names that suites have for them; `path` is undefined for one that is not installed. */
export const BROWSERS = {
  chromium: {
    name: 'Chromium',
    path: chromium,
    options: {
      browser: 'chrome',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // For suites that make more stores than a page would.
        '--js-flags=--expose-gc',
      ],
    },
  },
  firefox: {
    name: 'Firefox',
    path: firefox,
    // Its theme is chosen when it starts; 0 is dark.
    options: {
      browser: 'firefox',
      extraPrefsFirefox: { 'layout.css.prefers-color-scheme.content-override': 0 },
    },
  },
};

/**
 * @param {'chromium' | 'firefox'} key
 * @param {import('puppeteer-core').LaunchOptions} [more]
 * @throws {Stop} when it is not installed
 */
export async function launch(key, more = {}) {
  const { name, path, options } = BROWSERS[key];
  const executablePath = path();
  if (executablePath === undefined) throw new Stop(`${name} is not installed`, BROWSER_REMEDY);
  return puppeteer.launch({ ...options, ...more, executablePath, headless: true });
}
