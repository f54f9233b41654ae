/**
 * Error contexts: messages for whoever debugs, which JS has as `Error` and guests as handles. The runtime counts the handles of a
 * message; the message is here. Spec: `ErrorContext`.
 */

import type { Lowered } from './artifact.js';
import type { Linked } from './linked.js';
import type { Machine } from './machine.js';
import { lowerTo } from './params.js';
import { Slab } from './slab.js';
import { classify } from './trap.js';
import type { Context } from './values/context.js';
import type { Core } from './values/conv.js';
import type { Signature } from './values/types.js';

/** Most UTF-16 code units of a guest's message that are kept: the specification lets a host shorten it. */
const MAX_MESSAGE = 4096;

/** Those of one store. */
export class ErrorContexts {
  readonly #errors = new Slab<Error>();
  /** What the messages take that guests have made, by their numbers. */
  readonly #bytes = new Map<number, number>();
  /** So that an error which comes back is the context that it was. */
  readonly #ids = new WeakMap<Error, number>();

  constructor(private readonly machine: Machine) {}

  /** The error behind a handle. Spec: `lift_error_context`. */
  lift(inst: number, handle: number): Error {
    const { runtime } = this.machine;
    return this.#errors.get(this.machine.expect(runtime.error_context_get(inst, handle)))!;
  }

  /** A handle of an error. Spec: `lower_error_context`. */
  lower(inst: number, error: Error): number {
    const known = this.#ids.get(error);
    const alive = known !== undefined && this.#errors.get(known) === error;
    const id = alive ? known : this.#errors.add(error);
    this.#ids.set(error, id);
    return this.machine.expect(this.machine.runtime.error_context_new(inst, id));
  }

  /** A handle of an error with this message. Spec: `canon_error_context_new`. */
  make(inst: number, message: string): number {
    const error = new Error(shortened(message));
    const handle = this.lower(inst, error);
    const bytes = 2 * error.message.length;
    this.machine.kept.add(bytes);
    this.#bytes.set(this.#ids.get(error)!, bytes);
    return handle;
  }

  /** Spec: `canon_error_context_drop`. */
  drop(inst: number, handle: number): void {
    const id = this.machine.expect(this.machine.runtime.error_context_drop(inst, handle));
    if (id === 0) return;
    this.#errors.remove(id);
    this.machine.kept.remove(this.#bytes.get(id) ?? 0);
    this.#bytes.delete(id);
  }
}

/** A built-in as the function that shims call. */
export function errorContextBuiltin(
  linked: Linked,
  { path, func, options }: Lowered,
): (...flat: Core[]) => Core {
  const { machine } = linked;
  const cx = linked.context(options);
  const sig = cx.types.signature(func);
  const perform = builtins[path[0] as keyof typeof builtins];
  return (...flat) => {
    try {
      cx.begin();
      return perform(machine.errorContexts, cx, sig, flat);
    } catch (error) {
      return machine.fail(classify(error));
    }
  };
}

type BuiltIn = (errors: ErrorContexts, cx: Context, sig: Signature, flat: Core[]) => Core;

const builtins = {
  /** Spec: `canon_error_context_new`. */
  'error-context.new': (errors, cx, { params }, flat) => {
    return errors.make(cx.inst, params[0]!.lift(cx, flat, 0) as string);
  },
  /** Spec: `canon_error_context_debug_message`. */
  'error-context.debug-message': (errors, cx, { result }, [handle, ptr]) => {
    lowerTo(result!, cx, ptr!, errors.lift(cx.inst, handle as number).message);
    return 0;
  },
  /** Spec: `canon_error_context_drop`. */
  'error-context.drop': (errors, cx, _, [handle]) => {
    errors.drop(cx.inst, handle as number);
    return 0;
  },
} satisfies Record<string, BuiltIn>;

function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  const pair = /[\ud800-\udbff]$/.test(message.slice(0, MAX_MESSAGE)) ? 1 : 0;
  // A slice by itself would keep all of the message alive.
  return Array.from(message.slice(0, MAX_MESSAGE - pair)).join('');
}
