/**
 * `npm run bench`: how long each kind of work takes, beside the same work written by hand, in one
 * process. It measures the built package. `--json` prints numbers; `--quick` is short and rough; `--jco` does the same work with
 * what jco makes of the guests.
 */

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { compare } from './measure.mjs';

const USAGE = 'usage: npm run bench -- [--json] [--quick] [--jco] [--only TEXT]';

async function main() {
  const options = readOptions();
  const { Component } = await import('../pkg/dist/node.js');
  const load = (file) => readFile(new URL(`../build/bench/${file}`, import.meta.url));
  const results = [];
  const jco = options.jco ? await import('./jco/transpiled.mjs') : undefined;
  if (!options.json) printRow('', 'ns', 'limit', 'ratio', 'wanted', 'GB/s', 'wanted', jco && 'jco');
  for (const one of await cases(Component, load, jco?.transpiled)) {
    if (options.only !== undefined && !one.name.includes(options.only)) continue;
    const works = [one.ours, one.limit];
    if (jco !== undefined && (await jco.runs(one.jco))) works.push(one.jco);
    const result = summarise(one, await compare(works, options));
    results.push(result);
    if (!options.json) print(result);
  }
  if (options.json) console.log(JSON.stringify({ engine: engine(), results }, null, 2));
  else console.log(`\n${engine()}; the best of several rounds; "limit" is the same work by hand`);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        jco: { type: 'boolean', default: false },
        only: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

/** Per built-in or per operation. */
function summarise({ name, builtins = 1, bytes, goal, goalTime, goalRate }, times) {
  const [ours, limit, jco] = times;
  const nanoseconds = ours / builtins;
  const limitNanoseconds = limit / builtins;
  const result = {
    name,
    nanoseconds,
    limitNanoseconds,
    ratio: ours / limit,
    goalRatio: goal,
    goalTime,
    jcoNanoseconds: jco && jco / builtins,
  };
  if (bytes === undefined) return result;
  return { ...result, gigabytesPerSecond: bytes / nanoseconds, goalGigabytesPerSecond: goalRate };
}

function print(result) {
  const goal = (wanted, ok, text) => (wanted === undefined ? '' : `${text} ${ok ? 'yes' : 'no'}`);
  const {
    ratio,
    goalRatio,
    goalTime,
    gigabytesPerSecond: rate,
    goalGigabytesPerSecond: goalRate,
    jcoNanoseconds: jco,
  } = result;
  printRow(
    result.name,
    digits(result.nanoseconds),
    digits(result.limitNanoseconds),
    digits(ratio),
    goalTime === undefined
      ? goal(goalRatio, ratio <= goalRatio, `<=${goalRatio}`)
      : goal(goalTime, result.nanoseconds <= goalTime, `<=${goalTime} ns`),
    rate === undefined ? '' : digits(rate),
    goal(goalRate, rate >= goalRate, `>=${goalRate}`),
    jco === undefined ? '' : digits(jco),
  );
}

function printRow(name, ...columns) {
  const shown = columns.filter((column) => column !== undefined);
  console.log((name.padEnd(47) + shown.map((column) => column.padStart(11)).join('')).trimEnd());
}

function digits(number) {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}

function engine() {
  return `Node ${process.versions.node}, V8 ${process.versions.v8}`;
}

await main();
