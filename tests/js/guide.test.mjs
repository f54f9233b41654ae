/**
 * The guide never lies: its examples are run, and what a comment says is printed is what is printed. Those of a section go on from
 * the section "Load"; an example that names a file is a part of that file, which tests run elsewhere.
 */

import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../../scripts/lib/run.mjs';
import { JSPI } from './support/blocking.mjs';
import { makeFolder } from './support/project.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const guide = read('docs/guide.md');

/** Of each section that has any: its examples. */
const sections = guide
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    examples: [...text.matchAll(/^```js(?: (\S+))?\n(.*?)^```$/gms)].map(([, file, code]) => ({
      file,
      code,
    })),
  }))
  .filter(({ examples }) => examples.length > 0);

const runnable = ({ examples }) => examples.filter(({ file }) => file === undefined);

let project;

before(() => {
  project = makeFolder(['text', 'command']);
});

after(() => project.remove());

describe('the guide', () => {
  const [load] = sections;

  test('has a section for everything', () => {
    assert.deepEqual(
      sections.map(({ title }) => title),
      [
        ...['Load', 'Call', 'Host functions', 'Stream', 'Cancel', 'Waiting', 'Resources', 'Errors'],
        ...['Stores and limits', 'Look inside', 'WASI', 'Workers'],
      ],
    );
  });

  for (const section of sections) {
    const examples = runnable(section);
    if (examples.length === 0) continue;
    const skip = section.title === 'Waiting' && !JSPI && 'this Node cannot suspend WebAssembly';
    test(`${section.title}: prints what it says`, { skip }, () => {
      const own = examples.map(({ code }) => code);
      // What "Load" prints is for its own test.
      const setup = section === load ? [] : [runnable(load)[0].code];
      project.write('guide.mjs', [...setup, ...own].join('\n'));
      const { status, stdout, stderr } = project.run('guide.mjs');
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout.trimEnd().split('\n'), own.flatMap(expected));
    });
  }

  for (const { title, examples } of sections) {
    for (const { file, code } of examples.filter((example) => example.file !== undefined)) {
      test(`${title}: an example is a part of ${file}`, () => {
        assert.ok(read(file).includes(code), code);
      });
    }
  }

  test('shows the world of its component', () => {
    const squeeze = (wit) => wit.replace(/^\s*\/\/\/.*$/gm, '').replace(/\s+/g, ' ');
    const shown = /^```wit\n(.*?)^```$/ms.exec(guide)[1];
    assert.equal(squeeze(shown), squeeze(read('tests/guests/text/wit/world.wit')));
  });

  test('links to what is there', () => {
    for (const page of ['docs/guide.md', 'docs/errors.md', 'README.md']) {
      const text = read(page).replace(/^```.*?^```$/gms, '');
      for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        assert.ok(existsSync(join(root, dirname(page), target)), `${page}: ${target}`);
      }
    }
  });
});

test('the example of a store in a worker runs on Node', () => {
  cpSync(join(root, 'examples/store-in-worker'), join(project.folder, 'worker'), {
    recursive: true,
  });
  const { status, stdout, stderr } = project.run('worker/node.mjs', 'text.component.wasm');
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    words: 4,
    text: 'FROM HERE, THROUGH THERE',
    stopped: 'stopped',
    translated: 'stressed evil',
    parsed: 'ComponentError: not a number: nothing',
    late: 'TimeoutError',
  });
});

/** The lines that an example says it prints: comments after statements, and whole-line ones after such that print. */
function expected(code) {
  const lines = [];
  let printed = false;
  for (const line of code.split('\n')) {
    const whole = /^\/\/ (.*)$/.exec(line);
    const trailing = /\); \/\/ (.*)$/.exec(line);
    if (trailing) lines.push(trailing[1]);
    else if (whole && printed) lines.push(whole[1]);
    printed = whole ? printed : line.trim() !== '';
  }
  return lines;
}
