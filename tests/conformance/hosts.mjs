/**
 * Where scripts run: a thread of this Node, or a page of a real browser. Both run the same `script.mjs`.
 *
 * A host runs one script at a time. One that is silent for too long has a guest that never yields: it is ended from
 * outside, the script has failed, and the next one gets a fresh host.
 *
 * @typedef {object} Host
 * @property {(script: Job, beat: (line: number) => void) => Promise<Run>} run
 * @property {() => Promise<void>} end also when a script hangs
 *
 * @typedef {object} Job
 * @property {string} name of the script
 * @property {string[]} needs what it needs of the engine beside what it says itself
 * @property {string[]} [seeds] as `runScript` takes them
 *
 * @typedef {object} Run
 * @property {string[]} missing what the script requires and the engine lacks; if any, it has not been run
 * @property {import('./script.mjs').Outcome[]} outcomes
 */

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DIRECTIVE_MS } from './script.mjs';

/** @type {Record<string, (folder: string) => Promise<Host>>} */
export const HOSTS = {
  node: openNode,
  chromium: (folder) => openBrowser('chromium', folder),
  firefox: (folder) => openBrowser('firefox', folder),
};

/** A script that yields reports at least this often. */
const SILENCE_MS = 2 * DIRECTIVE_MS;

/**
 * Runs scripts one after the other.
 *
 * @param {() => Promise<Host>} open
 * @param {Job[]} scripts
 * @returns {AsyncGenerator<Run & { name: string }>}
 */
export async function* runAll(open, scripts) {
  let host;
  try {
    for (const script of scripts) {
      host ??= await open();
      const run = await watched(host, script);
      // What so many stores leave behind is not the next script's.
      if (run.lost || script.seeds !== undefined) {
        await host.end();
        host = undefined;
      }
      yield { name: script.name, missing: run.missing, outcomes: run.outcomes };
    }
  } finally {
    await host?.end();
  }
}

async function watched(host, script) {
  let at = 0;
  let timer;
  let silent;
  const silence = new Promise((_, reject) => {
    silent = () => reject(new Error(`nothing was heard for ${SILENCE_MS} ms after this line`));
  });
  const beat = (line) => {
    at = line;
    clearTimeout(timer);
    timer = setTimeout(silent, SILENCE_MS);
  };
  beat(0);
  try {
    return await Promise.race([host.run(script, beat), silence]);
  } catch (error) {
    const outcome = { line: at, type: 'script', ok: false, why: String(error?.message ?? error) };
    return { missing: [], outcomes: [outcome], lost: true };
  } finally {
    clearTimeout(timer);
  }
}

async function openNode(folder) {
  const worker = new Worker(new URL('node-worker.mjs', import.meta.url), {
    workerData: { folder },
  });
  let told = () => {};
  let failed;
  const failure = new Promise((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread has ended with code ${code}`)));
  });
  failure.catch((error) => {
    failed = error;
  });
  worker.on('message', (message) => told(message));
  return {
    run(script, beat) {
      if (failed !== undefined) throw failed;
      const done = new Promise((resolve) => {
        told = (message) => ('line' in message ? beat(message.line) : resolve(message));
      });
      worker.postMessage(script);
      return Promise.race([done, failure]);
    },
    end: async () => void (await worker.terminate()),
  };
}

async function openBrowser(name, folder) {
  const { launch } = await import('../browser/launch.mjs');
  const { serveDemo } = await import('../../www/serve.mjs');
  const here = fileURLToPath(new URL('.', import.meta.url));
  const mounts = [
    { at: '/conformance/', folder: here },
    { at: '/scripts/', folder },
  ];
  const server = await serveDemo({ mounts });
  let browser;
  try {
    // A script may take longer than the protocol's own patience; ours is `watched`.
    browser = await launch(name, { protocolTimeout: 0 });
    const page = await browser.newPage();
    let told = () => {};
    await page.exposeFunction('beat', (line) => told(line));
    await page.goto(`${server.url}conformance/page.html`);
    await page.waitForFunction(() => 'runNamed' in globalThis);
    return {
      run(script, beat) {
        told = beat;
        return page.evaluate((each) => globalThis.runNamed(each), script);
      },
      async end() {
        await closeBrowser(browser);
        await server.close();
      },
    };
  } catch (error) {
    if (browser !== undefined) await closeBrowser(browser);
    await server.close();
    throw error;
  }
}

/** A page whose guest loops cannot be closed; the browser's process can be. */
async function closeBrowser(browser) {
  const closed = browser.close().then(
    () => true,
    () => false,
  );
  const late = new Promise((resolve) => setTimeout(resolve, 3000, false).unref());
  if (!(await Promise.race([closed, late]))) browser.process()?.kill('SIGKILL');
}
