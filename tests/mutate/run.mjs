/**
 * `npm run mutate -- [options]`: switches off each rule that is marked in the sources, one after the other, and runs the scripts
 * that say they cover it; every rule that no script misses is a survivor.
 *
 *   --filter TEXT    only rules whose layer and id, like `runtime/handle-unknown`, have it
 *   --every          also the scripts that do not say that they cover it
 *
 * Exit code 0 only when there is no survivor.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { main, root, Stop } from '../../scripts/lib/run.mjs';
import { covers, marks } from './rules.mjs';

const BUILD = join(root, 'build/mutable');
const SCRIPTS = join(root, 'build/wast');
/** A guest without a rule may loop for ever. Scripts take far less. */
const PATIENCE_MS = 20_000;
const JOBS = 2;

await main(async (args) => {
  const options = { filter: { type: 'string', default: '' }, every: { type: 'boolean' } };
  const { filter, every } = parseArgs({ args, options }).values;
  const covered = covers();
  const all = [...covered.keys()].map((path) => path.replace(/\.wast$/, ''));
  const wanted = marks().filter(({ layer, id }) => `${layer}/${id}`.includes(filter));
  if (wanted.length === 0) throw new Stop('no rule has that name');
  await expectHealthy(all);
  const results = await inParallel(wanted, async (mark) => {
    const own = all.filter((name) => covered.get(`${name}.wast`).includes(mark.id));
    const names = every ? [...own, ...all.filter((name) => !own.includes(name))] : own;
    const result = { ...mark, ...(await tryOut(mark, names)) };
    console.log(line(result));
    return result;
  });
  return summary(results);
});

/** With all rules on, every script passes. */
async function expectHealthy(names) {
  const failed = await tryOut(undefined, names);
  if (failed.by !== undefined)
    throw new Stop(`${failed.by} fails with all rules on: ${failed.why}`);
}

/** The first script that fails. */
function tryOut(off, names) {
  if (names.length === 0) return { why: 'no script says that it covers it' };
  const workerData = { build: BUILD, scripts: SCRIPTS, off, names };
  const worker = new Worker(new URL('worker.mjs', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  let next = 0;
  return new Promise((resolve) => {
    const end = (result) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      worker.on('error', () => {});
      resolve(worker.terminate().then(() => result));
    };
    const fail = (why) => end({ by: names[next], why });
    const timer = setTimeout(fail, PATIENCE_MS, 'it does not end');
    worker.on('message', ({ name, failure, missing, done }) => {
      timer.refresh();
      if (done) end({});
      else if (missing !== undefined) end({ by: name, why: `this engine lacks ${missing}` });
      else if (failure !== undefined)
        end({ by: name, why: `line ${failure.line}: ${failure.why}` });
      else next++;
    });
    worker.on('error', (error) => fail(String(error)));
    worker.on('exit', (code) => fail(`the thread has ended with code ${code}`));
  });
}

async function inParallel(items, work) {
  const results = [];
  const queue = items.entries();
  const job = async () => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: JOBS }, job));
  return results;
}

function line({ layer, id, by, why }) {
  const name = `${layer}/${id}`.padEnd(44);
  const verdict = by === undefined ? `SURVIVED  ${why ?? ''}` : `killed by ${by}, ${why}`;
  return `${name} ${verdict.split('\n')[0].slice(0, 140)}`;
}

function summary(results) {
  const survivors = results.filter(({ by }) => by === undefined);
  console.log(`\n${results.length - survivors.length} killed, ${survivors.length} survived`);
  for (const survivor of survivors) console.log(line(survivor));
  return survivors.length > 0 ? 1 : 0;
}
