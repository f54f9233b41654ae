/** Any component on the page: its world, forms for its functions, results, stubs and the timeline. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inBrowsers } from './browsers.mjs';
import { contrasts } from './contrast.mjs';
import { call, choose, example, form, guest, ready, says, status, text, type } from './demo.mjs';

const ECHO = 'tidegate:values/echo@1.2.3#';
const COUNTERS = 'tidegate:values/counters@1.2.3#';
const CALLS = 'tidegate:asyncs/calls@0.1.0#';
const STREAMS = 'tidegate:asyncs/streams@0.1.0#';

inBrowsers('the page with any component', '', (visit) => {
  test('shows a dropped component as WIT, with its sizes', async () => {
    await ready(visit);
    const bytes = await readFile(guest('values'));
    await visit.page.evaluate(drop, 'mine.wasm', [...bytes]);
    await says(visit, 'component', 'mine.wasm is ready.');
    const world = await text(visit, 'world-text');
    assert.match(world, /^world root \{\n {2}import tidegate:values\/types@1\.2\.3;\n/);
    assert.match(world, / {2}export greet-twice: func\(name: string\) -> string;\n/);
    const wit = await text(visit, 'interfaces');
    assert.match(wit, /record person \{\n {4}name: string,\n {4}age: u8,\n/);
    assert.match(wit, /favorite-color: color,/);
    assert.match(wit, /resource counter \{\n {4}constructor\(start: u32\);\n {4}increment: func/);
    assert.match(wit, /use tidegate:values\/types\.\{color, permissions/);
    assert.match(await text(visit, 'file-size'), /^[\d.]+ kB$/);
    assert.match(await text(visit, 'modules'), /^3 \(/);
    assert.equal(await text(visit, 'jspi'), 'no');
  });

  test('names missing imports, and has stubs for them', async () => {
    await ready(visit);
    await visit.page.click('[data-example=values]');
    await status(visit, 'Imports are missing');
    const missing = await text(visit, 'missing-list');
    assert.match(missing, /^tidegate:values\/ledger@1\.2\.3#account: resource$/m);
    assert.match(missing, /^greeting: func\(name: string\) -> string$/m);
    assert.match(await call(visit, 'greet-twice'), /there is no instance/);
    await visit.page.click('#stub');
    await says(visit, 'missing-title', 'Stubs in place of missing imports');
    assert.equal(await call(visit, 'greet-twice'), '" "');
    await says(visit, 'stubs', 'greeting(name: "") returned the default value');
  });

  test('has a form for every type', async () => {
    await ready(visit);
    await example(visit, 'values');
    const { page } = visit;
    const echo = (name, fill) => call(visit, ECHO + name, fill);
    const input = (value) => (at) => type(visit, `${at} input`, value);
    const area = (value) => (at) => type(visit, `${at} textarea`, value);
    assert.equal(await echo('echo-u64', input('18446744073709551615')), '18446744073709551615');
    assert.equal(await echo('echo-f64', input('-inf')), '-Infinity');
    assert.equal(await echo('echo-char', input('~')), "'~'");
    assert.equal(await echo('echo-bool', (at) => page.click(`${at} input`)), 'true');
    assert.equal(await echo('echo-string', area('a "tide"')), '"a \\"tide\\""');
    assert.equal(await echo('echo-list-s16', area('1, -2 3')), '[1, -2, 3]');
    assert.equal(
      await echo('echo-color', (at) => page.select(`${at} select`, 'dark-blue')),
      'dark-blue',
    );
    const permissions = (at) => page.click(`${at} .checks label:nth-child(2) input`);
    assert.equal(await echo('echo-permissions', permissions), '{write}');
    const some = async (at) => {
      await page.click(`${at} input[type=checkbox]`);
      await type(visit, `${at} .field input`, '7');
    };
    assert.equal(await echo('echo-option', some), 'some(7)');
    const items = async (at) => {
      for (const word of ['ebb', 'flow']) {
        await page.click(`${at} fieldset > button`);
        await page.keyboard.type(word);
      }
      await page.click(`${at} fieldset > button`);
      await page.click(`${at} .item:last-child > button`);
    };
    assert.equal(await echo('echo-list-string', items), '["ebb", "flow"]');
    const corner = async (at) => {
      await page.select(`${at} select`, 'corner');
      await type(visit, `${at} .field input`, '-4');
    };
    assert.equal(await echo('echo-shape', corner), 'corner({x: -4, y: 0})');
    assert.equal(await echo('echo-result', (at) => page.select(`${at} select`, 'err')), 'err(0)');
    const map = async (at) => {
      await page.click(`${at} fieldset > button`);
      await type(visit, `${at} textarea`, 'tides');
      await type(visit, `${at} input`, '2');
    };
    assert.equal(await echo('echo-map', map), '{"tides": 2}');
    assert.match(await echo('echo-team'), /^\{lead: \{name: "", age: 0, tags: \[\], home: none,/);
  });

  test('says what is wrong with what was typed', async () => {
    await ready(visit);
    await example(visit, 'values');
    assert.match(
      await call(visit, `${ECHO}echo-u8`, (at) => type(visit, `${at} input`, '256')),
      /^RangeError: v: .*256/,
    );
    const at = await form(visit, `${ECHO}echo-s64`);
    await type(visit, `${at} input`, 'many');
    await visit.page.click(`${at} button[type=submit]`);
    assert.equal(
      await visit.page.$eval(`${at} .bad`, (p) => p.textContent),
      'v: not an integer: many',
    );
  });

  test('keeps resources for later calls', async () => {
    await ready(visit);
    await example(visit, 'values');
    const { page } = visit;
    const make = (at) => type(visit, `${at} input`, '40');
    assert.match(await call(visit, `${COUNTERS}[constructor]counter`, make), /^counter #\d+$/);
    const by = (at) => type(visit, `${at} input`, '2');
    assert.equal(await call(visit, `${COUNTERS}[method]counter.increment`, by), '42');
    await page.click('#resource-list button');
    await page.waitForSelector('#resources[hidden]');
    assert.equal(await call(visit, `${COUNTERS}live`), '0');
  });

  test('shows streams as they arrive, as text and as hex', async () => {
    await ready(visit);
    await example(visit, 'asyncs');
    const { page } = visit;
    const fill = async (at) => {
      await page.type(`${at} textarea`, 'ebb\nflow\n');
      await page.select(`${at} select`, '1000');
      await type(visit, `${at} input:not([type])`, '16');
    };
    assert.match(await call(visit, `${STREAMS}upper`, fill), /^stream #\d+$/);
    await says(visit, 'result-list', 'EBB');
    assert.doesNotMatch(await text(visit, 'result-list'), /FLOW/);
    await says(visit, 'result-list', 'FLOW');
    await says(visit, 'result-list', 'ended');
    await page.click('.end button');
    await says(visit, 'result-list', '000000  45 42 42 0a 46 4c 4f 57 0a');
    const rows = await timeline(visit);
    assert.ok(
      rows.some((row) => /^stream in, 9 elements/.test(row)),
      rows.join(),
    );
    assert.ok(
      rows.some((row) => /^stream out, 9 elements/.test(row)),
      rows.join(),
    );
  });

  test('draws tasks and subtasks while they run', async () => {
    await ready(visit);
    await example(visit, 'asyncs');
    const { page } = visit;
    await page.select('#delay', '2000');
    await says(visit, 'status', 'The stubs have changed.');
    const at = await form(visit, `${CALLS}race`);
    await page.click(`${at} button[type=submit]`);
    await page.waitForFunction(() => document.querySelectorAll('#timeline-rows tr').length === 3);
    const waiting = await timeline(visit);
    assert.deepEqual(waiting, [
      'task calls race|waiting',
      'subtask host fetch|waiting',
      'subtask host fetch|waiting',
    ]);
    await says(visit, 'status', 'first');
    const [, first, second] = await timeline(visit);
    assert.match(first, /^subtask host fetch\|\d+ ms$/);
    assert.equal(second, 'subtask host fetch|cancelled');
    const depths = await page.$$eval('#timeline-rows tr', (all) =>
      all.map((tr) => tr.dataset.depth),
    );
    assert.deepEqual(depths, ['0', '1', '1']);
    const title = await page.$eval('#timeline-rows tr:nth-child(2) th', (head) => head.title);
    assert.equal(title, 'tidegate:asyncs/host@0.1.0#fetch in calls race');
  });

  test('cancels a call, and stops one that does not hear', async () => {
    await ready(visit);
    await example(visit, 'asyncs');
    const { page } = visit;
    const at = await form(visit, `${CALLS}spin`);
    await page.click(`${at} button[type=submit]`);
    await page.$eval('#result-list .head button', (button) => button.click());
    await status(visit, 'AbortError');
    await page.click(`${at} button[type=submit]`);
    await page.waitForSelector('#stop:not([hidden])');
    await page.click('#stop');
    await status(visit, 'Stopped.');
    await says(visit, 'component', 'is ready.');
    assert.equal(await call(visit, `${CALLS}yields`), '0');
  });

  test('shows a trap by its class, and goes on with a new instance', async () => {
    await ready(visit);
    await example(visit, 'asyncs');
    const failures = 'tidegate:asyncs/failures@0.1.0#';
    assert.match(
      await call(visit, `${failures}trap`),
      /^ComponentTrap \(core-trap\): [\s\S]*The store is locked/,
    );
    assert.match(await call(visit, `${CALLS}nothing`), /^ComponentTrap \(store-locked\)/);
    assert.ok((await timeline(visit)).length > 0);
    await visit.page.click('#renew');
    await status(visit, 'A new instance.');
    assert.equal(await call(visit, `${CALLS}nothing`), 'returned');
  });

  test('says what a component is refused for', async () => {
    await ready(visit);
    await choose(visit, 'core.wasm', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    assert.match(await text(visit, 'component'), /^core\.wasm: ComponentCompileError: /);
    assert.equal(await visit.page.$eval('#world', (world) => world.hidden), true);
  });

  test('can be used from the keyboard alone', async () => {
    const { page } = visit;
    await ready(visit);
    await tab(page, '[data-example=asyncs]');
    await page.keyboard.press('Enter');
    await status(visit, 'Imports are missing');
    await tab(page, '#stub');
    await page.keyboard.press('Enter');
    await says(visit, 'missing-title', 'Stubs in place');
    await tab(page, '#filter');
    await page.keyboard.type('fetch-all');
    await tab(page, '.function summary');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.function form');
    await tab(page, '.function fieldset > button');
    await page.keyboard.press('Enter');
    await page.keyboard.type('by hand');
    await page.keyboard.down('Control');
    await page.keyboard.press('Enter');
    await page.keyboard.up('Control');
    await status(visit, '[ok("")]');
    assert.match(await text(visit, 'stubs'), /fetch\(name: "by hand"\)/);
  });

  for (const theme of visit.themes) {
    test(`is legible when it is ${theme}`, async () => {
      const { page } = visit;
      await visit.prefer(theme);
      await ready(visit);
      await example(visit, 'asyncs');
      await call(visit, `${STREAMS}produce`);
      await call(visit, 'tidegate:asyncs/failures@0.1.0#trap');
      await page.$$eval('details', (all) => {
        for (const details of all) details.open = true;
      });
      await page.waitForSelector('[data-path$=with-outcome] form');
      const { lightness, weak } = await page.evaluate(contrasts);
      assert.equal(lightness > 0.5, theme === 'light');
      assert.deepEqual(weak, []);
    });
  }

  test('has a name for every control', async () => {
    await ready(visit);
    await example(visit, 'values');
    await visit.page.$$eval('details', (all) => {
      for (const details of all) details.open = true;
    });
    await visit.page.waitForSelector('[data-path$=consume] form');
    assert.deepEqual(await visit.page.evaluate(nameless), []);
  });
});

/** The rows of the timeline, as `what|how`. */
function timeline({ page }) {
  return page.$$eval('#timeline-rows tr', (rows) =>
    rows.map((row) => `${row.children[0].textContent}|${row.children[2].textContent}`),
  );
}

/** Presses Tab until the first visible element of a selector has the focus. */
async function tab(page, selector) {
  for (let i = 0; i < 60; i++) {
    const there = await page.evaluate((wanted) => {
      const all = [...document.querySelectorAll(wanted)];
      return document.activeElement === all.find((element) => element.checkVisibility());
    }, selector);
    if (there) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not reach ${selector}`);
}

/** In the page: drops a file on it. */
function drop(name, bytes) {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name));
  document.body.dispatchEvent(
    new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }),
  );
}

/** In the page: controls that a screen reader could not name, and ids that are there twice. */
function nameless() {
  const problems = [];
  for (const control of document.querySelectorAll('input, textarea, select, button')) {
    const name = control.labels?.[0]?.textContent ?? control.getAttribute('aria-label');
    if (!(name ?? control.textContent).trim()) problems.push(control.outerHTML);
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return [...problems, ...ids.filter((id, i) => ids.indexOf(id) !== i)];
}
