/**
 * `npm run wasi-testsuite -- DIR [--filter TEXT] [--json FILE]`: runs a folder of prebuilt components of WebAssembly/wasi-testsuite
 * (`tests/rust/testsuite/wasm32-wasip3` of its branch prod/testsuite-base) through the command line of `pkg/`.
 *
 * Exit code 0 only when every test passes, but for those that `EXCEPTIONS` names with a reason; an exception that passes is a failure.
 */

import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Guest } from './operations.mjs';
import { startServers } from './servers.mjs';

const CLI = fileURLToPath(new URL('../../pkg/dist/cli.js', import.meta.url));
const LIMIT = 10_000;

/** Tests that contradict the specification, and how. */
const EXCEPTIONS = {};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { filter: { type: 'string' }, json: { type: 'string' } },
});
if (positionals.length !== 1) {
  console.error('usage: npm run wasi-testsuite -- DIR [--filter TEXT] [--json FILE]');
  process.exit(2);
}
const folder = resolve(positionals[0]);
const scratch = mkdtempSync(join(tmpdir(), 'tidegate-wasi-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const names = readdirSync(folder)
  .filter((name) => name.endsWith('.wasm'))
  .map((name) => name.slice(0, -'.wasm'.length))
  .filter((name) => name.includes(values.filter ?? ''))
  .sort();
const report = [];
for (const name of names) {
  const why = await outcome(name);
  const expected = EXCEPTIONS[name];
  const ok = (why === undefined) === (expected === undefined);
  report.push({ name, passed: why === undefined, ok, why });
  const shown = why === undefined ? '' : `  ${why.split('\n').slice(0, 4).join('\n        ')}`;
  console.log(`${why === undefined ? 'ok  ' : 'FAIL'} ${name}${shown}`);
  if (expected !== undefined) console.log(`       expected to fail: ${expected}`);
}
const passed = report.filter((entry) => entry.passed).length;
console.log(`${passed} of ${report.length} passed`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report, null, 2));
process.exitCode = report.every((entry) => entry.ok) ? 0 : 1;

/** Why a test failed; `undefined` when it passed. */
async function outcome(name) {
  const cleanups = [];
  const limit = new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`not over after ${LIMIT} ms`)), LIMIT);
    cleanups.push(() => clearTimeout(timer));
  });
  try {
    await Promise.race([play(name, specOf(name), cleanups), limit]);
    return undefined;
  } catch (error) {
    return error.message;
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

async function play(name, spec, cleanups) {
  let guest;
  for (const operation of spec.operations) {
    if (operation.type === 'run') {
      const servers = await startServers(spec.servers);
      cleanups.push(() => servers.stop());
      guest = new Guest(process.execPath, commandLine(name, spec, operation, servers.env));
      const { stop } = guest;
      cleanups.push(() => stop.call(guest));
    } else if (operation.type === 'wait') await guest.wait(operation.exit_code ?? 0);
    else await guest.perform(operation);
  }
}

/** Each run gets a copy of the folder that it may change. */
function commandLine(name, { world, proposals }, { args = [], env = {}, root }, serverEnv) {
  const file = join(folder, `${name}.wasm`);
  const flags = Object.entries({ ...env, ...serverEnv }).map(([k, v]) => `--env=${k}=${v}`);
  if (root != null) {
    const copy = mkdtempSync(join(scratch, 'root-'));
    cpSync(join(folder, root), copy, { recursive: true, verbatimSymlinks: true });
    flags.push(`--dir=${copy}::/`);
  }
  if (proposals.includes('http')) flags.push('--allow-http');
  if (proposals.includes('sockets')) flags.push('--allow-net');
  const command = world === 'wasi:http/service' ? ['serve', '--addr=127.0.0.1:0'] : ['run'];
  return [CLI, ...command, ...flags, file, ...args];
}

/** A test's JSON in the one form that has operations. */
function specOf(name) {
  const path = join(folder, `${name}.json`);
  const spec = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const { world = 'wasi:cli/command', proposals = [], servers = [] } = spec;
  if (spec.operations || spec.proposals || spec.servers) {
    return { world, proposals, servers, operations: spec.operations ?? [] };
  }
  const { args, env, root, exit_code, stdout, stderr } = spec;
  const reads = Object.entries({ stdout, stderr }).filter(([, payload]) => payload !== undefined);
  const operations = [
    { type: 'run', args, env, root },
    ...reads.map(([id, payload]) => ({ type: 'read', id, payload })),
    { type: 'wait', exit_code },
  ];
  return { world, proposals, servers, operations };
}
