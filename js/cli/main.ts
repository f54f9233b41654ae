#!/usr/bin/env node
/** `tidegate`: finds the command, runs it, and turns what goes wrong into a message and an exit code. */

import process from 'node:process';
import { VERSION } from '../generated/abi.js';
import { COMPOSE_HELP, compose } from './compose.js';
import { explain, UsageError } from './errors.js';
import { INSPECT_HELP, inspect } from './inspect.js';
import { PRECOMPILE_HELP, precompile } from './precompile.js';
import { RUN_HELP, run } from './run.js';
import { SERVE_HELP, serve } from './serve.js';
import { TYPES_HELP, types } from './types.js';

const HELP = `\
Runs WebAssembly components with WASI 0.3.

Usage: tidegate COMMAND [OPTIONS] ...

Commands:
  run        run a component of the world wasi:cli/command
  serve      serve a component of the world wasi:http/service
  inspect    tell what a component is: its world as WIT, the tools that made it, sizes
  compose    make one component of several
  precompile compile a component ahead of time
  types      print TypeScript declarations of a component

Options:
  -h, --help       this text; \`tidegate COMMAND --help\` tells more of a command
  -V, --version    the version
`;

/** A command gives its exit code. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  run,
  serve,
  inspect,
  compose,
  precompile,
  types,
};
const HELPS: Readonly<Record<string, string>> = {
  run: RUN_HELP,
  serve: SERVE_HELP,
  inspect: INSPECT_HELP,
  compose: COMPOSE_HELP,
  precompile: PRECOMPILE_HELP,
  types: TYPES_HELP,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '-h' || name === '--help' || name === 'help') {
    process.stdout.write(HELPS[args[0] ?? ''] ?? HELP);
    return 0;
  }
  if (name === '-V' || name === '--version') {
    process.stdout.write(`tidegate ${VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(`there is no command ${name}; \`tidegate --help\` lists them`);
  }
  return command(args);
}

/** Milliseconds. */
const MOMENT = 200;

const args = process.argv.slice(2);
try {
  process.exitCode = await main(args);
} catch (error) {
  const { message, code } = explain(error, process.env.TIDEGATE_VERBOSE === '1');
  process.stderr.write(`tidegate: ${message}\n`);
  process.exitCode = code;
}
// What a component leaves behind, like an open connection, does not keep the process: it gets a moment to come to an end.
setTimeout(() => {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}, MOMENT).unref();
