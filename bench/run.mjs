/**
 * `npm run bench`: how long each kind of work takes, beside the same work written by hand, in one
 * process. It measures the built package. `--json` prints numbers; `--quick` is short and rough.
 */

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { compare } from './measure.mjs';

const USAGE = 'usage: npm run bench -- [--json] [--quick] [--only TEXT]';

async function main() {
  const options = readOptions();
  const { Component } = await import('../pkg/dist/node.js');
  const load = (file) => readFile(new URL(`../build/bench/${file}`, import.meta.url));
  const results = [];
  if (!options.json) printRow('', 'ns', 'limit', 'ratio', 'wanted', 'GB/s', 'wanted');
  for (const one of await cases(Component, load)) {
    if (options.only !== undefined && !one.name.includes(options.only)) continue;
    const result = summarise(one, await compare(one.ours, one.limit, options));
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
function summarise({ name, builtins = 1, bytes, goal, goalTime, goalRate }, { ours, limit }) {
  const nanoseconds = ours / builtins;
  const limitNanoseconds = limit / builtins;
  const result = {
    name,
    nanoseconds,
    limitNanoseconds,
    ratio: ours / limit,
    goalRatio: goal,
    goalTime,
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
  );
}

function printRow(name, ...columns) {
  console.log(name.padEnd(42) + columns.map((column) => column.padStart(10)).join(''));
}

function digits(number) {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}

function engine() {
  return `Node ${process.versions.node}, V8 ${process.versions.v8}`;
}

await main();
