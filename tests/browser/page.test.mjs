/** The demo page as a person meets it: typing, running, watching, stopping. */

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inBrowsers } from './browsers.mjs';
import { contrasts } from './contrast.mjs';
import { ENDLESS } from './endless.mjs';

inBrowsers('the page', '', (visit) => {
  test('runs the command and shows its output as it streams', async () => {
    await ready(visit);
    await visit.page.evaluate(recordOutput);
    await fill(visit, { args: '--upper --tick 300', env: 'PREFIX=> ', stdin: lines(8), pace: 100 });
    await visit.page.click('#run');
    await status(visit, 'Exit code 0');
    const expected = Array.from(
      { length: 8 },
      (_, i) => `> ${`${i + 1}`.padStart(6)}  LINE ${i}\n`,
    );
    assert.equal(await text(visit, 'stdout'), expected.join(''));
    assert.match(
      await text(visit, 'stderr'),
      /so far\n(.|\n)*command: 8 lines, 56 bytes in .* ms\n$/,
    );
    assert.equal(await text(visit, 'stdout-size'), `${expected.join('').length} bytes`);
    const { seen, running } = await visit.page.evaluate(() => window.recorded);
    assert.ok(seen.length >= 4, `the output grew ${seen.length} times`);
    assert.ok(running >= 4, `the output grew ${running} times before the end`);
    assert.ok(seen.at(-1).at - seen[0].at > 300, 'the output came at once');
  });

  test('says how long everything took', async () => {
    await ready(visit);
    await fill(visit, { args: '--tick 0', stdin: lines(3), pace: 0 });
    await visit.page.click('#run');
    await status(visit, 'Exit code 0');
    for (const id of ['compile-time', 'instantiate-time', 'first-time', 'run-time']) {
      assert.match(await text(visit, id), /^\d+(\.\d+)? ms$/, id);
    }
  });

  test('shows an exit code and what was written to standard error', async () => {
    await ready(visit);
    await fill(visit, { args: '--nonsense' });
    await visit.page.click('#run');
    await status(visit, 'Exit code 2');
    assert.equal(await text(visit, 'stdout'), '');
    assert.match(await text(visit, 'stderr'), /unknown argument "--nonsense"/);
  });

  test('keeps quoted arguments together', async () => {
    await ready(visit);
    await fill(visit, { args: '"--up per"' });
    await visit.page.click('#run');
    await status(visit, 'Exit code 2');
    assert.match(await text(visit, 'stderr'), /unknown argument "--up per"/);
  });

  test('stops a command, and runs it again', async () => {
    await ready(visit);
    await fill(visit, { args: '--tick 0', stdin: lines(50), pace: 1000 });
    await visit.page.click('#run');
    await output(visit);
    assert.equal(await text(visit, 'run'), 'Stop');
    await visit.page.click('#run');
    await status(visit, 'Stopped.');
    assert.equal(await text(visit, 'run'), 'Run');
    await fill(visit, { stdin: 'again', pace: 0 });
    await visit.page.click('#run');
    await status(visit, 'Exit code 0');
    assert.match(await text(visit, 'stdout'), /^.*1 {2}again\n$/);
  });

  test('stops a command that loops for ever', async () => {
    await ready(visit);
    await choose(visit, 'endless.wasm', ENDLESS);
    await says(visit, 'component', 'endless.wasm is ready.');
    await visit.page.click('#run');
    await status(visit, 'Running…');
    await says(visit, 'instantiate-time', 'ms');
    await visit.page.click('#run');
    await status(visit, 'Stopped.');
    await says(visit, 'component', 'endless.wasm is ready.');
  });

  test('can be used from the keyboard', async () => {
    const { page } = visit;
    await ready(visit);
    await fill(visit, { pace: 1000 });
    await page.focus('#stdin');
    await page.keyboard.down('Control');
    await page.keyboard.press('Enter');
    await page.keyboard.up('Control');
    await output(visit);
    await page.keyboard.press('Escape');
    await status(visit, 'Stopped.');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'run');
    await fill(visit, { pace: 0 });
    await page.focus('#run');
    await page.keyboard.press('Enter');
    await status(visit, 'Exit code 0');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'run');
  });

  test('shows the end of megabytes', async () => {
    await ready(visit);
    const line = 'All work and no play makes a dull component.\n';
    const [count, times] = [2000, 50];
    const stdin = line.repeat(count);
    await fill(visit, { args: `--tick 0 --repeat ${times}`, env: '', stdin, pace: 0 });
    await visit.page.click('#run');
    await status(visit, 'Exit code 0');
    const size = (count * times * (line.length + 8)).toLocaleString('en');
    assert.equal(await text(visit, 'stdout-size'), `${size} bytes`);
    const shown = await text(visit, 'stdout');
    assert.ok(shown.endsWith(`  ${count}  ${line}`) && shown.length < 1_000_000);
  });

  test('names a line that is not an environment variable', async () => {
    await ready(visit);
    await fill(visit, { env: 'no variable' });
    await visit.page.click('#run');
    await status(visit, 'not an environment variable: no variable');
  });

  test('takes a component of one’s own, and says what is wrong with it', async () => {
    const { page } = visit;
    await ready(visit);
    await choose(visit, 'broken.wasm', 'no component at all');
    await says(visit, 'component', 'ComponentCompileError');
    await choose(visit, 'values.wasm', await readFile(guest('values')));
    await says(visit, 'component', 'values.wasm is ready.');
    assert.match(await text(visit, 'interfaces'), /echo-string: func\(v: string\) -> string/);
    await page.click('#run');
    await status(visit, 'not a command');
    await page.click('#bundled');
    await ready(visit);
    await page.click('#run');
    await output(visit);
  });

  for (const [what, width] of [
    ['a phone', 360],
    ['a screen', 1280],
  ]) {
    test(`fits ${what}`, async () => {
      const { page } = visit;
      await page.setViewport({ width, height: 740 });
      await ready(visit);
      await choose(visit, 'values.wasm', await readFile(guest('values')));
      await page.click('summary');
      const tooWide = await page.evaluate(() => {
        const edge = document.querySelector('form').getBoundingClientRect().right;
        return [...document.querySelectorAll('form *')]
          .filter((box) => box.getBoundingClientRect().right > edge + 0.5)
          .map((box) => `${box.localName}#${box.id}`);
      });
      assert.deepEqual(tooWide, []);
      const { scrollWidth, clientWidth } = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      assert.ok(scrollWidth <= clientWidth, `${scrollWidth} pixels wide, ${clientWidth} there`);
    });
  }

  for (const theme of visit.themes) {
    test(`is legible when it is ${theme}`, async () => {
      const { page } = visit;
      await visit.prefer(theme);
      await ready(visit);
      await fill(visit, { args: '--tick 100' });
      await page.click('#run');
      await status(visit, 'Exit code 0');
      const { lightness, weak } = await page.evaluate(contrasts);
      assert.equal(lightness > 0.5, theme === 'light');
      assert.deepEqual(weak, []);
    });
  }
});

