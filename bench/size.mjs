/**
 * `npm run size`: bytes of what is downloaded, raw and by brotli, beside the budgets of design section 7.
 * It measures the built package as shipped. `--json` prints numbers.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const DIST = fileURLToPath(new URL('../pkg/dist', import.meta.url));

/** Bytes after brotli; a KB is 1000 bytes. */
const BUDGET = { run: 45_000, compile: 260_000 };

function main() {
  const report = measure();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  printRow('', 'bytes', 'brotli', 'budget');
  for (const [name, { raw, brotli }] of Object.entries(report.parts)) printRow(name, raw, brotli);
  console.log();
  for (const { name, raw, brotli, budget } of report.totals) {
    printRow(name, raw, brotli, budget, brotli <= budget ? 'met' : `over by ${brotli - budget}`);
  }
}

/** Every file is compressed by itself, as it is downloaded. */
function measure() {
  const host = closure('web.js');
  const compiler = [...closure('web.js', { lazy: true })].filter((file) => !host.has(file));
  const wasi = [...closure('wasi-web.js')].filter((file) => !host.has(file));
  const parts = {
    'runtime.wasm': sum(['runtime.wasm']),
    'driver.wasm': sum(['driver.wasm']),
    'host code': sum(host),
    'compiler.wasm': sum(['compiler.wasm']),
    "compiler's glue": sum(compiler),
    'wasi code, for a page': sum(wasi),
    'all JavaScript': sum(readdirSync(DIST).filter((file) => file.endsWith('.js'))),
  };
  const run = ['runtime.wasm', 'driver.wasm', ...host];
  const compile = [...run, 'compiler.wasm', ...compiler];
  return {
    parts,
    totals: [
      { name: 'to run', ...sum(run), budget: BUDGET.run },
      { name: 'to compile as well', ...sum(compile), budget: BUDGET.compile },
    ],
  };
}

/** A module of the package and all that it imports at once, or lazily as well. */
function closure(entry, { lazy = false } = {}) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    const text = readFileSync(join(DIST, file), 'utf8');
    // esbuild writes specifiers as string literals, relative to the file.
    const specifiers = lazy
      ? /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+\.js)"/g
      : /(?:\bfrom|\bimport)\s*"(\.[^"]+\.js)"/g;
    for (const [, specifier] of text.matchAll(specifiers)) {
      visit(normalize(join(dirname(file), specifier)));
    }
  };
  visit(entry);
  return found;
}

function sum(files) {
  let raw = 0;
  let brotli = 0;
  for (const file of files) {
    const bytes = readFileSync(join(DIST, file));
    raw += bytes.length;
    brotli += brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }).length;
  }
  return { raw, brotli };
}

function printRow(name, raw, brotli, budget = '', verdict = '') {
  const columns = [raw, brotli, budget].map((column) => String(column).padStart(10));
  console.log(`${name.padEnd(24)}${columns.join('')}  ${verdict}`.trimEnd());
}

main();
