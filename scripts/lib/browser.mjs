/** Finding browsers, and Chromium's WebDriver for the tests of the crates that run in a page. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { find, root } from './run.mjs';

export const BROWSER_REMEDY =
  'on Debian `apt-get install chromium chromium-driver firefox-esr`; elsewhere Chrome with its ' +
  'chromedriver on the PATH';

/** The path of a Chromium, or undefined when none is installed. */
export function chromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  return process.env.CHROME_PATH ?? find(names);
}

/** The path of a Firefox, or undefined. */
export function firefox() {
  return process.env.FIREFOX_PATH ?? find(['firefox-esr', 'firefox']);
}

/** Quiet and alone: no GPU, no traffic of its own, and a container's root may run it. */
const FLAGS = [
  'no-sandbox',
  'disable-gpu',
  'disable-quic',
  'no-first-run',
  'disable-background-networking',
  'disable-component-update',
  'disable-sync',
];

/** The environment for wasm-bindgen's test runner, or undefined when something is not installed. */
export function webdriver() {
  const driver = find(['chromedriver']);
  const browser = chromium();
  if (!driver || !browser) return undefined;
  const file = join(root, 'build/webdriver.json');
  const capabilities = { 'goog:chromeOptions': { binary: browser, args: FLAGS } };
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(file, JSON.stringify(capabilities));
  return {
    CHROMEDRIVER: driver,
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: file,
    WASM_BINDGEN_TEST_DRIVER_TIMEOUT: '60',
    WASM_BINDGEN_TEST_TIMEOUT: '300',
  };
}
