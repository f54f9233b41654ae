/**
 * Which scripts are to be run: a folder or one script, whose suite, and their binaries.
 *
 * A suite is recognised by files that it has (`expectations.toml`): the nearest folder that has them, the given one or one
 * above it, is the suite's. Names of scripts are paths in the suite.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { Stop } from '../../scripts/lib/run.mjs';
import { convertScripts } from '../../scripts/lib/steps.mjs';

/**
 * @typedef {object} Folder
 * @property {import('./expectations.mjs').Suite | undefined} suite
 * @property {boolean} whole all of the suite is here
 * @property {string} prefix of the names within the suite: empty, or with a `/` at its end
 * @property {string} converted the folder of the converted scripts
 * @property {string[]} names within the folder
 * @property {(name: string) => string} text of a script
 */

/**
 * @param {string} path
 * @param {import('./expectations.mjs').Suite[]} suites
 * @param {{ suite?: string, converted?: string }} options the suite's name; the folder, when it has been converted before
 * @returns {Promise<Folder>}
 */
export async function openFolder(path, suites, { suite: wanted, converted }) {
  const target = resolve(process.env.INIT_CWD ?? '.', path);
  const single = statSync(target, { throwIfNoEntry: false })?.isFile() ?? false;
  const folder = single ? dirname(target) : target;
  const { suite, root } =
    wanted === undefined ? recognise(folder, suites) : named(wanted, folder, suites);
  const to = converted ?? (await convert(folder, suite));
  const all = JSON.parse(readFileSync(join(to, 'index.json'), 'utf8'));
  const only = basename(target, '.wast');
  return {
    suite,
    whole: !single && root === folder,
    prefix: root === folder ? '' : `${relative(root, folder).split(sep).join('/')}/`,
    converted: resolve(to),
    names: single ? all.filter((name) => name === only) : all,
    text: (name) => readFileSync(join(folder, `${name}.wast`), 'utf8'),
  };
}

function recognise(folder, suites) {
  for (let root = folder; ; root = dirname(root)) {
    const suite = suites.find(({ files }) => files.every((file) => existsSync(join(root, file))));
    if (suite !== undefined) return { suite, root };
    if (root === dirname(root)) return { suite: undefined, root: folder };
  }
}

function named(name, folder, suites) {
  const suite = suites.find((each) => each.name === name);
  if (suite === undefined) {
    throw new Stop(
      `no such suite: ${name}`,
      `there are ${suites.map((each) => each.name).join(', ')}`,
    );
  }
  return { suite, root: folder };
}

async function convert(folder, suite) {
  const to = mkdtempSync(join(tmpdir(), 'tidegate-wast-'));
  process.on('exit', () => rmSync(to, { recursive: true, force: true }));
  await convertScripts(folder, to, { legacyIndices: suite?.legacyIndices ?? false });
  return to;
}