/** Waits until the bundled command is compiled. */
function ready(visit) {
  return says(visit, 'component', 'command.component.wasm is ready.');
}

function status(visit, wanted) {
  return says(visit, 'status', wanted);
}

/** Waits until an element contains a text; says what it contained instead. */
async function says(visit, id, wanted) {
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

async function output(visit) {
  await visit.page.waitForFunction(() => document.getElementById('stdout').textContent !== '');
}

function text({ page }, id) {
  return page.$eval(`#${id}`, (element) => element.textContent);
}

function fill({ page }, values) {
  return page.evaluate((all) => {
    for (const [id, value] of Object.entries(all)) document.getElementById(id).value = value;
  }, values);
}

/** Chooses a file of this name, as if there were one. */
async function choose({ page }, name, content) {
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

function lines(count) {
  return Array.from({ length: count }, (_, i) => `line ${i}\n`).join('');
}

function guest(name) {
  return fileURLToPath(new URL(`../../build/guests/${name}.component.wasm`, import.meta.url));
}

/** In the page: notes whenever the output has grown. */
function recordOutput() {
  const stdout = document.getElementById('stdout');
  const recorded = { seen: [], running: 0 };
  window.recorded = recorded;
  new MutationObserver(() => {
    recorded.seen.push({ at: performance.now(), length: stdout.textContent.length });
    if (document.getElementById('status').textContent === 'Running…') recorded.running += 1;
  }).observe(stdout, { childList: true });
}
