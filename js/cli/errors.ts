/** Failures as the command line shows them: one message, one exit code, and a stack only when asked for. */

import {
  ComponentCompileError,
  ComponentLinkError,
  ComponentTrap,
  TidegateFault,
} from '../index.js';

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The component cannot be run at all: it is not there, or it is of another world. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
}

/** Exit codes of `tidegate` itself; a component's own are passed on. */
export const EXIT = {
  /** `run` returned an error, or the component could not be loaded. */
  failure: 1,
  usage: 2,
  /** The component trapped: what a shell reports of a program that aborts. */
  trap: 134,
} as const;

/** What to say of an error, and the exit code. */
export function explain(error: unknown, verbose: boolean): { message: string; code: number } {
  const text = error instanceof Error ? error.message : String(error);
  const message = verbose && error instanceof Error ? withCauses(error) : text;
  if (error instanceof UsageError) return { message, code: EXIT.usage };
  if (error instanceof CannotRun) return { message, code: EXIT.failure };
  if (error instanceof ComponentCompileError) {
    return { message: `cannot compile the component: ${message}`, code: EXIT.failure };
  }
  if (error instanceof ComponentLinkError) {
    return { message: `cannot link the component: ${message}`, code: EXIT.failure };
  }
  if (error instanceof ComponentTrap) {
    // Traps of the guest's own code say so already.
    const told = text.startsWith('the component trapped');
    return { message: told ? message : `the component trapped: ${message}`, code: EXIT.trap };
  }
  if (error instanceof TidegateFault) {
    return { message: `this is a bug in tidegate, please report it: ${message}`, code: EXIT.trap };
  }
  return { message, code: EXIT.failure };
}

function withCauses(error: Error): string {
  const { cause } = error;
  const stack = error.stack ?? error.message;
  return cause === undefined
    ? stack
    : `${stack}\n  caused by: ${cause instanceof Error ? withCauses(cause) : String(cause)}`;
}
