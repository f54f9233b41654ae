/** `tidegate run`: one component of the world wasi:cli/command, on this process's streams. */

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { type Component, ComponentError, ComponentTrap, Store } from '../entry/node.js';
import { WasiExit, wasi } from '../entry/wasi-node.js';
import { ChromeTrace } from '../trace/index.js';
import { CannotRun, EXIT } from './errors.js';
import { type CommandLine, readCommandLine } from './flags.js';
import { GRANTS_HELP } from './grants.js';
import { guarded, LOAD_HELP } from './load.js';
import { newestExport } from './worlds.js';

export const RUN_HELP = `\
Runs a component of the world wasi:cli/command.

Usage: tidegate run [OPTIONS] <COMPONENT> [ARGS]...

Arguments:
  <COMPONENT>  The component's file
  [ARGS]...    The component's own arguments, after the file's name

Nothing is granted unless it is named here: no environment, no files, no network. The component gets this process's
stdin, stdout and stderr.

Options:
${GRANTS_HELP}
${LOAD_HELP}
      --argv0 <ARGV0>                 The first argument instead of the file's name
      --trace <FILE>                  Writes what happened when as a Chrome trace
      --quiet                         No messages of tidegate itself; the exit code tells
      --verbose                       Errors with their stack and causes
  -h, --help                          This text

Exit codes: the component's own (0, 1 when it returns an error, or what it passes to exit);
1 when it cannot be loaded, 2 for a wrong command line, 134 when it traps.
`;

/** Options that only this command has. */
interface Own {
  argv0?: string;
  /** Where the trace goes. */
  trace?: string;
}

/** Runs a component; the result is the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const own: Own = {};
  const line = readCommandLine('run', args, (name, value) => {
    if (name === '--argv0') own.argv0 = value();
    else if (name === '--trace') own.trace = value();
    else return false;
    return true;
  });
  if (line === undefined) {
    process.stdout.write(RUN_HELP);
    return 0;
  }
  return guarded(line, () => runFile(line, own));
}

async function runFile(
  { file, rest, grants, loading, quiet }: CommandLine,
  { argv0, trace }: Own,
): Promise<number> {
  const component = await loading.load(file, quiet);
  const name = runInterface(component);
  const imports = wasi({
    ...grants.options,
    args: [argv0 ?? basename(file), ...rest],
    stdin: 'inherit',
    stdout: 'inherit',
    stderr: 'inherit',
  });
  const traced = trace === undefined ? undefined : new ChromeTrace({ name: basename(file) });
  const store = new Store({ deadlock: 'error', ...(traced && { trace: traced.listen }) });
  try {
    const instance = await component.instantiate(imports, { store });
    return await finish(instance.exports[name]?.run as Main);
  } finally {
    if (trace !== undefined) writeFileSync(trace, JSON.stringify(traced));
  }
}

/** `run`, which is synchronous in WASI 0.2, and waits all the same where it is called by its promise. */
type Main = (() => unknown) & { readonly promise?: () => unknown };

/** Waits for the component, even where nothing of this process would keep it alive. */
async function finish(main: Main): Promise<number> {
  const stalled = () => {
    process.stderr.write('tidegate: the component waits for something that will never happen\n');
    process.exitCode = EXIT.trap;
  };
  process.once('beforeExit', stalled);
  try {
    await (main.promise ?? main)();
    return 0;
  } catch (error) {
    if (error instanceof ComponentError) return EXIT.failure;
    if (error instanceof ComponentTrap && error.cause instanceof WasiExit) return error.cause.code;
    throw error;
  } finally {
    process.removeListener('beforeExit', stalled);
    // A component that ends must not keep the process waiting for its stdin.
    process.stdin.destroy();
  }
}

/** What to run: of WASI 0.3 where the component has both. */
function runInterface(component: Component): string {
  const found = newestExport(component, 'wasi:cli/run');
  if (found !== undefined) return found;
  const exported = component.exports.map(({ name }) => name).join(', ') || 'nothing';
  throw new CannotRun(
    `the component does not export wasi:cli/run, so that there is nothing to run; it exports ${exported}`,
  );
}
