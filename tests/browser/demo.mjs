/** What the suites of the demo page do with it. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Waits until the bundled command is compiled. */
export function ready(visit) {
  return says(visit, 'component', 'command.component.wasm is ready.');
}

export function status(visit, wanted) {
  return says(visit, 'status', wanted);
}

/** Waits until an element contains a text; says what it contained instead. */
export async function says(visit, id, wanted) {
  try {
    await visit.page.waitForFunction(
      (at, part) => document.getElementById(at).textContent.includes(part),
      {},
      id,
      wanted,
    );
  } catch (error) {
    const problems = visit.problems.join('\n');
    const found = `#${id} says: ${await text(visit, id)}\n#status: ${await text(visit, 'status')}`;
    throw new Error(`waited for ${JSON.stringify(wanted)}; ${found}\n${problems}`, {
      cause: error,
    });
  }
}

export async function output(visit) {
  await visit.page.waitForFunction(() => document.getElementById('stdout').textContent !== '');
}

export function text({ page }, id) {
  return page.$eval(`#${id}`, (element) => element.textContent);
}

export function fill({ page }, values) {
  return page.evaluate((all) => {
    for (const [id, value] of Object.entries(all)) document.getElementById(id).value = value;
  }, values);
}

/** Chooses a file of this name, as if there were one. */
export async function choose({ page }, name, content) {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-'));
  try {
    await writeFile(join(folder, name), content);
    const said = await page.$eval('#component', (element) => element.textContent);
    await (await page.$('#file')).uploadFile(join(folder, name));
    // It is read before the folder goes.
    await page.waitForFunction(
      (before) => {
        const { textContent } = document.getElementById('component');
        return textContent !== before && !textContent.startsWith('Compiling');
      },
      {},
      said,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function guest(name) {
  return fileURLToPath(new URL(`../../build/guests/${name}.component.wasm`, import.meta.url));
}

/** Chooses a preloaded example, and stubs for what it misses. */
export async function example({ page, ...visit }, name) {
  await page.click(`[data-example=${name}]`);
  await says({ page, ...visit }, 'component', `${name}.component.wasm is ready.`);
  await says({ page, ...visit }, 'status', 'Imports are missing');
  await page.click('#stub');
  await says({ page, ...visit }, 'missing-title', 'Stubs in place');
}

/** Opens the form of a function; the selector of it. */
export async function form({ page }, path) {
  const selector = `[data-path="${path}"]`;
  await page.$eval(selector, (details) => {
    details.open = true;
  });
  await page.waitForSelector(`${selector} form`);
  return `${selector} form`;
}

/** Calls a function by its form, after `fill` has filled that in; what the status says then. */
export async function call(visit, path, fill) {
  const { page } = visit;
  const selector = await form(visit, path);
  await fill?.(selector);
  const before = await page.$$eval('#result-list > li', (entries) => entries.length);
  await page.click(`${selector} button[type=submit]`);
  await page.waitForFunction(
    (count) =>
      document.querySelectorAll('#result-list > li').length > count &&
      !document.querySelector('#result-list > li .state').textContent.includes('running'),
    {},
    before,
  );
  return text(visit, 'status');
}

/** Types into a field of a form, in place of what is there. */
export async function type({ page }, selector, value) {
  await page.$eval(selector, (control) => {
    control.value = '';
  });
  await page.type(selector, value);
}
