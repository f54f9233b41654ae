/**
 * What is expected of the suites that are not ours: `expectations.toml`, and outcomes judged by it.
 *
 * Strict both ways: a directive that is excluded and passes is an error too, and so is an exclusion of what is not there. Only
 * of a script that has been mended since, all of it may pass, or be gone.
 *
 * @typedef {object} Exclusion of a whole script, or of some of its lines
 * @property {string} suite
 * @property {string} file path in the suite
 * @property {number[]} [lines] of directives; what follows from their failures need not be listed
 * @property {string} reason
 * @property {string} [contradicts] the pull request of the newer specification that the script contradicts
 * @property {string} [mended] the commit of the suite whose text of the script passes, or has others in its place that do
 *
 * @typedef {object} Suite
 * @property {string} name
 * @property {string[]} files that make a folder this suite's
 * @property {boolean} legacyIndices
 * @property {Record<string, string[]>} needs scripts by what they need of an engine
 */

import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';

const KEYS = {
  suites: { files: 'object', 'legacy-indices': 'boolean', needs: 'object' },
  exclude: {
    suite: 'string',
    file: 'string',
    lines: 'object',
    reason: 'string',
    contradicts: 'string',
    mended: 'string',
  },
};

/** @returns {{ suites: Suite[], exclusions: Exclusion[] }} */
export function readExpectations(text) {
  const { suites = {}, exclude = [], ...rest } = parse(text);
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error(`expectations: ${unknown} means nothing`);
  const all = Object.entries(suites).map(([name, suite]) => {
    check(`suites.${name}`, suite, KEYS.suites, ['files']);
    const { files, needs = {}, 'legacy-indices': legacyIndices = false } = suite;
    return { name, files, needs, legacyIndices };
  });
  for (const each of exclude) {
    check(`exclude of ${each.file}`, each, KEYS.exclude, ['suite', 'file', 'reason']);
    if (!(each.suite in suites)) throw new Error(`expectations: there is no suite ${each.suite}`);
  }
  return { suites: all, exclusions: exclude };
}

export function loadExpectations() {
  return readExpectations(readFileSync(new URL('expectations.toml', import.meta.url), 'utf8'));
}

function check(where, table, keys, required) {
  for (const [key, value] of Object.entries(table)) {
    if (typeof value !== keys[key]) throw new Error(`expectations: ${where}: ${key}`);
  }
  const missing = required.find((key) => table[key] === undefined || table[key] === '');
  if (missing !== undefined) throw new Error(`expectations: ${where}: no ${missing}`);
}

/**
 * @param {import('./script.mjs').Outcome[]} outcomes of one script
 * @param {Exclusion[]} exclusions of that script
 * @returns {{ problems: { line: number, why: string, because?: number }[], excluded: number, mended: boolean }} `excluded`
 *   counts directives that have failed and may; `mended`: none has failed, as this is the newer text
 */
export function judge(outcomes, exclusions) {
  const whole = exclusions.some(({ lines }) => lines === undefined);
  const lines = new Set(exclusions.flatMap((each) => each.lines ?? []));
  const may = ({ line, because }) => whole || lines.has(line) || lines.has(because);
  const failed = outcomes.filter(({ ok }) => !ok);
  if (failed.length === 0 && isMended(exclusions)) {
    return { problems: [], excluded: 0, mended: true };
  }
  const problems = failed.filter((outcome) => !may(outcome));
  if (whole && failed.length === 0) {
    problems.push({ line: 0, why: 'the script is excluded, and passes' });
  }
  for (const line of lines) {
    const there = outcomes.filter((outcome) => outcome.line === line);
    if (there.length === 0) problems.push({ line, why: 'is excluded, and no directive is there' });
    else if (there.every(({ ok }) => ok)) problems.push({ line, why: 'is excluded, and passes' });
  }
  return { problems, excluded: failed.filter(may).length, mended: false };
}

/** Whether a newer text of a script with these exclusions passes. */
export function isMended(exclusions) {
  return exclusions.length > 0 && exclusions.every(({ mended }) => mended !== undefined);
}
