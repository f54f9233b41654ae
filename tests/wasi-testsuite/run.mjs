/**
 * `npm run wasi-testsuite -- DIR [--host HOST] [--filter TEXT] [--json FILE]`: runs a folder of prebuilt components of
 * WebAssembly/wasi-testsuite (`tests/rust/testsuite/wasm32-wasip3` of its branch prod/testsuite-base) against `pkg/`.
 *
 * Exit code 0 only when every test passes, but for those that `exceptions.mjs` names with a reason; an exception that passes is a failure.
 */

import { readdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUN, DENO, lacking } from '../engines/engines.mjs';
import { openBrowser } from './browser.mjs';
import { EXCEPTIONS } from './exceptions.mjs';
import { Operations } from './operations.mjs';
import { openProcesses } from './process.mjs';
import { startServers } from './servers.mjs';
import { specOf } from './spec.mjs';

/** Milliseconds for one test. */
const LIMIT = 20_000;
const HOSTS = {
  node: openProcesses,
  deno: (tests) => openProcesses(tests, DENO),
  bun: (tests) => openProcesses(tests, BUN),
  chromium: (tests) => openBrowser(tests, 'chromium'),
  'chromium-opfs': (tests) => openBrowser(tests, 'chromium', { opfs: true }),
  firefox: (tests) => openBrowser(tests, 'firefox'),
  'firefox-opfs': (tests) => openBrowser(tests, 'firefox', { opfs: true }),
};
const USAGE = `usage: npm run wasi-testsuite -- DIR [--host ${Object.keys(HOSTS).join('|')}] [--filter TEXT] [--json FILE]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: 'node' },
    filter: { type: 'string' },
    json: { type: 'string' },
  },
});
if (positionals.length !== 1 || !Object.hasOwn(HOSTS, values.host)) {
  console.error(USAGE);
  process.exit(2);
}
const engine = { deno: DENO, bun: BUN }[values.host];
const reason = engine && lacking(engine);
if (reason !== undefined) {
  console.error(`${values.host} is ${reason}`);
  process.exit(2);
}
const folder = resolve(positionals[0]);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.wasm'))
  .map((name) => name.slice(0, -'.wasm'.length))
  .filter((name) => name.includes(values.filter ?? ''))
  .sort();
const host = await HOSTS[values.host](folder);
const report = [];
try {
  for (const name of names) report.push(judge(name, await outcome(name)));
} finally {
  await host.close();
}
const stale = Object.keys(EXCEPTIONS[values.host]).filter(
  (name) => values.filter === undefined && !names.includes(name),
);
for (const name of stale) console.log(`FAIL ${name}: an exception for no test`);
const passed = report.filter((entry) => entry.passed).length;
console.log(`${passed} of ${report.length} passed`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report, null, 2));
process.exitCode =
  report.length > 0 && stale.length === 0 && report.every((entry) => entry.ok) ? 0 : 1;

function judge(name, why) {
  const expected = EXCEPTIONS[values.host][name];
  const passed = why === undefined;
  const shown = passed ? '' : `  ${why.split('\n').slice(0, 4).join('\n        ')}`;
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}${shown}`);
  if (expected !== undefined) console.log(`       expected to fail: ${expected}`);
  return { name, passed, ok: passed === (expected === undefined), why };
}

/** Why a test failed; `undefined` when it passed. */
async function outcome(name) {
  const cleanups = [];
  const limit = new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`not over after ${LIMIT} ms`)), LIMIT);
    cleanups.push(() => clearTimeout(timer));
  });
  try {
    await Promise.race([play(name, specOf(folder, name), cleanups), limit]);
    return undefined;
  } catch (error) {
    return error.message;
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

async function play(name, { operations, servers: wanted, world, proposals }, cleanups) {
  let test;
  for (const operation of operations) {
    if (operation.type !== 'run') {
      await test.perform(operation);
      continue;
    }
    const { args = [], env = {}, root } = operation;
    const servers = await startServers(wanted);
    cleanups.push(() => servers.stop());
    const job = { name, world, proposals, args, env: { ...env, ...servers.env }, root };
    const program = await host.start(job);
    cleanups.push(() => program.stop());
    test = new Operations(program);
  }
}
