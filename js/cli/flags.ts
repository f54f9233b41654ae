/** The command lines of `run` and `serve`: options, the component's file, and what is the component's own. */

import process from 'node:process';
import { UsageError } from './errors.js';
import { Grants } from './grants.js';

/** A command line, read. */
export interface CommandLine {
  readonly file: string;
  /** What follows the file. */
  readonly rest: readonly string[];
  readonly grants: Grants;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Takes an option of one command; `value` is asked for when it needs one. Answers whether there is such an option. */
export type TakeOption = (name: string, value: () => string) => boolean;

/** Reads options up to the component's file. `undefined`: help is wanted. */
export function readCommandLine(
  command: string,
  args: readonly string[],
  take: TakeOption,
): CommandLine | undefined {
  const grants = new Grants();
  let quiet = false;
  let verbose = process.env.TIDEGATE_VERBOSE === '1';
  let i = 0;
  for (;;) {
    const arg = args[i];
    if (arg === undefined)
      throw new UsageError(`which component? See \`tidegate ${command} --help\``);
    i++;
    if (!arg.startsWith('-')) return { file: arg, rest: args.slice(i), grants, quiet, verbose };
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    const value = () => {
      const given = inline ?? args[i++];
      if (given === undefined) throw new UsageError(`${name} needs a value`);
      return given;
    };
    if (name === '-h' || name === '--help') return undefined;
    if (name === '--quiet') quiet = true;
    else if (name === '--verbose') verbose = true;
    else if (!take(name, value) && !grants.take(name, inline, value)) {
      throw new UsageError(`there is no option ${name}; see \`tidegate ${command} --help\``);
    }
  }
}
