/**
 * `npm run size`: bytes of what is downloaded, raw and by brotli, beside the limits that we build against. To run is what every
 * component needs, with async functions, streams, futures and resources; what only some need is listed by itself. It measures the
 * built package as shipped, and fails when a ceiling is passed. `--json` prints numbers.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const DIST = fileURLToPath(new URL('../pkg/dist', import.meta.url));

/** Bytes after brotli; a KB is 1000 bytes. */
const BUDGET = { run: 45_000, compile: 260_000 };

/** As long as a budget is not met: what must not be passed all the same. */
const CEILING = { run: 48_500, compile: 270_000 };

function main() {
  const report = measure();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  printRow('', 'bytes', 'brotli', 'budget');
  for (const [name, { raw, brotli }] of Object.entries(report.parts)) printRow(name, raw, brotli);
  console.log();
  for (const { name, raw, brotli, budget, ceiling } of report.totals) {
    printRow(name, raw, brotli, budget, brotli <= budget ? 'met' : `over by ${brotli - budget}`);
    if (brotli <= ceiling) continue;
    console.log(
      `"${name}" has grown beyond ${ceiling}: make a part of what only some programs need`,
    );
    process.exitCode = 1;
  }
}

/** Every file is compressed by itself, as it is downloaded. */
function measure() {
  const host = closure('web.js');
  const beside = (file) => [...closure(file)].filter((other) => !host.has(other));
  const parts = partsOf(host);
  const compiling = [...new Set(['compile', 'describe'].flatMap((name) => beside(parts[name])))];
  const run = ['runtime.wasm', 'driver.wasm', ...host];
  const compile = [...run, 'compiler.wasm', ...compiling];
  return {
    parts: {
      'runtime.wasm': sum(['runtime.wasm']),
      'driver.wasm': sum(['driver.wasm']),
      'host code': sum(host),
      'compiler.wasm': sum(['compiler.wasm']),
      'code to compile': sum(compiling),
      ...Object.fromEntries(
        Object.entries(parts)
          .filter(([name]) => name !== 'compile' && name !== 'describe')
          .map(([name, file]) => [`only for ${name}`, sum([...beside(file), ...wasmOf(name)])]),
      ),
      'wasi code, for a page': sum(beside('wasi-web.js')),
      'all JavaScript': sum(readdirSync(DIST).filter((file) => file.endsWith('.js'))),
    },
    totals: [
      { name: 'to run', ...sum(run), budget: BUDGET.run, ceiling: CEILING.run },
      {
        name: 'to compile as well',
        ...sum(compile),
        budget: BUDGET.compile,
        ceiling: CEILING.compile,
      },
    ],
  };
}

/** The wasm file that only one part needs. */
function wasmOf(part) {
  return part === 'composition' ? ['composer.wasm'] : [];
}

/** A module of the package and all that it imports at once. */
function closure(entry) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const specifier of specifiers(file, /(?:\bfrom|\bimport)\s*"(\.[^"]+\.js)"/g)) {
      visit(specifier);
    }
  };
  visit(entry);
  return found;
}

/** What `files` import when it is needed, by name (`js/host/parts.ts`). */
function partsOf(files) {
  const all = [...files].flatMap((file) => specifiers(file, /\bimport\s*\(\s*"(\.[^"]+\.js)"/g));
  return Object.fromEntries(all.map((file) => [file.replace(/-[A-Z0-9]+\.js$/, ''), file]));
}

/** Names of files: esbuild writes specifiers as string literals, relative to the file. */
function specifiers(file, pattern) {
  const text = readFileSync(join(DIST, file), 'utf8');
  return [...text.matchAll(pattern)].map(([, path]) => normalize(join(dirname(file), path)));
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
