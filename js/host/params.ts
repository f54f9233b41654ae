/** Parameters and results of whole functions. Spec: `lift_flat_values`, `lower_flat_values`. */

import { MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from '../generated/abi.js';
import { ComponentError, ComponentTrap } from './errors.js';
import { classify } from './trap.js';
import type { Context } from './values/context.js';
import type { Conv, Core } from './values/conv.js';
import type { Signature } from './values/types.js';

/** The result of a function whose own result is a `result`. */
interface OwnResult {
  readonly tag: 'ok' | 'err';
  readonly val?: unknown;
}

/** Lowers checked arguments for a guest's function. */
export function lowerArgs(sig: Signature, cx: Context, args: readonly unknown[]): Core[] {
  cx.begin();
  const flat: Core[] = [];
  try {
    if (sig.flatParams > MAX_FLAT_PARAMS) {
      const { tuple } = sig;
      const ptr = cx.alloc(tuple.align, tuple.size);
      tuple.store(cx, ptr, args);
      flat.push(cx.pointers.corePointer(ptr));
    } else {
      const { params } = sig;
      for (let i = 0; i < params.length; i++) params[i]!.lower(cx, args[i], flat);
    }
  } catch (error) {
    throw changed(error);
  }
  return flat;
}

/** Lifts what a guest passes to the host, of which `max` core values are flat. */
export function liftArgs(
  sig: Signature,
  cx: Context,
  flat: readonly Core[],
  max: number,
): unknown[] {
  cx.begin();
  if (sig.flatParams > max) {
    return liftFrom(sig.tuple, cx, flat[0]!) as unknown[];
  }
  const { params } = sig;
  const args: unknown[] = [];
  let at = 0;
  for (let i = 0; i < params.length; i++) {
    const conv = params[i]!;
    args.push(conv.lift(cx, flat, at));
    at += conv.count;
  }
  return args;
}

/** Loads a value from a pointer that a guest gave. */
export function liftFrom(conv: Conv, cx: Context, pointer: Core): unknown {
  const ptr = cx.pointers.pointer(pointer);
  cx.expect(ptr, conv.size, conv.align);
  return conv.load(cx, ptr);
}

/** Stores a checked value where a guest wants it. */
export function lowerTo(conv: Conv, cx: Context, pointer: Core, value: unknown): void {
  const ptr = cx.pointers.pointer(pointer);
  cx.expect(ptr, conv.size, conv.align);
  lowerAt(conv, cx, ptr, value);
}

/** Stores a checked value at a place that was checked as well. */
export function lowerAt(conv: Conv, cx: Context, ptr: number, value: unknown): void {
  try {
    conv.store(cx, ptr, value);
  } catch (error) {
    throw changed(error);
  }
}

/** The ok value of a function's own `result`, or its error, thrown. */
export function unwrap(value: unknown): unknown {
  const result = value as OwnResult;
  if (result.tag === 'err') throw new ComponentError(result.val);
  return result.val;
}

/** A value that was checked was not itself any more when it was lowered, unless it was the guest that trapped. */
export function changed(error: unknown): unknown {
  if (!(error instanceof Error) || classify(error) instanceof ComponentTrap) return error;
  return new ComponentTrap('wrong-value', `a value changed while it was passed: ${error.message}`, {
    cause: error,
  });
}

/** Lifts what a sync-lifted function has returned: the value, or a pointer to it. */
export function liftResult(sig: Signature, cx: Context, core: Core | undefined): unknown {
  const { result } = sig;
  if (result === undefined) return undefined;
  cx.begin();
  return result.count > MAX_FLAT_RESULTS
    ? liftFrom(result, cx, core!)
    : result.lift(cx, [core!], 0);
}
