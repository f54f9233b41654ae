/** What a command line grants to a component: the flags that `run` and `serve` share, one for each option of `wasi`. */

import process from 'node:process';
import type { WasiOptions } from '../entry/wasi-node.js';
import { UsageError } from './errors.js';

export const GRANTS_HELP = `\
      --env <NAME[=VAL]>              An environment variable; a name alone passes this process's on. Repeatable
      --dir <HOST_DIR[::GUEST_DIR]>   A folder, at the guest's path, or the host's as it is written. Repeatable
      --dir-ro <HOST_DIR[::GUEST_DIR]>
                                      The same, read-only. Repeatable
      --allow-http[=<HOST>]           Requests to any host, or to this one: example.com, example.com:8080,
                                      *.example.com. Repeatable
      --allow-net[=<ADDR>]            Sockets to and from any address, or these: 127.0.0.1:8080, 10.0.0.0/8,
                                      [::1]:80, *:53, example.com. Repeatable`;

/** Collects flags into options. */
export class Grants {
  readonly #env: Record<string, string> = {};
  readonly #preopens: Record<string, { readonly folder: string; readonly readOnly: boolean }> = {};
  #http: boolean | string[] = false;
  #network: boolean | string[] = false;

  get options(): Pick<WasiOptions, 'env' | 'preopens' | 'http' | 'network'> {
    return { env: this.#env, preopens: this.#preopens, http: this.#http, network: this.#network };
  }

  /** Whether `name` is one of these flags; `value` is asked for when the flag needs one. */
  take(name: string, inline: string | undefined, value: () => string): boolean {
    switch (name) {
      case '--env':
        this.#variable(value());
        return true;
      case '--dir':
      case '--dir-ro':
        this.#folder(name, value());
        return true;
      case '--allow-http':
        this.#http = added(this.#http, name, inline);
        return true;
      case '--allow-net':
        this.#network = added(this.#network, name, inline);
        return true;
      default:
        return false;
    }
  }

  #variable(text: string): void {
    const equals = text.indexOf('=');
    if (equals === 0) throw new UsageError(`--env wants NAME or NAME=VAL, not ${text}`);
    if (equals > 0) {
      this.#env[text.slice(0, equals)] = text.slice(equals + 1);
      return;
    }
    const own = process.env[text];
    if (own === undefined) throw new UsageError(`--env ${text}: this process has no such variable`);
    this.#env[text] = own;
  }

  #folder(flag: string, text: string): void {
    const [folder = '', guest = folder, ...rest] = text.split('::');
    if (folder === '' || guest === '' || rest.length > 0) {
      throw new UsageError(`${flag} wants HOST_DIR or HOST_DIR::GUEST_DIR, not ${text}`);
    }
    if (guest in this.#preopens) throw new UsageError(`${flag}: two folders at ${guest}`);
    this.#preopens[guest] = { folder, readOnly: flag === '--dir-ro' };
  }
}

/** All, once that is granted; else the list with one more. */
function added(
  before: boolean | readonly string[],
  flag: string,
  entry: string | undefined,
): boolean | string[] {
  if (entry === '') throw new UsageError(`${flag}= wants a value; without = it allows all`);
  if (entry === undefined || before === true) return true;
  return typeof before === 'boolean' ? [entry] : [...before, entry];
}
