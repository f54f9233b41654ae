/** The terminal interfaces, which WASI 0.2 and 0.3 have in the same form. */

import type { Imports } from '../../index.js';
import type { Stdio } from './stdio.js';

/** Spec: `wasi:cli/terminal-input.terminal-input`, a resource without methods. */
class TerminalInput {}

/** Spec: `wasi:cli/terminal-output.terminal-output`. */
class TerminalOutput {}

/** The terminal interfaces of one version. */
export function terminals(version: string, { stdin, stdout, stderr }: Stdio): Imports {
  const of = <T>(stream: { readonly isTerminal: boolean }, Terminal: new () => T) =>
    stream.isTerminal ? new Terminal() : undefined;
  return {
    [`wasi:cli/terminal-input@${version}`]: { TerminalInput },
    [`wasi:cli/terminal-output@${version}`]: { TerminalOutput },
    [`wasi:cli/terminal-stdin@${version}`]: { getTerminalStdin: () => of(stdin, TerminalInput) },
    [`wasi:cli/terminal-stdout@${version}`]: {
      getTerminalStdout: () => of(stdout, TerminalOutput),
    },
    [`wasi:cli/terminal-stderr@${version}`]: {
      getTerminalStderr: () => of(stderr, TerminalOutput),
    },
  };
}
