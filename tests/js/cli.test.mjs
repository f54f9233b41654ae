/** The command line, run as a process against the built guests. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const CLI = path('../../pkg/dist/cli.js');
const guest = (name) => path(`../../build/guests/${name}.component.wasm`);
const folder = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function tidegate(args, { input = '', env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => {});
    if (input !== null) child.stdin.end(input);
  });
}

const file = (name, bytes) => {
  const full = join(folder, name);
  writeFileSync(full, bytes);
  return full;
};

test('run: stdin to stdout, exit code 0', async () => {
  const { code, stdout } = await tidegate(['run', guest('command')], { input: 'one\ntwo\n' });
  assert.equal(code, 0);
  assert.match(stdout, /1\s+one\n.*2\s+two\n/s);
});

test('run: of two versions of WASI, the newest', async () => {
  const { code, stderr } = await tidegate(['run', guest('two-runs')]);
  assert.equal(code, 0, stderr);
});

test('run: --trace writes what happened, also when the component fails', async () => {
  for (const [args, expected] of [
    [[], 0],
    [['--nonsense'], 2],
  ]) {
    const trace = join(folder, 'trace.json');
    rmSync(trace, { force: true });
    const { code } = await tidegate(['run', '--trace', trace, guest('command'), ...args], {
      input: 'one\n',
    });
    assert.equal(code, expected);
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8'));
    assert.equal(traceEvents[0].args.name, 'command.component.wasm');
    const run = traceEvents.find(
      ({ ph, name }) => ph === 'b' && /^wasi:cli\/run@.*#run$/.test(name),
    );
    assert.ok(traceEvents.some(({ ph, id }) => ph === 'e' && id === run.id));
  }
});

test('run: a Rust program works on the folder that it is given, and on no other', async () => {
  const root = mkdtempSync(join(folder, 'root-'));
  const { code, stdout, stderr } = await tidegate([
    'run',
    '--dir',
    `${root}::/work`,
    guest('std-files'),
    '/work',
  ]);
  // On a busy machine it is announced that compiling takes long.
  assert.match(stderr, /^(tidegate: compiling .*\n)?$/);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^one\nTWO\nthree\n3 bytes\ncopy.txt deep\n\.\.\/outside: permission denied\n/,
  );
  const readOnly = await tidegate(['run', `--dir-ro=${root}::/work`, guest('std-files'), '/work']);
  assert.match(readOnly.stderr, /ReadOnlyFilesystem/);
  const none = await tidegate(['run', guest('std-files'), '/work']);
  assert.notEqual(none.code, 0);
});

test('run: a component that ends before its stdin does ends the process', async () => {
  const { code } = await tidegate(['run', guest('command'), '--help'], { input: null });
  assert.equal(code, 0);
});

test('run: arguments and variables reach the component, others do not', async () => {
  const args = ['run', '--env', 'A=b', '--env=EXIT_CODE=7', guest('std-hello'), 'x', '--y'];
  const { stdout, stderr, code } = await tidegate(args);
  assert.equal(stdout, 'Hello, x!\nHello, --y!\n');
  assert.equal(stderr, 'std-hello: 2 greeted\n');
  assert.equal(code, 1, 'exit of WASI 0.2 knows success and failure only');
  const own = await tidegate(['run', '--env', 'EXIT_CODE', guest('std-hello')], {
    env: { EXIT_CODE: '9' },
  });
  assert.equal(own.code, 1, 'a name alone passes the variable of the process on');
  const kept = await tidegate(['run', guest('std-hello')], { env: { EXIT_CODE: '9' } });
  assert.equal(kept.code, 0, 'a variable that is not named is not granted');
});

test("run: the code that a component exits with is the process's", async () => {
  const { code } = await tidegate(['run', guest('command'), '--no-such-option']);
  assert.equal(code, 2);
});

test('run: a trap, and waiting for what will never happen, are exit code 134', async () => {
  const trap = await tidegate(['run', guest('std-waits'), 'nothing that it knows']);
  assert.equal(trap.code, 134);
  assert.match(trap.stderr, /^tidegate: the component trapped: unreachable/m);
  const { code, stderr } = await tidegate(['run', guest('stuck')]);
  assert.equal(code, 134);
  assert.match(stderr, /deadlock|never happen/);
});

const FAILURES = [
  ['no command', [], 0, /Usage/],
  ['an unknown command', ['fly'], 2, /no command fly/],
  ['no component', ['run'], 2, /which component/],
  ['an unknown option', ['run', '--fly', 'x.wasm'], 2, /no option --fly/],
  ['a variable without a name', ['run', '--env', '=x', 'x.wasm'], 2, /NAME=VAL/],
  ['a file that is not there', ['run', join(folder, 'none.wasm')], 1, /cannot read .*none\.wasm/],
  ['a file of another kind', ['run', file('text.wasm', 'hello')], 1, /cannot compile/],
  [
    'a core module',
    ['run', file('core.wasm', Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))],
    1,
    /cannot compile.*core WebAssembly module/s,
  ],
  ['a component of another world', ['run', guest('values')], 1, /does not export wasi:cli\/run/],
];

for (const [name, args, wanted, message] of FAILURES) {
  test(`${name}: exit code ${wanted}, a message and no stack`, async () => {
    const { code, stdout, stderr } = await tidegate(args);
    assert.equal(code, wanted, stderr);
    assert.match(wanted === 0 ? stdout : stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}

test('--version and --help', async () => {
  assert.match((await tidegate(['--version'])).stdout, /^tidegate \d+\.\d+\.\d+\n$/);
  assert.match((await tidegate(['run', '--help'])).stdout, /--env <NAME\[=VAL\]>/);
});

test('the document of the command line has every option, and no other', async () => {
  const document = readFileSync(path('../../docs/cli.md'), 'utf8');
  const rows = [...document.matchAll(/^\| `(--[a-z0-9-]+)[^|]*\| ([^|]+) \|/gm)];
  for (const command of ['run', 'serve', 'inspect', 'compose', 'types']) {
    const { stdout } = await tidegate([command, '--help']);
    const [, options] = stdout.split(/^Options:$/m);
    const wanted = [...options.matchAll(/^ +(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, flag]) => flag);
    const told = rows.filter(([, , of]) => of === 'all' || of.includes(`\`${command}\``));
    assert.deepEqual(told.map(([, flag]) => flag).sort(), wanted.sort(), command);
  }
});

test('--verbose adds the stack', async () => {
  const { code, stderr } = await tidegate(['run', '--verbose', join(folder, 'none.wasm')]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot read[^\n]*\n\s+at /);
});

test('what takes long to compile is announced, unless it is to be quiet', async () => {
  // A custom section of 5 MB, at the end.
  const section = Uint8Array.of(0, 0xc1, 0x96, 0xb1, 0x02, 0);
  const parts = [readFileSync(guest('command')), section, Buffer.alloc(5_000_000)];
  const large = file('large.wasm', Buffer.concat(parts));
  const { code, stderr } = await tidegate(['run', large, '--help']);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^tidegate: compiling large\.wasm \(5\.1 MB\)\n/);
  assert.equal((await tidegate(['run', '--quiet', large, '--help'])).stderr, '');
});

test('compose: several files become one component', async () => {
  const out = join(folder, 'chain.wasm');
  const files = [guest('compose-link'), guest('compose-end')];
  const made = await tidegate(['compose', ...files, '-o', out]);
  assert.equal(made.code, 0, made.stderr);
  const { stdout } = await tidegate(['inspect', out]);
  assert.match(stdout, /import test:chain\/say@1\.2\.0;/);
  assert.match(stdout, /export test:chain\/step@1\.0\.0;/);
  assert.doesNotMatch(stdout, /import test:chain\/step/);
  const to = 'test:inner/step@3.0.0=compose-end/test:chain/step';
  const exports = ['--export', 'test:chain/step=compose-link', '--export', to];
  assert.equal((await tidegate(['compose', ...files, '-o', out, ...exports])).code, 0);
  const both = (await tidegate(['inspect', out])).stdout;
  assert.match(both, /export test:chain\/step@1\.0\.0;\s+export test:inner\/step@3\.0\.0;/);
});

test('compose: what does not fit, and a wrong command line', async () => {
  const link = guest('compose-link');
  const out = ['-o', join(folder, 'never.wasm')];
  const odd = await tidegate(['compose', link, guest('compose-odd'), ...out]);
  assert.equal(odd.code, 1);
  assert.match(odd.stderr, /cannot link .*\n.*test:chain\/step@1\.0\.1 of compose-link/);
  const to = 'compose-link/test:chain/step=nobody';
  const nobody = await tidegate(['compose', link, '--link', to, ...out]);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /a component "nobody"/);
  const none = await tidegate([
    'compose',
    link,
    '--export',
    'test:chain/none=compose-link',
    ...out,
  ]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /the export test:chain\/none of the whole/);
  const wrong = [[], [link], [link, link, ...out], [link, '--link', 'a=b', ...out]];
  wrong.push([link, '--export', 'a', ...out], [link, '--export', 'a=b', '--export', 'a=c', ...out]);
  for (const args of wrong) {
    assert.equal((await tidegate(['compose', ...args])).code, 2, args.join(' '));
  }
});

test('precompile: the file runs as before, and without compiling where that is allowed', async () => {
  const out = join(folder, 'ahead.wasm');
  const made = await tidegate(['precompile', guest('command'), '-o', out]);
  assert.equal(made.code, 0, made.stderr);
  for (const allowed of [[], ['--allow-precompiled']]) {
    const { code, stderr, stdout } = await tidegate(['run', ...allowed, out], { input: 'one\n' });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /1\s+one\n/);
  }
  const bytes = readFileSync(out);
  bytes[bytes.indexOf('"version":"') + '"version":"'.length] = 0x39;
  const stale = file('stale.wasm', bytes);
  const refused = await tidegate(['run', '--allow-precompiled', stale], { input: 'one\n' });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /precompiled again/);
  assert.equal((await tidegate(['run', stale], { input: 'one\n' })).code, 0);
});

test('precompile: gated features, and a wrong command line', async () => {
  const out = ['-o', join(folder, 'lists.wasm')];
  const lists = guest('fixed-lists');
  const gated = await tidegate(['precompile', lists, ...out]);
  assert.equal(gated.code, 1);
  assert.match(gated.stderr, /fixed-length-lists/);
  const feature = ['--feature', 'fixed-length-lists'];
  assert.equal((await tidegate(['precompile', ...feature, lists, ...out])).code, 0);
  const unknown = ['--feature', 'time-travel', lists, ...out];
  for (const args of [[], [lists], ['--allow-precompiled', lists, ...out], unknown]) {
    assert.equal((await tidegate(['precompile', ...args])).code, 2, args.join(' '));
  }
});
