/** `tidegate run`: one component of the world wasi:cli/command, on this process's streams. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { Component, ComponentError, ComponentTrap, Store } from '../entry/node.js';
import { WasiExit, wasi } from '../entry/wasi-node.js';
import { CannotRun, EXIT, explain, UsageError } from './errors.js';

export const RUN_HELP = `\
Runs a component of the world wasi:cli/command.

Usage: tidegate run [OPTIONS] COMPONENT.wasm [ARGS...]

Nothing is granted unless it is named here: no environment, no files, no network. The component gets this process's
stdin, stdout and stderr, and the file's name as its first argument.

Options:
      --env NAME=VALUE    an environment variable; NAME alone passes this process's on. Repeatable
      --dir HOST[::GUEST] a folder, at the path GUEST (or HOST, as it is written). Repeatable
      --dir-ro HOST[::GUEST]
                          the same, read-only. Repeatable
      --argv0 NAME        the first argument instead of the file's name
      --quiet             no messages of tidegate itself; the exit code tells
      --verbose           errors with their stack and causes
  -h, --help              this text

Exit codes: the component's own (0, 1 when it returns an error, or what it passes to exit);
1 when it cannot be loaded, 2 for a wrong command line, 134 when it traps.
`;

type Preopens = Record<string, { readonly folder: string; readonly readOnly: boolean }>;

interface RunOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly preopens: Preopens;
  readonly argv0: string | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Runs a component; the result is the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === undefined) {
    process.stdout.write(RUN_HELP);
    return 0;
  }
  try {
    return await runFile(options);
  } catch (error) {
    const { message, code } = explain(error, options.verbose);
    if (!options.quiet) process.stderr.write(`tidegate: ${message}\n`);
    return code;
  }
}

async function runFile({ file, args, env, preopens, argv0 }: RunOptions): Promise<number> {
  const component = await Component.compile(await read(file));
  const name = runInterface(component);
  const imports = wasi({
    args: [argv0 ?? basename(file), ...args],
    env,
    preopens,
    stdin: 'inherit',
    stdout: 'inherit',
    stderr: 'inherit',
  });
  const store = new Store({ deadlock: 'error' });
  const instance = await component.instantiate(imports, { store });
  return finish(instance.exports[name]?.run as () => unknown);
}

/** Waits for the component, even where nothing of this process would keep it alive. */
async function finish(main: () => unknown): Promise<number> {
  const stalled = () => {
    process.stderr.write('tidegate: the component waits for something that will never happen\n');
    process.exitCode = EXIT.trap;
  };
  process.once('beforeExit', stalled);
  try {
    await main();
    return 0;
  } catch (error) {
    if (error instanceof ComponentError) return EXIT.failure;
    if (error instanceof ComponentTrap && error.cause instanceof WasiExit) return error.cause.code;
    throw error;
  } finally {
    process.removeListener('beforeExit', stalled);
    // A component that ends before its stdin does must not keep the process waiting for it.
    process.stdin.destroy();
  }
}

async function read(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new CannotRun(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** The newest `wasi:cli/run` that the component exports: of 0.3 where it has one. */
function runInterface(component: Component): string {
  const names = component.exports
    .map(({ name }) => name)
    .filter((n) => n.startsWith('wasi:cli/run@'));
  const found = ['0.3', '0.2'].flatMap((v) =>
    names.filter((n) => n.startsWith(`wasi:cli/run@${v}`)),
  )[0];
  if (found !== undefined) return found;
  const exported = component.exports.map(({ name }) => name).join(', ') || 'nothing';
  throw new CannotRun(
    `the component does not export wasi:cli/run, so that there is nothing to run; it exports ${exported}`,
  );
}

/** Options up to the component's file; all that follows is the component's. `undefined`: help is wanted. */
function parse(args: readonly string[]): RunOptions | undefined {
  const env: Record<string, string> = {};
  const preopens: Preopens = {};
  let argv0: string | undefined;
  let quiet = false;
  let verbose = process.env.TIDEGATE_VERBOSE === '1';
  let i = 0;
  const value = (name: string, inline: string | undefined): string => {
    const given = inline ?? args[i++];
    if (given === undefined) throw new UsageError(`${name} needs a value`);
    return given;
  };
  for (;;) {
    const arg = args[i];
    if (arg === undefined) throw new UsageError('which component? See `tidegate run --help`');
    i++;
    if (!arg.startsWith('-')) {
      return { file: arg, args: args.slice(i), env, preopens, argv0, quiet, verbose };
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    if (name === '-h' || name === '--help') return undefined;
    if (name === '--quiet') quiet = true;
    else if (name === '--verbose') verbose = true;
    else if (name === '--argv0') argv0 = value(name, inline);
    else if (name === '--env') addVariable(env, value(name, inline));
    else if (name === '--dir') addFolder(preopens, value(name, inline), false);
    else if (name === '--dir-ro') addFolder(preopens, value(name, inline), true);
    else throw new UsageError(`there is no option ${name}; see \`tidegate run --help\``);
  }
}

function addVariable(env: Record<string, string>, text: string): void {
  const equals = text.indexOf('=');
  if (equals === 0) throw new UsageError(`--env wants NAME=VALUE, not ${text}`);
  if (equals > 0) env[text.slice(0, equals)] = text.slice(equals + 1);
  else {
    const own = process.env[text];
    if (own === undefined) throw new UsageError(`--env ${text}: this process has no such variable`);
    env[text] = own;
  }
}

function addFolder(preopens: Preopens, text: string, readOnly: boolean): void {
  const [folder = '', guest = folder, ...rest] = text.split('::');
  if (folder === '' || guest === '' || rest.length > 0) {
    throw new UsageError(`--dir wants HOST or HOST::GUEST, not ${text}`);
  }
  if (guest in preopens) throw new UsageError(`--dir: two folders at ${guest}`);
  preopens[guest] = { folder, readOnly };
}
