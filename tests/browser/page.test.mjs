/** The demo page as a person meets it: typing, running, watching, stopping. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inBrowsers } from './browsers.mjs';
import { contrasts } from './contrast.mjs';
import { choose, fill, guest, output, ready, says, status, text } from './demo.mjs';
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
    assert.equal(await page.$eval('#command', (form) => form.hidden), true);
    await page.click('[data-example=command]');
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
      await page.$$eval('details', (all) => {
        for (const details of all) details.open = true;
      });
      await page.waitForSelector('.function form');
      const tooWide = await page.evaluate(() => {
        const edge = document.querySelector('.given').getBoundingClientRect().right;
        return [...document.querySelectorAll('.given *:not(pre *)')]
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

function lines(count) {
  return Array.from({ length: count }, (_, i) => `line ${i}\n`).join('');
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
