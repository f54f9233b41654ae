/**
 * `npm run conformance -- DIR [options]`: runs a folder of component `.wast` scripts, or one script.
 *
 *   --host node|chromium|firefox   where; by default the Node that runs this
 *   --filter TEXT                  only scripts whose path has it
 *   --suite NAME                   whose expectations hold; by default as the folder's files tell
 *   --json FILE                    writes what happened
 *   --verbose                      prints every failure, also those that are expected
 *   --converted DIR                the scripts have been converted into that folder before
 *   --seeds N                      scripts that are about async, each N times: ready tasks run in N orders, not first in first out
 *   --seed S                       each script in the order of this seed, which a failure under `--seeds` has named
 *
 * Exit code 0 only when every directive does what `expectations.toml` says.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { main, Stop } from '../../scripts/lib/run.mjs';
import { isMended, judge, loadExpectations } from './expectations.mjs';
import { openFolder } from './folder.mjs';
import { HOSTS, runAll } from './hosts.mjs';
import { seedsUpTo } from './seeds.mjs';

const USAGE =
  'npm run conformance -- DIR [--host node|chromium|firefox] [--filter TEXT] [--suite NAME] [--json FILE] [--verbose] [--seeds N | --seed S]';

await main(async (args) => {
  const { path, options } = parse(args);
  const { suites, exclusions } = loadExpectations();
  const folder = await openFolder(path, suites, options);
  const { suite, prefix, converted, whole } = folder;
  const names = folder.names.filter(
    (name) =>
      (prefix + name).includes(options.filter ?? '') &&
      // Without async no two tasks are ready at a time.
      (options.seeds === undefined || /\basync\b/.test(folder.text(name))),
  );
  if (names.length === 0) throw new Stop('no script has that name');
  const ours = exclusions.filter((each) => each.suite === suite?.name);
  const reports = [];
  const host = HOSTS[options.host ?? 'node'];
  const seeds = seedsOf(options);
  const scripts = names.map((name) => ({
    name,
    needs: needs(suite, `${prefix}${name}.wast`),
    seeds,
  }));
  for await (const run of runAll(() => host(converted), scripts)) {
    const name = `${prefix}${run.name}.wast`;
    const report = reportOf(
      name,
      run,
      ours.filter(({ file }) => file === name),
    );
    reports.push(report);
    print(report, options.verbose);
  }
  const stale = whole && names.length === folder.names.length ? staleOf(ours, reports) : [];
  for (const { file } of stale) console.log(`FAIL ${file}  is excluded, and is not there`);
  if (options.json !== undefined) {
    const all = { suite: suite?.name, host: options.host ?? 'node', scripts: reports, stale };
    writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  return summary(reports, stale);
});

function parse(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      host: { type: 'string' },
      filter: { type: 'string' },
      suite: { type: 'string' },
      json: { type: 'string' },
      verbose: { type: 'boolean' },
      converted: { type: 'string' },
      seeds: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  if (positionals.length !== 1) throw new Stop('a folder is wanted', USAGE);
  if (!((values.host ?? 'node') in HOSTS)) throw new Stop(`no such host: ${values.host}`, USAGE);
  return { path: positionals[0], options: values };
}

function seedsOf({ seeds, seed }) {
  const number = /^[1-9][0-9]*$/;
  const wrong = [seeds, seed].find((text) => text !== undefined && !number.test(text));
  if (wrong !== undefined) throw new Stop(`not a number from 1 up: ${wrong}`, USAGE);
  if (seed !== undefined) return [seed];
  return seeds === undefined ? undefined : seedsUpTo(Number(seeds));
}

/** What a script needs of an engine beside what it says itself. */
function needs(suite, file) {
  return Object.entries(suite?.needs ?? {})
    .filter(([, files]) => files.includes(file))
    .map(([need]) => need);
}

function reportOf(name, { missing, outcomes }, exclusions) {
  if (missing.length > 0)
    return { name, status: 'skip', missing, outcomes, problems: [], excluded: 0 };
  const { problems, excluded, mended } = judge(outcomes, exclusions);
  return {
    name,
    status: problems.length > 0 ? 'FAIL' : 'ok',
    missing,
    outcomes,
    problems,
    excluded,
    mended: which(mended, excluded > 0 && isMended(exclusions)),
  };
}

/** Which text of a script passes whole, if it has been mended. */
function which(here, later) {
  if (here) return 'this text';
  return later ? 'a newer text' : undefined;
}

/** Exclusions of scripts that the suite has not, and that newer texts have not done without. */
function staleOf(exclusions, reports) {
  const names = new Set(reports.map(({ name }) => name));
  return exclusions.filter(({ file, mended }) => !names.has(file) && mended === undefined);
}

function print({ name, status, missing, outcomes, problems, excluded, mended }, verbose = false) {
  const passed = outcomes.filter(({ ok }) => ok).length;
  const limits = excluded > 0 ? `, ${excluded} excluded` : '';
  const counts = `${passed}/${outcomes.length}${limits}${mended ? `; ${mended} passes whole` : ''}`;
  const note = status === 'skip' ? `this engine lacks ${missing.join(', ')}` : counts;
  console.log(`${status.padEnd(4)} ${name}  ${note}`);
  const causes = problems.filter(({ because }) => because === undefined);
  const shown = verbose
    ? outcomes.filter(({ ok }) => !ok).concat(problems.filter(({ ok }) => ok === undefined))
    : causes.slice(0, 3);
  for (const { line, why } of shown) console.log(`       line ${line}: ${why}`);
}

function summary(reports, stale) {
  const of = (status) => reports.filter((report) => report.status === status).length;
  const outcomes = reports.flatMap((report) => report.outcomes);
  const passed = outcomes.filter(({ ok }) => ok).length;
  const excluded = reports.reduce((sum, report) => sum + report.excluded, 0);
  const failed = of('FAIL') + stale.length;
  const limited = reports.filter((report) => report.status === 'ok' && report.excluded > 0).length;
  console.log(
    `\ndirectives: ${passed} passed, ${outcomes.length - passed - excluded} failed, ${excluded} excluded`,
  );
  const newer = reports.filter(({ mended }) => mended === 'a newer text').length;
  if (limited > 0) {
    const mended = newer > 0 ? `; newer texts of ${newer} of them pass whole` : '';
    console.log(`with exclusions: ${limited} of the scripts that passed${mended}`);
  }
  console.log(`scripts: ${of('ok')} passed, ${failed} failed, ${of('skip')} skipped`);
  return failed > 0 ? 1 : 0;
}
