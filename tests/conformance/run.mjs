/**
 * `npm run conformance -- DIR [--filter TEXT] [--json FILE]`: runs a folder of component `.wast` scripts on this Node.
 *
 * Exit code 0 only when every directive passes. The scripts are converted first, by the build tool.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as tidegate from '../../pkg/dist/node.js';
import { runScript } from './script.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { filter: { type: 'string' }, json: { type: 'string' }, verbose: { type: 'boolean' } },
});
if (positionals.length !== 1) {
  console.error('usage: npm run conformance -- DIR [--filter TEXT] [--json FILE] [--verbose]');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'tidegate-wast-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const converted = spawnSync(
  'cargo',
  ['run', '-q', '--release', '-p', 'tidegate-xtask', '--', 'wast', resolve(positionals[0]), folder],
  { stdio: 'inherit' },
);
if (converted.status !== 0) process.exit(converted.status ?? 1);

const report = [];
for (const { name, error } of JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))) {
  if (values.filter !== undefined && !name.includes(values.filter)) continue;
  if (error !== undefined) {
    report.push({ name, passed: 0, failed: 1, failures: [{ line: 0, why: error }] });
    continue;
  }
  const path = join(folder, `${name}.json`);
  const script = JSON.parse(readFileSync(path, 'utf8'));
  const outcomes = await runScript(script, (file) => readFile(join(dirname(path), file)), tidegate);
  const failures = outcomes.filter((o) => !o.ok);
  report.push({
    name,
    passed: outcomes.length - failures.length,
    failed: failures.length,
    failures,
  });
}

for (const { name, passed, failed, failures } of report) {
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${name}  ${passed}/${passed + failed}`);
  const shown = values.verbose ? failures : failures.slice(0, 3);
  for (const { line, why } of shown) console.log(`       line ${line}: ${why}`);
}
const sum = (key) => report.reduce((n, r) => n + r[key], 0);
const whole = report.filter((r) => r.failed === 0).length;
console.log(`${whole} of ${report.length} scripts whole`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report, null, 2));
process.exit(sum('failed') === 0 ? 0 : 1);
