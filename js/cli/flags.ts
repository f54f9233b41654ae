/** Command lines: options, the component's file, and for `run` and `serve` what is granted and what is the component's own. */

import process from 'node:process';
import { UsageError } from './errors.js';
import { Grants } from './grants.js';
import { Loading } from './load.js';

/** What all commands are told. */
export interface Told {
  readonly file: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** A command line of `run` or `serve`, read. */
export interface CommandLine extends Told {
  /** What follows the file. */
  readonly rest: readonly string[];
  readonly grants: Grants;
  readonly loading: Loading;
}

/** Takes an option of one command; `value` is asked for when it needs one. Answers whether there is such an option. */
export type TakeOption = (name: string, value: () => string, inline: string | undefined) => boolean;

/** Reads options up to the component's file. `undefined`: help is wanted. */
export function readCommandLine(
  command: string,
  args: readonly string[],
  take: TakeOption,
): CommandLine | undefined {
  const grants = new Grants();
  const loading = new Loading();
  const words = new Words(
    command,
    args,
    (name, value, inline) =>
      take(name, value, inline) || grants.take(name, inline, value) || loading.take(name, value),
  );
  const file = words.file();
  return file === undefined
    ? undefined
    : { ...words.told(file), rest: words.rest, grants, loading };
}

/** Reads options and one file, in any order. `undefined`: help is wanted. */
export function readOneFile(
  command: string,
  args: readonly string[],
  take: TakeOption,
): Told | undefined {
  const read = readFiles(command, args, take);
  if (read === undefined) return undefined;
  const [file = '', second] = read.files;
  if (second !== undefined) throw new UsageError(`one component at a time, not also ${second}`);
  return { ...read, file };
}

/** Reads options and one file or more, in any order. `undefined`: help is wanted. */
export function readFiles(
  command: string,
  args: readonly string[],
  take: TakeOption,
): (Told & { readonly files: readonly string[] }) | undefined {
  const words = new Words(command, args, take);
  const file = words.file();
  if (file === undefined) return undefined;
  const files = [file];
  for (;;) {
    const next = words.next();
    if (next === undefined) return undefined;
    if (next === '') return { ...words.told(file), files };
    files.push(next);
  }
}

/** Goes through a command line from its beginning. */
class Words {
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #take: TakeOption;
  #at = 0;
  #quiet = false;
  #verbose = process.env.TIDEGATE_VERBOSE === '1';

  constructor(command: string, args: readonly string[], take: TakeOption) {
    this.#command = command;
    this.#args = args;
    this.#take = take;
  }

  get rest(): readonly string[] {
    return this.#args.slice(this.#at);
  }

  told(file: string): Told {
    return { file, quiet: this.#quiet, verbose: this.#verbose };
  }

  /** The component's file; `undefined` when help is wanted. */
  file(): string | undefined {
    const file = this.next();
    if (file === '') throw new UsageError(`which component? ${this.#help}`);
    return file;
  }

  /** The next word that is no option, empty when there is none; `undefined` when help is wanted. */
  next(): string | undefined {
    for (;;) {
      const arg = this.#args[this.#at++];
      if (arg === undefined) return '';
      if (!arg.startsWith('-')) return arg;
      const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
      const name = equals < 0 ? arg : arg.slice(0, equals);
      if (name === '-h' || name === '--help') return undefined;
      this.#option(name, equals < 0 ? undefined : arg.slice(equals + 1));
    }
  }

  #option(name: string, inline: string | undefined): void {
    const value = () => {
      const given = inline ?? this.#args[this.#at++];
      if (given === undefined) throw new UsageError(`${name} needs a value`);
      return given;
    };
    if (name === '--quiet') this.#quiet = true;
    else if (name === '--verbose') this.#verbose = true;
    else if (!this.#take(name, value, inline)) {
      throw new UsageError(`there is no option ${name}; ${this.#help}`);
    }
  }

  get #help(): string {
    return `see \`tidegate ${this.#command} --help\``;
  }
}
