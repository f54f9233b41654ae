/** The test guests in JavaScript, by componentize-qjs, and in Python, by componentize-py. (That in C is made by the build tool.) */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run, Stop } from './run.mjs';
import { cargo, PYTHON_REMEDY, python } from './tools.mjs';

const SOURCE = join(root, 'tests/guests/toolchains');
/** The interfaces of the guests that are a chain, with those of WASI 0.3. */
const CHAIN = 'tests/guests/target/chain';

/** Writes `toolchain-js`, `personal` and `program-js`, each as `OUT/NAME.component.wasm`. */
export async function componentizeJs(out) {
  await componentizeScript('toolchain.mjs', `${out}/toolchain-js`, {
    witPath: join(SOURCE, 'world.wit'),
  });
  await componentizeScript('personal.mjs', `${out}/personal`, {
    witPath: join(root, CHAIN),
    world: 'person',
  });
  await componentizeScript('program.mjs', `${out}/program-js`, {
    witPath: wit('wasip2'),
    world: 'wasi:cli/command@0.2.12',
    sync: true,
  });
}

async function componentizeScript(source, out, options) {
  const { componentize } = await import('componentize-qjs');
  const jsPath = join(SOURCE, source);
  const jsSource = readFileSync(jsPath, 'utf8');
  const { component } = await componentize({ jsSource, jsPath, ...options });
  const file = `${out}.component.wasm`;
  writeFileSync(join(root, file), component);
  process.stdout.write(`wrote ${file} (${component.length} bytes)\n`);
}

/** Puts the interfaces of the chain where its guests read them. */
export function copyWit() {
  cpSync(join(wit('wasip3'), 'deps'), join(root, CHAIN, 'deps'), { recursive: true });
  cpSync(join(root, 'tests/guests/chain.wit'), join(root, CHAIN, 'chain.wit'));
}

/** Writes `program`, `proxy` and `generator`, each as `OUT/NAME.component.wasm`, with componentize-py in an environment of our own. */
export async function componentizePython(out) {
  const interpreter = python();
  if (interpreter === undefined) throw new Stop('Python is not installed', PYTHON_REMEDY);
  const environment = join(root, 'build/tools/python');
  rmSync(environment, { recursive: true, force: true });
  await run(interpreter, ['-m', 'venv', environment]);
  const bin = (name) =>
    join(environment, process.platform === 'win32' ? `Scripts/${name}.exe` : `bin/${name}`);
  const requirements = join(root, 'tests/guests/python/requirements.txt');
  const quiet = ['--quiet', '--disable-pip-version-check'];
  await run(bin('python'), ['-m', 'pip', 'install', ...quiet, '--requirement', requirements]);
  mkdirSync(join(root, out), { recursive: true });
  for (const [name, world, crate] of [
    ['program', 'wasi:cli/command@0.2.12', 'wasip2'],
    ['proxy', 'wasi:http/proxy@0.2.12', 'wasip2'],
    ['generator', 'wasi:http/service@0.3.2', 'wasip3'],
  ]) {
    const target = ['-q', '-d', wit(crate), '-w', world];
    const what = ['componentize', '--python-path', 'tests/guests/python', name];
    const file = `${out}/${name}.component.wasm`;
    await run(bin('componentize-py'), [...target, ...what, '-o', file]);
  }
}

/** The interfaces of WASI in text, as a crate of the guests has them. */
function wit(crate) {
  const args = ['metadata', '--locked', '--format-version', '1'];
  const manifest = join(root, 'tests/guests/Cargo.toml');
  const { status, stdout } = spawnSync(cargo(), [...args, '--manifest-path', manifest], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Stop(`cargo cannot tell where the crate ${crate} is`);
  const { packages } = JSON.parse(stdout);
  return join(dirname(packages.find(({ name }) => name === crate).manifest_path), 'wit');
}
